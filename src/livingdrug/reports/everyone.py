"""Of a randomised trial everyone randomised is told first: those whom chance put into an arm, treated or not."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from livingdrug.reports.estimates import Estimate
from livingdrug.reports.words import unit

if TYPE_CHECKING:
    from livingdrug.outcome.endpoint_result import EndpointResult
    from livingdrug.reports.source import Source

NOTE = "Everyone randomised is counted, from randomisation on and whether treated or not"
MARKED = "rows marked “treated” count those whose treatment began"
TREATED = "treated"


def is_randomised(source: Source) -> bool:
    """Whether each person of the trial is in one of several arms, by chance."""
    return source.trial.planned_design.kind == "randomised"


def counts_everyone(found: EndpointResult) -> bool:
    """Whether an endpoint, as `EndpointResult.told_first` gives it, counts everyone enrolled."""
    return found.by_everyone() is found


def among_word(found: EndpointResult) -> str:
    """Whom an endpoint of a randomised trial counts, in a word: ``"randomised"``, ``"treated"`` or ``"some"`` (chosen by what came later)."""
    if counts_everyone(found):
        return "randomised"
    return TREATED if found.record.among.strip() in ("treated", "infused") else "some"


def estimate_of(found: EndpointResult, arm: str) -> Estimate | None:
    """The one number of an arm, of a curve at the time it is told at; None where there is none."""
    if arm not in found.arms or arm in found.not_measured:
        return None
    row = found.shown().rows(arm)[0]
    if not row.known or row.estimate is None:
        return None
    low, high = (math.nan if side is None else float(side) for side in (row.ci_low, row.ci_high))
    share = row.measure in found.shares
    return Estimate(float(row.estimate), low, high, row.n, row.n_events, unit(row.unit), share)


def everyone_first(source: Source, found: Iterable[EndpointResult]) -> list[EndpointResult]:
    """Endpoints as they are told: of a randomised trial each as everyone randomised answers it, and after it as it counts by itself."""
    kept: dict[tuple[str, str], EndpointResult] = {}
    for own in found:
        for one in (own.told_first(), own) if is_randomised(source) else (own,):
            kept.setdefault((one.id, one.record.among), one)
    return list(kept.values())


def whom(source: Source, found: EndpointResult) -> str:
    """``", of the treated"`` after the title of what a randomised trial tells second; nothing elsewhere."""
    return ", of the treated" if is_randomised(source) and among_word(found) == TREATED else ""
