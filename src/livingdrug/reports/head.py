"""The top of the report: what happened, in one sentence and a few cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.reports.comparison import compare
from livingdrug.reports.endpoint_rows import estimate, name_with_time, published_row, published_words
from livingdrug.reports.estimates import Estimate, single
from livingdrug.reports.page import Card, Cards
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, listed, percent, percent_interval

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
    disease, and how many lived, as far as the trial's cards tell it.
    """
    sentences, words_due = [_design(source)] if len(source.arms) > 1 else [], True
    for arm in source.arms:
        enrolled = source.patients(arm, infused=False).height
        infused = source.patients(arm).height
        given = "received their cells" if source.has_cells(arm) else "began treatment"
        words = f"{'Of' if len(source.arms) == 1 else 'of'} {enrolled:,}{' virtual patients' * (len(source.arms) == 1)} enrolled, {infused:,} {given}"
        responded = _responded(source, arm)
        if responded is not None and source.criterion is not None:
            words += f"; {percent(responded.value)} of them responded"
            if words_due:  # what counts is said once
                words_due = False
                words += f" ({source.criterion.heading}, {source.criterion.words.counted})"
        sentences.append((f"{arm}: " if len(source.arms) > 1 else "") + words + "." + _survival(source, arm))
    return " ".join(sentences) or "This run has no patients."


def _design(source: Source) -> str:
    """How people came to their arms, in a sentence; persons are counted once."""
    n = source.frame("patients")["patient"].n_unique()
    if source.trial.planned_design.kind == "randomised":
        return f"{n:,} virtual patients were randomised."
    return f"The same {n:,} virtual patients are in every arm."


def _responded(source: Source, arm: str) -> Estimate | None:
    return single(source, source.response.id, arm) if source.response is not None else None


def _survival(source: Source, arm: str) -> str:
    parts = []
    for one in source.endpoints("survival"):
        found = estimate(source, one.record, arm) if one.record.card else None
        if found is not None:
            parts.append(f"{name_with_time(one.record, one.title.lower())} {percent(found.value)}")
    told = listed(parts)
    return f" {told[0].upper()}{told[1:]}." if told else ""


def _flow_card(source: Source) -> Card:
    counts = [(source.patients(arm).height, max(source.patients(arm, infused=False).height, 1)) for arm in source.arms]
    value = " · ".join(f"{infused:,}" for infused, _ in counts)
    told = [f"of {enrolled:,} enrolled ({100 * infused / enrolled:.0f} %)" for infused, enrolled in counts]
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
    return _card(source, [(arm, _responded(source, arm)) for arm in source.arms], source.response.record.name, "")


def _cards(source: Source) -> list[Card]:
    """Every endpoint with a card, in the order of the cards."""
    cards: list[Card] = []
    for one in sorted((one for one in source.endpoints() if one.record.card), key=lambda one: one.record.card):
        values = [(arm, estimate(source, one.record, arm)) for arm in source.arms]
        row = published_row(source, one)
        beside = f"published {published_words(row, short=True)}" if row else ""
        detail = one.title if one.title != one.record.name else ""
        cards += _card(source, values, name_with_time(one.record, one.record.name), beside, detail)
    return cards


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
        told.append(
            beside_it if alone else NOT_SEEN if value is None else f"{percent(value.value)} {beside_it}".strip()
        )
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
