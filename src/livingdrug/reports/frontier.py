"""What each arm keeps and what it costs, as points with intervals: the frontier is where nothing better stands on both counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from livingdrug.foundation.errors import BadInput
from livingdrug.reports.charts.crosses import Cross, draw_crosses
from livingdrug.reports.page import Figure

if TYPE_CHECKING:
    from livingdrug.trial.result import Result


@dataclass(frozen=True)
class Point:
    """One arm: share that benefits and share that is harmed, each with its 95 % interval.

    Attributes
    ----------
    arm
        Its name.
    benefit, harm
        Estimate, low end, high end.
    on_frontier
        No other arm is better on one count and at least as good on the other.
    """

    arm: str
    benefit: tuple[float, float, float]
    harm: tuple[float, float, float]
    on_frontier: bool


def points(result: Result, benefit: str, harm: str) -> list[Point]:
    """The arms of a finished run as points; nothing is simulated again.

    Parameters
    ----------
    result
        A run; its arms hold the same patients where the trial is paired.
    benefit, harm
        Endpoints whose headline number is a share.

    Raises
    ------
    BadInput
        An endpoint without a share, or one that was not measured.
    """
    found = {arm: (_share(result, benefit, arm), _share(result, harm, arm)) for arm in result.arms}

    def beaten(arm: str) -> bool:
        good, bad = found[arm][0][0], found[arm][1][0]
        return any(
            (other[0][0] >= good and other[1][0] <= bad) and (other[0][0] > good or other[1][0] < bad)
            for name, other in found.items()
            if name != arm
        )

    return [Point(arm, gain, cost, not beaten(arm)) for arm, (gain, cost) in found.items()]


def _share(result: Result, name: str, arm: str) -> tuple[float, float, float]:
    endpoint = result.endpoint(name)
    if arm in endpoint.not_measured:
        raise BadInput(
            f'endpoint "{name}" was not measured in arm {arm}: {endpoint.not_measured[arm]}.\n  Name another.'
        )
    row = endpoint.shown().rows(arm)[0]
    if row.measure not in endpoint.shares or not row.known or row.estimate is None:
        raise BadInput(f'endpoint "{name}" gives no share of patients in arm {arm}.\n  Name a proportion or a curve.')
    low, high = (row.estimate if end is None else end for end in (row.ci_low, row.ci_high))
    return row.estimate, low, high


def frontier_figure(found: list[Point], *, title: str, benefit: str, harm: str, standing: str = "") -> Figure:
    """The arms as numbered crosses.

    Parameters
    ----------
    found
        From `points`.
    title, benefit, harm, standing
        Words.
    """
    import polars as pl

    crosses = [
        Cross(one.arm, _percent(one.benefit), _percent(one.harm), one.on_frontier, _tip(one, benefit, harm))
        for one in found
    ]
    data = pl.DataFrame(
        {
            "arm": [one.arm for one in found],
            **{
                f"{name}{end}": [getattr(one, name)[place] for one in found]
                for name in ("benefit", "harm")
                for place, end in enumerate(("", "_low", "_high"))
            },
            "on_frontier": [one.on_frontier for one in found],
        }
    )

    def draw(width: float) -> str:
        return draw_crosses(crosses, width, title=title, up=f"{benefit} [%]", along=f"{harm} [%]")

    caption = "Filled: on the frontier, no other arm is better on one count and as good on the other. Lines are 95 % intervals."
    return Figure(title, draw, caption, data=data, standing=standing)


def _percent(share: tuple[float, float, float]) -> tuple[float, float, float]:
    return 100 * share[0], 100 * share[1], 100 * share[2]


def _tip(one: Point, benefit: str, harm: str) -> str:
    told = (
        f"{words} {100 * share[0]:.0f} % ({100 * share[1]:.0f} to {100 * share[2]:.0f})"
        for words, share in ((benefit, one.benefit), (harm, one.harm))
    )
    return f"{one.arm}: {', '.join(told)}"
