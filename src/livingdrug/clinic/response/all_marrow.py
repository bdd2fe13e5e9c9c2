"""Response of acute lymphoblastic leukaemia from what was seen at visits: remission, failure, relapse, MRD.

    marrow blasts   neutrophils  platelets   at this visit
    below 5 %       > 1.0e9/L    > 100e9/L   CR   complete remission
    below 5 %       otherwise or unknown     CRi  with incomplete recovery of counts
    5 % or more     any                      NR before a remission, relapse after one

Sources: marrow and count limits, http://ashpublications.net/view-large/12204026 and
https://www.manula.com/manuals/cibmtr/fim/1/en/topic/all-response-criteria (both read); MRD limit 0.01 % (read there);
remission within 3 months kept for at least 28 days, the primary endpoint of ELIANA (read in
https://www.acemap.info/paper/417588127). Extramedullary disease and transfusions are not simulated.

Assumed, because no source we read says it: a patient without remission by the day asked for has failed on the day of the first
marrow assessment (from day 21) that shows 5 % blasts or more; a remission that did not last 28 days is no
response, and its end is the failure; a remission first seen later does not undo a failure. A marrow planned for day 0 is the
start and shows no response.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.clinic.criterion import (
    KEYS,
    STATUS_SCHEMA,
    Criterion,
    Overt,
    Words,
    looked,
)
from livingdrug.clinic.looks import Looks, day_or_null, first_at, first_of, known_where, numbered, numbers, word_of

NEVER = float("inf")


@dataclass(frozen=True)
class Limits:
    """Limits of a response assessment; the defaults are the usual ones.

    Attributes
    ----------
    blasts_percent
        Marrow blasts below this are remission, at or above it disease [%].
    neutrophils, platelets
        Above these counts remission is complete [1e9/L].
    counts_at_limit
        Whether a count exactly at its limit has recovered, too: "at least" in place of "above".
    mrd_fraction
        Below this, or below the assay's limit, is MRD-negative.
    kept_for
        A remission counts when it was seen to last this long [day].
    first_assessment_day
        Assessments before this day cannot show failure: blasts may still be falling [day].
    """

    blasts_percent: float = 5.0
    neutrophils: float = 1.0
    platelets: float = 100.0
    counts_at_limit: bool = False
    mrd_fraction: float = 1e-4
    kept_for: float = 28.0
    first_assessment_day: float = 21.0


USUAL = Limits()


def status_at_visits(visits: pl.DataFrame, limits: Limits = USUAL) -> pl.DataFrame:
    """What each marrow assessment after the start showed.

    Parameters
    ----------
    visits
        The visits frame; marrow blasts, and at the same planned day counts and MRD when measured.

    Returns
    -------
    One row per assessment that took place (none is an empty frame), with the columns of `STATUS_SCHEMA`. Sorted.
    """
    counts = [looked(visits, quantity) for quantity in ("anc_1e9_per_l", "platelets_1e9_per_l", "mrd_fraction")]
    marrow = looked(visits, "blasts_percent")
    _, (patient, *others) = numbered(marrow, *counts)
    planned, day, blasts = (numbers(marrow, name) for name in ("day_planned", "day", "value"))
    # every marrow counts, also one taken between visits; of one day the last
    order = np.lexsort((blasts, day, planned, patient))
    order = order[np.lexsort((day[order], patient[order]))]
    again = (patient[order][1:] == patient[order][:-1]) & (day[order][1:] == day[order][:-1])
    marrow = marrow[order[np.append(~again, True)[: len(order)]]]
    _, (patient, *others) = numbered(marrow, *counts)
    planned, blasts = numbers(marrow, "day_planned"), numbers(marrow, "value")

    def at_the_visit(which: int) -> NDArray[np.int64]:
        """The row of the first value at each marrow's planned day, -1 without one."""
        rows = counts[which]
        return first_at(others[which], numbers(rows, "day_planned"), numbers(rows, "day"), patient, planned)

    neutrophils, platelets = (np.append(numbers(counts[k], "value"), np.nan)[at_the_visit(k)] for k in (0, 1))
    mrd, low = (np.append(numbers(counts[2], name), np.nan) for name in ("value", "below_limit"))
    sought = at_the_visit(2)
    residual = (low[sought] == 0) & (mrd[sought] >= limits.mrd_fraction)
    beyond = operator.ge if limits.counts_at_limit else operator.gt
    recovered = beyond(neutrophils, limits.neutrophils) & beyond(platelets, limits.platelets)
    status = word_of(("NR", "CR", "CRi"), first_of(blasts >= limits.blasts_percent, recovered))
    found = marrow.with_columns(status=status, residual=known_where(sought >= 0, residual))
    return found.filter(~pl.col("start")).select(*STATUS_SCHEMA).sort(*KEYS, "day")


