"""The diary of one patient: what happened on which day, in sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livingdrug.manufacturing.lots import BEGUN, INFUSED
from livingdrug.reports.drugs import MARKS, drug_classes, title_of
from livingdrug.reports.setting import Setting
from livingdrug.reports.toxicity_scales import leading, told_scales
from livingdrug.reports.words import plain

GRADES = {1: "mild", 2: "moderate", 3: "severe", 4: "life-threatening", 5: "fatal"}
SEVERE = 3
MANY = 4
"""Of more doses of a drug than this only the first is told, so that a taper does not fill the page."""
OTHER_CAUSES = ("toxicity", "infection", "transplant", "other")
"""Causes of death that are not the malignancy."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """Something that happened: day from infusion, one sentence, and what kind of thing it is.

    Kinds are ``plain``, ``alarm``, ``good``, and ``drug m0`` … for a drug, with the mark of its class.
    """

    day: float
    sentence: str
    kind: str = "plain"


def cause_of_death(who: Row, words: Setting) -> str | None:
    """The cause of death in words; what is no side effect, infection or accident is the malignancy."""
    cause = words.of(who, "cause of death")
    return cause if cause is None or cause in OTHER_CAUSES else words.malignancy


def milestones(who: Row, words: Setting) -> list[Entry]:
    """The beginning of treatment, and every outcome whose file has a line for the diary: response, its end, death …"""
    if who.get("status") not in BEGUN:
        return []
    found = [Entry(0.0, "The cells were infused." if who.get("status") == INFUSED else "Treatment began.")]
    filled = _diary_words(who, words)
    told = [(outcome.diary, who.get(outcome.pattern)) for outcome in words.outcomes if outcome.diary is not None]
    for line, day in sorted(told, key=lambda pair: pair[0].order):
        if day is not None:
            found.append(Entry(float(day), line.sentence.format_map(filled), line.mark))
    return found


def _diary_words(who: Row, words: Setting) -> dict[str, str]:
    """What the lines of the diary leave open (`livingdrug.catalog.records.outcome.DIARY_WORDS`), for this patient."""
    told = words.criterion.words if words.criterion is not None else None
    lost = told.lost if told else "relapse"
    still = "had lost" if words.of(who, "antigen-negative relapse") else "still carried"
    return {
        "Look": told.look if told else "The visit",
        "best": told.status.get(str(words.of(who, "best response")), "a response") if told else "a response",
        "lost": lost,
        "Lost": lost.capitalize(),
        "target": f"; the {words.malignancy} {still} {words.antigen}" if words.cells else "",
        "cause": cause_of_death(who, words) or "cause not stated",
    }


def toxicity(who: Row, grades: list[dict[str, Any]], words: Setting) -> list[Entry]:
    """Each episode on the trial's first scale of each toxicity: how it began, its height, its end."""
    found = []
    # Grades are recorded while the patient is in view: until last contact or another therapy.
    ends = (words.day(who, "last contact"), words.day(who, "further therapy"))
    in_view = min((day for day in ends if not math.isnan(day)), default=math.inf)
    seen = {row["scale"] for row in grades}
    scales = [scale for scale in words.scales if scale.id in seen] or told_scales(sorted(seen), words.catalog)
    for scale in leading(scales):
        course = [(row["day"], row["grade"]) for row in grades if row["scale"] == scale.id]
        for i, episode in enumerate(_episodes(course)):
            found += _episode(
                scale.toxicity[0].upper() + scale.toxicity[1:], episode, "returned" if i else "began", in_view
            )
    return found


def _episode(name: str, episode: list[tuple[int, int]], began: str, in_view: float) -> list[Entry]:
    (first, grade), highest = episode[0], max(height for _, height in episode)
    worst = next(day for day, height in episode if height == highest)
    kind = "alarm" if highest >= SEVERE else "plain"
    found = [Entry(float(first), f"{name} {began} ({GRADES.get(grade, '')}).", "alarm" if grade >= SEVERE else "plain")]
    if highest > max(grade, 1):
        found.append(Entry(float(worst), f"{name} reached grade {highest} ({GRADES.get(highest, '')}).", kind))
    over = float(episode[-1][0] + 1)
    return [*found, Entry(over, f"{name} had resolved.")] if over <= in_view else found


def _episodes(course: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Days with a grade, cut where a patient was well for two days or more."""
    found: list[list[tuple[int, int]]] = []
    for day, grade in sorted(course):
        if grade < 1:
            continue
        if found and day - found[-1][-1][0] <= 2:
            found[-1].append((day, grade))
        else:
            found.append([(day, grade)])
    return found


def treatments(log: list[dict[str, Any]], words: Setting) -> list[Entry]:
    """Doses with their reason; of more than `MANY` the first."""
    found: list[Entry] = []
    count: Counter[str] = Counter()
    total = Counter(str(row["drug"]) for row in log)
    marks = drug_marks(list(total), words)
    for row in log:
        drug = str(row["drug"])
        count[drug] += 1
        if count[drug] > 1 and total[drug] > MANY:
            continue
        order = _order(count[drug], total[drug])
        amount = amount_text(row.get("amount"), str(row.get("unit") or "mg"))
        reason = str(row.get("reason") or "").rstrip(".").replace("degC", "°C")
        sentence = f"{title_of(drug, words.catalog)}{amount}{order}{': ' + reason if reason else ''}."
        found.append(Entry(float(row["day"]), sentence, f"drug m{marks[drug]}" if drug in marks else "plain"))
    return found


def drug_marks(drugs: list[str], words: Setting) -> dict[str, int]:
    """Drug -> the mark of its class; drugs that change nothing in the model, and those given for years, have none."""
    classes = [one for one in drug_classes(drugs, words.catalog) if not one.supportive]
    return {drug: min(place, MARKS - 1) for place, one in enumerate(classes) for drug in one.drugs}


def _order(count: int, total: int) -> str:
    if total > MANY:
        return f", the first of {total} doses"
    return f", dose {count}" if count > 1 else ""


def amount_text(amount: float | None, unit: str) -> str:
    """A dose in words, with a blank before it; grams from 1,000 mg; nothing when there is none.

    Examples
    --------
    >>> amount_text(261.24, "mg"), amount_text(8690.0, "mg"), amount_text(None, "mg")
    (' 261 mg', ' 8.69 g', '')
    """
    if not amount:
        return ""
    return f" {plain(amount / 1000)} g" if unit == "mg" and amount >= 1000 else f" {plain(amount)} {unit}"


def infections(events: list[dict[str, Any]]) -> list[Entry]:
    """Severe infections one by one."""
    return [
        Entry(float(row["day"]), f"{str(row['detail'] or 'an').capitalize()} infection, grade {row['grade']}.")
        for row in events
        if row["event"] == "infection" and (row["grade"] or 0) >= SEVERE
    ]
