"""Rows of the scoreboard: one for each number that was published or will be, observed beside predicted.

A row of a calibration trial holds what was observed; a row of a trial kept for prediction holds none, and nobody looks for it.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.catalog.questions import questions_of
from livingdrug.fitting.board.asked import questions_frozen
from livingdrug.fitting.board.replicates import Z90, Interval, Replicates, interval, replicate
from livingdrug.fitting.joint.between import between_of
from livingdrug.fitting.joint.predict import Question
from livingdrug.fitting.joint.rows import published_rows
from livingdrug.fitting.joint.statistics import OWN_VALUE
from livingdrug.trial.published import USUAL_N, Z95, published_limits

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.parameter_set import ParameterSet
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.fitting.joint.rows import Row

COLUMNS = (
    "trial", "arm", "role", "endpoint", "timepoint", "n", "observed", "observed_low", "observed_high", "predicted",
    "predicted_low", "predicted_high", "inside", "z", "provenance",
)  # fmt: skip
OUTCOMES = ("observed", "observed_low", "observed_high", "inside", "z")
"""Columns that a frozen prediction has not."""
ALPHA = 0.05
"""Two-sided; a trial is positive when its test is below it and the arm with cells does better."""


@dataclass(frozen=True)
class BoardRow:
    """One number, observed and predicted, in percent or the endpoint's unit; see `COLUMNS`.

    Attributes
    ----------
    about
        Class of the endpoint: what coverage is counted by.
    use
        Of the published row: ``"calibration"`` or ``"comparison"``; empty without one.
    unit
        Of observed and predicted numbers: ``"percent"``, or the endpoint's.
    width_over_sampling
        Width of the interval beside the sampling of patients alone.
    """

    trial: str
    arm: str
    role: str
    endpoint: str
    timepoint: str
    n: int
    observed: float | None
    observed_low: float | None
    observed_high: float | None
    predicted: float | None
    predicted_low: float | None
    predicted_high: float | None
    inside: bool | None
    z: float | None
    provenance: str
    about: str = ""
    use: str = ""
    unit: str = ""
    width_over_sampling: float | None = None


def board_rows(
    trial: Trial,
    catalog: Catalog,
    *,
    replicates: int,
    draws: Sequence[ParameterSet] = (),
    between_trials: Mapping[str, float] | None = None,
    seed: int = 7,
    threads: int = 1,
    done: Callable[[int, int], None] | None = None,
) -> list[BoardRow]:
    """Every row of one trial: those published, of a calibration trial; those asked, of a trial kept for prediction.

    Parameters
    ----------
    replicates, draws, seed, threads, done
        As for `livingdrug.fitting.board.replicates.replicate`.
    between_trials
        Kind of numbers -> standard deviation of the difference between trials, of a calibration (`livingdrug.fitting.joint.between`).
    """
    between = dict(between_trials or {})
    published = () if trial.role == "prediction" else published_numbers(trial, catalog)
    questions = [one for _, one in published] if published else questions_frozen(trial, catalog)
    if not questions:
        return []
    found = replicate(
        trial, catalog, questions, replicates=replicates, draws=draws, seed=seed, threads=threads, done=done
    )
    if published:
        arm = trial.arms[0].name
        return [
            _observed(
                trial,
                arm,
                row,
                interval(found, arm, place, math.hypot(between_of(between, row.about, row.measure), row.rounding)),
            )
            for place, (row, _) in enumerate(published)
        ]
    rows = [
        _predicted(
            trial, arm, question, interval(found, arm, place, between_of(between, question.about, question.measure))
        )
        for arm in found.sizes
        for place, question in enumerate(questions)
        if not np.isnan(found.answers[arm, place]).all()
    ]
    return [*rows, *_between_arms(trial, found)]


def published_numbers(trial: Trial, catalog: Catalog) -> tuple[tuple[Row, Question], ...]:
    """Each published number that the simulation can answer, with its question: of a row its value, quartiles and spread between patients."""
    return tuple(
        (
            row,
            Question(
                catalog.load("endpoint", row.published.endpoint), row.measure, row.day, row.published.statistic, row.published.at, row.about
            ),
        )
        for row in published_rows(trial, catalog, questions_of(trial, catalog))
    )  # fmt: skip


def observed(row: Row) -> tuple[float, float, float]:
    """A number as it was published, and its 95 % interval: the published one, or by its error; NaN where neither is known.

    A spread is the standard deviation of the logarithms.
    """
    if row.measure in OWN_VALUE:
        low, high, _ = published_limits(row.published)
        return row.published.value, low, high
    low, value, high = (row.shown(row.number + side * Z95 * row.error) for side in (-1.0, 0.0, 1.0))
    return value, low, high


def named(endpoint: str, measure: str) -> str:
    """An endpoint in the table, with the measure where it is not the row's own value.

    >>> named("cmax", "spread"), named("cmax", "middle")
    ('cmax: spread', 'cmax')
    """
    return endpoint if measure in OWN_VALUE else f"{endpoint}: {measure}"


def _observed(trial: Trial, arm: str, row: Row, told: Interval | None) -> BoardRow:
    published, (value, low, high) = row.published, observed(row)
    z = None if told is None or not told.sd > 0 else (row.number - told.scale) / told.sd
    inside = None if told is None else abs(z) <= Z90 if z is not None else told.low <= value <= told.high
    provenance = f"{'read' if row.read else 'recalled'}: {published.source}"
    unit = "" if row.measure == "spread" else published.unit
    return BoardRow(
        trial.id, arm, trial.role, named(published.endpoint, row.measure), published.at, published.n or USUAL_N, value, _known(low), _known(high),
        *_three(told), inside, z, provenance, row.about, published.use, unit, _known(told.width_over_sampling) if told else None,
    )  # fmt: skip


def _predicted(trial: Trial, arm: str, question: Question, told: Interval | None) -> BoardRow:
    words, unit = "predicted; no outcome in this catalogue", question.endpoint.unit
    if question.measure == "median time":
        words, unit = f"{words}; months, empty where not reached", "month"
    return BoardRow(
        trial.id, arm, trial.role, question.endpoint.id, question.at, told.n if told else 0, None, None, None, *_three(told), None,
        None, words, question.about, "", "percent" if question.share else unit, _known(told.width_over_sampling) if told else None,
    )  # fmt: skip


def _between_arms(trial: Trial, found: Replicates) -> list[BoardRow]:
    """Hazard ratios with their intervals, and how often the trial's test would be positive."""
    rows = []
    reference = list(found.sizes)[-1]
    for (arm, name), numbers in found.contrasts.items():
        known = numbers[np.isfinite(numbers[:, 0])]
        if len(known) < 2:
            continue
        low, middle, high = (float(np.exp(q)) for q in np.percentile(known[:, 0], (5.0, 50.0, 95.0)))
        positive = 100 * float(((known[:, 1] < ALPHA) & (known[:, 0] < 0)).mean())
        error = 100 * math.sqrt(positive / 100 * (1 - positive / 100) / len(known))
        place, n = f"{arm} over {reference}", sum(found.sizes.values())
        rows += [
            BoardRow(
                trial.id, place, trial.role, f"{name}: hazard ratio", "", n, None, None, None, middle, low, high, None, None,
                "predicted; Cox, everybody enrolled, without strata", "between arms",
            ),
            BoardRow(
                trial.id, place, trial.role, f"{name}: test positive [percent of trials]", "", n, None, None, None, positive,
                max(positive - 1.645 * error, 0.0), min(positive + 1.645 * error, 100.0), None, None,
                "predicted; log-rank test, two-sided 0.05, in favour of the cells, at the planned end of follow-up", "between arms",
            ),
        ]  # fmt: skip
    return rows


