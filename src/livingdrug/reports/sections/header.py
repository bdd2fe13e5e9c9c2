"""The top of the report: what happened, in one sentence and a few cards."""

from __future__ import annotations

from livingdrug.reports.comparison import compare
from livingdrug.reports.estimates import Estimate, at_day, single
from livingdrug.reports.page import Card, Cards, Section
from livingdrug.reports.source import Source
from livingdrug.reports.words import listed, percent, percent_interval
from livingdrug.trial.published import days_of

KEY = (
    ("cr_cri_3mo", None, "Remission within 3 months", "CR or CRi, of infused"),
    ("lugano_orr", None, "Response of lymphoma", "complete or partial, of infused"),
    ("imwg_orr", None, "Response of myeloma", "partial or better, of infused"),
    ("efs", 365.25, "Event-free at 12 months", "of infused"),
    ("pfs", 365.25, "Progression-free at 12 months", "of infused"),
    ("os", 365.25, "Alive at 12 months", "of infused"),
    ("crs_severe", None, "Severe cytokine release", "grade 3 or higher by Penn"),
    ("crs_severe_lee", None, "Severe cytokine release", "grade 3 or higher by Lee"),
    ("crs_severe_astct", None, "Severe cytokine release", "grade 3 or higher by ASTCT"),
    ("neurotoxicity_severe", None, "Severe neurotoxicity", "grade 3 or higher by CTCAE"),
    ("icans_severe", None, "Severe ICANS", "grade 3 or higher"),
    ("delayed_neurotoxicity", None, "Delayed neurotoxicity", "movement and neurocognitive events"),
    ("b_cell_aplasia", 182.6, "B-cell aplasia at 6 months", "still maintained"),
)
"""What the cards show, of these what the trial asks for."""
RESPONSES = (
    ("cr_cri_3mo", "reached remission within three months"),
    ("lugano_orr", "had a response of their lymphoma"),
    ("imwg_orr", "had a response of their myeloma"),
)


def build(source: Source) -> Section:
    """Title, one-line result and cards."""
    title = str(getattr(source.trial, "title", "A virtual trial"))
    return Section("top", title, one_line(source), (Cards((_flow_card(source), *_cards(source), *_agreement(source))),))


def one_line(source: Source) -> str:
    """The result in one sentence per arm.

    Counts what a reader asks first: how many began, how many received the cells, how many went into remission.
    """
    sentences = []
    for arm in source.arms:
        enrolled = source.patients(arm, infused=False).height
        infused = source.patients(arm).height
        words = f"Of {enrolled:,} virtual patients enrolled, {infused:,} received their cells"
        for id, told in RESPONSES:
            response = single(source, id, arm)
            if response:
                words += f", {percent(response.value)} of them {told}"
        survival = at_day(source, "os", arm, 365.25)
        if survival:
            words += f", and {percent(survival.value)} were alive after a year"
        sentences.append((f"{arm}: " if len(source.arms) > 1 else "") + words + ".")
    return " ".join(sentences) or "This run has no patients."


def _flow_card(source: Source) -> Card:
    counts = [(source.patients(arm).height, max(source.patients(arm, infused=False).height, 1)) for arm in source.arms]
    value = " · ".join(f"{infused:,}" for infused, _ in counts)
    detail = listed([f"of {enrolled:,} enrolled ({100 * infused / enrolled:.0f} %)" for infused, enrolled in counts])
    rows = [row for row in source.published("infused") if row.unit == "percent"]
    return Card("Infused", value or "0", detail, f"published {rows[0].value:.0f} %" if rows else "")


def _cards(source: Source) -> list[Card]:
    cards = []
    for id, day, name, detail in KEY:
        values: list[Estimate] = []
        for arm in source.arms:
            found = single(source, id, arm) if day is None else at_day(source, id, arm, day)
            if found:
                values.append(found)
        if not values:
            continue
        shown = " · ".join(percent(v.value) for v in values)
        interval = " · ".join(percent_interval(v.low, v.high) for v in values)
        cards.append(
            Card(name, shown, f"{detail}\n95 % CI {interval}" if interval else detail, _published(source, id, day))
        )
    return cards


def _agreement(source: Source) -> list[Card]:
    """How many published numbers with an interval the simulation meets."""
    judged = [c for c in compare(source)[0] if c.inside is not None]
    if not judged:
        return []
    met = sum(bool(c.inside) for c in judged)
    return [
        Card(
            "Published results met",
            f"{met} of {len(judged)}",
            "simulated value inside the published 95 % interval; see section 10",
        )
    ]


def _published(source: Source, id: str, day: float | None) -> str:
    """The published value of the same endpoint at the same time."""
    for row in source.published(id):
        if row.unit == "percent" and (day is None or abs((days_of(row.at) or -99) - day) < 5):
            interval = percent_interval(*(None if v is None else v / 100 for v in (row.ci_low, row.ci_high)))
            return f"published {row.value:.0f} %" + (f" ({interval})" if interval else "")
    return ""
