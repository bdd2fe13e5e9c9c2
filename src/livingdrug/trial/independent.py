"""Two groups of different people: the difference of two estimates, its interval from theirs.

Each estimate brings its own interval; that of the difference follows from both (MOVER: Zou and Donner, Statistics in Medicine 2008,
27:1693, doi:10.1002/sim.3095; for two proportions it is Newcombe's hybrid, Statistics in Medicine 1998, 17:873, method 10 with the
intervals that the estimator gives). Ratios are compared on the scale of logarithms.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.outcome.endpoint_result import EndpointResult

_SHOWN = {
    "probability": "share",
    "proportion": "share",
    "mean": "amount",
    "median": "amount",
    "geometric mean": "ratio",
}
"""Estimates that are compared, the first of a quantity's that has an interval, and how their difference is shown."""


def difference_of(
    first: tuple[float, float, float], second: tuple[float, float, float], *, ratio: bool = False
) -> tuple[float, float, float]:
    """Second minus first (or second over first), with its interval; each side is (estimate, low, high).

    Examples
    --------
    Newcombe 1998, table II (a), 56/70 against 48/80 with Wilson intervals: 0.2000 (0.0524 to 0.3339).

    >>> low_high = difference_of((48 / 80, 0.4904, 0.7002), (56 / 70, 0.6918, 0.8770))
    >>> [round(value, 2) for value in low_high]
    [0.2, 0.05, 0.33]
    """
    if ratio:
        logs = difference_of(_logs(first), _logs(second))
        return math.exp(logs[0]), math.exp(logs[1]), math.exp(logs[2])
    (a, a_low, a_high), (b, b_low, b_high) = first, second
    apart = b - a
    return apart, apart - math.hypot(b - b_low, a_high - a), apart + math.hypot(b_high - b, a - a_low)


def rows_of(record: Endpoint, reference: EndpointResult, other: EndpointResult) -> list[dict[str, Any]]:
    """Differences of one endpoint between two groups, in the columns of `livingdrug.trial.compare.Comparison.table`."""
    sides = []
    for one in (reference, other):
        rows = [row for row in one.table().to_dicts() if row["measure"] in _SHOWN and None not in _three(row)]
        sides.append({(row["measure"], row["time"]): row for row in rows})
    both = [key for key in sides[0] if key in sides[1]]
    if both:
        best = min((key[0] for key in both), key=lambda measure: list(_SHOWN).index(measure))
        best = "geometric mean" if any(key[0] == "geometric mean" for key in both) else best
        both = [key for key in both if key[0] == best]
    found = []
    for key in both:
        mine, theirs = sides[0][key], sides[1][key]
        shown = _SHOWN[key[0]]
        if shown == "ratio" and min(*_three(mine), *_three(theirs)) <= 0:
            continue
        apart, low, high = difference_of(_three(mine), _three(theirs), ratio=shown == "ratio")
        found.append({
            "measure": record.id, "title": record.title, "kind": record.kind, "unit": mine["unit"], "time": key[1],
            "time_unit": mine["time_unit"], "shown": key[1] is None or key[1] == record.time_shown, "statistic": key[0],
            "shown_as": shown, "reference_value": mine["estimate"], "policy_value": theirs["estimate"], "difference": apart,
            "ci_low": low, "ci_high": high, "n_pairs": None, "n_only_reference": mine["n"], "n_only_policy": theirs["n"],
        })  # fmt: skip
    return found


def _three(row: dict[str, Any]) -> tuple[float, float, float]:
    return row["estimate"], row["ci_low"], row["ci_high"]


def _logs(three: tuple[float, float, float]) -> tuple[float, float, float]:
    return math.log(three[0]), math.log(three[1]), math.log(three[2])
