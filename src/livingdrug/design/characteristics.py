"""Operating characteristics: how often a rule decides what, over sizes and paces of a trial, and what that costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from livingdrug.catalog.calendar import Enrolment
from livingdrug.design.layers import Layers
from livingdrug.design.method import DECISIONS, FUTILE, GO, NO_GO, UNTESTED, Decision
from livingdrug.design.observed import Observed
from livingdrug.design.pieces import PIECES
from livingdrug.design.price import held_by_replicates, refuse_price
from livingdrug.design.replicate import USUAL_HOURS, carried_out, prepared, refuse_replicates
from livingdrug.design.ruled import Ruled, endpoint_for, rule_of, trial_for
from livingdrug.design.trials import numbers_for, trials_of
from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.notebook import as_html
from livingdrug.outcome.estimators.exact_binomial import share_of
from livingdrug.trial import storage
from livingdrug.trial.other_work import refuse_run

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.parameter_set import ParameterSet
    from livingdrug.catalog.records.rule import Rule
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.design.batch import Work
    from livingdrug.design.replicate import Replicates

MODEL, NULL = "model", "null"
MONTH = 365.25 / 12
MOST_CELLS = 10_000


@dataclass(frozen=True, repr=False)
class Characteristics:
    """What a rule does.

    Attributes
    ----------
    table
        One row for each scenario, pace, follow-up and size: scenario (``model``: the trial as it is; ``null``: no effect;
        ``planted x``), enrolment, after_last, n, go / no_go / futile / untested (probabilities), go_low and go_high (95 %
        Monte Carlo interval), exact_go (closed form; null without), enrolled and months (expected, to the decision) with their
        errors, counted (expected number of people counted among n), short (share of trials that decided with fewer people, looks or
        events than the rule plans), replicates.
    decisions
        Every decision: scenario, enrolment, after_last, n, replicate, decision, look, enrolled, day, statistic, short.
    rule
        The rule in words, at the largest size.
    endpoint
        What it decides on.
    manifest
        Of the simulation.
    notes
        What differs from the rule as written at a size asked for, a sentence each.
    """

    table: pl.DataFrame
    decisions: pl.DataFrame
    rule: str
    endpoint: str
    manifest: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"{self.rule}, on {self.endpoint}: {self.table.height} cells"

    def _repr_html_(self) -> str:
        """For notebooks."""
        return as_html(repr(self), self.table, notes=self.notes)


@in_words
def operating_characteristics(
    trial: Trial | str | Path,
    rule: str | Path | Rule,
    *,
    sizes: Sequence[int] = (),
    replicates: int = 200,
    seed: int = 1,
    keys: Mapping[str, Any] | None = None,
    endpoint: str | None = None,
    arm: str | None = None,
    reference: str | None = None,
    effects: Sequence[float] = (),
    paces: Sequence[str] = (),
    after_last: Sequence[str] = (),
    missed: float | None = None,
    attrition: float = 0.0,
    null: bool = True,
    without: Sequence[str] = (),
    draws: Sequence[ParameterSet] = (),
    threads: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    force: bool = False,
    hours: float = USUAL_HOURS,
    catalog: Catalog | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Characteristics:
    """How often a rule says go, no go or stop, and after how many patients and months.

    Sizes share people: the first 60 of a trial of 200 are the trial of 60.

    Parameters
    ----------
    trial
        A trial record, a catalogue name or a TOML file.
    rule
        A rule of the catalogue, a file or a record.
    sizes
        Patients enrolled; the trial's own number when omitted.
    replicates
        Trials simulated in each scenario.
    seed
        Not negative.
    keys
        In place of the rule file's: ``{"p0": 0.2}``.
    endpoint
        What decides; the rule's, or the trial's first of the kind, when omitted.
    arm
        For a rule that looks at one arm: which.
    reference
        For a rule that compares two: the one compared with; the first when omitted.
    effects
        Planted truths for a rule of one arm: a probability, or a hazard ratio to the historical curve.
    paces
        Enrolment in place of the trial's: ``"18 month"`` or ``"8 1/month"``.
    after_last
        Follow-up after the last patient, in place of the rule's own analysis: ``"12 month"``.
    missed
        Probability of missing a visit, in place of the trial's.
    attrition
        Share lost before treatment, besides those whom the model loses.
    null
        Whether to simulate the trial without an effect as well.
    without, draws
        Layers of chance switched off, and parameter sets, as for `replicate`.
    threads, out, resume, force, hours, catalog, progress
        As for `replicate`.

    Raises
    ------
    BadInput
        A rule that needs what the trial does not have; no size of at least 2; more work than allowed.

    Examples
    --------
    >>> import livingdrug as ld
    >>> ld.operating_characteristics("zuma_1", "simon_optimal", sizes=[60], keys={"p0": 0.2, "p1": 0.4})  # doctest: +SKIP
    """
    from livingdrug.catalog.load import default_catalog, load_trial

    refuse_replicates(replicates, seed, threads, None)
    catalog = catalog or default_catalog()
    ruled = rule_of(rule, catalog, keys)
    record = load_trial(trial, catalog) if isinstance(trial, (str, Path)) else trial
    record = _with_missed(trial_for(ruled, record, arm, reference), missed)
    asked = endpoint_for(ruled, record, endpoint, catalog)
    first = record.arms[0].name if reference is None or ruled.method.arms == 1 else reference
    grid = _grid(ruled, record, sizes, paces, after_last, effects, attrition, asked.among)
    layers = Layers.without(without, draws)
    work = prepared(
        record,
        patients=grid.sizes[-1],
        seed=seed,
        layers=layers,
        endpoints=[asked],
        catalog=catalog,
        cuts=False,
        tells=False,
    )
    works = {MODEL: work}
    if null and ruled.method.arms == 2:
        works[NULL] = replace(work, plans=_without_effect(work, first))
    held = held_by_replicates(work, replicates * len(works), out, decisions=grid.n_cells)
    refuse_price(work, replicates * len(works), threads, hours, held)
    place = None if out is None else _free(Path(out))
    decided = []
    for number, (scenario, one) in enumerate(works.items()):
        found = carried_out(
            one, replicates, threads=threads, out=None if place is None else place / scenario, resume=resume, force=force,
            progress=_part(progress, number, len(works)),
        )  # fmt: skip
        decided += _decided(ruled, grid, found, one, scenario, first, null and ruled.method.arms == 1)
    result = Characteristics(
        _table(ruled, grid, decided, replicates), _decisions(decided), ruled.method.told(grid.designs[grid.sizes[-1], ""]),
        asked.id, {"seed": seed, "replicates": replicates, "endpoint": asked.id, "rule": ruled.record.id, "simulation": found.manifest},
        (*_sides(ruled, record, first), *_notes(ruled, grid)),
    )  # fmt: skip
    if place is not None:
        storage.write_frame(place / "characteristics.parquet", result.table)
        storage.write_frame(place / "estimates.parquet", result.decisions)
    return result


def _free(out: Path) -> Path:
    """The folder for the results, which holds no run and no replicates."""
    refuse_run(out)
    if (out / PIECES).exists():
        raise BadInput(f"{out} holds other work.\n  Choose another folder with out=… (-o …).")
    return storage.make_folder(out)


@dataclass(frozen=True)
class _Grid:
    """Sizes, paces, follow-ups and planted effects; the rule's design at each size and follow-up."""

    sizes: tuple[int, ...]
    paces: tuple[str, ...]
    follow: tuple[str, ...]
    effects: tuple[float, ...]
    attrition: float
    known_after: str
    designs: Mapping[tuple[int, str], Any]

    @property
    def n_cells(self) -> int:
        """Decisions on one replicate at most."""
        return len(self.sizes) * len(self.paces) * len(self.follow) * (2 + len(self.effects))


