"""Replicates as a rule sees them: for each trial the people in order of enrolment, on the calendar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.catalog.arms import duration_days
from livingdrug.design.observed import Observed, proportion, times_to_event
from livingdrug.design.people import STRIDE, entry_days_of
from livingdrug.foundation import streams

if TYPE_CHECKING:
    from livingdrug.catalog.calendar import Enrolment
    from livingdrug.design.batch import Work
    from livingdrug.design.replicate import Replicates


def trials_of(
    found: Replicates, work: Work, endpoint: str, reference: str, sizes: Sequence[int], *, known_after: str = "", enrolment: Enrolment | None = None,
    attrition: float = 0.0,
) -> Iterator[tuple[int, dict[int, Observed]]]:  # fmt: skip
    """Each replicate with its number, in each size: the first people of the largest, coming at the pace of a trial of that size.

    Parameters
    ----------
    found, work
        Simulated replicates, and what was simulated.
    endpoint
        Which one.
    reference
        Arm that is counted as 0.
    sizes
        Patients enrolled.
    known_after
        Of a proportion: from the day of infusion to the day on which it is known.
    enrolment
        In place of the trial's: the same people come at another pace.
    attrition
        Share of those counted who are lost before treatment besides those whom the model loses.
    """
    trial = work.trial if enrolment is None else work.trial.model_copy(update={"enrolment": enrolment})
    delay = duration_days(known_after, "known_after") if known_after else 0.0
    keys = ["replicate", "arm", "patient"]
    for name in found.names:
        people = found.pieces.frame(name, "people")
        rows = found.pieces.frame(name, "rows").filter(pl.col("endpoint") == endpoint)
        more = ["enrolment_day", *(["stratum"] if "stratum" in people.columns else [])]
        rows = rows.join(people.select(*keys, *more), on=keys, how="left").sort("replicate", "patient")
        for replicate in people["replicate"].unique().sort().to_list():
            mine = rows.filter(pl.col("replicate") == replicate)
            if attrition:
                numbers = mine["patient"].to_numpy() + (replicate - 1) * STRIDE
                mine = mine.filter(pl.Series(streams.uniform(work.seed, "design/attrition", numbers) >= attrition))
            by_size = {}
            for n in sizes:
                entry = entry_days_of(trial, n, replicate, work.seed, work.layers)
                by_size[n] = _observed(mine.filter(pl.col("patient") <= n), entry, reference, delay)
            yield replicate, by_size


def _observed(rows: pl.DataFrame, entry: NDArray[np.float64], reference: str, delay: float) -> Observed:
    place = rows["patient"].to_numpy() - 1
    arm = (rows["arm"] != reference).to_numpy().astype(np.int64)
    start = entry[place] + rows["start_day"].to_numpy() - rows["enrolment_day"].to_numpy()
    if rows["success"].null_count() < rows.height or not rows.height:
        return proportion(entry, place, rows["success"].fill_null(False).to_numpy(), start + delay, arm)
    stratum = rows["stratum"].to_numpy() if "stratum" in rows.columns else None
    return times_to_event(
        entry, place, rows["time_days"].to_numpy(), (rows["cause"] == 1).to_numpy(), start, arm, stratum
    )


def numbers_for(seen: Observed, seed: int, replicate: int) -> NDArray[np.float64]:
    """One uniform number for each person counted (m,), for outcomes drawn at the null or at a planted effect."""
    return streams.uniform(seed, "design/planted", seen.place + (replicate - 1) * STRIDE + 1)