def status_and_recovery(visits: pl.DataFrame, limits: Mapping[str, Limits], usual: Limits = USUAL) -> pl.DataFrame:
    """`status_at_visits` under the usual limits, and by each name whether the look is a complete remission under limits of its own."""
    # the same looks in the same order: only the statuses differ
    recovered = [
        status_at_visits(visits, own).select((pl.col("status") == "CR").alias(name)) for name, own in limits.items()
    ]
    return pl.concat([status_at_visits(visits, usual), *recovered], how="horizontal")


def kept_remission(
    criterion: Criterion, statuses: pl.DataFrame, patients: pl.DataFrame, by_day: float, limits: Limits = USUAL
) -> pl.DataFrame:
    """A remission by a day that was kept, and what ended it; see the first lines of this file.

    Notes
    -----
    A remission is kept when neither blasts nor death nor another therapy was seen within `kept_for` days of it, and the
    patient was seen or known alive at least that long after it. Best response is the best that any assessment of the remission
    by the day showed. Assessments after another therapy began are not used.
    """
    looks = Looks.of(statuses, patients)
    day, place, therapy = looks.day, looks.place, looks.date("subsequent_therapy_day")
    seen, in_time = day <= therapy[place], day <= by_day
    in_remission = looks.is_one_of(criterion.responses)
    remission = looks.first(seen & in_remission & in_time)
    reached = np.isfinite(remission)
    blasts_again = looks.first(seen & ~in_remission & (day > remission[place]))
    not_yet = seen & ~in_remission & (day >= limits.first_assessment_day) & ~reached[place]
    failed = looks.first(not_yet & in_time)
    # what happened inside the remission, before any return of blasts and by the day
    inside = seen & in_remission & in_time & (day < blasts_again[place])
    until = remission + limits.kept_for
    broken = np.minimum(np.minimum(blasts_again, looks.date("death_day")), therapy)
    alive_until = np.maximum(looks.date("last_seen_day", -NEVER), looks.date("last_contact_day", -NEVER))
    responded = reached & (broken >= until) & (alive_until >= until)
    complete = responded & looks.ever(inside & looks.is_one_of(criterion.complete))
    *better, none = criterion.order
    best = first_of(*(looks.ever(inside & looks.is_one_of([word])) for word in better[:-1]), responded)
    return looks.recorded(
        responded=responded,
        complete=complete,
        incomplete=responded & ~complete,
        best_response=word_of((*better, none), np.where(responded, best, len(better))),
        first_response_day=day_or_null(remission, responded),
        residual_negative=responded & looks.ever(inside & looks.clear),
        treatment_failure_day=day_or_null(np.where(reached & ~responded, blasts_again, failed)),
        relapse_day=day_or_null(blasts_again, responded),
    )


CRITERION = Criterion(
    order=("CR", "CRi", "NR"),
    responses=("CR", "CRi"),
    complete=("CR",),
    overt=Overt(
        reads="marrow_tumour_percent",
        limit=30.0,
        after_day=28.0,
        within_days=7.0,
        beside=("neutrophils", "platelets"),
        source="assumed, no source: falling counts and blasts in blood show a marrow filled to about a third, somebody looks within a "
        "week; in the first month blasts are still falling and planned visits are near",
    ),
    status_at_visits=status_at_visits,
    reads=("blasts_percent", "anc_1e9_per_l", "platelets_1e9_per_l", "mrd_fraction"),
    record=kept_remission,
    words=Words(
        title="Remission by marrow and blood counts",
        status={
            "CR": "complete remission",
            "CRi": "remission with incomplete blood counts",
            "NR": "no remission",
        },
        or_better={"CR": "CR", "CRi": "CR or CRi"},
        at_a_visit={
            "CR": "fewer than 5 % blasts, neutrophils above 1.0 and platelets above 100 ×10⁹/L",
            "CRi": "fewer than 5 % blasts, counts lower or not known",
            "NR": "5 % blasts or more",
        },
        counted="by 3 months, kept for at least 28 days",
        lead="Remission needs fewer than 5 % blasts in the marrow; it is called complete when neutrophils and platelets have recovered too.",
        look="The marrow",
        responding="in remission",
        lost="relapse",
        failed="no remission",
    ),
)
