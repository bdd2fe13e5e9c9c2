"""What may be asked of a trial's patients: outcomes by name, and the records that they read.

A name is an outcome's own, or a member of a family: with the file `doses_of_a_drug.toml` (name = "doses_{drug}") every drug of
the catalogue has its number of doses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from livingdrug.catalog.records.outcome import Outcome
from livingdrug.catalog.roles import Roles, roles_among
from livingdrug.catalog.signs import SHIPPED, Signs, signs_of

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup
    from livingdrug.catalog.records.assay import Assay
    from livingdrug.catalog.records.scale import Scale
    from livingdrug.catalog.records.score import Score
    from livingdrug.catalog.records.trial import Trial


@dataclass(frozen=True)
class Questions:
    """Outcomes, and what they read.

    Attributes
    ----------
    trial
        Whose questions they are.
    outcomes
        Every outcome file, by id.
    graded
        Scales recorded in this trial -> toxicity they grade, in order.
    scales, scores
        Records that reducers read, by id.
    drugs
        Every drug -> its class, as names.
    units
        Every quantity measured in this trial -> its unit.
    first_planned
        Every quantity with planned visits -> the first of their days.
    known_scales, known_quantities
        All of the catalogue, asked for here or not.
    conduct
        The trial's numbers.
    criterion
        How response is judged in the trial's disease.
    covariates
        Covariates of the population.
    signs
        Every sign there is.
    """

    trial: str
    outcomes: Mapping[str, Outcome]
    graded: Mapping[str, str]
    scales: Mapping[str, Scale]
    scores: Mapping[str, Score]
    drugs: Mapping[str, str]
    units: Mapping[str, str]
    first_planned: Mapping[str, float]
    known_scales: tuple[str, ...]
    known_quantities: tuple[str, ...]
    conduct: Mapping[str, float]
    criterion: str
    covariates: tuple[str, ...]
    signs: Signs = SHIPPED

    def find(self, name: str) -> Outcome | None:
        """The outcome of this name; None when no file has it."""
        if name not in self._found:
            self._found[name] = self._searched(name)
        return self._found[name]

    @cached_property
    def _found(self) -> dict[str, Outcome | None]:
        return {}

    def _searched(self, name: str) -> Outcome | None:
        single = self._singles.get(name)
        if single is not None:
            return single
        for outcome, expression in self._families:
            found = expression.fullmatch(name)
            if found:
                return outcome.filled({**found.groupdict(), **self._class_of(found)})
        return None

    def problem(self, outcome: Outcome) -> str:
        """Why this trial cannot answer, in a sentence with the next step; empty when it can."""
        there = ", ".join(self.graded) or "none"
        if outcome.of == "grades":
            for scale in _texts(outcome.match.get("scale")):
                if scale not in self.graded:
                    return f'the trial does not grade scale "{scale}" (it grades {there}).\n  Add "{scale}" to "scales", or take another endpoint.'
            for toxicity in _texts(outcome.match.get("toxicity")):
                if toxicity not in self.graded.values():
                    return f'the trial grades no scale of {toxicity} (it grades {there}).\n  Add one to "scales", or take another endpoint.'
        for quantity in _texts(outcome.match.get("quantity")) if outcome.of == "visits" else ():
            if quantity not in self.units:
                return (
                    f'the trial measures no "{quantity}" (it measures {", ".join(self.units) or "nothing"}).\n'
                    "  Add its assay to a group of [visits], or take another endpoint."
                )
        return ""

    @cached_property
    def roles(self) -> Roles:
        """Which outcome plays which role."""
        return roles_among(self.outcomes.values())

    @cached_property
    def ready_made(self) -> Mapping[str, str]:
        """Ready-made yes-or-no names of formulas -> the outcome each is made of."""
        return {one.ready_made: one.pattern for one in self.outcomes.values() if one.ready_made}

    def listed(self) -> tuple[Outcome, ...]:
        """The outcomes that are columns of the patients table, families once for every scale graded."""
        found = []
        for outcome in self.outcomes.values():
            if not outcome.listed:
                continue
            if outcome.open == ("scale",):
                found += [outcome.filled({"scale": scale}) for scale in self.graded]
            elif not outcome.open:
                found.append(outcome)
        return tuple(found)

    def names(self) -> tuple[str, ...]:
        """Names for help and near misses: every single outcome, and families for what this trial has."""
        some = {"scale": self.graded, "drug": self.drugs, "drug_class": sorted(set(self.drugs.values())),
                "quantity": self.units, "day": ("28",), "grade": ("3",)}  # fmt: skip
        found = list(self._singles)
        for outcome, _ in self._families:
            members = [{}]
            for part in outcome.open:
                members = [{**one, part: value} for one in members for value in some[part]]
            found += [_put(outcome.pattern, one) for one in members]
        return tuple(found)

    @cached_property
    def _singles(self) -> dict[str, Outcome]:
        return {outcome.pattern: outcome for outcome in self.outcomes.values() if not outcome.open}

    @cached_property
    def _families(self) -> tuple[tuple[Outcome, re.Pattern[str]], ...]:
        """Families, the most specific name first."""
        words = {
            "scale": self.known_scales, "drug": tuple(self.drugs), "drug_class": tuple(set(self.drugs.values())),
            "quantity": self.known_quantities,
        }  # fmt: skip
        found = []
        for outcome in self.outcomes.values():
            if not outcome.open:
                continue
            text = re.escape(outcome.pattern).replace(r"\{", "{").replace(r"\}", "}")
            for part in outcome.open:
                one = "|".join(sorted(map(re.escape, words.get(part, ())), key=len, reverse=True)) or r"(?!)"
                text = text.replace(f"{{{part}}}", f"(?P<{part}>{one if part in words else r'[0-9]+'})")
            found.append((outcome, re.compile(text)))
        return tuple(sorted(found, key=lambda pair: (len(pair[0].open), -len(pair[0].pattern))))

    def _class_of(self, found: re.Match[str]) -> dict[str, str]:
        quantity = found.groupdict().get("quantity")
        return {"unit": self.units.get(quantity, "")} if quantity else {}


def _texts(wanted: object) -> tuple[str, ...]:
    """The words that `match` asks for, one or several."""
    found = wanted if isinstance(wanted, tuple) else (wanted,)
    return tuple(word for word in found if isinstance(word, str))


def _first_planned(trial: Trial, assays: Sequence[Assay]) -> dict[str, float]:
    """Quantity -> first planned day of the assays that the trial names, or whose group of visits it has."""
    found: dict[str, float] = {}
    for group, days in trial.visits.days.items():
        named = trial.visits.assays.get(group)
        for one in assays:
            if days and (one.id in named if named else one.schedule == group):
                found[one.quantity] = min(days[0], found.get(one.quantity, days[0]))
    return found


def _put(pattern: str, parts: Mapping[str, str]) -> str:
    for part, word in parts.items():
        pattern = pattern.replace(f"{{{part}}}", word)
    return pattern


def questions_of(trial: Trial, catalog: Lookup) -> Questions:
    """What may be asked of this trial's patients.

    Raises
    ------
    UnknownName, CatalogError
        An outcome reads a scale or score that is not there.
    """
    outcomes: dict[str, Outcome] = {name: catalog.load("outcome", name) for name in catalog.names("outcome")}
    scales = {name: catalog.load("scale", name) for name in catalog.names("scale")}
    graded = dict.fromkeys([*trial.scales, *(name for name, one in scales.items() if one.graded_when_modelled)])
    read = {kind: {str(o.option[kind]) for o in outcomes.values() if kind in o.option} for kind in ("scale", "score")}
    assays = [catalog.load("assay", name) for name in catalog.names("assay")]
    named = {name for chosen in trial.visits.assays.values() for name in chosen}
    groups = {group for group in trial.visits.days if not trial.visits.assays.get(group)}
    measured = [one for one in assays if one.id in named or one.schedule in groups or one.on_relapse]
    return Questions(
        trial=trial.id,
        outcomes=outcomes,
        graded={name: catalog.load("scale", name).toxicity for name in graded},
        scales={name: catalog.load("scale", name) for name in sorted(read["scale"])},
        scores={name: catalog.load("score", name) for name in sorted(read["score"])},
        drugs={name: class_name(catalog.load("drug", name).drug_class) for name in catalog.names("drug")},
        units={one.quantity: one.unit for one in measured},
        first_planned=_first_planned(trial, assays),
        known_scales=tuple(scales),
        known_quantities=tuple(dict.fromkeys(one.quantity for one in assays)),
        conduct={name: quantity.value for name, quantity in trial.conduct.items()},
        criterion=catalog.load("disease", trial.disease).response,
        covariates=tuple(catalog.load("population", trial.population).covariate),
        signs=signs_of(catalog),
    )


def class_name(words: str) -> str:
    """A class of drugs as a name: its first words, in small letters, joined by underscores.

    >>> class_name("antibody against CD52; lymphodepletion")
    'antibody_against_cd52'
    """
    return re.sub(r"[^a-z0-9]+", "_", words.split(";")[0].lower()).strip("_")
