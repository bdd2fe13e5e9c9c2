"""What waiting costs: infused, responding and alive a year after enrolment, of everyone enrolled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.manufacturing.lots import BEGUN, DIED_WAITING, WITHDRAWN_WAITING
from livingdrug.outcome.estimators.exact_binomial import exact_binomial
from livingdrug.outcome.estimators.paired import paired_shares
from livingdrug.reports.page import Note, Section, Table
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, interval, percent, percent_interval, plain

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.roles import Roles

ORDER = 12
YEAR = 365.25
STAGES = (
    ("slot_days", "waiting for a slot or a line"), ("shipping_days", "on the road"), ("culture_days", "in culture"),
    ("testing_days", "testing, and between attempts"), ("booking_days", "from the bag's arrival to lymphodepletion"),
)  # fmt: skip
PREPARING = "in apheresis, and from the beginning of lymphodepletion to infusion"
PARTS = "Medians of the parts need not add up to the median of the whole."
LEAD = (
    "A wait is lost patients, a larger tumour at lymphodepletion, and older blood counts. Shares here are of everyone enrolled, with exact"
    " 95 % intervals; those lost while waiting count as not responding. A patient alive at one year without having been infused is followed by"
    " nobody, so what is told is the share that was infused and lives a year after enrolment."
)
DAYS = ("enrolment_day", "vein_to_vein_days")
BURDEN, MEMORY = "burden_percent_at_lymphodepletion", "memory_fraction"
Flags = NDArray[np.float64]


def section(source: Source) -> Section | None:
    """One table over the arms that give cells, and paired differences where the same people are in every arm."""
    arms = [arm for arm in source.arms if source.has("patients") and source.has_cells(arm)]
    if not arms:
        return None
    everyone = {arm: source.patients(arm, infused=False, columns=columns_read(source.roles)) for arm in arms}
    rows = [
        _days("Enrolment to infusion, day (10 to 90 % of the infused)", everyone, "enrolment_day"),
        _days("Apheresis to infusion, day", everyone, "vein_to_vein_days"),
        *(_days(f"… {words}, day", everyone, column) for column, words in STAGES),
        _preparing(everyone),
        _numbers("Burden when waiting ended, per cent of the greatest (10 to 90 %)", everyone),
        _cells(everyone),
    ]
    names = ("Lost while waiting", "Infused", "Infused and responded", "Infused, and alive a year after enrolment")
    flags = {arm: _flags(frame, source.roles) for arm, frame in everyone.items()}
    for k, name in enumerate(names):
        rows.append((name, *(_share(flags[arm][k]) for arm in arms)))
    parts: list[Table | Note] = [
        Table(("", *arms), tuple(row for row in rows if row), title="What waiting costs", note=PARTS, roomy=True)
    ]
    if len(arms) > 1 and source.trial.planned_design.kind == "paired":
        pairs = [
            (name, *(_paired(everyone, flags, k, arms[0], arm) for arm in arms[1:])) for k, name in enumerate(names)
        ]
        note = "The same people in both arms: mean of the differences within people, with its 95 % interval."
        parts.append(Table(("", *arms[1:]), tuple(pairs), title=f"Against {arms[0]}, in points", note=note, roomy=True))
    return Section("waiting", "What waiting costs", LEAD, tuple(parts))


def columns_read(roles: Roles) -> tuple[str, ...]:
    """Columns of the patients table that this section reads."""
    stages = (name for name, _ in STAGES)
    outcomes = (roles["first response"], roles["death"], roles["last contact"])
    return ("patient", "status", *DAYS, *stages, BURDEN, MEMORY, *outcomes)


def _flags(frame: pl.DataFrame, roles: Roles) -> tuple[Flags, Flags, Flags, Flags]:
    """Lost while waiting, infused, responded, alive after a year: 0 or 1 each, NaN where nobody knows; shaped (n,)."""
    status = frame["status"].to_numpy()
    infused = np.isin(status, BEGUN).astype(float)
    lost = np.isin(status, (DIED_WAITING, WITHDRAWN_WAITING)).astype(float)
    responded = infused * np.isfinite(_column(frame, roles["first response"]))
    year = _column(frame, "enrolment_day") + YEAR
    death, last = _column(frame, roles["death"]), _column(frame, roles["last contact"])
    alive = np.where(infused == 0, 0.0, np.where(death <= year, 0.0, np.where(last >= year, 1.0, np.nan)))
    return lost, infused, responded, alive


def _column(frame: pl.DataFrame, name: str) -> Flags:
    if name not in frame.columns:
        return np.full(frame.height, np.nan)
    return frame[name].cast(float).to_numpy().astype(float)


def _share(flags: Flags) -> str:
    known = flags[np.isfinite(flags)]
    if not known.size:
        return DASH
    share = exact_binomial(int(known.sum()), known.size)
    return f"{percent(known.mean(), 1)}\n{percent_interval(share.ci_low, share.ci_high)}"


def _paired(
    everyone: dict[str, pl.DataFrame], flags: dict[str, tuple[Flags, ...]], k: int, first: str, other: str
) -> str:
    """The mean difference within people; only those known in both arms."""
    one, two = (dict(zip(everyone[arm]["patient"].to_list(), flags[arm][k], strict=True)) for arm in (first, other))
    pairs = np.array([(one[who], two[who]) for who in one if who in two]).reshape(-1, 2)
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    if len(pairs) < 2:
        return DASH
    change = paired_shares(pairs[:, 0] > 0, pairs[:, 1] > 0)
    sides = interval(100 * change.ci_low, 100 * change.ci_high, "{:+.1f}".format)
    return f"{100 * change.estimate + 0.0:+.1f}\n{sides}".replace("-", "−")


def _days(name: str, everyone: dict[str, pl.DataFrame], column: str) -> tuple[str, ...]:
    cells = []
    for frame in everyone.values():
        values = np.abs(_column(frame, column))[np.isin(frame["status"].to_numpy(), BEGUN)]
        cells.append(_spread(values[np.isfinite(values)]))
    return (name, *cells) if any(cell != DASH for cell in cells) else ()


def _preparing(everyone: dict[str, pl.DataFrame]) -> tuple[str, ...]:
    """What is left of the days from enrolment to infusion when the stages of getting the cells are over."""
    cells = []
    for frame in everyone.values():
        begun = np.isin(frame["status"].to_numpy(), BEGUN)
        rest = np.abs(_column(frame, "enrolment_day")) - np.sum([_column(frame, name) for name, _ in STAGES], axis=0)
        known = rest[begun & np.isfinite(rest)]
        cells.append(_spread(np.maximum(np.round(known, 9), 0.0)))  # a difference of sums
    return (f"… {PREPARING}, day", *cells) if any(cell != DASH for cell in cells) else ()


def _cells(everyone: dict[str, pl.DataFrame]) -> tuple[str, ...]:
    """Of the infused: memory cells in what they were given."""
    cells = []
    for frame in everyone.values():
        values = 100.0 * _column(frame, MEMORY)[np.isin(frame["status"].to_numpy(), BEGUN)]
        cells.append(_spread(values[np.isfinite(values)]))
    name = "Memory cells (CCR7-positive) in the lot, per cent (10 to 90 % of the infused)"
    return (name, *cells) if any(cell != DASH for cell in cells) else ()


def _numbers(name: str, everyone: dict[str, pl.DataFrame]) -> tuple[str, ...]:
    cells = []
    for frame in everyone.values():
        values = _column(frame, BURDEN)
        cells.append(_spread(values[np.isfinite(values)]))
    return (name, *cells) if any(cell != DASH for cell in cells) else ()


def _spread(values: Flags) -> str:
    if not values.size:
        return DASH
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9))
    return f"{plain(middle)}\n{plain(low)}{DASH}{plain(high)}"
