"""Published rows of calibration trials as data: a number on a scale, and the error it was published with.

A row that was only recalled, not read, counts with `RECALLED` times its error. Prediction trials have no rows: `rows_of`
refuses them before it looks at anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.records.endpoint import GROUPS
from livingdrug.fitting.joint.statistics import (
    OWN_VALUE,
    QUARTILE_LOSS,
    QUARTILES,
    Answer,
    Measure,
    arcsine,
    arcsine_error,
    count_of,
    share_of,
)
from livingdrug.foundation.errors import BadInput, LivingDrugError
from livingdrug.outcome.asked import ask
from livingdrug.outcome.names import check_names, outcomes_read
from livingdrug.trial.published import LEAST_LOG_ERROR, MEDIAN_LOSS, USUAL_N, Z95, days_of, log_sd

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.questions import Questions
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.catalog.records.evidence import Published
    from livingdrug.catalog.records.trial import Trial

RECALLED = 2.0
"""Factor on the error of a row that was recalled: a quarter of the weight. A convention; see docs/calibration.md."""
READ = "read"
WITHIN = {
    "who: ratio": "Who responds: ratios",
    "who: rank": "Who responds: ranks and directions",
    "who: share": "Who responds: shares",
}
"""Classes of associations within cohorts, in words."""


@dataclass(frozen=True)
class Row:
    """One published number.

    Attributes
    ----------
    trial, family
        The trial, and what it is left out together with.
    published
        The row of the evidence file.
    title
        The endpoint in words.
    measure, day
        What of the endpoint, and when.
    about
        Class of rows: an endpoint's group, or the toxicity that it grades.
    number, error
        On the measure's scale; the error is the published one, with rounding, without the weight of `read`.
    fitted
        Whether the fit sees it; others are compared only.
    families
        Of an association within a cohort: those of the trials that stand for it; empty for a row of a trial.
    """

    trial: str
    family: str
    published: Published
    title: str
    measure: Measure
    day: float | None
    about: str
    number: float
    error: float
    fitted: bool
    families: tuple[str, ...] = ()

    @property
    def within(self) -> bool:
        """Whether it tells who responds within a cohort, and not what a trial came to."""
        return bool(self.families)

    @property
    def read(self) -> bool:
        """Whether the number was seen in its source."""
        return self.published.status == READ

    @property
    def weighted_error(self) -> float:
        """The error that the fit uses."""
        return self.error * (1.0 if self.read else RECALLED)

    @property
    def rounding(self) -> float:
        """Error of the number by the digits printed, on its scale; nought of shares, which are counts, and of what is worked out."""
        printed = self.measure in ("middle", *QUARTILES)
        return _rounding(math.exp(self.number)) if printed else 0.0

    @property
    def group(self) -> tuple[str, str]:
        """Rows that share one difference between trials: those of one endpoint in one trial; an association has its own."""
        return self.trial, self.title if self.within else self.published.endpoint

    @property
    def label(self) -> str:
        """For tables: endpoint, time and measure."""
        extra = "" if self.measure in OWN_VALUE or self.within else f", {self.measure}"
        return f"{self.title}{f' at {self.published.at}' if self.day is not None else ''}{extra}"

    def shown(self, number: float, error: float = math.nan) -> float:
        """A number of the scale in the published unit: percent, days …; of a spread the deviation of the logarithms; a contrast of shares stays on
        its scale.

        Parameters
        ----------
        error
            Of a simulated share: its own sampling error, which says how many were counted; those of the published row when omitted.
        """
        if self.measure == "share":
            return 100 * share_of(number, count_of(error) if error > 0 else self.published.n or USUAL_N)
        return number if self.measure in ("concordance", "at least", "at most", "contrast") else math.exp(number)


def rows_of(trial: Trial, catalog: Catalog, questions: Questions) -> list[Row]:
    """The rows of one calibration trial that its simulation can answer; errors that need a spread are filled in later.

    Raises
    ------
    BadInput
        The trial is kept for prediction, or is nobody's but the user's own: no outcome of it may be looked at.
    """
    refuse_prediction(trial)
    return published_rows(trial, catalog, questions)


def published_rows(trial: Trial, catalog: Catalog, questions: Questions) -> list[Row]:
    """The rows of any trial whose evidence may be opened; as `rows_of`, which refuses all but calibration trials."""
    if not catalog.has("evidence", trial.id):
        return []
    found: list[Row] = []
    for published in catalog.load("evidence", trial.id).results:
        try:
            endpoint = catalog.load("endpoint", published.endpoint)
            check_names(endpoint.needs, questions, published.endpoint)
        except LivingDrugError:
            continue  # no endpoint of this name, or not in this trial: `unanswered` tells
        for measure, number, error in _measures(published, endpoint):
            day = days_of(published.at) if ask(endpoint).estimator.over_time else None
            fitted = published.use == "calibration"
            found.append(
                Row(trial.id, trial.family or trial.id, published, endpoint.title, measure, day, about(endpoint, questions),
                    number, error, fitted)
            )  # fmt: skip
    return found


def refuse_prediction(trial: Trial) -> None:
    """Stop at a trial whose outcomes may not be seen."""
    if trial.role != "calibration":
        raise BadInput(
            f'trial "{trial.id}" has role "{trial.role}": only calibration trials have rows to calibrate on.\n'
            "  Leave it out; livingdrug list trial shows which there are."
        )


def about(endpoint: Endpoint, questions: Questions) -> str:
    """The class of an endpoint's rows: the toxicity that the scale it reads grades, or else its group."""
    if endpoint.group == "toxicity":
        for name in outcomes_read(endpoint.needs, questions):
            outcome = questions.find(name)
            match: Any = outcome.match if outcome else {}
            graded = match.get("toxicity") or questions.graded.get(str(match.get("scale")), "")
            if graded:
                return str(graded)
    return endpoint.group


