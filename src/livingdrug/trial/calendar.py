"""A finished simulation put on the calendar: when each patient enrolled, and what had been seen when the data were cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation import streams
from livingdrug.foundation.errors import BadInput, CatalogError
from livingdrug.observation.data_cut import ENTRY_DAY, cut, with_entry_days

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.calendar import DataCutoff, Enrolment
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.records.trial import Trial

Floats = NDArray[np.float64]


def entry_days(enrolment: Enrolment, patients: NDArray[np.int64], seed: int, *, random: bool = True) -> Floats:
    """The calendar day on which each patient enrols (n,), in order of their numbers; the first on day 0.

    Parameters
    ----------
    enrolment
        The trial's.
    patients
        Patient numbers (n,), all of one trial.
    seed
        Of the run; gaps between enrolments are addressed by patient, so a larger trial begins at the same rate.
    random
        False: everyone comes at the expected time.
    """
    if not random:
        enrolment = enrolment.model_copy(update={"pattern": "even"})
    return enrolment.entry_days(streams.exponential(seed, "accrual/gap", patients))


def begins(plans: Sequence[Plan]) -> dict[str, float]:
    """Arm -> the day, from infusion, on which its patients count as treated."""
    return {plan.arm.name: plan.arm.day_zero if plan.product else plan.arm.first_day for plan in plans}


def on_the_calendar(
    trial: Trial, plans: Sequence[Plan], frames: Mapping[str, pl.DataFrame], patients: int, seed: int, catalog: Catalog
) -> dict[str, pl.DataFrame]:
    """The frames of a run with days of enrolment, and as they stood at the trial's data cut-off; as they are without either.

    Parameters
    ----------
    frames
        Of all arms, everyone followed to the end.
    patients
        How many the trial enrols.
    seed
        Of the run.
    catalog
        Where the endpoint of an event-driven cut-off is looked up.
    """
    import polars as pl

    if trial.enrolment is None:
        return dict(frames)
    numbers = np.arange(1, patients + 1, dtype=np.int64)
    entry = pl.DataFrame({"patient": numbers, ENTRY_DAY: entry_days(trial.enrolment, numbers, seed)})
    found = {**frames, "who": with_entry_days(frames["who"], entry)}
    if trial.data_cutoff is None:
        return found
    day = cut_day(trial, trial.data_cutoff, found, float(entry[ENTRY_DAY].max()), catalog)  # type: ignore[arg-type]
    if day is None:
        return found
    return cut(found, entry.select("patient", cut=pl.lit(day)), begins(plans))


def known_before(trial: Trial, patients: int, seed: int) -> tuple[pl.DataFrame | None, float | None]:
    """Days of enrolment (patient, entry_day) and the calendar day of the cut, where both are known before anybody is followed.

    None for the first without enrolment, None for the second without a cut-off.

    Raises
    ------
    BadInput
        The cut waits for events.
    """
    import polars as pl

    if trial.enrolment is None:
        return None, None
    numbers = np.arange(1, patients + 1, dtype=np.int64)
    entry = pl.DataFrame({"patient": numbers, ENTRY_DAY: entry_days(trial.enrolment, numbers, seed)})
    if trial.data_cutoff is None:
        return entry, None
    if not (trial.data_cutoff.at or trial.data_cutoff.after_last):
        raise BadInput(
            f'trial "{trial.id}", "data_cutoff": it waits for events, which are known when everybody has been followed, and outcomes'
            " alone cannot be cut afterwards.\n  Give a day, or days after the last enrolment; or keep everything (without --outcomes-only)."
        )
    last = float(entry[ENTRY_DAY].max())  # type: ignore[arg-type]
    return entry, trial.data_cutoff.at_days if trial.data_cutoff.at else last + trial.data_cutoff.after_last_days


def cut_day(
    trial: Trial, cutoff: DataCutoff, frames: Mapping[str, pl.DataFrame], last: float, catalog: Catalog
) -> float | None:
    """The calendar day of the cut; None where so many events never come."""
    if cutoff.at:
        return cutoff.at_days
    if cutoff.after_last:
        return last + cutoff.after_last_days
    from livingdrug.trial.result import Result

    arms = list(dict.fromkeys(frames["who"]["arm"].to_list()))
    found = Result(trial, {"arms": arms}, frames, catalog=catalog).endpoint(cutoff.endpoint)
    days = np.sort(event_days(found.patients, frames["who"], check_cutoff(trial, cutoff, catalog)))
    wanted = cutoff.events or 1
    # a tenth of a second later: own days are differences of calendar days, and rounding must not lose the event itself
    return float(days[wanted - 1]) + 1e-6 if days.size >= wanted else None


def event_days(patients: pl.DataFrame, who: pl.DataFrame, from_enrolment: bool) -> Floats:
    """Calendar days on which events of an endpoint were seen, in no order.

    Parameters
    ----------
    patients
        Of a time to event: arm, patient, time_days, cause.
    who
        Everyone enrolled, with ``entry_day`` and ``enrolment_day``.
    from_enrolment
        Whether times are counted from enrolment, otherwise from infusion.
    """
    import polars as pl

    rows = patients.filter(pl.col("cause") == 1).join(
        who.select("arm", "patient", ENTRY_DAY, "enrolment_day"), on=["arm", "patient"], how="left"
    )
    start = pl.col(ENTRY_DAY) if from_enrolment else pl.col(ENTRY_DAY) - pl.col("enrolment_day")
    return rows.select(start + pl.col("time_days")).to_series().to_numpy()


def check_cutoff(trial: Trial, cutoff: DataCutoff, catalog: Catalog) -> bool:
    """Hold an event-driven cut-off against its endpoint; True where that counts from enrolment, False from infusion.

    Raises
    ------
    CatalogError
        The endpoint is no time to event, or counts from another day.
    """
    if not cutoff.endpoint:
        return False
    record = catalog.load("endpoint", cutoff.endpoint)
    if record.kind != "time_to_event":
        raise CatalogError(
            f'trial "{trial.id}", "data_cutoff.endpoint": "{record.id}" is a {record.kind}, which has no events.\n'
            "  Name a time to event."
        )
    origin = str(record.further.get("origin_day", "0")).strip()
    if origin not in ("0", "enrolment_day"):
        raise CatalogError(
            f'trial "{trial.id}", "data_cutoff.endpoint": "{record.id}" counts from {origin}; events that drive a cut-off are'
            " counted from enrolment or infusion.\n  Name another endpoint."
        )
    return origin == "enrolment_day"


def refuse_calendar(trial: Trial, catalog: Catalog) -> None:
    """Stop at a calendar that the trial cannot have; part of the one door.

    Raises
    ------
    BadInput
        An endpoint of the cut-off that is none, or that the trial cannot answer.
    """
    if trial.data_cutoff is not None and trial.data_cutoff.endpoint:
        from livingdrug.catalog.questions import questions_of
        from livingdrug.outcome.names import check_names

        check_cutoff(trial, trial.data_cutoff, catalog)
        record = catalog.load("endpoint", trial.data_cutoff.endpoint)
        try:
            check_names(record.needs, questions_of(trial, catalog), f'endpoint "{record.id}"')
        except BadInput as problem:
            raise CatalogError(f'trial "{trial.id}", "data_cutoff.endpoint": {problem}') from None
