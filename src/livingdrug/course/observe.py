"""Courses to visits: what a clinic and its assays would have seen, on the days it looked, above its limits.

Truth is a table of outputs at every check; a visit reads it on its own day (planned day, moved within the window),
multiplies by the assay's error, and keeps values below the limit with a flag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.catalog.records.assay import Record as Assay
from livingdrug.catalog.records.trial import Visits
from livingdrug.foundation import streams
from livingdrug.foundation.errors import UnknownName

Columns = Mapping[str, NDArray[np.float64]]


def at_days(checks: NDArray[np.float64], truth: NDArray[np.float64], days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values on the patients' own days, by linear interpolation between checks.

    Parameters
    ----------
    checks
        Days of the checks, ascending, shaped (C,).
    truth
        Shaped (n, C); NaN after the end of a course.
    days
        Shaped (n,).

    Returns
    -------
    Shaped (n,); NaN where the course has ended or not begun.
    """
    right = np.clip(np.searchsorted(checks, days), 1, len(checks) - 1)
    row = np.arange(len(days))
    span = checks[right] - checks[right - 1]
    share = (days - checks[right - 1]) / span
    inside = (days >= checks[0]) & (days <= checks[-1])
    before, after = truth[row, right - 1], truth[row, right]
    value = np.where(share >= 1.0, after, before + share * (after - before))
    return np.where(inside, value, np.nan)


@dataclass(frozen=True)
class Schedule:
    """One assay's visits: days, window and the chance of missing one."""

    assay: Assay
    days: tuple[float, ...]
    window: float
    missed: float


def schedules(visits: Visits, assays: Mapping[str, Assay]) -> list[Schedule]:
    """Which assay is done on which days: as the trial says, else where the assay's own `schedule` names a group."""
    missed = visits.missed.value if visits.missed else 0.0
    plan: dict[str, Schedule] = {}
    for group, days in visits.days.items():
        chosen = visits.assays.get(group) or tuple(name for name, assay in assays.items() if assay.schedule == group)
        for name in chosen:
            if name not in assays:
                raise UnknownName("assay", name, assays, f'It stands in "visits.assays.{group}".')
            earlier = plan[name].days if name in plan else ()
            plan[name] = Schedule(
                assays[name], tuple(sorted({*earlier, *days})), visits.window_days.get(group, 0.0), missed
            )
    return list(plan.values())


def observe(
    checks: NDArray[np.float64],
    truth: Columns,
    plan: Sequence[Schedule],
    patients: NDArray[np.int64],
    last_day: NDArray[np.float64],
    seed: int,
) -> pl.DataFrame:
    """What was measured.

    Parameters
    ----------
    checks, truth
        Days (C,) and model outputs, each (n, C).
    plan
        Who is measured when.
    patients
        Patient numbers (n,).
    last_day
        Last day in follow-up (n,); later visits do not exist.
    seed
        The run's seed; errors are addressed by assay, patient and visit.

    Returns
    -------
    One row per patient, quantity and planned visit in follow-up: patient, quantity, day_planned, day, value,
    lower_limit, below_limit, missed, unit. A missed visit has no value.
    """
    pieces = []
    for schedule in plan:
        assay = schedule.assay
        if assay.reads not in truth:
            raise UnknownName("model output", assay.reads, truth, f'Assay "{assay.id}" reads it.')
        for number, planned in enumerate(schedule.days):
            pieces.append(_one_visit(checks, truth[assay.reads], schedule, number, planned, patients, last_day, seed))
    columns = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]} if pieces else {}
    text = {
        name: [getattr(schedule.assay, name) for schedule in plan for _ in schedule.days for _ in range(len(patients))]
        for name in ("quantity", "unit")
    }
    frame = pl.DataFrame({**columns, **text})
    return frame.filter(pl.col("seen")).drop("seen").sort("patient", "quantity", "day_planned", maintain_order=True)


