"""The top of the report: what happened, in one sentence and a few cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livingdrug.reports.comparison import compare
from livingdrug.reports.endpoint_rows import estimate, name_with_time, published_row, published_words
from livingdrug.reports.estimates import Estimate, single
from livingdrug.reports.everyone import NOTE, TREATED, among_word, estimate_of, is_randomised
from livingdrug.reports.page import Card, Cards
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, listed, percent, percent_interval

if TYPE_CHECKING:
    from livingdrug.outcome.endpoint_result import EndpointResult

NOT_SEEN = "nobody counted"


@dataclass(frozen=True)
class Head:
    """Title, the result in a sentence, and cards."""

    title: str
    lead: str
    cards: Cards


def head(source: Source) -> Head:
    """The top of a run's report."""
    cards = (_flow_card(source), *_response_card(source), *_cards(source), *_agreement(source))
    return Head(source.trial.title, one_line(source), Cards(cards))


def one_line(source: Source) -> str:
    """The result in a sentence or two per arm.

    Counts what a reader asks first: how many began, how many received the cells, how many responded by the criterion of their
    disease, and how many lived, as far as the trial's cards tell it. Of a randomised trial everyone randomised is counted.
    """
    sentences, words_due = [_design(source)] if len(source.arms) > 1 else [], True
    for arm in source.arms:
        told = _randomised_arm if is_randomised(source) else _arm
        words, counted = told(source, arm)
        if counted and words_due and source.criterion is not None:  # what counts is said once
            words_due = False
            words += f" ({source.criterion.heading}, {source.criterion.words.counted})"
        sentences.append((f"{arm}: " if len(source.arms) > 1 else "") + words + "." + _survival(source, arm))
    return " ".join(sentences) or "This run has no patients."


def _arm(source: Source, arm: str) -> tuple[str, bool]:
    """Enrolled, treated, and the share of the treated who responded; and whether that is known."""
    enrolled, treated, given = _counts(source, arm)
    alone = len(source.arms) == 1
    words = f"{'Of' if alone else 'of'} {enrolled:,}{' virtual patients' * alone} enrolled, {treated:,} {given}"
    responded = _responded(source, arm)
    return (words, False) if responded is None else (f"{words}; {percent(responded.value)} of them responded", True)


def _randomised_arm(source: Source, arm: str) -> tuple[str, bool]:
    """Randomised, treated, and the share of all of them who responded; and whether that is known."""
    enrolled, treated, given = _counts(source, arm)
    words = f"of {enrolled:,} randomised, {treated:,} {given}"
    responded = _responded(source, arm)
    return (
        (words, False)
        if responded is None
        else (f"{words}; {percent(responded.value)} of the {responded.n:,} responded", True)
    )


def _counts(source: Source, arm: str) -> tuple[int, int, str]:
    given = "received their cells" if source.has_cells(arm) else "began treatment"
    return source.n_enrolled(arm), source.n_patients(arm), given


def _design(source: Source) -> str:
    """How people came to their arms, in a sentence; persons are counted once."""
    n = source.frame("patients")["patient"].n_unique()
    if is_randomised(source):
        return f"{n:,} virtual patients were randomised. {NOTE}."
    return f"The same {n:,} virtual patients are in every arm."


def _responded(source: Source, arm: str) -> Estimate | None:
    if source.response is None:
        return None
    return (
        estimate_of(source.response.told_first(), arm)
        if is_randomised(source)
        else single(source, source.response.id, arm)
    )


def _survival(source: Source, arm: str) -> str:
    parts = []
    for one in source.endpoints("survival"):
        if not one.record.card:
            continue
        found = estimate_of(one.told_first(), arm) if is_randomised(source) else estimate(source, one.record, arm)
        if found is not None and found.share:
            parts.append(f"{name_with_time(one.record, one.title.lower())} {percent(found.value)}")
    told = listed(parts)
    return f" {told[0].upper()}{told[1:]}." if told else ""


def _flow_card(source: Source) -> Card:
    counts = [(source.n_patients(arm), max(source.n_enrolled(arm), 1)) for arm in source.arms]
    value = " · ".join(f"{infused:,}" for infused, _ in counts)
    whom = "randomised" if is_randomised(source) else "enrolled"
    told = [f"of {enrolled:,} {whom} ({100 * infused / enrolled:.0f} %)" for infused, enrolled in counts]
    cells = [source.has_cells(arm) for arm in source.arms]
    return Card("Infused" if all(cells) else "Treated", value or "0", _by_arm(source.arms, told))


def _by_arm(arms: Sequence[str], told: Sequence[str]) -> str:
    """What is told of each arm, a line each with its name; alone, of one arm."""
    if len(arms) < 2:
        return "".join(told)
    return "\n".join(f"{arm}: {one}" for arm, one in zip(arms, told, strict=True))


def _response_card(source: Source) -> list[Card]:
    """Any response that counts; nothing where a card of the trial's own tells it."""
    if source.response is None or any(one.record.card for one in source.endpoints("efficacy")):
        return []
    values = [(arm, _responded(source, arm)) for arm in source.arms]
    return _card(source, values, source.response.record.name, "", _whom(source, source.response.told_first()))


def _cards(source: Source) -> list[Card]:
    """Every endpoint with a card, in the order of the cards."""
    cards: list[Card] = []
    for one in sorted((one for one in source.endpoints() if one.record.card), key=lambda one: one.record.card):
        first = one.told_first()
        if is_randomised(source):
            values = [(arm, estimate_of(first, arm)) for arm in source.arms]
        else:
            values = [(arm, estimate(source, one.record, arm)) for arm in source.arms]
        row = published_row(source, first)
        beside = f"published {published_words(row, short=True)}" if row else ""
        detail = "\n".join(part for part in (one.title * (one.title != one.record.name), _whom(source, first)) if part)
        cards += _card(source, values, name_with_time(one.record, one.record.name), beside, detail)
    return cards


def _whom(source: Source, first: EndpointResult) -> str:
    """Whom a card of a randomised trial counts."""
    if not is_randomised(source):
        return ""
    return {"randomised": "of everyone randomised", TREATED: "of those treated"}.get(among_word(first), "")


def _card(
    source: Source, values: list[tuple[str, Estimate | None]], name: str, beside: str, detail: str = ""
) -> list[Card]:
    known = [value for _, value in values if value is not None and value.share]
    if not known:
        return []
    alone, told = len(values) == 1, []
    for _, value in values:
        interval = percent_interval(value.low, value.high) if value is not None else ""
        beside_it = f"95 % CI {interval}" if interval else ""
        of_arm = NOT_SEEN if value is None else percent(value.value) + (f" ({beside_it})" if beside_it else "")
        told.append(beside_it if alone else of_arm)
    below = "" if not any(told) else _by_arm([arm for arm, _ in values], told)
    shown = " · ".join(DASH if value is None else percent(value.value) for _, value in values)
    return [Card(name, shown, "\n".join(part for part in (detail, below) if part), beside)]


def _agreement(source: Source) -> list[Card]:
    """How many published numbers with an interval the simulation meets."""
    judged = [c for c in compare(source)[0] if c.inside is not None]
    if not judged:
        return []
    met = sum(bool(c.inside) for c in judged)
    detail = "simulated value inside the published 95 % interval; each is named under “Published against simulated”"
    return [Card("Published results met", f"{met} of {len(judged)}", detail)]
