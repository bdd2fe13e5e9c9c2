"""What each arm keeps and what it costs, as points with intervals: the frontier is where nothing better stands on both counts."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from livingdrug.foundation.errors import BadInput
from livingdrug.trial.storage import write_bytes

if TYPE_CHECKING:
    from livingdrug.trial.result import Result

INK, FAINT, ON, OFF = "#1a1a1a", "#666666", "#0072b2", "#999999"
_LEFT, _TOP, _SIDE = 80, 60, 420


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


def write_frontier(found: list[Point], path: Path, *, title: str, benefit: str, harm: str, standing: str = "") -> Path:
    """Write points as SVG; colours stand in the file, which needs nothing else.

    Parameters
    ----------
    found
        From `points`.
    path
        Where to.
    title, benefit, harm, standing
        Words.
    """
    width, height = _LEFT + _SIDE + 220, _TOP + _SIDE + 70
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="sans-serif"'
        f' font-size="12" role="img" aria-label="{escape(title, quote=True)}"><rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="10" y="22" font-size="15" fill="{INK}">{escape(title)}</text><text x="10" y="40" fill="{FAINT}">{escape(standing)}</text>',
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="{FAINT}" stroke-width="0.5"/>',
        f'<text x="{_LEFT + _SIDE / 2}" y="{_TOP + _SIDE + 38}" text-anchor="middle" fill="{INK}">{escape(harm)}, %</text>',
        f'<text x="10" y="{_TOP - 6}" fill="{INK}">{escape(benefit)}, %</text>',
    ]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(
            f'<text x="{_x(share)}" y="{_TOP + _SIDE + 16}" text-anchor="middle" fill="{FAINT}">{100 * share:g}</text>'
        )
        parts.append(
            f'<text x="{_LEFT - 8}" y="{_y(share) + 4}" text-anchor="end" fill="{FAINT}">{100 * share:g}</text>'
        )
    for place, one in enumerate(found):
        colour = ON if one.on_frontier else OFF
        (gain, low, high), (cost, left, right) = one.benefit, one.harm
        parts += [
            f'<line x1="{_x(left)}" x2="{_x(right)}" y1="{_y(gain)}" y2="{_y(gain)}" stroke="{colour}"/>',
            f'<line x1="{_x(cost)}" x2="{_x(cost)}" y1="{_y(low)}" y2="{_y(high)}" stroke="{colour}"/>',
            f'<circle cx="{_x(cost)}" cy="{_y(gain)}" r="9" fill="{colour}"/>',
            f'<text x="{_x(cost)}" y="{_y(gain) + 4}" text-anchor="middle" font-size="11" fill="#ffffff">{place + 1}</text>',
            f'<text x="{_LEFT + _SIDE + 16}" y="{_TOP + 14 + 18 * place}" fill="{colour}">{place + 1} {escape(one.arm)}</text>',
        ]
    parts.append(
        f'<text x="10" y="{height - 8}" fill="{FAINT}" font-size="10">Blue: on the frontier. Simulation; not for patient care.</text></svg>\n'
    )
    write_bytes(path, "\n".join(parts).encode())
    return path


def _x(share: float) -> float:
    return _LEFT + _SIDE * share


def _y(share: float) -> float:
    return _TOP + _SIDE * (1 - share)
