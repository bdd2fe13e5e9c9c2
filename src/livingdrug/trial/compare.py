"""The same patients under two policies: what differs, by how much, and how sure the number of patients makes us.

trial + policies ─► one arm per policy, same patients ─► pairs ─► differences with intervals
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.load import is_path
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.manufacturing.lots import BEGUN
from livingdrug.observation.ward import PLANNED
from livingdrug.outcome.between_arms import paired
from livingdrug.outcome.endpoints import evaluate
from livingdrug.outcome.names import outcomes_read
from livingdrug.trial import independent, storage
from livingdrug.trial.measures import measures
from livingdrug.trial.plan_difference import PlanDifference, between_arms, between_runs
from livingdrug.trial.result import Result
from livingdrug.trial.run import run

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.outcome.estimator import Contrast

APART = (
    "The two sides hold different people, so they are compared as independent groups: each interval holds the chance of drawing "
    "both groups of virtual patients, not the uncertainty of the model. With one seed and one population the same people would be "
    "on both sides, and small differences would show."
)
NOTE = (
    "Every policy treats the same virtual patients. Intervals tell how far the number of simulated patients blurs the "
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
        when it is told once. Differences are policy minus reference; for a ratio, policy over reference. Values and
        difference come from the same pairs: patients whom the measure counts under both.
    plans
        What differs in the plans: each other policy -> the lines that differ from the reference's.
    independent
        The sides hold different people: intervals are those of independent groups (`livingdrug.trial.independent`), no row has
        pairs, and n_only_reference and n_only_policy are the patients counted on each side.
    """

    trial: str
    seed: int
    policies: tuple[str, ...]
    n_pairs: int
    table: pl.DataFrame
    plans: Mapping[str, tuple[PlanDifference, ...]] = field(default_factory=dict)
    independent: bool = False

    def __repr__(self) -> str:
        return (
            f"{self.trial}: {' against '.join(self.policies)}, "
            f"{'different people' if self.independent else f'{self.n_pairs} patients'}, {self.table.height} differences"
        )

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
            "notice": "Simulation; not for patient care.", "note": APART if self.independent else NOTE, "trial": self.trial, "seed": self.seed,
            "policies": list(self.policies), "n_pairs": self.n_pairs, "differences": self.table.to_dicts(),
            "plans": {name: [asdict(one) for one in lines] for name, lines in self.plans.items()},
        }  # fmt: skip

    def save(self, folder: str | Path) -> Path:
        """Write compare.json and compare.parquet into a folder."""
        place = storage.make_folder(Path(folder))
        storage.write_json(place / "compare.json", self.told())
        storage.write_frame(place / "compare.parquet", self.table)
        return place


def run_policies(
    trial: Trial, policies: Sequence[str], *, arm: str | None = None, catalog: Catalog | None = None, **options: Any
) -> Result:
    """The same patients under several policies: each becomes an arm, otherwise equal.

    Parameters
    ----------
    trial
        A loaded trial.
    policies
        Guidelines by name or path, the reference first. A single one is held against the arm's own.
    arm
        The arm that is treated; the trial's first when omitted.
    catalog
        Where names are looked up.
    options
        As for `livingdrug.run`: patients, seed, threads, out …

    Raises
    ------
    BadInput
        Two policies of one name, or only one.
    """
    chosen = trial.arms[0] if arm is None else trial.arm(arm)
    wanted = [chosen.management.guideline, *policies] if len(policies) == 1 else list(policies)
    names = [Path(policy).stem if is_path(policy) else policy for policy in wanted]
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise BadInput(f"got the policies {', '.join(names)}; expected at least two, each of its own name.")
    arms = tuple(chosen.with_policy(policy, name) for policy, name in zip(wanted, names, strict=True))
    result = run(trial.model_copy(update={"arms": arms, "design": None}), catalog=catalog, **options)
    if result.folder is not None:  # so that the run's folder tells what was compared
        for policy, name in zip(wanted, names, strict=True):
            if is_path(policy):
                kept = storage.make_folder(result.folder / "guideline")
                storage.write_bytes(kept / f"{name}.toml", Path(policy).read_bytes())
    return result


