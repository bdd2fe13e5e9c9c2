"""The names a formula about patients may use, and which outcomes they stand for."""

from __future__ import annotations

from collections.abc import Iterable

from livingdrug.catalog.questions import Questions
from livingdrug.clinic.criterion import response_words
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.foundation.remembered import ByObject
from livingdrug.manufacturing.lots import STATUSES
from livingdrug.outcome.columns import Known
from livingdrug.outcome.who import LOT_COLUMNS

DERIVED = {
    "enrolled": "1 for everyone in the trial",
    "infused": "1 when cells were given",
    "treated": "1 when treatment began: cells given, or the first drug of an arm without cells",
    "manufacturing_failed": "1 when no product could be released",
    "course_failed": "1 when the patient's simulation did not finish (never counted in an endpoint)",
    "never": "plus infinity, the day of what did not happen",
}
"""Beside these, outcomes bring ready-made names of their own, such as ``died``."""
_KNOWN: ByObject[Known] = ByObject()
_PLAIN: ByObject[frozenset[str]] = ByObject()


def known_names(questions: Questions) -> Known:
    """What the patients table of this trial has besides its columns: words of texts, and ready-made names."""
    return _KNOWN.of(questions, lambda: Known(text_words(questions), questions.ready_made))


def text_words(questions: Questions) -> dict[str, tuple[str, ...]]:
    """Words that each text outcome may hold, met in a run or not: those of its file, or of the criteria of response."""
    found = {}
    for outcome in questions.outcomes.values():
        if outcome.kind == "text":
            found[outcome.pattern] = outcome.values or (response_words() if outcome.of == "response" else ())
    return found


def patient_names(questions: Questions) -> tuple[str, ...]:
    """Every name a formula about this trial's patients may use, sorted; of families, what this trial has."""
    return tuple(sorted({*questions.names(), *_not_outcomes(questions)}))


def _not_outcomes(questions: Questions) -> frozenset[str]:
    """What a formula may read besides outcomes: covariates, lots, words of texts, and what is ready made."""
    return _PLAIN.of(questions, lambda: _plain(questions))


def _plain(questions: Questions) -> frozenset[str]:
    texts = {f"{name}_{word}" for name, words in text_words(questions).items() for word in words}
    statuses = {f"status_{status}" for status in STATUSES}
    plain = {*questions.covariates, *LOT_COLUMNS} - {"status", "failure_reason", "first_failure_reason"}
    return frozenset({*texts, *statuses, *plain, *DERIVED, *questions.ready_made})


def outcomes_read(names: Iterable[str], questions: Questions) -> tuple[str, ...]:
    """The outcomes that formulas with these names read; what else they read is known of everyone enrolled."""
    found = []
    for name in names:
        name = questions.ready_made.get(name, name)
        outcome = questions.find(name) or _of_text(name, questions)
        if outcome is not None:
            found.append(outcome.pattern)
    return tuple(dict.fromkeys(found))


def check_names(needs: Iterable[str], questions: Questions, who_asks: str) -> None:
    """Stop when a formula reads a name that no patient of this trial has.

    Parameters
    ----------
    needs
        Names the formulas read.
    who_asks
        For the message, e.g. ``'endpoint "efs"'``.

    Raises
    ------
    UnknownName
        With the nearest known name.
    BadInput
        The trial cannot answer: it does not grade the scale, or measure the quantity.
    """
    needs = tuple(needs)
    plain = _not_outcomes(questions)
    for name in needs:
        if name not in plain and questions.find(name) is None:
            raise UnknownName(
                f"column of the patients frame, needed by {who_asks},",
                name,
                patient_names(questions),
                "Formulas may use outcomes, the patients' covariates and lots, and infused, treated, responder, relapsed,"
                " never, …",
            )
    for name in outcomes_read(needs, questions):
        outcome = questions.find(name)
        problem = questions.problem(outcome) if outcome else ""
        if problem:
            raise BadInput(f"{who_asks} reads {name}, but {problem}")


def _of_text(name: str, questions: Questions):
    """The text outcome that a yes-or-no name such as ``death_cause_toxicity`` belongs to."""
    texts = [o for o in questions.outcomes.values() if o.kind == "text" and name.startswith(f"{o.pattern}_")]
    return max(texts, key=lambda outcome: len(outcome.pattern), default=None)