def as_csv(rows: Sequence[BoardRow], without: Sequence[str] = ()) -> str:
    """The rows as text of a table, one line each; numbers to five figures, what is not known empty.

    Parameters
    ----------
    without
        Columns left out: `OUTCOMES` for a prediction that is frozen.
    """
    columns = [name for name in COLUMNS if name not in without]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(getattr(row, name)) for name in columns])
    return out.getvalue()


def coverage(rows: Sequence[BoardRow], use: str = "calibration") -> dict[str, tuple[int, int]]:
    """Class of endpoints -> rows inside their interval, and rows; ``"all"`` for all of them.

    >>> coverage([])
    {'all': (0, 0)}
    """
    kept = [row for row in rows if row.inside is not None and row.use == use]
    classes = sorted({row.about for row in kept})
    found = {"all": (sum(bool(row.inside) for row in kept), len(kept))}
    for name in classes:
        mine = [row for row in kept if row.about == name]
        found[name] = (sum(bool(row.inside) for row in mine), len(mine))
    return found


def as_plain(row: BoardRow) -> dict[str, object]:
    """A row as plain values, for JSON."""
    return {one.name: getattr(row, one.name) for one in fields(row)}


def _three(told: Interval | None) -> tuple[float | None, float | None, float | None]:
    if told is None:
        return None, None, None
    middle, low, high = (one if math.isfinite(one) else None for one in (told.middle, told.low, told.high))
    return middle, low, high


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.5g}" if isinstance(value, float) else value
