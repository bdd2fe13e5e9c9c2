"""A few replicates simulated together: people of all of them through each arm, then asked apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from livingdrug.catalog.plan import plan_arm
from livingdrug.course.settings import Settings
from livingdrug.design.asked import answered, rows_of
from livingdrug.design.people import STRIDE, arms_of_replicate, entry_days_of
from livingdrug.observation.data_cut import ENTRY_DAY, cut, with_entry_days
from livingdrug.outcome.endpoint_result import table_schema, tables
from livingdrug.trial.calendar import begins
from livingdrug.trial.line import follow

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.design.layers import Layers

FRAMES = ("people", "rows", "estimates")
"""Of a piece: everyone enrolled; whom endpoints count (`livingdrug.design.asked.ROWS`); each endpoint's numbers by replicate."""


@dataclass(frozen=True)
class Work:
    """All that replicates share.

    Attributes
    ----------
    trial, catalog, plans
        What is simulated; the catalogue as its files stand.
    patients
        Of each replicate.
    seed
        Of all of it.
    layers
        Of chance.
    settings
        Of the simulation.
    records
        Endpoints asked.
    outcomes
        Kept of each patient.
    cuts
        Whether the trial's data cut-off is applied; rules apply their own.
    tells
        Whether each replicate's numbers are computed beside the rows.
    """

    trial: Trial
    catalog: Catalog
    plans: tuple[Plan, ...]
    patients: int
    seed: int
    layers: Layers
    settings: Settings
    records: tuple[Endpoint, ...]
    outcomes: tuple[str, ...] = ()
    cuts: bool = True
    tells: bool = True

    def alone(self) -> bool:
        """Whether each replicate is simulated by itself: parameters, or lots of a bank, are its own."""
        banked = any(plan.arm.supplied_by not in ("autologous", "none") for plan in self.plans)
        # with the patients switched off replicates share numbers, which one simulation holds once
        return self.layers.on("parameters") or not self.layers.on("patients") or banked


def simulated(work: Work, replicates: Sequence[int]) -> dict[str, pl.DataFrame]:
    """The frames of a piece.

    Parameters
    ----------
    work
        What is simulated.
    replicates
        Numbers of the replicates (from 1), one after another.
    """
    plans = _plans_under(work, replicates[0]) if len(replicates) == 1 else work.plans
    numbers = [arms_of_replicate(work.trial, plans, work.patients, one, work.seed, work.layers) for one in replicates]
    pieces: dict[str, list[pl.DataFrame]] = {}
    for place, plan in enumerate(plans):
        who = np.concatenate([arms[place] for arms in numbers])
        if not who.size:
            continue
        settings = work.settings
        if work.trial.planned_design.kind == "randomised":  # a bank's lots follow the order of the arm
            settings = replace(settings, first_place=(replicates[0] - 1) * STRIDE)
        frames = follow(work.layers.seen_exactly(plan), who, work.seed, settings=settings)
        for name, frame in frames.items():
            pieces.setdefault(name, []).append(frame)
    frames = {name: pl.concat(found, how="diagonal_relaxed") for name, found in pieces.items()}
    only = replicates[0] if len(replicates) == 1 else None
    entry = _entry(work, replicates, numbers)
    frames = {**frames, "who": with_entry_days(frames["who"], entry)}
    if work.cuts and work.trial.data_cutoff is not None:
        frames = cut(frames, _calendar(work, frames, entry, only), begins(plans))
    return _told(work, plans, frames, entry, only)


def _plans_under(work: Work, replicate: int) -> tuple[Plan, ...]:
    """The plans under a replicate's draw of the parameters."""
    draw = work.layers.draw(replicate)
    if draw is None:
        return work.plans
    under = work.catalog.under(draw)
    record = under.load("trial", work.trial.id) if work.catalog.has("trial", work.trial.id) else work.trial
    return tuple(plan_arm(record, plan.arm.name, under, plan.questions) for plan in work.plans)