def compare(*results: Result, endpoints: Sequence[str] | None = None, level: float = 0.95) -> Comparison:
    """What differs between the arms of one run, or between the first arms of several.

    Parameters
    ----------
    results
        One run of several arms (see `run_policies`), or several runs. The first arm, or run, is the reference. With one seed and
        one population the same people are on every side, and differences are within persons; otherwise the sides are independent
        groups.
    endpoints
        Endpoints by name; those of the (first) trial when omitted. Days of toxicity, infections, drug use and
        measured peaks come besides.
    level
        Confidence level.

    Raises
    ------
    BadInput
        Nothing to compare, or the arms of a randomised trial.
    """
    import polars as pl

    sides = _sides(results)
    names, first = [name for name, _, _ in sides], sides[0][1]
    drugs = _drugs(sides)
    wanted = [use.id for use in first.trial.endpoints] if endpoints is None else list(endpoints)
    records = [first.endpoint(name).record for name in wanted]
    known = {record.id for record in records}
    records += [
        record
        for record in measures(first.questions, drugs)
        if record.id not in known and not any(_not_measured(result, arm, record) for _, result, arm in sides)
    ]
    records = [_titled(record, first) for record in records]
    frames = [_patients(result, arm, records) for _, result, arm in sides]
    seeds = [int(result.manifest["seed"]) for _, result, _ in sides]
    same = _same_people(frames, seeds, first.questions.covariates)
    rows: list[dict[str, Any]] = []
    for record in records:
        reference, *others = (
            evaluate(
                record,
                frame,
                [arm],
                level=level,
                known=first.known_names,
                not_measured=_not_measured(result, arm, record),
            )
            for frame, (_, result, arm) in zip(frames, sides, strict=True)
        )
        for name, other in zip(names[1:], others, strict=True):
            told = (
                [_row(record, one) for one in paired(reference.asked, reference.patients, other.patients)]
                if same
                else independent.rows_of(record, reference, other)
            )
            rows += [{**one, "reference": names[0], "policy": name} for one in told]
    infused = [set(frame.filter(pl.col("status").is_in(BEGUN))["patient"]) for frame in frames]
    return Comparison(
        trial=first.trial.id,
        seed=int(first.manifest["seed"]),
        policies=tuple(names),
        n_pairs=len(set.intersection(*infused)) if same else 0,
        table=pl.DataFrame(rows, schema=_schema(), orient="row").fill_nan(None),
        plans=_plans(sides),
        independent=not same,
    )


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


def _sides(results: Sequence[Result]) -> list[tuple[str, Result, str]]:
    """(name, run, arm) of everything compared."""
    apart = next((one.trial for one in results if one.trial.planned_design.kind == "randomised"), None)
    if apart is not None:
        raise BadInput(
            f'trial "{apart.id}" is randomised: no patient is in two arms, so there are no pairs to compare.\n'
            '  Its report tests the groups, and so does result.endpoint(…).compare(); or plan the same arms with [design] kind = "paired".'
        )
    if len(results) == 1:
        sides = [(arm, results[0], arm) for arm in results[0].arms]
    else:
        sides = [(_label(result), result, result.arms[0]) for result in results]
        twice = len({name for name, _, _ in sides}) < len(sides)
        if twice:
            sides = [(f"{name} ({place})", result, arm) for place, (name, result, arm) in enumerate(sides, start=1)]
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

    texts = ("measure", "title", "kind", "statistic", "shown_as", "time_unit", "unit", "reference", "policy")
    order = (
        "measure", "title", "kind", "statistic", "shown_as", "time", "time_unit", "unit", "reference", "policy", "reference_value",
        "policy_value", "difference", "ci_low", "ci_high", "n_pairs", "n_only_reference", "n_only_policy",
        "shown",
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
