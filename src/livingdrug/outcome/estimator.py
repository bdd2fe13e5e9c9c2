"""What an estimator is: how patients become the numbers of a group, everywhere these numbers are shown.

An estimator is one file in `outcome/estimators/` with an object ``ESTIMATOR``; an endpoint file asks for it by the file's
name. A kind of endpoint is one file in `outcome/kinds/` with an object ``KIND``: which formulas a file of this kind holds
and which columns they become.

    formulas ─ kind ─► columns of each patient ─ estimator ─► rows, curve, differences, tests, readings
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.records.base import Part

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.outcome.estimators.paired import Difference

Floats = NDArray[np.float64]
Formula = Callable[[str], Floats]
"""Evaluates a formula for every patient, shaped (n,)."""


class Keys(Part):
    """The keys of an endpoint file that belong to its kind or its estimator; a field without a default must be there.

    Keys that hold a formula are named ``success``, ``value`` or ``…_day``: their names are looked for in the patients
    frame (see `livingdrug.catalog.records.endpoint.is_formula`).
    """


@dataclass(frozen=True)
class Asked:
    """An endpoint with all that its file left to its kind and its estimator filled in.

    Attributes
    ----------
    record
        The endpoint's definition.
    kind, estimator
        Found in their folders.
    keys
        The estimator's `Keys`, with defaults.
    level
        Confidence level of all intervals.
    """

    record: Endpoint
    kind: Kind
    estimator: Estimator
    keys: Any
    level: float = 0.95


class Kind:
    """Which formulas an endpoint file holds, and the columns they become.

    Attributes
    ----------
    Keys
        The formulas and other keys.
    """

    Keys: ClassVar[type[Keys]]

    def usual(self, given: Mapping[str, Any]) -> str:
        """The estimator of a file that names none, from the keys it gives."""
        raise NotImplementedError

    def columns(
        self, asked: Asked, formula: Formula, counted: NDArray[np.bool_], patients: pl.DataFrame
    ) -> tuple[dict[str, NDArray], NDArray[np.bool_]]:
        """The columns of every patient, and who has a value.

        Parameters
        ----------
        counted
            Who is in the denominator, shaped (n,); others may get anything.
        patients
            The patients frame, to name patients in an error.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Row:
    """One line of the table of one arm; numbers that do not exist are None, NaN or infinite.

    Attributes
    ----------
    absent
        What is said in place of an estimate that does not exist, after the measure.
    """

    measure: str
    estimate: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    unit: str = ""
    n: int = 0
    n_events: int | None = None
    time: float | None = None
    time_unit: str | None = None
    absent: str = "not known"

    @property
    def known(self) -> bool:
        """Whether there is an estimate."""
        return self.estimate is not None and bool(np.isfinite(self.estimate))


@dataclass(frozen=True)
class Cell:
    """An amount as a table for readers tells it: ``30,860 (74 %)`` or ``11 (3–23)``; NaN where a number does not exist.

    Attributes
    ----------
    value
        The headline.
    cv_percent
        Stands beside it when known; otherwise
    low, high
        a range or an interval does.
    """

    value: float
    cv_percent: float = np.nan
    low: float = np.nan
    high: float = np.nan


@dataclass(frozen=True)
class Steps:
    """A step curve as it is drawn; arrays shaped (m,) over distinct days, `start` is its value on day 0."""

    day: Floats
    estimate: Floats
    ci_low: Floats
    ci_high: Floats
    n_at_risk: NDArray[np.int64]
    n_events: NDArray[np.int64]
    n_censored: NDArray[np.int64]
    start: float