def _entry(work: Work, replicates: Sequence[int], numbers: Sequence[Sequence[np.ndarray]]) -> pl.DataFrame:
    """Everyone's calendar day of enrolment: patient, entry_day; and the replicate and place of each number."""
    pieces = []
    for one, arms in zip(replicates, numbers, strict=True):
        first = min(int(group[0]) for group in arms if group.size)
        days = entry_days_of(work.trial, work.patients, one, work.seed, work.layers)
        pieces.append(
            {
                "patient": np.arange(first, first + work.patients),
                ENTRY_DAY: days,
                "replicate": np.full(work.patients, one),
            }
        )
    return pl.concat([pl.DataFrame(piece) for piece in pieces])


def _calendar(work: Work, frames: dict[str, pl.DataFrame], entry: pl.DataFrame, only: int | None) -> pl.DataFrame:
    """Each patient's calendar day of the cut: each replicate has its own."""
    from livingdrug.trial.calendar import cut_day

    assert work.trial.data_cutoff is not None
    pieces = []
    for (_replicate,), group in entry.group_by("replicate", maintain_order=True):
        numbers = group.select("patient")
        mine = {
            name: frame.join(numbers, on="patient", how="semi", maintain_order="left") for name, frame in frames.items()
        }
        day = cut_day(work.trial, work.trial.data_cutoff, mine, float(group[ENTRY_DAY].max()), work.catalog)  # type: ignore[arg-type]
        pieces.append(numbers.with_columns(cut=pl.lit(np.inf if day is None else day)))
    return pl.concat(pieces)


def _told(
    work: Work, plans: Sequence[Plan], frames: dict[str, pl.DataFrame], entry: pl.DataFrame, only: int | None
) -> dict[str, pl.DataFrame]:
    arms = [plan.arm.name for plan in plans]
    answers = answered(plans[0].questions, frames, arms, work.records, work.outcomes)
    number = pl.col("patient")
    replicate = pl.lit(only, dtype=pl.Int64) if only is not None else (number - 1) // STRIDE + 1
    place = (number - 1) % STRIDE + 1
    rows = rows_of(answers, replicate, place)
    people = answers.people.join(entry.select("patient", ENTRY_DAY), on="patient", how="left", maintain_order="left")
    people = people.with_columns(replicate=replicate, patient=place).select(
        "replicate", "arm", "patient", pl.exclude("replicate", "arm", "patient")
    )
    if work.trial.planned_design.strata:
        people = people.join(_strata(work, frames, replicate, place), on=["replicate", "arm", "patient"], how="left")
    return {"people": people, "rows": rows, "estimates": _estimates(work, answers, arms, only, entry)}


def _strata(work: Work, frames: dict[str, pl.DataFrame], replicate: pl.Expr, place: pl.Expr) -> pl.DataFrame:
    design, who = work.trial.planned_design, frames["who"]
    values = {one.covariate: who[one.covariate].cast(pl.Float64).to_numpy() for one in design.strata}
    numbers = who.select(replicate=replicate, arm=pl.col("arm"), patient=place)
    return numbers.with_columns(stratum=pl.Series(design.stratum_of(values)))


def _estimates(work: Work, answers, arms: Sequence[str], only: int | None, entry: pl.DataFrame) -> pl.DataFrame:
    """Each endpoint's numbers in each replicate, as `EndpointResult.table` tells them."""
    numbers = np.unique(entry["replicate"].to_numpy()) if work.tells else np.zeros(0, np.int64)
    asked = []
    for result in answers.endpoints.values() if numbers.size else ():
        of = _replicates_of(result.patients, only)
        patients = result.patients
        if (of[1:] < of[:-1]).any():  # arm by arm, each with all replicates
            order = np.argsort(of, kind="stable")
            patients, of = patients[order], of[order]
        ends = np.searchsorted(of, [numbers, numbers + 1])
        asked += [replace(result, patients=patients.slice(first, end - first)) for first, end in ends.T.tolist()]
    found, lengths = tables(asked)
    of = np.repeat(np.tile(numbers, len(answers.endpoints)), np.array(lengths, dtype=np.int64))
    return found.with_columns(replicate=pl.Series(of, dtype=pl.Int64)).select(list(estimates_schema()))


def _replicates_of(patients: pl.DataFrame, only: int | None) -> np.ndarray:
    if only is not None:
        return np.full(patients.height, only)
    return (patients["patient"].to_numpy() - 1) // STRIDE + 1


def estimates_schema() -> dict:
    """Columns of the estimates of every replicate."""
    return {"replicate": pl.Int64, **table_schema()}
