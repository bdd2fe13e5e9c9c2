"""One published association put to simulated patients: the same contrast, the same measure, and what follows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.catalog.lookup import Lookup
from livingdrug.catalog.records.association import GROUPED, Association, AssociationRow
from livingdrug.foundation.errors import BadInput, LivingDrugError
from livingdrug.foundation.units import factor
from livingdrug.outcome import effects, folder
from livingdrug.outcome.asked import ask
from livingdrug.outcome.concordance import concordance
from livingdrug.outcome.effect import Effect, EffectMeasure, Floats, Sample
from livingdrug.trial.associations.patients import Patients

NO_ASSOCIATION = (0.4, 0.6)
"""Concordance that still counts as no association where a paper found none (our margin)."""
Verdict = Literal["right", "wrong", "undecided", ""]


@dataclass(frozen=True)
class Compared:
    """One published association beside the simulated one.

    Attributes
    ----------
    association, row
        The file and the row in it.
    simulated
        Estimate with its 95 % interval; the interval is that of the finite number of simulated patients.
    reference
        The same figure in the other group, where the row gives one.
    measure
        How both are told.
    published_limits, limits_from
        95 % limits (NaN for none), and where they come from: ``reported``, ``exact`` (from the count) or "".
    direction
        ``right``, ``wrong``, or ``undecided`` as the simulated interval holds no association; "" where none was published.
    inside
        Whether the simulated value lies inside the published interval; None when there is none, or no value.
    unanswered
        Why it cannot be told; empty when it can.
    """

    association: Association
    row: AssociationRow
    measure: EffectMeasure
    simulated: Effect
    reference: Effect | None
    published_limits: tuple[float, float]
    limits_from: str
    direction: Verdict
    inside: bool | None
    unanswered: str = ""


def compare_row(association: Association, row: AssociationRow, patients: Patients, catalog: Lookup) -> Compared:
    """The row's question asked of simulated patients.

    Raises
    ------
    UnknownName
        The row asks for a measure that is not there.
    """
    measure = measure_named(row.measure)
    low, high, origin = published_limits(row)
    reference, leaning = None, None
    try:
        sample = sample_of(row, patients, catalog)
        found = measure.estimate(sample)
        if row.reference_value is not None and sample.grouped:
            reference = measure.estimate(sample.of_group(False))
            leaning = concordance(sample)
    except LivingDrugError as problem:
        found = Effect(np.nan, np.nan, np.nan, 0, None, str(problem).splitlines()[0])
        sample = None
    unanswered = "" if found.known or np.isfinite(found.low) else found.absent
    direction = "" if unanswered or sample is None else _direction(row, measure, found, leaning, sample)
    inside = None if unanswered or not origin else _inside(found, low, high)
    return Compared(association, row, measure, found, reference, (low, high), origin, direction, inside, unanswered)


@cache
def measure_named(name: str) -> EffectMeasure:
    """The effect measure of this name.

    Raises
    ------
    UnknownName
        No file of `livingdrug.outcome.effects` is called so.
    """
    return folder.one(effects, "EFFECT", name, "effect measure", "It is a file of livingdrug/outcome/effects.")


def published_limits(row: AssociationRow) -> tuple[float, float, str]:
    """95 % limits of a published figure and where they come from; NaN and "" when there is no way to know."""
    if row.ci_low is not None or row.ci_high is not None:
        return (
            -math.inf if row.ci_low is None else row.ci_low,
            math.inf if row.ci_high is None else row.ci_high,
            "reported",
        )
    if row.unit == "percent" and row.n and row.value is not None and measure_named(row.measure).unit == "percent":
        from livingdrug.outcome.estimators.exact_binomial import exact_binomial

        exact = exact_binomial(round(row.value * row.n / 100), row.n)
        return 100 * exact.ci_low, 100 * exact.ci_high, "exact"
    return math.nan, math.nan, ""


def sample_of(row: AssociationRow, patients: Patients, catalog: Lookup) -> Sample:
    """The patients of a row's contrast, each with predictor and outcome.

    Raises
    ------
    BadInput
        These patients cannot answer a name that the row reads; or the endpoint is of a kind that has no such contrast.
    """
    keep = patients.counted & (patients.formula(row.among) > 0) & patients.known(row.among)
    time = cause = value = None
    incidence, origin = False, np.zeros(patients.n)
    if row.outcome:
        value = patients.formula(row.outcome)
        keep &= patients.known(row.outcome) & np.isfinite(value)
    else:
        record = catalog.load("endpoint", row.endpoint)
        keep &= patients.formula(record.among) > 0
        columns, keys = _endpoint_columns(record, patients, keep)
        if "time_days" not in columns:
            raise BadInput(f'endpoint "{record.id}" is no time to an event.\n  Give its formula as "outcome".')
        origin = patients.formula(keys.origin_day)
        time, cause = np.asarray(columns["time_days"], dtype=np.float64), np.asarray(columns["cause"])
        incidence = keys.curve == "incidence"
        if row.from_day:
            time, origin = time + origin - row.from_day, np.full(patients.n, row.from_day)
            keep &= time > 0
    predictor, since = np.ones(patients.n), None
    if row.predictor:
        raw = patients.formula(row.predictor)
        keep &= patients.known(row.predictor)
        if row.contrast == "since":
            since = raw - np.where(np.isfinite(origin), origin, 0.0)
            predictor = (np.isfinite(raw) & (since < (np.inf if time is None else time))).astype(np.float64)
        else:
            predictor = _scaled(row.contrast, raw, keep)
            keep &= np.isfinite(predictor)
    given = np.column_stack([patients.formula(text) for text in row.given]) if row.given else np.empty((patients.n, 0))
    for text in row.given:
        keep &= patients.known(text)
    keep &= np.isfinite(given).all(axis=1)

    def pick(values: Any) -> Any:
        return None if values is None else values[keep]

    return Sample(
        pick(predictor), row.contrast in GROUPED, pick(value), pick(time), pick(cause), incidence, pick(since),
        given[keep], None if row.at_months is None else row.at_months * factor("month", "day"),
    )  # fmt: skip


def _endpoint_columns(record: Any, patients: Patients, keep: NDArray[np.bool_]) -> tuple[dict[str, Any], Any]:
    asked = ask(record.model_copy(update={"at": ()}))
    frame = pl.DataFrame({"patient": patients.patient})
    columns, _ = asked.kind.columns(asked, patients.formula, keep, frame)
    return columns, asked.keys


def _scaled(contrast: str, raw: Floats, keep: NDArray[np.bool_]) -> Floats:
    """The predictor on the contrast's scale (n,); NaN where it has none."""
    with np.errstate(all="ignore"):
        middle = np.median(raw[keep & np.isfinite(raw)]) if (keep & np.isfinite(raw)).any() else np.nan
        scales = {
            "yes_no": (raw > 0).astype(np.float64),
            "above_median": (raw > middle).astype(np.float64),
            "below_median": (raw <= middle).astype(np.float64),
            "per_doubling": np.where(raw > 0, np.log2(raw), np.nan),
        }
    return scales.get(contrast, raw)


