"""Futility by spending: how much of the second error may be made at each look, and the bounds that follow.

effect planned for + what may be missed at each look ─► lower bound ─► those that go on ─► next look, until both bounds meet

Source: Pampallona, Tsiatis and Kim 2001, Drug Information Journal 35:1113-1121, doi:10.1177/009286150103500408. The numbers of rpact and
gsDesign are the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from scipy.optimize import brentq
from scipy.special import ndtri

from livingdrug.design.spending import Walk, check_fractions, spending_bounds, spent_by
from livingdrug.foundation.errors import BadInput

_GREATEST = 20.0
"""Expected Z at the end beyond which no design is sought."""


@dataclass(frozen=True)
class TwoBounds:
    """Bounds of a test that stops for efficacy and for futility.

    Attributes
    ----------
    fractions
        Information at each look over that at the end.
    upper, lower
        Bounds of Z at each look; they meet at the last.
    spent, missed
        Cumulative one-sided alpha, and cumulative beta at the effect planned for.
    drift
        Expected Z at the end under that effect.
    inflation
        Information at the end over that of the trial with one look of the same level and power.
    """

    fractions: tuple[float, ...]
    upper: tuple[float, ...]
    lower: tuple[float, ...]
    spent: tuple[float, ...]
    missed: tuple[float, ...]
    drift: float
    inflation: float


@cache
def beta_spending_bounds(
    fractions: tuple[float, ...], alpha: float, beta: float, spending: str, beta_spending: str, *, binding: bool = False
) -> TwoBounds:
    """Bounds that spend level and second error over the looks.

    Parameters
    ----------
    fractions
        Information at each look over that at the end, ascending, the last 1.
    alpha, beta
        One-sided level, and one less the power.
    spending, beta_spending
        Names of `livingdrug.design.spending.SPENDING`, or ``hwang_shih_decani(gamma)``.
    binding
        Whether who falls below a lower bound has to stop: the level is then kept only if they do, and upper bounds are lower.

    Raises
    ------
    BadInput
        Looks that do not rise to 1, or bounds that cross before the last look.

    Examples
    --------
    gsDesign's default (Hwang, Shih and DeCani with -4 and -2, power 90 %): upper 3.01, 2.55, 2.00, lower -0.24, 0.94, 2.00.

    >>> thirds = (1 / 3, 2 / 3, 1.0)
    >>> found = beta_spending_bounds(thirds, 0.025, 0.1, "hwang_shih_decani(-4)", "hwang_shih_decani(-2)")
    >>> [round(z, 2) for z in found.lower], round(found.inflation, 2)
    ([-0.24, 0.94, 2.0], 1.07)
    """
    check_fractions(fractions)
    fixed = float(ndtri(1 - alpha) + ndtri(1 - beta))
    spent, missed = spent_by(spending, fractions, alpha), spent_by(beta_spending, fractions, beta)
    free = None if binding else spending_bounds(fractions, alpha, spending).upper

    def gap(drift: float) -> float:
        upper, lower = _bounds(fractions, spent, missed, drift, free)
        return upper[-1] - lower[-1]

    low, high = 0.6 * fixed, 1.3 * fixed
    while gap(high) > 0 and high < _GREATEST:
        high *= 1.3
    while gap(low) < 0 and low > 1e-3:
        low /= 2
    if gap(high) > 0 or gap(low) < 0:
        raise BadInput(
            f"no trial with these looks has a power of {1 - beta:g}.\n  Spend later, or ask for another power."
        )
    drift = float(brentq(gap, low, high, xtol=1e-9))  # type: ignore[arg-type]
    upper, lower = _bounds(fractions, spent, missed, drift, free)
    lower[-1] = upper[-1]
    if any(below >= above for below, above in zip(lower[:-1], upper[:-1], strict=True)):
        raise BadInput(
            "futility spends so much so early that its bound lies above that for efficacy.\n"
            '  Spend later (beta_spending = "obrien_fleming"), or look fewer times.'
        )
    return TwoBounds(fractions, tuple(upper), tuple(lower), tuple(spent), tuple(missed), drift, (drift / fixed) ** 2)


def _bounds(
    fractions: tuple[float, ...], spent: list[float], missed: list[float], drift: float, free: tuple[float, ...] | None
) -> tuple[list[float], list[float]]:
    """Upper and lower bounds under a drift; upper bounds do not know of the lower ones where they are `free`."""
    planned, null = Walk(), Walk()
    upper: list[float] = []
    lower: list[float] = []
    at, spent_before, missed_before = 0.0, 0.0, 0.0
    for look, (t, total, lost) in enumerate(zip(fractions, spent, missed, strict=True)):
        above = free[look] if free is not None else null.bound(at, t, total - spent_before)
        below = _lower(planned, at, t, lost - missed_before, drift)
        upper.append(above)
        lower.append(below)
        planned = planned.onwards(at, t, above, drift, below)
        if free is None:
            null = null.onwards(at, t, above, 0.0, below)
        at, spent_before, missed_before = t, total, lost
    return upper, lower


def _lower(walk: Walk, at: float, t: float, step: float, drift: float) -> float:
    """The bound below which there is so much probability under the drift; far below where nothing is spent."""
    if step <= 1e-14:
        return -8.0
    ends = -8.0, 8.0 + drift
    if walk.under(at, t, ends[1], drift) <= step:
        return ends[1]
    return float(brentq(lambda z: walk.under(at, t, z, drift) - step, *ends, xtol=1e-10))  # type: ignore[arg-type]
