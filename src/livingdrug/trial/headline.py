"""A run in one line: who was enrolled, who got the cells, and how many responded, arm by arm, in the disease's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.clinic.criterion import Criterion, judged_by
from livingdrug.foundation.errors import LivingDrugError
from livingdrug.manufacturing.lots import BEGUN, INFUSED

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.trial.result import Result


def criterion_of(trial: Trial, catalog: Catalog) -> Criterion:
    """How response is judged in a trial.

    Raises
    ------
    UnknownName
        The trial's disease or its criterion is not there.
    """
    return judged_by(catalog.load("disease", trial.disease).response)


def any_response(criterion: Criterion, first_response: str) -> Endpoint:
    """The share of the infused with a response that counts: the one definition for headline, patient flow and tables.

    `first_response` names the outcome that plays this role.
    """
    from livingdrug.catalog.records.endpoint import Endpoint

    words = criterion.words
    told = {
        "id": "response", "title": words.title, "definition": f"{criterion.heading}, {words.counted}, among treated.",
        "kind": "proportion", "group": "efficacy", "short": criterion.heading, "order": 0, "among": "treated",
        "success": f"{first_response} < never", "source": f"own: what {words.title} records",
    }  # fmt: skip
    return Endpoint.model_validate(told)


def headline(result: Result, catalog: Catalog) -> str:
    """E.g. ``"JULIET: 300 enrolled, 219 infused, overall response 48% (41-55), 3.3 s"``; persons are counted once."""
    parts = [*enrolled_words(result), *_responses(result, catalog)]
    if result.failed.height:
        parts.append(f"{result.failed.height} failed")
    if result.trial.standing:
        parts.append(result.trial.standing)
    if "seconds" in result.timing:
        parts.append(f"{result.timing['seconds']:.1f} s")
    return f"{result.trial.title.split(':')[0]}: {', '.join(parts)}"


def enrolled_words(result: Result) -> list[str]:
    """Persons enrolled, and of each arm how many were enrolled and how many of them began treatment."""
    import polars as pl

    who = result.frames["who"]
    n, arms = who["patient"].n_unique(), result.arms
    begun = {arm: who.filter(pl.col("arm") == arm, pl.col("status").is_in(BEGUN))["status"] for arm in arms}
    told = {arm: f"{len(rows)} {rows[0] if len(rows) else INFUSED}" for arm, rows in begun.items()}
    if len(arms) == 1:
        return [f"{n} enrolled", told[arms[0]]]
    if result.trial.planned_design.kind == "randomised":
        counts = {arm: who.filter(pl.col("arm") == arm).height for arm in arms}
        return [f"{n} randomised", " · ".join(f"{arm} {counts[arm]}, {told[arm]}" for arm in arms)]
    return [f"{n} enrolled, the same in each of {len(arms)} arms", " · ".join(f"{arm} {told[arm]}" for arm in arms)]


def _responses(result: Result, catalog: Catalog) -> list[str]:
    """The share of responders of each arm, in a randomised trial of everyone randomised; nothing where nobody was judged."""
    try:
        criterion = criterion_of(result.trial, catalog)
        found = result.endpoint(any_response(criterion, result.questions.roles["first response"])).told_first()
    except LivingDrugError:
        return []
    shares = [found.headline(arm).split(", n")[0] for arm in found.arms]
    if len(shares) == 1:
        return [f"{criterion.heading} {shares[0]}"]
    whom = " of everyone randomised" if found.design == "randomised" else ""
    return [
        f"{criterion.heading}{whom} {' · '.join(f'{arm} {one}' for arm, one in zip(found.arms, shares, strict=True))}"
    ]