@dataclass(frozen=True)
class _Decided:
    scenario: str
    pace: str
    follow: str
    n: int
    replicate: int
    counted: int
    decision: Decision
    short: bool


def _grid(
    ruled: Ruled, trial: Trial, sizes: Sequence[int], paces: Sequence[str], follow: Sequence[str], effects: Sequence[float],
    attrition: float, among: str,
) -> _Grid:  # fmt: skip
    wanted = tuple(sorted(set(sizes or [trial.enrolled or 100])))
    if any(isinstance(n, bool) or not isinstance(n, int) or n < 2 for n in wanted):
        raise BadInput(f"sizes: got {list(wanted)}, expected whole numbers of at least 2 patients.")
    if effects and ruled.method.arms == 2:
        raise BadInput(
            "effects: an effect of two arms is in the trial's own arms.\n  Change an arm (dose, product), or model parameters (--parameter)."
        )
    for effect in effects:
        ruled.method.refuse_effect(effect)
    if not 0 <= attrition < 1:
        raise BadInput(f"attrition: got {attrition:g}, expected a share from 0 to below 1.")
    if attrition and "enrolled" in among:
        raise BadInput(
            "attrition: the endpoint counts everyone enrolled, whom nobody can be lost from.\n  Ask for one among the treated."
        )
    if len(wanted) * max(1, len(paces)) * max(1, len(follow)) * (2 + len(effects)) > MOST_CELLS:
        raise BadInput(f"more than {MOST_CELLS:,} combinations of size, pace, follow-up and effect.\n  Ask for fewer.")
    for text in paces:
        _pace(text)
    timed = "after_last" in ruled.method.Keys.model_fields
    if follow and not timed:
        raise BadInput(
            f'after_last: rule "{ruled.record.id}" does not wait for events.\n  Take it out; known_after is its key.'
        )
    designs = {}
    for text in follow or ("",):
        told = ruled
        if text:
            update = {"after_last": text, "events": None, "events_per_patient": None}
            told = replace(ruled, keys=ruled.keys.model_copy(update=update))
        designs |= {(n, text): told.planned(n) for n in wanted}
    known = str(getattr(ruled.keys, "known_after", ""))
    return _Grid(
        wanted,
        tuple(paces) or ("",),
        tuple(follow) or ("",),
        tuple(effects),
        attrition,
        known,
        {**designs, (wanted[-1], ""): designs[wanted[-1], (follow or ("",))[0]]},
    )


