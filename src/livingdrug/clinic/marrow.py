"""Response of acute leukaemia from what marrow and blood showed at visits: remission, failure, relapse, residual disease.

    marrow blasts   blood counts at the same planned day     at this visit
    below 5 %       the first degree of recovery that holds  its word: CR, CRh, CRi …
    5 % or more     any                                      NR before a remission, relapse after one

Guidelines differ in their degrees of recovery and in nothing else here: a file of `clinic/response/` lists them, and their words are made from the same
numbers as the judgement.

Sources: marrow limit, http://ashpublications.net/view-large/12204026 and https://www.manula.com/manuals/cibmtr/fim/1/en/topic/all-response-criteria (both
read); MRD limit 0.01 % (read there); remission within 3 months kept for at least 28 days, the primary endpoint of ELIANA (read in
https://www.acemap.info/paper/417588127). Extramedullary disease and transfusions are not simulated.

Assumed, because no source we read says it: a patient without remission by the day asked for has failed on the day of the first
marrow assessment (from day 21) that shows 5 % blasts or more; a remission that did not last 28 days is no
response, and its end is the failure; a remission first seen later does not undo a failure. A marrow planned for day 0 is the
start and shows no response.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.clinic.criterion import KEYS, STATUS_SCHEMA, Criterion, Overt, Words, looked
from livingdrug.clinic.looks import (
    Flags,
    Floats,
    Looks,
    day_or_null,
    first_at,
    first_of,
    known_where,
    numbered,
    numbers,
    word_of,
)

BLASTS_PERCENT = 5.0
"""Marrow blasts below this are remission, at or above it disease [%]."""
RESIDUAL_FRACTION = 1e-4
"""Below this, or below the assay's limit, is MRD-negative."""
KEPT_FOR = 28.0
"""A remission counts when it was seen to last this long [day]."""
FIRST_ASSESSMENT_DAY = 21.0
"""Assessments before this day cannot show failure: blasts may still be falling [day]."""
NEVER = float("inf")
READS = ("blasts_percent", "anc_1e9_per_l", "platelets_1e9_per_l", "mrd_fraction")


@dataclass(frozen=True)
class Recovery:
    """A degree to which blood counts have recovered under fewer than 5 % blasts.

    Attributes
    ----------
    word, meaning
        The status and its name in a sentence: ``"CRh"``, ``"remission with partial recovery of blood counts"``.
    neutrophils, platelets
        Limits of the two counts [1e9/L]; a count that was not measured has not recovered.
    at_limit
        Whether a count exactly at its limit has recovered, too: "at least" in place of "above".
    either
        Whether one of the two is enough.
    """

    word: str
    meaning: str
    neutrophils: float
    platelets: float
    at_limit: bool = False
    either: bool = False

    def holds(self, neutrophils: Floats, platelets: Floats) -> Flags:
        """At which looks this degree is reached (n,); counts may be nan."""
        beyond = np.greater_equal if self.at_limit else np.greater
        both = np.logical_or if self.either else np.logical_and
        return both(beyond(neutrophils, self.neutrophils), beyond(platelets, self.platelets))

    def told(self) -> str:
        """What a visit must show of the counts."""
        beyond = "at least" if self.at_limit else "above"
        join = "or" if self.either else "and"
        return f"neutrophils {beyond} {self.neutrophils:.1f} {join} platelets {beyond} {self.platelets:.0f} ×10⁹/L"


@dataclass(frozen=True)
class Unrecovered:
    """Fewer than 5 % blasts and no degree of recovery reached: its word, its name in a sentence, what a visit shows of the counts."""

    word: str
    meaning: str
    told: str = "counts lower or not known"


