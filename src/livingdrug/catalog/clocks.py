"""How long something takes: a fixed time, a range, or a law with its spread; and how often something comes.

"7 day"                                   always so long
"6 to 8 day"                              anything between, all alike
{ median = "7 day", spread = 0.2 }        log-normal; spread is the standard deviation of the logarithm
{ mean = "2 day", shape = 4 }             gamma; shape 1 is exponential
{ mean = "2 day", shape = 4, least = "7 day" }    the same, after seven days
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.special import gammaincinv, ndtri

from livingdrug.catalog.records.base import Part
from livingdrug.foundation.errors import BadInput, CatalogError, UnitError
from livingdrug.foundation.units import read, read_one_or_range

Array = NDArray[np.float64]


@contextmanager
def in_its_place() -> Iterator[None]:
    """What goes wrong inside is a fault of one value of a file: the reader of the file says where it stands."""
    try:
        yield
    except BadInput as problem:
        raise ValueError(str(problem)) from None


LONGEST_DAYS = 3653.0
"""No step of making takes longer than ten years: a slip of the unit."""
ADVICE = '\n  Write "7 day", "6 to 8 day", { median = "7 day", spread = 0.2 } or { mean = "2 day", shape = 4 }.'


class Clock(Part):
    """The law of one duration.

    Attributes
    ----------
    at
        A time or a range: ``"7 day"``, ``"6 to 8 day"``.
    median, spread
        Log-normal: median with unit, and standard deviation of the logarithm.
    mean, shape
        Gamma: mean with unit, and shape; 1 is exponential.
    least
        Added to what the law gives.
    """

    at: str = ""
    median: str = ""
    spread: float = Field(default=0.0, ge=0.0, le=3.0)
    mean: str = ""
    shape: float = Field(default=0.0, ge=0.0, le=1e4)
    least: str = ""

    @model_validator(mode="before")
    @classmethod
    def _text_is_a_time(cls, given: Any) -> Any:
        return given if isinstance(given, dict | Clock) else {"at": _text(given)}

    @model_validator(mode="after")
    def _sound(self) -> Clock:
        with in_its_place():
            self._one_law()
        return self

    def _one_law(self) -> None:
        if sum(map(bool, (self.at, self.median, self.mean))) != 1:
            raise CatalogError(f"expected one of a time, a median and a mean.{ADVICE}")
        if bool(self.mean) != bool(self.shape):
            raise CatalogError(f'a mean needs a "shape" above 0, and a shape a mean.{ADVICE}')
        if self.spread and not self.median:
            raise CatalogError(f'"spread" belongs to a median.{ADVICE}')
        low, high, least = self._numbers
        if low < 0 or least < 0 or (not self.at and low == 0):
            raise CatalogError("got a time below 0 (or a law around 0), expected 0 or more.")
        if max(high, least) > LONGEST_DAYS:
            raise CatalogError(f"got {max(high, least):g} day, expected at most {LONGEST_DAYS:g}.\n  Look at the unit.")

    @cached_property
    def _numbers(self) -> tuple[float, float, float]:
        """Ends of the range (twice the median or mean) and the least, all in days."""
        try:
            ends = read_one_or_range(self.at or self.median or self.mean, "day")
            if ends[0] != ends[1] and not self.at:
                raise CatalogError(f"a median or mean is one time, not a range.{ADVICE}")
            return *ends, read(self.least, "day") if self.least else 0.0
        except UnitError as problem:
            raise UnitError(f"{problem}.{ADVICE}") from None

    def days(self, uniform: Array) -> Array:
        """Durations [day] for uniform numbers strictly between 0 and 1, by inversion: the same luck under any law.

        Examples
        --------
        >>> Clock.model_validate("6 to 8 day").days(np.array([0.25, 0.5])).tolist()
        [6.5, 7.0]
        """
        low, high, least = self._numbers
        if self.median:
            return least + low * np.exp(self.spread * ndtri(uniform))
        if self.mean:
            return least + low * gammaincinv(self.shape, uniform) / self.shape
        return least + low + (high - low) * uniform

    @property
    def mean_days(self) -> float:
        """The mean [day].

        >>> Clock.model_validate({"mean": "2 day", "shape": 1, "least": "1 week"}).mean_days
        9.0
        """
        low, high, least = self._numbers
        return least + (low * math.exp(0.5 * self.spread**2) if self.median else 0.5 * (low + high))

    @property
    def middle_days(self) -> float:
        """The median [day]."""
        return float(self.days(np.array(0.5)))


def rate_per_day(text: Any, *, where: str) -> float:
    """``"4 per month"`` as a number a day.

    Raises
    ------
    UnitError
        Something else.

    Examples
    --------
    >>> rate_per_day("7 per week", where="x"), rate_per_day("1 per 28 day", where="x") == 1 / 28
    (1.0, True)
    """
    count, per, time = str(text).partition(" per ")
    try:
        if not per:
            raise UnitError('there is no "per"')
        time = time.strip()
        days = read(time if time[:1].isdigit() else f"1 {time}", "day")
        number = read(count.strip(), "")
        if number <= 0 or days <= 0:
            raise UnitError("expected more than 0")
    except UnitError as problem:
        raise UnitError(
            f'{where}: got "{_text(text)[:60]}": {problem}.\n  Write a number per time, such as "4 per month".'
        ) from None
    return number / days


def number_within(text: str, *, where: str) -> tuple[int, float]:
    """``"100 within 88 day"`` as a number and days.

    >>> number_within("100 within 88 day", where="x")
    (100, 88.0)
    """
    count, _, time = str(text).partition(" within ")
    try:
        number, days = read(count.strip(), ""), read(time.strip(), "day")
        if number < 1 or number != int(number) or number > 10**7 or days <= 0:
            raise UnitError("expected a whole number from 1 and a time above 0")
    except UnitError as problem:
        raise UnitError(
            f'{where}: got "{_text(text)[:60]}": {problem}.\n  Write for example "100 within 88 day".'
        ) from None
    return int(number), days


def _text(given: Any) -> str:
    return given if isinstance(given, str) else repr(given)