@dataclass(frozen=True)
class Contrast:
    """The same patients twice: both values and the difference of the second from the first.

    Attributes
    ----------
    statistic
        What is compared, e.g. ``"incidence"``.
    first, second
        The two values, from the same pairs.
    apart
        The difference with its interval.
    shown_as
        ``"share"``: values and difference lie between -1 and 1 and are shown in per cent and points; ``"amount"``: in
        `unit`; ``"ratio"``: `apart` is second over first.
    unit
        Of the two values.
    time, time_unit
        For a curve: when.
    """

    statistic: str
    first: float
    second: float
    apart: Difference
    shown_as: Literal["share", "amount", "ratio"] = "amount"
    unit: str = ""
    time: float | None = None
    time_unit: str | None = None


@dataclass(frozen=True)
class GroupTest:
    """A test between independent groups; `statistic` is NaN for an exact test."""

    name: str
    statistic: float
    degrees_of_freedom: float
    p_value: float


@dataclass(frozen=True)
class Reading:
    """What a group says to one published number.

    Attributes
    ----------
    estimate, ci_low, ci_high
        A share between 0 and 1, or an amount in the endpoint's unit.
    logarithm, log_sd
        Of an amount: its logarithm, and the standard deviation of the logarithms between patients.
    """

    estimate: float
    ci_low: float
    ci_high: float
    logarithm: float = np.nan
    log_sd: float = np.nan


class Estimator:
    """From the columns of one arm's patients to numbers.

    Attributes
    ----------
    kind
        The kind of endpoint whose columns it reads.
    Keys
        The keys it needs: those of its kind and its own.
    shares
        Measures in its rows that are shares between 0 and 1, shown in per cent. An estimator with any is held against
        published percentages, one with none against published amounts.
    over_time
        Whether it is a curve: then it has `at` and `curve`.
    """

    kind: ClassVar[str]
    Keys: ClassVar[type[Keys]]
    shares: ClassVar[tuple[str, ...]] = ()
    over_time: ClassVar[bool] = False

    def fit(self, asked: Asked, patients: pl.DataFrame) -> Any:
        """The estimator's own record of one arm."""
        raise NotImplementedError

    def rows(self, asked: Asked, patients: pl.DataFrame) -> list[Row]:
        """The lines of the table of one arm, the headline first."""
        raise NotImplementedError

    def cell(self, asked: Asked, patients: pl.DataFrame) -> Cell | None:
        """Of an amount: the headline with what stands beside it; None without any. `beside` says what that is."""
        row = self.rows(asked, patients)[0]
        if not row.known:
            return None
        low, high = (np.nan if side is None else side for side in (row.ci_low, row.ci_high))
        return Cell(float(row.estimate), low=low, high=high)  # type: ignore[arg-type]

    def beside(self, asked: Asked) -> str:
        """What `cell` tells, in words; nothing for shares."""
        return "" if self.shares else f"{100 * asked.level:g} % interval"

    def unit(self, asked: Asked) -> str:
        """Unit of the headline."""
        return asked.record.unit

    def at(self, asked: Asked, patients: pl.DataFrame, days: Floats) -> dict[str, Floats]:
        """Of a curve: estimate, ci_low, ci_high and n_at_risk on given days, each shaped like `days`."""
        raise NotImplementedError

    def curve(self, asked: Asked, patients: pl.DataFrame) -> Steps:
        """Of a curve: all of it."""
        raise NotImplementedError

    def contrasts(self, asked: Asked, first: pl.DataFrame, second: pl.DataFrame) -> list[Contrast]:
        """Differences between two arms that hold the same patients, row by row; none when it has no such difference."""
        return []

    def tests(self) -> dict[str, Callable[[pl.DataFrame, Asked], GroupTest]]:
        """Tests between independent groups by name, the usual one first; each reads the column ``arm`` besides its own."""
        return {}

    def reading(self, asked: Asked, patients: pl.DataFrame, *, day: float | None, statistic: str) -> Reading | None:
        """What an arm says to a published number, or None when it has no answer.

        Parameters
        ----------
        day
            The day the number is about; None when it is about no day.
        statistic
            What the publication calls it, e.g. ``"median"``.
        """
        return None