def _sides(ruled: Ruled, record: Trial, reference: str) -> tuple[str, ...]:
    """Of a rule of two arms: in whose favour go is."""
    others = [one.name for one in record.arms if one.name != reference]
    return (f"go: {others[0]} is better than {reference}, the reference.",) if ruled.method.arms == 2 and others else ()


def _notes(ruled: Ruled, grid: _Grid) -> tuple[str, ...]:
    """What the rule says of each size asked for."""
    told = [(n, ruled.method.caveat(grid.designs[n, grid.follow[0]], n)) for n in grid.sizes]
    return tuple(f"n = {n}: {words}." for n, words in told if words)


def _pace(text: str) -> Enrolment | None:
    if not text:
        return None
    try:
        return Enrolment(duration=text)
    except BadInput:
        return Enrolment(rate=text)


def _with_missed(trial: Trial, missed: float | None) -> Trial:
    if missed is None:
        return trial
    if not 0 <= missed < 1:
        raise BadInput(f"missed: got {missed:g}, expected a probability from 0 to below 1.")
    from livingdrug.foundation.quantities import Quantity

    meaning = "Probability that a patient misses a planned visit"
    share = Quantity(value=missed, unit="", meaning=meaning, kind="input", source="asked for")
    return trial.model_copy(update={"visits": trial.visits.model_copy(update={"missed": share})})


def _without_effect(work: Work, reference: str) -> tuple[Any, ...]:
    """Plans of the same arms in which everybody is treated as in the reference."""
    control = next(plan for plan in work.plans if plan.arm.name == reference)
    return tuple(replace(control, arm=control.arm.model_copy(update={"name": plan.arm.name})) for plan in work.plans)


def _part(progress: Callable[[int, int], None] | None, number: int, parts: int) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, total: progress(number * total + done, parts * total)