def _direction(
    row: AssociationRow, measure: EffectMeasure, found: Effect, leaning: Effect | None, sample: Sample
) -> Verdict:
    expected = expected_sign(row, measure, sample)
    if expected is None:
        return ""
    judged, null = (found, measure.null) if leaning is None else (leaning, 0.5)
    if expected == 0:
        side = found if measure.null == 0.5 else concordance(sample)
        if NO_ASSOCIATION[0] <= side.low and side.high <= NO_ASSOCIATION[1]:
            return "right"
        apart = side.low > NO_ASSOCIATION[1] or side.high < NO_ASSOCIATION[0]
        return "wrong" if apart else "undecided"
    if not judged.known:
        return "undecided"
    if judged.low > null:
        return "right" if expected > 0 else "wrong"
    if judged.high < null:
        return "right" if expected < 0 else "wrong"
    return "undecided"


def expected_sign(row: AssociationRow, measure: EffectMeasure, sample: Sample) -> int | None:
    """Which way the published association goes, in the direction of its measure; 0 for none, None where none was told.

    A figure whose published interval holds no association, or whose p-value is above 0.05, tells no direction. Of two groups' figures over time, a
    higher share without the event, or a longer median, goes with a lower hazard.
    """
    if row.direction:
        return {"higher": 1, "lower": -1, "none": 0}[row.direction]
    assert row.value is not None
    if not significant(row.p_value):
        return None
    if row.reference_value is not None:
        sign = int(np.sign(row.value - row.reference_value))
        return -sign if sample.cause is not None and not sample.incidence else sign
    if math.isnan(measure.null) or row.value == measure.null:
        return None
    if row.ci_low is not None and row.ci_high is not None and row.ci_low < measure.null < row.ci_high:
        return None
    return 1 if row.value > measure.null else -1


def significant(p_value: str) -> bool:
    """Whether a printed p-value is at most 0.05, or none was printed.

    >>> significant("<.001"), significant(".07"), significant("")
    (True, False, True)
    """
    try:
        return float(p_value.replace("<", "").strip()) <= 0.05
    except ValueError:
        return True


def _inside(found: Effect, low: float, high: float) -> bool:
    if not found.known:  # a median that is not reached is longer than any
        return bool(math.isinf(high))
    return low <= found.estimate <= high