def about_in_words(word: str) -> str:
    """A class of rows as a heading."""
    told = word.replace("_", " ")
    return {**GROUPS, **WITHIN}.get(word, told[:1].upper() + told[1:])


def own_measure(endpoint: Endpoint) -> Measure:
    """Measure of an endpoint's own value: a share of patients, or the middle of an amount."""
    return "share" if ask(endpoint).estimator.shares else "middle"


def _measures(row: Published, endpoint: Endpoint) -> list[tuple[Measure, float, float]]:
    """(measure, number, error) of what a row publishes; the error is NaN where it needs the simulated spread."""
    asked = ask(endpoint)
    share = bool(asked.estimator.shares)
    if share != (row.unit == "percent") or (asked.estimator.over_time and days_of(row.at) is None):
        return []
    if share:
        return [("share", *_share(row))]
    if row.value <= 0 or (row.unit and endpoint.unit and row.unit != endpoint.unit):
        return []
    n, sd = row.n or USUAL_N, _published_sd(row)
    found: list[tuple[Measure, float, float]] = [("middle", math.log(row.value), _middle_error(row, sd))]
    if row.spread == "iqr":
        for measure, value in (("low quartile", row.spread_low), ("high quartile", row.spread_high)):
            if value and value > 0:
                error = math.hypot(QUARTILE_LOSS * sd / math.sqrt(n), _rounding(value))
                found.append((measure, math.log(value), error))  # type: ignore[arg-type]
    if row.cv_percent:
        found.append(("spread", math.log(log_sd(row.cv_percent)), 1 / math.sqrt(2 * max(n - 1, 1))))
    return found


def _share(row: Published) -> tuple[float, float]:
    """Number and error of a share: from its interval, or else from its count."""
    n = row.n or USUAL_N
    if row.ci_low is not None and row.ci_high is not None:
        low, high = (math.asin(math.sqrt(limit / 100)) for limit in (row.ci_low, row.ci_high))
        return arcsine(row.value / 100, n), (high - low) / (2 * Z95)
    count = row.numerator if row.numerator is not None else row.value * n / 100
    return arcsine(count / n, n), arcsine_error(n)


def _published_sd(row: Published) -> float:
    """Deviation of the logarithms between patients as published: coefficient of variation, quartiles, range; or NaN."""
    if row.cv_percent:
        return log_sd(row.cv_percent)
    low, high = row.spread_low, row.spread_high
    if row.spread and low and high and 0 < low < high:
        width = math.log(high / low)
        # quartiles of a normal are 1.349 sd apart; extremes of n: Blom's scores (Wan 2014, doi:10.1186/1471-2288-14-135)
        return width / (1.349 if row.spread == "iqr" else 2 * _blom(row.n or USUAL_N))
    return math.nan


def _middle_error(row: Published, sd: float) -> float:
    """Error of the logarithm of a published median or mean; NaN until a spread is known."""
    if row.ci_low is not None and row.ci_high is not None and row.ci_low > 0:
        sampling = math.log(row.ci_high / row.ci_low) / (2 * Z95)
    else:
        sampling = sd / math.sqrt(row.n or USUAL_N) * (1.0 if "mean" in row.statistic else MEDIAN_LOSS)
    return max(math.hypot(sampling, _rounding(row.value)), LEAST_LOG_ERROR) if sampling == sampling else math.nan


def _rounding(value: float) -> float:
    """Error of a logarithm by rounding to the digits printed: half of the last one, taken as uniform."""
    text = f"{value:.12g}"
    digit = 10.0 ** -len(text.split(".")[1]) if "." in text and "e" not in text else 1.0
    return digit / 2 / math.sqrt(3) / value


def _blom(n: int) -> float:
    from scipy.special import ndtri

    return float(ndtri((n - 0.375) / (n + 0.25)))


def with_errors(rows: Sequence[Row], answers: Sequence[Answer]) -> list[Row]:
    """The rows with errors that need a spread filled in from the simulated one; rows without an answer are dropped."""
    found = []
    for row, one in zip(rows, answers, strict=True):
        if one.number != one.number:
            continue
        if row.error != row.error:
            sd = one.log_sd
            error = _middle_error(row.published, sd)
            if row.measure not in ("middle", "spread"):
                error = math.hypot(
                    QUARTILE_LOSS * sd / math.sqrt(row.published.n or USUAL_N), _rounding(math.exp(row.number))
                )
            row = replace(row, error=error)
        found.append(row)
    return found