def _decided(
    ruled: Ruled, grid: _Grid, found: Replicates, work: Work, scenario: str, reference: str, with_null: bool
) -> list[_Decided]:  # fmt: skip
    decided = []
    for pace in grid.paces:
        seen_all = trials_of(
            found,
            work,
            work.records[0].id,
            reference,
            grid.sizes,
            known_after=grid.known_after,
            enrolment=_pace(pace),
            attrition=grid.attrition,
        )
        for number, by_size in seen_all:
            for (n, follow), design in grid.designs.items():
                if follow not in grid.follow:
                    continue
                seen = by_size[n]
                luck = numbers_for(seen, work.seed, number)
                truths: list[tuple[str, Observed]] = [(scenario, seen)]
                if ruled.method.arms == 1:
                    planted = [(NULL, None)] * with_null + [(f"planted {x:g}", x) for x in grid.effects]
                    for word, effect in planted:
                        redrawn = ruled.method.null(design, seen, luck, effect)
                        truths += [(word, redrawn)] if redrawn is not None else []
                for word, one in truths:
                    decision = (
                        ruled.method.decide(design, one) if one.m else Decision(UNTESTED, 1, n, float(one.entry[-1]))
                    )
                    short = bool(one.m) and ruled.method.short(design, one, decision)
                    decided.append(_Decided(word, pace, follow, n, number, one.m, decision, short))
    return decided


def _decisions(decided: Sequence[_Decided]) -> pl.DataFrame:
    rows = [
        (
            d.scenario,
            d.pace,
            d.follow,
            d.n,
            d.replicate,
            d.counted,
            d.decision.word,
            d.decision.look,
            d.decision.enrolled,
            d.decision.day,
            d.decision.statistic,
            d.short,
        )
        for d in decided
    ]
    columns = [
        "scenario",
        "enrolment",
        "after_last",
        "n",
        "replicate",
        "counted",
        "decision",
        "look",
        "enrolled",
        "day",
        "statistic",
        "short",
    ]
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(pl.col("statistic").fill_nan(None))


def _table(ruled: Ruled, grid: _Grid, decided: Sequence[_Decided], replicates: int) -> pl.DataFrame:
    cells: dict[tuple[str, str, str, int], list[_Decided]] = {}
    for one in decided:
        cells.setdefault((one.scenario, one.pace, one.follow, one.n), []).append(one)
    rows = []
    for (scenario, pace, follow, n), mine in cells.items():
        counts = {word: sum(d.decision.word == word for d in mine) for word in DECISIONS}
        interval = share_of(counts[GO], len(mine))
        enrolled = np.array([d.decision.enrolled for d in mine], dtype=float)
        months = np.array([d.decision.day for d in mine]) / MONTH
        spread = np.sqrt(len(mine))
        rows.append({
            "scenario": scenario, "enrolment": pace, "after_last": follow, "n": n, "go": counts[GO] / len(mine),
            "go_low": interval.ci_low, "go_high": interval.ci_high, "exact_go": _exact(ruled, grid, mine),
            "no_go": counts[NO_GO] / len(mine), "futile": counts[FUTILE] / len(mine), "untested": counts[UNTESTED] / len(mine),
            "enrolled": enrolled.mean(), "enrolled_error": enrolled.std(ddof=1) / spread if len(mine) > 1 else None,
            "months": months.mean(), "months_error": months.std(ddof=1) / spread if len(mine) > 1 else None,
            "counted": float(np.mean([d.counted for d in mine])), "short": float(np.mean([d.short for d in mine])), "replicates": len(mine),
        })  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def _exact(ruled: Ruled, grid: _Grid, mine: Sequence[_Decided]) -> float | None:
    """The closed form of the probability of go, where the truth is known: at the null and at planted effects."""
    one = mine[0]
    design = grid.designs[one.n, one.follow]
    if one.scenario == MODEL:
        return None
    if one.scenario == NULL:
        truth = 1.0 if ruled.method.kind == "time_to_event" else float(ruled.keys.p0)
    else:
        truth = float(one.scenario.split()[1])
    found = []
    for counted in {d.counted for d in mine}:
        size = counted if ruled.method.kind == "proportion" else one.n
        exact = ruled.method.exact(design, truth, size) if counted else None
        if exact is None:
            return None
        found += [exact[GO]] * sum(d.counted == counted for d in mine)
    return float(np.mean(found))
