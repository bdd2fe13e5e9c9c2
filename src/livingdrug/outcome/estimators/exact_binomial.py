"""Clopper-Pearson: the exact interval of a proportion."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import betaincinv

from livingdrug.foundation.errors import BadInput


@dataclass(frozen=True)
class Proportion:
    """A proportion with its exact interval; NaN when nobody was counted."""

    n: int
    n_events: int
    estimate: float
    ci_low: float
    ci_high: float


def exact_binomial(n_events: int, n: int, *, level: float = 0.95) -> Proportion:
    """The proportion and its exact (Clopper-Pearson 1934) interval.

    Parameters
    ----------
    n_events
        How many have it.
    n
        Out of how many.
    level
        Confidence level.

    Raises
    ------
    BadInput
        Not 0 <= n_events <= n.

    Examples
    --------
    ELIANA's primary result, 61 of 75:

    >>> p = exact_binomial(61, 75)
    >>> f"{p.estimate:.0%} ({p.ci_low:.0%} to {p.ci_high:.0%})"
    '81% (71% to 89%)'
    """
    if not 0 <= n_events <= n:
        raise BadInput(f"got {n_events} of {n}; expected a count between 0 and {n}.")
    if n == 0:
        return Proportion(0, 0, float("nan"), float("nan"), float("nan"))
    tail = (1 - level) / 2
    low = 0.0 if n_events == 0 else float(betaincinv(n_events, n - n_events + 1, tail))
    high = 1.0 if n_events == n else float(betaincinv(n_events + 1, n - n_events, 1 - tail))
    return Proportion(int(n), int(n_events), n_events / n, low, high)
