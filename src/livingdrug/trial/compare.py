"""Two things compared: what differs, by how much, and how sure the number of patients makes us.

trial + policies ─► one arm per policy, same patients ─► pairs ─► differences with intervals

Runs of the same people, and arms that hold them, are compared within persons; other runs, and the arms of a randomised trial, as
independent groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.foundation.notebook import as_html
from livingdrug.manufacturing.lots import BEGUN
from livingdrug.observation.ward import PLANNED
from livingdrug.outcome.between_arms import paired
from livingdrug.outcome.endpoints import evaluate
from livingdrug.outcome.names import outcomes_read
from livingdrug.trial import independent, randomised, storage
from livingdrug.trial.measures import measures
from livingdrug.trial.plan_difference import PlanDifference, between_arms, between_runs
from livingdrug.trial.result import Result
from livingdrug.trial.standing import standing_of
from livingdrug.trial.subgroups import asked_for, other_rows, randomised_rows
from livingdrug.trial.subgroups import schema as subgroup_schema

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.outcome.estimator import Contrast

APART = (
    "The two sides hold different people, so they are compared as independent groups: each interval holds the chance of drawing "
    "both groups of virtual patients, not the uncertainty of the model. With one seed and one population the same people would be "
    "on both sides, and small differences would show."
)
NOTE = (
    "Every side treats the same virtual patients. Intervals tell how far the number of simulated patients blurs the "
    "difference; they hold neither the uncertainty of the model nor what two real groups would add."
)


@dataclass(frozen=True, repr=False)
class Comparison:
    """Differences between policies.

    Attributes
    ----------
    trial, seed
        What was compared, and with which patients.
    policies
        Names; the first is the reference.
    n_pairs
        Patients infused under the reference and every other policy.
    table
        One row per measure, time and policy other than the reference: measure (id), title, kind, statistic
        (the estimator's word: ``share``, ``incidence``, ``survival``, ``mean``, ``ratio of geometric means`` …),
        shown_as (``share``, ``amount`` or ``ratio``), time, time_unit, unit, reference, policy, reference_value, policy_value, difference, ci_low, ci_high, n_pairs, n_only_reference,
        n_only_policy. shown tells the time at which a measure is told
        when it is told once; among whom it was counted, test and p_value (of a randomised trial alone). Differences are policy minus reference; for a ratio, policy over reference. Values and
        difference come from the same pairs: patients whom the measure counts under both.
    plans
        What differs in the plans: each other policy -> the lines that differ from the reference's.
    independent
        The sides hold different people: intervals are those of independent groups (`livingdrug.trial.independent`), no row has
        pairs, and n_only_reference and n_only_policy are the patients counted on each side.
    randomised
        The sides are arms of one randomised run (`livingdrug.trial.randomised`).
    sides
        What was compared: name, run, arm.
    subgroups
        Where they were asked for: each endpoint in all and in every class, columns measure, title, reference, policy, subgroup,
        statistic, unit, estimate, ci_low, ci_high, n (pairs, or patients of both sides) and n_events; of randomised arms hazard
        ratios and differences of shares in points, of others the difference that `table` tells. Nothing is tested.
    """

    trial: str
    seed: int
    policies: tuple[str, ...]
    n_pairs: int
    table: pl.DataFrame
    plans: Mapping[str, tuple[PlanDifference, ...]] = field(default_factory=dict)
    independent: bool = False
    randomised: bool = False
    sides: tuple[tuple[str, Result, str], ...] = ()
    subgroups: pl.DataFrame | None = None

    @property
    def note(self) -> str:
        """What the intervals tell, in a sentence or two."""
        return randomised.NOTE if self.randomised else APART if self.independent else NOTE

    @property
    def standing(self) -> tuple[str, ...]:
        """What the numbers of the sides rest on, where not all is calibrated."""
        told = [line for _, result, arm in self.sides for line in standing_of(result.trial, result.catalog, [arm])]
        return tuple(dict.fromkeys(told))

    def __repr__(self) -> str:
        return (
            f"{self.trial}: {' against '.join(reversed(self.policies))}, "
            f"{'different people' if self.independent else f'{self.n_pairs} patients'}, {self.table.height} differences"
        )

    def _repr_html_(self) -> str:
        """For notebooks: each measure as it is told once; every time is in `table`."""
        import polars as pl

        shown = self.table.filter(pl.col("shown"))
        telling = [
            "policy",
            "title",
            "time",
            "time_unit",
            "statistic",
            "reference_value",
            "policy_value",
            "difference",
            "ci_low",
            "ci_high",
            "unit",
        ]
        told = shown.select(*telling, *(["p_value"] if self.randomised else [])).rename(
            {"reference_value": self.policies[0], "policy_value": "against it", "policy": "side"}
        )
        parted = [] if self.subgroups is None else [self.subgroups.drop("measure", "reference")]
        return as_html(repr(self), told, *parted, notes=[self.note], titles=("", "In subgroups"))

    def row(self, measure: str, policy: str | None = None, time: float | None = None) -> dict[str, Any]:
        """One difference as a dictionary: of the first other policy, and at the first time, when omitted.

        Raises
        ------
        UnknownName
            Nothing of that name was compared.
        """
        import polars as pl

        found = self.table.filter(pl.col("measure") == measure)
        if policy is not None:
            found = found.filter(pl.col("policy") == policy)
        if time is not None:
            found = found.filter(pl.col("time") == time)
        if found.is_empty():
            asked = f"{measure}{f', {policy}' if policy else ''}{f', {time:g}' if time is not None else ''}"
            raise UnknownName("difference", asked, self.table["measure"].unique())
        return found.row(0, named=True)

    def told(self) -> dict[str, Any]:
        """Everything as plain values, for JSON."""
        return {
            "notice": "Simulation; not for patient care.", "note": self.note, "standing": list(self.standing), "trial": self.trial, "seed": self.seed,
            "policies": list(self.policies), "n_pairs": self.n_pairs, "differences": self.table.to_dicts(),
            "plans": {name: [asdict(one) for one in lines] for name, lines in self.plans.items()},
            "subgroups": [] if self.subgroups is None else self.subgroups.to_dicts(),
        }  # fmt: skip

    def save(self, folder: str | Path) -> Path:
        """Write compare.json and compare.parquet into a folder, and subgroups.parquet where there are some."""
        place = storage.make_folder(Path(folder))
        storage.write_json(place / "compare.json", self.told())
        storage.write_frame(place / "compare.parquet", self.table)
        if self.subgroups is not None:
            storage.write_frame(place / "subgroups.parquet", self.subgroups)
        return place


@in_words
def compare(
    *results: Result, endpoints: Sequence[str] | None = None, level: float = 0.95, arm: str | None = None,
    names: Sequence[str] | None = None, subgroups: Sequence[str] = (),
) -> Comparison:  # fmt: skip
    """What differs between the arms of one run, or between one arm of several.

    Parameters
    ----------
    results
        One run of several arms (see `livingdrug.trial.same_people.run_policies`), or several runs. The first arm, or run, is the reference. With one seed and
        one population the same people are on every side, and differences are within persons; otherwise, and between the arms
        of a randomised run, the sides are independent groups.
    endpoints
        Endpoints by name; those of the (first) trial when omitted. Days of toxicity, infections, drug use and
        measured peaks come besides.
    level
        Confidence level.
    arm
        Of several runs: the arm that is compared; the first of each when omitted.
    names
        Of several runs: what each is called; its folder's name when omitted.
    subgroups
        Covariates by whose classes endpoints are told besides: ``"age_years=65"``, ``"prior_lines=2,4"``, ``"female"`` (at the
        median when no limit is given). Needs the same people on every side, or the arms of a randomised run.

    Raises
    ------
    BadInput
        Nothing to compare.
    UnknownName
        No such arm, or no such endpoint.
    """
    import polars as pl

    sides = _sides(results, arm, names)
    called, first = [name for name, _, _ in sides], sides[0][1]
    drugs = _drugs(sides)
    wanted = [use.id for use in first.trial.endpoints] if endpoints is None else list(endpoints)
    records = [first.endpoint(name).record for name in wanted]
    known = {record.id for record in records}
    records += [
        record
        for record in measures(first.questions, drugs)
        if record.id not in known and not any(_not_measured(result, arm, record) for _, result, arm in sides)
    ]
    by_chance = len(results) == 1 and first.trial.planned_design.kind == "randomised"
    if by_chance:  # what is asked from enrolment anyway is told once
        records = [record for record in records if record.from_enrolment not in wanted]
    records = [_titled(record, first) for record in records]
    frames = [_patients(result, arm, records) for _, result, arm in sides]
    seeds = [int(result.manifest["seed"]) for _, result, _ in sides]
    same = not by_chance and _same_people(frames, seeds, first.questions.covariates)
    rows = [
        {"among": record.among, **one, "reference": called[0], "policy": name}
        for record in records
        for name, told in _differences(record, sides, frames, level=level, same=same, by_chance=by_chance)
        for one in told
    ]
    infused = [set(frame.filter(pl.col("status").is_in(BEGUN))["patient"]) for frame in frames]
    parted = _in_subgroups(
        [record for record in records if record.id in known], sides, frames, subgroups, level, same, by_chance
    )
    return Comparison(
        trial=first.trial.id,
        seed=int(first.manifest["seed"]),
        policies=tuple(called),
        n_pairs=len(set.intersection(*infused)) if same else 0,
        table=pl.DataFrame(rows, schema=_schema(), orient="row").fill_nan(None),
        plans=_plans(sides),
        independent=not same,
        randomised=by_chance,
        sides=tuple(sides),
        subgroups=parted,
    )


def _in_subgroups(
    records: Sequence[Endpoint], sides: Sequence[tuple[str, Result, str]], frames: Sequence[pl.DataFrame], words: Sequence[str],
    level: float, same: bool, by_chance: bool,
) -> pl.DataFrame | None:  # fmt: skip
    """The endpoints in every class of the covariates asked for; None where none is asked for."""
    import polars as pl

    if not words:
        return None
    if not same and not by_chance:
        raise BadInput(
            "subgroups were asked of runs of different people.\n"
            "  Compare the arms of a randomised run, or runs with one seed and one population."
        )
    first, reference = sides[0][1], sides[0][0]
    groups, rows = asked_for(words, first), []
    for record in records:
        common = {"measure": record.id, "title": record.title, "reference": reference}
        if by_chance:
            found = first.endpoint(record)
            whole = found.by_everyone()
            if whole is None:
                continue
            common |= {"measure": whole.record.id, "title": record.title if whole is found else whole.record.title}
            for name, _, arm in sides[1:]:
                told = randomised_rows(found, sides[0][2], arm, groups, level)
                rows += [{**common, "policy": name, **one} for one in told]
            continue
        told_by = partial(_differences, record, sides, level=level, same=True, by_chance=False)
        rows += [{**common, "policy": name, **one} for name, one in other_rows(frames, groups, told_by)]
    return pl.DataFrame(rows, schema=subgroup_schema(), orient="row").fill_nan(None)


def _differences(
    record: Endpoint, sides: Sequence[tuple[str, Result, str]], frames: Sequence[pl.DataFrame],
    *, level: float, same: bool, by_chance: bool,
) -> Iterator[tuple[str, list[dict[str, Any]]]]:  # fmt: skip
    """Of one endpoint: the name of each side but the reference, and its rows."""
    first = sides[0][1]
    if by_chance:
        found = first.endpoint(record)
        for name, _, arm in sides[1:]:
            yield name, randomised.rows_of(record, found, sides[0][2], arm)
        return
    reference, *others = (
        evaluate(
            record, frame, [arm], level=level, known=first.known_names, not_measured=_not_measured(result, arm, record)
        )
        for frame, (_, result, arm) in zip(frames, sides, strict=True)
    )
    for (name, _, _), other in zip(sides[1:], others, strict=True):
        if same:
            yield name, [_row(record, one) for one in paired(reference.asked, reference.patients, other.patients)]
        else:
            yield name, independent.rows_of(record, reference, other)


def _plans(sides: Sequence[tuple[str, Result, str]]) -> dict[str, tuple[PlanDifference, ...]]:
    """What differs in the plans, against the reference: arms of one run, or whole runs."""
    _, first, arm = sides[0]
    return {
        name: between_arms(first.trial, arm, other) if result is first else between_runs(first, result)
        for name, result, other in sides[1:]
    }


def _not_measured(result: Result, arm: str, record: Endpoint) -> dict[str, str]:
    """What an endpoint reads and nobody could see in this arm, by the arm's name; nothing when it can be answered."""
    why = result.not_measured(arm, outcomes_read(record.needs, result.questions))
    return {arm: why} if why else {}


def _patients(result: Result, arm: str, records: Sequence[Endpoint]) -> pl.DataFrame:
    """One arm's patients with every outcome that the records read."""
    import polars as pl

    names = [name for record in records for name in outcomes_read(record.needs, result.questions)]
    return result.patients_with(names).filter(pl.col("arm") == arm)


def _sides(results: Sequence[Result], arm: str | None, names: Sequence[str] | None) -> list[tuple[str, Result, str]]:
    """(name, run, arm) of everything compared."""
    if len(results) == 1:
        if arm is not None:
            raise BadInput(f'got one run and arm "{arm}".\n  Its arms are compared with each other; leave the arm out.')
        sides = [(name, results[0], name) for name in results[0].arms]
    else:
        for result in results:
            if arm is not None and arm not in result.arms:
                raise UnknownName(f"arm in the run {_label(result)}", arm, result.arms)
        called = [_label(result) for result in results] if names is None else list(names)
        if len(called) != len(results):
            raise BadInput(
                f"names: got {len(called)}, expected one for each of the {len(results)} runs.\n  Give as many, in their order."
            )
        sides = [(name, result, arm or result.arms[0]) for name, result in zip(called, results, strict=True)]
        twice = len({name for name, _, _ in sides}) < len(sides)
        if twice:
            sides = [(f"{name} ({place})", result, one) for place, (name, result, one) in enumerate(sides, start=1)]
    if len(sides) < 2:
        raise BadInput(
            "got one arm, expected at least two to compare.\n"
            "  Run the trial under several policies (--policy …), or give two finished runs."
        )
    return sides


def _label(result: Result) -> str:
    return result.folder.name if result.folder is not None else result.trial.arm(result.arms[0]).management.guideline


def _drugs(sides: Sequence[tuple[str, Result, str]]) -> list[str]:
    import polars as pl

    by_rules = pl.col("rule") != PLANNED
    return sorted(
        {str(d) for _, result, arm in sides for d in result.log.filter(by_rules, pl.col("arm") == arm)["drug"].unique()}
    )


def _same_people(frames: Sequence[pl.DataFrame], seeds: Sequence[int], covariates: Sequence[str]) -> bool:
    """Whether patient k is the same person on every side, in every covariate: then differences are within persons."""
    import polars as pl

    told = [name for name in covariates if name in frames[0].columns]
    for frame, seed in zip(frames[1:], seeds[1:], strict=True):
        both = frames[0].join(frame, on="patient", how="inner", suffix="_other")
        same = [
            pl.col(column).eq_missing(pl.col(f"{column}_other")).all() for column in told if column in frame.columns
        ]
        if seed != seeds[0] or both.is_empty() or len(same) < len(told) or not all(both.select(same).row(0)):
            return False
    return True


def _titled(record: Endpoint, result: Result) -> Endpoint:
    """A record whose title calls the scale or drug that its id names by its title, not by the name of its file."""
    from livingdrug.catalog.load import default_catalog

    catalog = result.catalog or default_catalog()
    title = record.title
    for word in dict.fromkeys(re.findall(r"[a-z0-9_]+", title)):
        if f"_{word}_" not in f"_{record.id}_":
            continue  # a word of the title itself: "lowest immunoglobulin G" is no drug
        kind = next(
            (kind for kind in ("scale", "drug") if ("_" in word or kind == "drug") and catalog.has(kind, word)), ""
        )
        if kind:
            told = catalog.load(kind, word).title.split(" (")[0].split(",")[0]
            title = re.sub(rf"\b{word}\b", told if kind == "scale" else told[:1].lower() + told[1:], title)
    return record if title == record.title else record.model_copy(update={"title": title})


def _row(record: Endpoint, one: Contrast) -> dict[str, Any]:
    apart = one.apart
    return {
        "measure": record.id, "title": record.title, "kind": record.kind, "unit": one.unit, "time": one.time,
        "time_unit": one.time_unit, "shown": one.time is None or one.time == record.time_shown, "statistic": one.statistic, "shown_as": one.shown_as, "reference_value": one.first,
        "policy_value": one.second, "difference": apart.estimate, "ci_low": apart.ci_low, "ci_high": apart.ci_high,
        "n_pairs": apart.n, "n_only_reference": apart.n_only_first, "n_only_policy": apart.n_only_second,
    }  # fmt: skip


def _schema() -> dict[str, Any]:
    import polars as pl

    texts = (
        "measure",
        "title",
        "kind",
        "statistic",
        "shown_as",
        "time_unit",
        "unit",
        "reference",
        "policy",
        "among",
        "test",
    )
    order = (
        "measure", "title", "kind", "statistic", "shown_as", "time", "time_unit", "unit", "reference", "policy", "reference_value",
        "policy_value", "difference", "ci_low", "ci_high", "n_pairs", "n_only_reference", "n_only_policy",
        "shown", "among", "test", "p_value",
    )  # fmt: skip
    return {
        name: pl.Boolean
        if name == "shown"
        else pl.String
        if name in texts
        else pl.Int64
        if name.startswith("n_")
        else pl.Float64
        for name in order
    }