def marrow_criterion(title: str, lead: str, degrees: tuple[Recovery, ...], rest: Unrecovered) -> Criterion:
    """A criterion of acute leukaemia.

    Parameters
    ----------
    title, lead
        As in `livingdrug.clinic.criterion.Words`.
    degrees
        Degrees of recovery, the best first; the first is the complete remission.
    rest
        What fewer than 5 % blasts are called otherwise: a response, too.
    """
    named = (*degrees, rest)
    words = tuple(one.word for one in named)
    counts = {one.word: one.told() for one in degrees} | {rest.word: rest.told}
    return Criterion(
        order=(*words, "NR"),
        responses=words,
        complete=words[:1],
        overt=OVERT,
        status_at_visits=_judge(degrees, rest),
        reads=READS,
        record=kept_remission,
        words=Words(
            title=title,
            status={one.word: one.meaning for one in named} | {"NR": "no remission"},
            or_better={word: _or_better(words[: place + 1]) for place, word in enumerate(words)},
            at_a_visit={word: f"fewer than {BLASTS_PERCENT:.0f} % blasts, {told}" for word, told in counts.items()}
            | {"NR": f"{BLASTS_PERCENT:.0f} % blasts or more"},
            counted=f"by 3 months, kept for at least {KEPT_FOR:.0f} days",
            lead=lead,
            look="The marrow",
            responding="in remission",
            lost="relapse",
            failed="no remission",
        ),
    )


def _or_better(words: tuple[str, ...]) -> str:
    """A short heading for the last of these or anything better."""
    *better, last = words
    if not better:
        return last
    return f"{', '.join(better)} or {last}" if len(words) <= 3 else f"{last} or better"


def _judge(degrees: tuple[Recovery, ...], rest: Unrecovered) -> Callable[[pl.DataFrame], pl.DataFrame]:
    def status_at_visits(visits: pl.DataFrame) -> pl.DataFrame:
        """What each marrow assessment after the start showed: one row each, with the columns of `STATUS_SCHEMA`. Sorted."""
        seen = _assessments(visits)
        reached = [one.holds(seen.neutrophils, seen.platelets) for one in degrees]
        words = ("NR", *(one.word for one in degrees), rest.word)
        status = word_of(words, first_of(seen.blasts >= BLASTS_PERCENT, *reached))
        found = seen.marrow.with_columns(status=status, residual=seen.residual)
        return found.lazy().filter(~pl.col("start")).select(*STATUS_SCHEMA).sort(*KEYS, "day").collect()

    return status_at_visits


@dataclass(frozen=True)
class _Assessments:
    """Marrows that were taken, one row each, and what was seen beside them (n,): counts nan, residual disease null where not measured."""

    marrow: pl.DataFrame
    blasts: Floats
    neutrophils: Floats
    platelets: Floats
    residual: pl.Series


def _assessments(visits: pl.DataFrame) -> _Assessments:
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
    residual = (low[sought] == 0) & (mrd[sought] >= RESIDUAL_FRACTION)
    return _Assessments(marrow, blasts, neutrophils, platelets, known_where(sought >= 0, residual))


def kept_remission(criterion: Criterion, statuses: pl.DataFrame, patients: pl.DataFrame, by_day: float) -> pl.DataFrame:
    """A remission by a day that was kept, and what ended it; see the first lines of this file.

    Notes
    -----
    A remission is kept when neither blasts nor death nor another therapy was seen within `KEPT_FOR` days of it, and the
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
    not_yet = seen & ~in_remission & (day >= FIRST_ASSESSMENT_DAY) & ~reached[place]
    failed = looks.first(not_yet & in_time)
    # what happened inside the remission, before any return of blasts and by the day
    inside = seen & in_remission & in_time & (day < blasts_again[place])
    until = remission + KEPT_FOR
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


OVERT = Overt(
    reads="marrow_tumour_percent",
    limit=30.0,
    after_day=28.0,
    within_days=7.0,
    beside=("neutrophils", "platelets"),
    source="assumed, no source: falling counts and blasts in blood show a marrow filled to about a third, somebody looks within a "
    "week; in the first month blasts are still falling and planned visits are near",
)
"""When somebody looks at the marrow between planned visits."""
