"""Published and simulated side by side, as the report shows them; the comparison itself is `trial.misfit`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from livingdrug.foundation.errors import LivingDrugError
from livingdrug.reports.source import Source
from livingdrug.trial.misfit import Misfit, compare_row

GROUPS = (
    ("Getting the cells", ("infused", "manufacturing", "not_infused", "enrolment", "dose", "age", "prior", "blasts")),
    ("Response", ("cr_", "cri_", "mrd", "relapse")),
    ("Survival", ("efs", "os", "rfs", "death")),
    ("Toxicity", ("crs", "neurotoxicity", "icans", "tocilizumab", "steroid", "icu", "fever", "vasopressor", "intubation", "oxygen", "hypotension")),
    ("B cells, marrow, infections", ("b_cell", "neutro", "thrombo", "infection", "igg", "ivig", "hypogamma")),
    ("Cellular kinetics", ("cmax", "tmax", "auc", "last_detectable", "half_life")),
)  # fmt: skip

SHORTER = (
    ("Cytokine release syndrome", "CRS"),
    ("cytokine release syndrome", "CRS"),
    ("Highest CAR transgene level in blood", "Cmax"),
    ("Day of the highest CAR transgene level", "Tmax"),
    ("CAR transgene exposure to day 28", "AUC 0–28 d"),
    ("Last day with a measurable CAR transgene", "Last detectable day"),
    (" of responders, not censored for further therapy", ", not censored"),
    ("spread between patients (log SD)", "spread (log SD)"),
)


@dataclass(frozen=True)
class Compared:
    """One published number and what the simulation says.

    Attributes
    ----------
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

    row: Any
    arm: str
    group: str
    label: str
    published: tuple[float, float, float]
    simulated: tuple[float, float, float]
    limits_from: str
    z: float
    inside: bool | None
    percent: bool
    unit: str


def compare(source: Source) -> tuple[list[Compared], list[Any]]:
    """Every published row that this run can answer (first arm with an answer), and the rows it cannot."""
    compared, unanswered = [], []
    for row in source.evidence.results if source.evidence is not None else ():
        answers = (_in_arm(source, row, arm) for arm in source.arms)
        found = next((answer for answer in answers if answer is not None), None)
        if found is None:
            unanswered.append(row)
        else:
            compared.append(found)
    order = {name: i for i, (name, _) in enumerate(GROUPS)}
    return sorted(compared, key=lambda c: order.get(c.group, 99)), unanswered


def _in_arm(source: Source, row: Any, arm: str) -> Compared | None:
    endpoint = source.endpoint(row.endpoint)
    if endpoint is None or arm not in endpoint.arms:
        return None
    try:
        found = compare_row(endpoint, row, arm)
    except LivingDrugError:
        return None
    return shown(found[0], arm) if found else None


def shown(found: Misfit, arm: str) -> Compared:
    """A comparison with the words the report needs."""
    row = found.row
    label = found.title.split(" (")[0]
    if found.timed and row.at:
        label += f", {row.at.replace('month', 'months')}"
    return Compared(
        row=row,
        arm=arm,
        group=next((name for name, starts in GROUPS if row.endpoint.startswith(starts)), "Other"),
        label=label + (", spread between patients (log SD)" if found.measure == "spread" else ""),
        published=(found.published, *found.published_limits),
        simulated=(found.simulated, *found.simulated_limits),
        limits_from=found.limits_from,
        z=found.z,
        inside=found.inside,
        percent=found.share,
        unit="" if found.measure == "spread" else row.unit,
    )


def short(label: str) -> str:
    """A label with the longest names abbreviated.

    Examples
    --------
    >>> short("Highest CAR transgene level in blood, responders")
    'Cmax, responders'
    """
    for long, brief in SHORTER:
        label = label.replace(long, brief)
    return label
