"""What a trial kept for prediction is asked: its endpoints, how long each curve takes to its half, and response by everyone enrolled.

endpoints of the file ──► shares, shares at times, middles of amounts
curves of survival    ──► median time
response among treated ─► the same of everyone enrolled, the untreated counted as without
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from livingdrug.fitting.joint.predict import Question, questions_asked
from livingdrug.outcome.everyone import by_everyone

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.trial import Trial

ENROLLED = "_enrolled"
EFFICACY, SURVIVAL = "efficacy", "survival"


def questions_frozen(trial: Trial, catalog: Catalog) -> list[Question]:
    """Every number that a freeze predicts of a trial, in the order of its endpoints."""
    found: list[Question] = []
    for question in questions_asked(trial, catalog):
        endpoint = question.endpoint
        first = not found or found[-1].endpoint.id != endpoint.id
        if first and endpoint.group == SURVIVAL and question.day is not None:
            found.append(replace(question, measure="median time", day=None, at="median"))
        found.append(question)
        everyone = by_everyone(endpoint) if endpoint.group == EFFICACY and question.share else None
        if everyone is not None and everyone is not endpoint:
            found.append(replace(question, endpoint=everyone.model_copy(update={"id": endpoint.id + ENROLLED})))
    return found