def _one_visit(
    checks: NDArray[np.float64],
    truth: NDArray[np.float64],
    schedule: Schedule,
    number: int,
    planned: float,
    patients: NDArray[np.int64],
    last_day: NDArray[np.float64],
    seed: int,
) -> dict[str, NDArray]:
    assay = schedule.assay
    group = f"visit/{assay.schedule}"  # assays of one group are drawn at the same visit
    shift = (2.0 * streams.uniform(seed, f"{group}/day", patients, number) - 1.0) * schedule.window
    day = np.maximum(planned + shift, 0.0)
    missed = streams.uniform(seed, f"{group}/missed", patients, number) < schedule.missed
    value = _measured(assay, at_days(checks, truth, day), patients, number, seed)
    seen = (day <= last_day) & ~np.isnan(value)
    limit = assay.lower_limit.value
    return {
        "patient": patients,
        "day_planned": np.full(len(patients), planned),
        "day": day,
        "value": np.where(missed, np.nan, value),
        "lower_limit": np.full(len(patients), limit),
        "below_limit": ~missed & (value < limit),
        "missed": missed,
        "seen": seen,
    }


def _measured(
    assay: Assay, level: NDArray[np.float64], patients: NDArray[np.int64], number: int, seed: int
) -> NDArray[np.float64]:
    """What the assay reports of a true level at the patients' visit of this number; NaN stays NaN."""
    error = np.exp(assay.error_log_sd.value * streams.normal(seed, f"assay/{assay.id}", patients, number))
    value = np.maximum(level, 0.0) * assay.factor * error
    return value if assay.upper_limit is None else np.minimum(value, assay.upper_limit.value)


UNPLANNED = 10_000
"""Number of the unplanned visit in the assays' random streams, beyond all planned ones."""
OVERT_BLASTS_PERCENT = 30.0
"""Marrow blasts at which disease shows itself (falling counts, blasts in blood) and marrow is looked at; assumed."""
OVERT_DELAY_DAYS = 7.0
"""Days within which that unplanned look happens; assumed."""


def unscheduled(
    checks: NDArray[np.float64],
    truth: Columns,
    plan: Sequence[Schedule],
    patients: NDArray[np.int64],
    last_day: NDArray[np.float64],
    seed: int,
) -> pl.DataFrame:
    """The unplanned marrow of patients whose leukaemia becomes overt between visits (after day 28).

    Parameters and rows as in `observe`; `day_planned` is the day itself.
    """
    overt = (truth["blasts_percent"] >= OVERT_BLASTS_PERCENT) & (checks > 28.0)
    # only a rise counts: overt now, not at the check before
    begins = overt[:, 1:] & ~overt[:, :-1]
    ever = begins.any(axis=1)
    first = checks[1:][begins.argmax(axis=1)]
    day = first + OVERT_DELAY_DAYS * streams.uniform(seed, "visit/unplanned/day", patients)
    seen = ever & (day <= np.minimum(last_day, checks[-1]))
    rows = []
    for schedule in plan:
        assay = schedule.assay
        if assay.schedule != "response" and assay.reads not in ("neutrophils", "platelets"):
            continue
        value = _measured(assay, at_days(checks, truth[assay.reads], day), patients, UNPLANNED, seed)
        limit = np.full(len(patients), assay.lower_limit.value)
        frame = pl.DataFrame(
            {"patient": patients, "day_planned": day, "day": day, "value": value, "lower_limit": limit,
             "below_limit": value < limit, "missed": np.zeros(len(patients), dtype=bool), "seen": seen & ~np.isnan(value)}
        )  # fmt: skip
        rows.append(
            frame.filter("seen").drop("seen").with_columns(quantity=pl.lit(assay.quantity), unit=pl.lit(assay.unit))
        )
    return pl.concat(rows).select(
        "patient", "day_planned", "day", "value", "lower_limit", "below_limit", "missed", "quantity", "unit"
    )
