"""Treatment guidelines: rules that act at clinical checks, and the limits no rule may break."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from livingdrug.catalog.arms import CYCLE, HIGHEST_DOSE, as_cycles
from livingdrug.catalog.records.base import CatalogRecord, Part
from livingdrug.catalog.records.scale import read_names
from livingdrug.catalog.usual_doses import far_from_usual
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.quantities import Status
from livingdrug.foundation.repeated import repeated
from livingdrug.foundation.toml_files import read_toml_file
from livingdrug.foundation.units import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from livingdrug.catalog.lookup import Lookup

_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


def _refuse_circle(first: Guideline, catalog: Lookup) -> None:
    """Stop when following `extends` from file to file comes back to a file."""
    seen = [first.id]
    name = first.extends
    while name:
        path = catalog.path("guideline", name)
        if path.stem in seen:
            raise CatalogError(f'"extends": {" -> ".join([*seen, path.stem])} is a circle.\n  Extend another policy.')
        seen.append(path.stem)
        try:
            name = str(read_toml_file(path).get("extends", ""))
        except CatalogError:
            return  # told with file and line when that file is loaded


HIGHEST = {
    "mg_per_kg": (5e3, "mg/kg"),
    "mg_fixed": (2e5, "mg"),
    "kg_below": (300.0, "kg"),
    "mg_per_kg_below": (5e3, "mg/kg"),
    "mg_at_most": (1e6, "mg"),
}
"""Beyond these an amount is a slip of the unit (assumed; immunoglobulin reaches 2,000 mg/kg)."""


class Dose(Part):
    """How much: per body weight (another amount below a weight) or fixed, at most a maximum, times a factor.

    The factor (a taper, a step up) acts on the capped amount; the drug's limit caps the result once more.

    Amounts carry units in the file ("8 mg/kg"); the properties give mg, mg/kg and kg.

    Attributes
    ----------
    per_kg
        Amount per body weight, ``"8 mg/kg"``; this or `fixed`.
    fixed
        Amount for everybody, ``"10 mg"``; of a regimen ``"1 cycle"``.
    below_weight
        Below this weight `per_kg_below` counts, ``"30 kg"``.
    per_kg_below
        Amount per body weight below it.
    at_most
        Largest amount of one dose.
    factor
        Formula that the capped amount is multiplied by: a taper, a step up.
    """

    per_kg: str = ""
    fixed: str = ""
    below_weight: str = ""
    per_kg_below: str = ""
    at_most: str = ""
    factor: str = ""

    @model_validator(mode="after")
    def _sound(self) -> Dose:
        if bool(self.per_kg) == bool(self.fixed):
            raise ValueError('a dose says either per_kg = "8 mg/kg" or fixed = "10 mg"')
        if bool(self.below_weight) != bool(self.per_kg_below):
            raise ValueError("below_weight and per_kg_below belong together")
        if self.factor:
            read_names(self.factor, "dose.factor")
        if (cycles := as_cycles(self.fixed)) is not None and cycles > HIGHEST_DOSE[CYCLE]:
            raise ValueError(f"got {cycles:g} cycles (fixed), expected at most {HIGHEST_DOSE[CYCLE]:g} at a time")
        for name, (most, unit) in HIGHEST.items():
            value = getattr(self, name)
            if value is not None and not 0 < value <= most:
                raise ValueError(
                    f"got {value:g} {unit} ({name}), expected more than 0 and at most {most:g} {unit}; look at the unit"
                )
        return self

    def amounts(self) -> Iterator[tuple[str, str, float, str]]:
        """Each amount it states in milligrams: key, as written, value, unit (mg/kg or mg)."""
        for key, value, unit in (
            ("per_kg", self.mg_per_kg, "mg/kg"),
            ("fixed", self.mg_fixed if as_cycles(self.fixed) is None else None, "mg"),
            ("per_kg_below", self.mg_per_kg_below, "mg/kg"),
            ("at_most", self.mg_at_most, "mg"),
        ):
            if value is not None:
                yield key, getattr(self, key), value, unit

    @property
    def mg_per_kg(self) -> float | None:
        return read(self.per_kg, "mg/kg", where="dose.per_kg") if self.per_kg else None

    @property
    def mg_fixed(self) -> float | None:
        cycles = as_cycles(self.fixed)  # of a regimen: counted in cycles wherever a drug is counted in milligrams
        return cycles if cycles is not None else read(self.fixed, "mg", where="dose.fixed") if self.fixed else None

    @property
    def kg_below(self) -> float | None:
        return read(self.below_weight, "kg", where="dose.below_weight") if self.below_weight else None

    @property
    def mg_per_kg_below(self) -> float | None:
        return read(self.per_kg_below, "mg/kg", where="dose.per_kg_below") if self.per_kg_below else None

    @property
    def mg_at_most(self) -> float | None:
        return read(self.at_most, "mg", where="dose.at_most") if self.at_most else None


class Limit(Part):
    """What no rule may exceed for one drug, whatever its condition says.

    Attributes
    ----------
    min_interval
        Shortest time between two doses, ``"8 hour"``.
    at_most_doses
        Doses in all; none for no limit.
    at_most_in_24_hours
        Doses in any 24 hours.
    at_most_per_dose
        Largest amount of one dose, whatever a rule says.
    """

    min_interval: str
    at_most_doses: int | None = Field(default=None, ge=0)
    at_most_in_24_hours: int | None = Field(default=None, ge=1, le=6)
    at_most_per_dose: str = ""
    source: str = Field(min_length=3)
    where: str = ""
    seen_at: str = ""
    status: Status

    @model_validator(mode="after")
    def _sound(self) -> Limit:
        if not self.min_interval_days > 0:
            raise ValueError(f'min_interval must be above 0, got "{self.min_interval}"')
        if self.mg_at_most is not None and not self.mg_at_most > 0:
            raise ValueError(f'at_most_per_dose must be above 0, got "{self.at_most_per_dose}"')
        return self

    @property
    def min_interval_days(self) -> float:
        return read(self.min_interval, "day", where="limit.min_interval")

    @property
    def mg_at_most(self) -> float | None:
        return read(self.at_most_per_dose, "mg", where="limit.at_most_per_dose") if self.at_most_per_dose else None


class Rule(Part):
    """When a condition holds, a drug is given.

    Attributes
    ----------
    when
        Formula over signs, grades (by scale id), defined names and what the ward remembers.
    persists_hours
        The condition must have held at every check for this long.
    long_term
        True for a rule that goes on after the acute phase (immunoglobulin replacement).
    restarts
        Rules whose `step_<rule>` count begins again at 0 when this one fires (a taper broken off).
    reason
        Text for the log; names in braces are filled from the signs and grades of that check.
    id
        Its name, for the log and for other rules.
    drug
        Catalog name of the drug that is given.
    dose
        How much.
    at_most_doses
        Doses that this rule gives in all; none for no limit of its own.
    from_day
        Day from infusion before which it does not act.
    """

    id: str
    drug: str
    when: str
    dose: Dose
    reason: str = Field(min_length=3)
    persists_hours: float = Field(default=0.0, ge=0.0)
    at_most_doses: int | None = Field(default=None, ge=1)
    long_term: bool = False
    from_day: float = 0.0
    restarts: tuple[str, ...] = ()
    source: str = Field(min_length=3)
    where: str = ""
    seen_at: str = ""
    status: Status
    note: str = ""

    @property
    def reason_names(self) -> tuple[str, ...]:
        """Names in braces in the reason, in order, each once."""
        return tuple(dict.fromkeys(re.findall(r"{(\w+)}", self.reason)))


class Episode(Part):
    """When an episode of CRS is active, when fever counts as treated (or by which drugs), and when it is over.

    `fever_treated_by` names the drugs; empty for those whose files say ``lowers_fever``.

    Attributes
    ----------
    active_when
        Formula of signs that makes an episode active.
    fever_treated_when
        Formula of signs at which fever counts as treated.
    fever_treated_by
        Drugs after which fever counts as treated.
    ends_after_hours
        Hours without signs after which it is over [h].
    """

    active_when: str = "temperature >= 38 or pressor_level >= 1 or oxygen_level >= 1"
    fever_treated_when: str = "temperature >= 38"
    fever_treated_by: tuple[str, ...] = ()
    ends_after_hours: float = Field(default=24.0, gt=0.0)
    source: str = "own reading: antipyretics are given at the first fever; a day without signs ends the episode"
    seen_at: str = ""
    status: Status = "own"


class Admission(Part):
    """When a patient is admitted for symptoms of CRS, and when discharged.

    Attributes
    ----------
    when
        Formula of signs and grades at which a patient is admitted.
    discharge_when
        Formula at which an admitted patient goes home.
    """

    when: str
    discharge_when: str
    source: str = Field(min_length=3)
    seen_at: str = ""
    status: Status = "own"


class Guideline(CatalogRecord):
    """A policy: the scales it grades by, its definitions, its rules in order of priority, and its limits.

    Attributes
    ----------
    extends
        Another policy (name or path) that this one changes: its own rules come before those of the other, a rule or
        definition of the same name stands in its place, a limit of its own replaces the other's.
    without
        Rules of the other policy that are left out.
    scales
        Catalog names of the scales it grades by; formulas may then read their grades.
    episode
        When CRS is active, and when fever counts as treated.
    admission
        When patients are admitted for symptoms, and discharged; none where nobody is.
    define
        Name -> formula that conditions may use: 1 or 0 of a condition, otherwise its value. No sign, grade, drug or state of the model has the name, nor does the ward remember it.
    rule
        What is given when, the first in the list before the others.
    limit
        Drug -> what no rule may exceed.
    """

    extends: str = ""
    without: tuple[str, ...] = ()
    summary: str = ""
    note: str = ""
    source: str = Field(min_length=3)
    where: str = ""
    seen_at: str = ""
    status: Status
    scales: tuple[str, ...] = ()
    episode: Episode = Episode()
    admission: Admission | None = None
    define: dict[str, str] = Field(default_factory=dict)
    rule: tuple[Rule, ...] = ()
    limit: dict[str, Limit] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Guideline:
        ids = [rule.id for rule in self.rule]
        for name in [*ids, *self.define]:
            if not _NAME.match(name):
                raise ValueError(f'"{name}" is not a name: use small letters, digits and _')
        twice = sorted(repeated(ids))
        if twice:
            raise ValueError(f"rule ids must differ: {', '.join(twice)} stands more than once")
        for name, text in self.define.items():
            read_names(text, f"define.{name}")
        read_names(self.episode.active_when, "episode.active_when")
        read_names(self.episode.fever_treated_when, "episode.fever_treated_when")
        if self.admission:
            read_names(self.admission.when, "admission.when")
            read_names(self.admission.discharge_when, "admission.discharge_when")
        for rule in self.rule:
            read_names(rule.when, f"rule {rule.id}, when")
        if self.without and not self.extends:
            raise ValueError('"without" leaves out rules of the policy named in "extends": name it')
        if not self.extends:
            self._whole()
        return self

    def _whole(self) -> None:
        """What only a policy with all its rules can promise."""
        ids = [rule.id for rule in self.rule]
        for rule in self.rule:
            if rule.drug not in self.limit:
                raise ValueError(f"rule {rule.id} gives {rule.drug}, which has no [limit.{rule.drug}]: add one")
            strangers = sorted(set(rule.restarts) - set(ids))
            if strangers:
                raise ValueError(f"rule {rule.id} restarts {', '.join(strangers)}, which is no rule of this guideline")

    def completed(self, catalog: Lookup) -> Self:
        """This policy with the rules, definitions and limits of the one it extends.

        Raises
        ------
        CatalogError
            A policy extends itself, leaves out a rule the other does not have, or lacks a limit.
        """
        if not self.extends:
            return self
        _refuse_circle(self, catalog)
        base: Guideline = catalog.load("guideline", self.extends)
        strangers = sorted(set(self.without) - {rule.id for rule in base.rule})
        if strangers:
            raise CatalogError(
                f'"without": {strangers[0]} is no rule of "{base.id}".\n'
                f"  It has: {', '.join(rule.id for rule in base.rule)}."
            )
        own = {rule.id: rule for rule in self.rule}
        kept = [own.get(rule.id, rule) for rule in base.rule if rule.id not in self.without]
        first = [rule for rule in self.rule if rule not in kept]
        whole = self.model_copy(
            update={
                "scales": tuple(dict.fromkeys([*self.scales, *base.scales])),
                "episode": self.episode if "episode" in self.model_fields_set else base.episode,
                "admission": self.admission or base.admission,
                "define": {**base.define, **self.define},
                "rule": (*first, *kept),
                "limit": {**base.limit, **self.limit},
            }
        )
        try:
            whole._whole()
        except ValueError as problem:
            raise CatalogError(f"{problem}.") from None
        return whole

    def check_in(self, catalog: Lookup) -> None:
        """No amount of a rule, and no limit, is far from what is usual of its drug."""
        for rule in self.rule:
            for key, text, value, unit in rule.dose.amounts():
                self._refuse_far(catalog, rule.drug, f'rule "{rule.id}", "dose.{key}": got "{text}"', value, unit)
        for name, limit in self.limit.items():
            if limit.mg_at_most is not None:
                place = f'"limit.{name}.at_most_per_dose": got "{limit.at_most_per_dose}"'
                self._refuse_far(catalog, name, place, limit.mg_at_most, "mg")

    def _refuse_far(self, catalog: Lookup, drug: str, place: str, value: float, unit: str) -> None:
        if not catalog.has("drug", drug):
            return  # told where every name is looked up
        if far := far_from_usual(value, unit, catalog.load("drug", drug)):
            raise CatalogError(f"{place}, {far}")

    @property
    def drugs(self) -> tuple[str, ...]:
        """Drugs the rules may give, in order of first mention."""
        return tuple(dict.fromkeys(rule.drug for rule in self.rule))
