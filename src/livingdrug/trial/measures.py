"""What a comparison of arms counts besides endpoints: days of toxicity, doses of each drug, measured peaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from livingdrug.catalog.records.endpoint import Endpoint

if TYPE_CHECKING:
    from livingdrug.catalog.questions import Questions

OWN = "own: a measure of the comparison, not an endpoint of a protocol"
GRADE = 2


def measures(questions: Questions, drugs: Sequence[str]) -> list[Endpoint]:
    """The measures as endpoint records, in the order in which a reader wants them.

    Parameters
    ----------
    questions
        What may be asked of the trial's patients: its scales, and what it measures in the blood.
    drugs
        Drugs counted, given in every arm or not.
    """
    days, doses, cause_of_death = (
        questions.roles[role] for role in ("days at a grade", "doses of a drug", "cause of death")
    )
    found = [_mean(days.format(scale=scale, grade=GRADE), questions) for scale in questions.graded]
    died_of = questions.find(cause_of_death)
    found += [
        _share(f"death_{cause}", f"Death from {cause}", f"{cause_of_death}_{cause}")
        for cause in (died_of.values if died_of else ())
        if cause != "other"
    ]
    compared = [one for one in questions.outcomes.values() if one.compared and not questions.problem(one)]
    found += [_mean(one.pattern, questions, ratio=one.compared == "ratio") for one in compared]
    for drug in drugs:
        found.append(_share(f"{drug}_given", f"Given {drug}", f"{doses.format(drug=drug)} >= 1"))
        found.append(_mean(doses.format(drug=drug), questions))
    return found


def _share(name: str, title: str, success: str) -> Endpoint:
    return _measure(name, title, kind="proportion", success=success)


def _mean(name: str, questions: Questions, *, ratio: bool = False) -> Endpoint:
    outcome = questions.find(name)
    title, unit = (outcome.title, outcome.unit) if outcome else (name, "")
    summary = "geometric_mean" if ratio else "mean"
    return _measure(name, title, kind="quantity", value=name, unit=unit, summary=summary)


def _measure(name: str, title: str, **keys: str) -> Endpoint:
    told = {"id": name, "title": title, "definition": f"{title}, among treated.", "among": "treated", "source": OWN}
    return Endpoint.model_validate({**told, **keys})
