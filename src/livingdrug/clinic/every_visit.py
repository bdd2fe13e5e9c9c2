"""From a status at each visit to what a trial records, for criteria that judge every visit by itself.

What comes after progression or another therapy does not count; a patient without a visit is not evaluable. Response by a day is
that of the last visit until then.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from livingdrug.clinic.criterion import Criterion, Statuses, Words
from livingdrug.clinic.looks import Looks, day_or_null, first_of, known_where, word_of

NOT_EVALUABLE = "NE"
STABLE, PROGRESSION = "SD", "PD"


def judged_at_every_visit(
    *,
    responses: Mapping[str, str],
    complete: tuple[str, ...],
    status_at_visits: Statuses,
    reads: tuple[str, ...],
    at_a_visit: Mapping[str, str],
    progression_at_a_visit: str,
    or_better: Mapping[str, str],
    title: str,
    lead: str,
    look: str = "The visit",
) -> Criterion:
    """A criterion of this kind, with the words that all of them share: stable disease, progression, not evaluable.

    Parameters
    ----------
    responses
        Every response and its name in a sentence, the best first.
    complete, status_at_visits, reads, or_better, title, lead, look
        As in `livingdrug.clinic.criterion`.
    at_a_visit, progression_at_a_visit
        What a visit must show for each response, and for progression.
    """
    words = Words(
        title=title,
        status={**responses, STABLE: "stable disease", PROGRESSION: "progression", NOT_EVALUABLE: "not evaluable"},
        or_better=or_better,
        at_a_visit={
            **at_a_visit,
            STABLE: "neither response nor progression",
            PROGRESSION: progression_at_a_visit,
        },
        counted="at any visit before progression or another therapy",
        lead=lead,
        look=look,
    )
    return Criterion(
        order=(*responses, STABLE, PROGRESSION),
        responses=tuple(responses),
        complete=complete,
        words=words,
        status_at_visits=status_at_visits,
        reads=reads,
        record=best_of_every_visit,
    )


def best_of_every_visit(
    criterion: Criterion, statuses: pl.DataFrame, patients: pl.DataFrame, by_day: float
) -> pl.DataFrame:
    """Best response before progression, the first response, progression; the last of the criterion's `order` is progression.

    ======================  ====================================================================
    responded, complete     at the last visit until `by_day`
    incomplete              false: there is no response with a "but"
    best_response           best status before progression, whenever; NE without a visit
    first_response_day      first response, whenever
    residual_negative       at the last look for residual disease until `by_day`; null without
    treatment_failure_day   progression without any response
    relapse_day             progression after a response
    ======================  ====================================================================
    """
    looks = Looks.of(statuses, patients)
    day, place = looks.day, looks.place
    counted = looks.judged & (day <= looks.date("subsequent_therapy_day")[place])
    progression = looks.first(counted & looks.is_one_of(criterion.order[-1:]))
    counted &= day <= progression[place]
    first_response = looks.first(counted & looks.is_one_of(criterion.responses))
    in_time = day <= by_day
    at_last, looked = looks.last(counted & in_time), looks.last(looks.sought & in_time)
    responded = np.isfinite(first_response)
    ever = [looks.ever(counted & looks.is_one_of([word])) for word in criterion.order]
    negative = np.append(looks.clear, False)[looked]  # -1, without a look, is the last
    return looks.recorded(
        responded=np.append(looks.is_one_of(criterion.responses), False)[at_last],
        complete=np.append(looks.is_one_of(criterion.complete), False)[at_last],
        incomplete=np.zeros(len(looks), dtype=bool),
        best_response=word_of((*criterion.order, NOT_EVALUABLE), first_of(*ever)),
        first_response_day=day_or_null(first_response),
        residual_negative=known_where(looked >= 0, negative),
        treatment_failure_day=day_or_null(progression, ~responded),
        relapse_day=day_or_null(progression, responded),
    )
