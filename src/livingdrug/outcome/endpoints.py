"""Endpoints: what the seen courses mean, computed from the patients frame alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.foundation.expressions import read_formula
from livingdrug.outcome.columns import patient_names, patient_values
from livingdrug.outcome.endpoint_result import EndpointResult

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.records.endpoint import Record as Endpoint

Floats = NDArray[np.float64]


def evaluate(record: Endpoint, patients: pl.DataFrame, arms: Sequence[str], *, level: float = 0.95) -> EndpointResult:
    """One endpoint from the patients frame.

    Parameters
    ----------
    record
        The definition.
    patients
        One row per enrolled patient and arm.
    arms
        Arms to show, in order.
    level
        Confidence level.

    Raises
    ------
    UnknownName
        A formula needs a column that the patients frame does not have.
    BadInput
        A counted patient has no finite time, or a negative one.
    """
    import polars as pl

    chosen = patients.filter(pl.col("arm").is_in(list(arms)))
    values = patient_values(chosen)
    check_names(record, values)
    _check_graded(record, chosen)
    n = chosen.height

    def formula(text: str) -> Floats:
        # inf - inf and NaN comparisons are honest answers here ("never", "unknown"), not accidents.
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            found = np.asarray(read_formula(text).evaluate(values), dtype=np.float64)
        return np.array(np.broadcast_to(found, (n,)))

    counted = (formula(record.among) > 0) & ~(values["course_failed"] > 0)
    columns: dict[str, Any] = {}
    has_value = np.ones(n, dtype=bool)
    if record.kind == "proportion":
        columns["success"] = formula(str(record.success)) > 0
    elif record.kind == "time_to_event":
        columns["time_days"], columns["cause"] = _first_event(record, formula, counted, chosen)
    else:
        columns["value"] = formula(str(record.value))
        has_value = np.isfinite(columns["value"])
    kept = chosen.select("arm", "patient").with_columns(**{k: pl.Series(k, v) for k, v in columns.items()})
    left_out = chosen.select("arm").filter(pl.Series(counted & ~has_value))["arm"].value_counts()
    return EndpointResult(
        record=record,
        arms=tuple(arms),
        patients=kept.filter(pl.Series(counted & has_value)),
        n_left_out={**dict.fromkeys(arms, 0), **dict(left_out.iter_rows())},
        level=level,
    )


def check_names(record: Endpoint, known: Any = None) -> None:
    """Stop when a formula of the endpoint reads a name that no patients frame has.

    Parameters
    ----------
    known
        Names at hand; those every run promises when omitted.

    Raises
    ------
    UnknownName
        With the nearest known name.
    """
    names = set(patient_names()) if known is None else set(known)
    for name in record.needs:
        if name not in names:
            raise UnknownName(
                f'column of the patients frame, needed by endpoint "{record.id}",',
                name,
                names,
                f"Correct the formulas in endpoint/{record.id}.toml; they may use the patients' columns and "
                "infused, responder, relapsed, never, …",
            )


def _check_graded(record: Endpoint, patients: pl.DataFrame) -> None:
    """Stop at a grade nobody was given: an ungraded scale would read as a scale on which all had nothing."""
    infused = patients.filter(patients["status"] == "infused") if "status" in patients.columns else patients
    for name in record.needs:
        if name.endswith("_max") and name in infused.columns and infused.height and infused[name].is_null().all():
            graded = [column for column in infused.columns if column.endswith("_max") and column not in record.needs]
            there = ", ".join(column for column in graded if not infused[column].is_null().all())
            raise BadInput(
                f'endpoint "{record.id}" reads {name}, but this trial does not grade that scale (it has {there or "none"}).\n'
                f'  Add the scale to "scales" in the trial\'s file, or ask for another endpoint.'
            )


def _first_event(
    record: Endpoint, formula: Any, counted: NDArray[np.bool_], chosen: pl.DataFrame
) -> tuple[Floats, Any]:
    origin, event = formula(record.origin_day), formula(str(record.event_day))
    censor = formula(str(record.censor_day))
    other = formula(record.competing_day) if record.competing_day is not None else np.full(origin.shape, np.inf)
    last = np.fmin(np.fmin(event, other), censor)
    cause = np.where(event <= last, 1, np.where(other <= last, 2, 0))
    with np.errstate(invalid="ignore"):
        time = last - origin
    wrong = counted & ~(np.isfinite(time) & (time >= 0))
    if wrong.any():
        who = chosen["patient"].to_numpy()[wrong]
        raise BadInput(
            f'endpoint "{record.id}": {int(wrong.sum())} counted patients have no time from origin to event or censoring'
            f" (first: patient {who[0]}, {time[wrong][0]:g} days).\n"
            "  Give them a finite censor_day, or leave them out with `among`."
        )
    return np.where(np.isfinite(time), time, 0.0), cause
