"""Published and simulated side by side, as the report shows them; the comparison itself is `trial.misfit`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from livingdrug.catalog.records.endpoint import GROUPS
from livingdrug.foundation.errors import LivingDrugError
from livingdrug.foundation.remembered import ByObject
from livingdrug.reports.source import Source
from livingdrug.trial.misfit import Misfit, compare_row

if TYPE_CHECKING:
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.catalog.records.evidence import Published

_COMPARED: ByObject[tuple[list[Compared], list[Published]]] = ByObject()
LAST = len(GROUPS), 0, ""
"""The place of what has no endpoint of its own."""


@dataclass(frozen=True)
class Compared:
    """One published number and what the simulation says.

    Attributes
    ----------
    group, place
        Heading it stands under, and where.
    label, short
        What is compared, in full and for narrow places.
    published, simulated
        (value, low, high) in the published unit; limits NaN when unknown.
    unit
        The published unit; "" for a spread, which is a standard deviation of logarithms.
    limits_from
        Where the published limits come from: "reported", "exact" (ours, from n) or "".
    z
        Difference divided by the published standard error (on the log scale unless a percentage).
    inside
        Whether the simulated value lies inside the published 95 % interval; None when there is none.
    """

    row: Published
    arm: str
    group: str
    place: tuple[int, int, str]
    label: str
    short: str
    published: tuple[float, float, float]
    simulated: tuple[float, float, float]
    limits_from: str
    z: float
    inside: bool | None
    percent: bool
    unit: str


def compare(source: Source) -> tuple[list[Compared], list[Published]]:
    """Every published row that this run can answer (the arm it tells of, else the first with an answer), and the rows it cannot."""
    return _COMPARED.of(source, lambda: _compare(source))


def _compare(source: Source) -> tuple[list[Compared], list[Published]]:
    compared: list[Compared] = []
    unanswered: list[Published] = []
    for row in source.evidence.results if source.evidence is not None else ():
        answers = (_in_arm(source, row, arm) for arm in source.arms if row.arm in ("", arm))
        found = next((answer for answer in answers if answer is not None), None)
        if found is None:
            unanswered.append(row)
        else:
            compared.append(found)
    return sorted(compared, key=lambda c: c.place), unanswered


def _in_arm(source: Source, row: Published, arm: str) -> Compared | None:
    endpoint = source.endpoint(row.endpoint)
    if endpoint is None or arm not in endpoint.arms:
        return None
    try:
        found = compare_row(endpoint, row, arm)
    except LivingDrugError:
        return None
    return shown(found[0], arm, endpoint.record) if found else None


def shown(found: Misfit, arm: str, record: Endpoint | None) -> Compared:
    """A comparison with the words the report needs.

    Parameters
    ----------
    record
        The endpoint, which says group, place and short name; None where the catalogue does not know it.
    """
    row = found.row
    when = f", {row.at.replace('month', 'months')}" if found.timed and row.at else ""
    spread = found.measure == "spread"
    return Compared(
        row=row,
        arm=arm,
        group=GROUPS[record.group] if record is not None else GROUPS["other"],
        place=record.place if record is not None else LAST,
        label=found.title + when + (", spread between patients (log SD)" if spread else ""),
        short=(record.name if record is not None else found.title) + when + (", spread (log SD)" if spread else ""),
        published=(found.published, *found.published_limits),
        simulated=(found.simulated, *found.simulated_limits),
        limits_from=found.limits_from,
        z=found.z,
        inside=found.inside,
        percent=found.share,
        unit="" if spread else row.unit,
    )
