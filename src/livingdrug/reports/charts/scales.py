"""From a value to a place on paper: linear, logarithmic, and a day axis that shows both a month and five years."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

MONTH = 365.25 / 12


@dataclass(frozen=True)
class Scale:
    """Values `low`..`high` placed on `start`..`end` pixels after the transformation `bend`.

    Attributes
    ----------
    ticks
        Values worth a label, with their labels.
    """

    low: float
    high: float
    start: float
    end: float
    bend: Callable[[float], float]
    ticks: tuple[tuple[float, str], ...] = ()

    def __call__(self, value: float) -> float:
        """The place of `value`; values outside are put on the border."""
        if value != value:
            return math.nan
        inside = self.low if value < self.low else self.high if value > self.high else value
        first, span, room = self._ends
        return self.start + (self.bend(inside) - first) / span * room

    @cached_property
    def _ends(self) -> tuple[float, float, float]:
        """Where the lowest value is bent to, and how far the highest is from it: bent, and in pixels."""
        first = self.bend(self.low)
        return first, self.bend(self.high) - first, self.end - self.start


def _label(value: float, unit: str) -> str:
    return f"{value:,.10g}{unit}"


def linear(low: float, high: float, start: float, end: float, *, n: int = 5, unit: str = "") -> Scale:
    """A linear scale with about `n` round ticks.

    Examples
    --------
    >>> [label for _, label in linear(0, 100, 0, 1, n=5).ticks]
    ['0', '20', '40', '60', '80', '100']
    """
    span = (high - low) or 1.0
    step = 10 ** math.floor(math.log10(span / n))
    step *= min((1, 2, 5, 10), key=lambda k: abs(span / (step * k) - n))
    first = math.ceil(low / step - 1e-9)
    values = [round(i * step, 12) for i in range(first, math.floor(high / step + 1e-9) + 1)]
    return Scale(low, low + span, start, end, float, tuple((v, _label(v, unit)) for v in values))


SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(exponent: int) -> str:
    """A power of ten as it is printed: 0.001 to 1,000 in full, others as 10⁴."""
    return _label(10.0**exponent, "") if -3 <= exponent <= 3 else "10" + str(exponent).translate(SUPERSCRIPT)


def logarithmic(low: float, high: float, start: float, end: float, *, at_most: int = 7) -> Scale:
    """A base-ten scale with at most so many labelled powers of ten."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    every = max(1, math.ceil((last - first + 1) / at_most))
    ticks = tuple((10.0**k, power(k)) for k in range(first, last + 1, every))
    return Scale(low, high, start, end, math.log10, ticks)


def days(last: float, start: float, end: float, *, knee: float = 28, share: float = 0.5) -> Scale:
    """A day axis in two halves: linear to the `knee`, square root from there to the `last` day.

    Four weeks and five years on one axis: cells expand in days and persist for years.
    """
    if last <= knee * 1.5:
        ticks = tuple((d, f"{d:g}") for d in range(0, int(last) + 1, 7))
        return Scale(0, last, start, end, float, ticks)

    def bend(day: float) -> float:
        if day <= knee:
            return share * day / knee
        root, far = math.sqrt(knee), math.sqrt(last)
        return share + (1 - share) * (math.sqrt(day) - root) / (far - root)

    early = [(float(d), f"{d}") for d in range(0, int(knee) + 1, 7 if abs(end - start) > 400 else 14)]
    late = [(90.0, "3 mo"), (182.0, "6 mo")] if abs(end - start) > 400 else [(182.0, "6 mo")]
    late += [(365.25 * k, f"{k} y") for k in range(1, int(last / 365.25 + 0.02) + 1)]
    return Scale(0, last, start, end, bend, tuple(early + [t for t in late if t[0] <= last + 1]))


def months(last_day: float, start: float, end: float) -> Scale:
    """A linear axis in months with a label each 6 or 12 months; values are days."""
    last = last_day / MONTH
    step = next(k for k in (1, 3, 6, 12, 24) if last / k <= (6.5 if abs(end - start) < 500 else 11))
    ticks = tuple((k * MONTH, f"{k}") for k in range(0, int(last + 0.1) + 1, step))
    return Scale(0, max(last_day, ticks[-1][0]), start, end, float, ticks)


def thinned(values: Sequence[object], at_most: int) -> list[int]:
    """Indices of at most so many values, evenly chosen, first and last kept."""
    n = len(values)
    if n <= at_most:
        return list(range(n))
    return sorted({round(i * (n - 1) / (at_most - 1)) for i in range(at_most)})
