"""One patient under several policies: the same body with the same luck, lived again; told side by side and as a page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.load import is_path
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.repeated import repeated
from livingdrug.reports.html import page
from livingdrug.reports.page import Note, Section, Table
from livingdrug.reports.sections.one_patient import Diary, figures_of, legend_of_story
from livingdrug.reports.setting import Setting, setting
from livingdrug.reports.story import Story, tell
from livingdrug.reports.toxicity_scales import scale_name
from livingdrug.reports.words import DASH
from livingdrug.trial.one_patient import one_patient
from livingdrug.trial.standing import standing_of

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.outcome import Outcome
    from livingdrug.catalog.records.trial import Trial

LEAD = (
    "The same virtual person with the same cells and the same luck, managed in another way. What differs between the columns is what the "
    "policy did, and what followed from it; one patient is an example and no estimate."
)


@dataclass(frozen=True)
class Life:
    """One course of the patient.

    Attributes
    ----------
    policy, title
        The guideline's name, and its title.
    story
        Told as in `livingdrug.reports.story`.
    outcomes
        Title of every listed outcome -> value.
    """

    policy: str
    title: str
    story: Story
    outcomes: Mapping[str, Any]
    log: pl.DataFrame
    words: Setting


def lives_of(
    trial: Trial, arm: str, patient: int, seed: int, catalog: Catalog, policies: Sequence[str]
) -> tuple[Life, ...]:
    """The patient under the arm's own guideline, then under each of these.

    Raises
    ------
    UnknownName, BadInput
        No such guideline, or one named twice.
    """
    own = trial.arm(arm)
    wanted = [own.management.guideline, *policies]
    names = [Path(one).stem if is_path(one) else one for one in wanted]
    twice = repeated(names)
    if twice:
        raise BadInput(
            f'got the policy "{twice[0]}" twice; the arm\'s own, "{names[0]}", is always shown first.\n  Name another one.'
        )
    titles = [catalog.load("guideline", one).title for one in wanted]
    return tuple(
        _life(_managed(trial, arm, one), arm, patient, seed, catalog, name, title)
        for one, name, title in zip(wanted, names, titles, strict=True)
    )


def _title(one: Outcome, scales: Mapping[str, str]) -> str:
    """An outcome with its unit, scales by their names in place of their files'."""
    title = re.sub(r"\b[a-z0-9_]+\b", lambda found: scales.get(found[0], found[0]), one.title)
    return title + (f", {one.unit}" if one.unit and one.unit not in title else "")


def _managed(trial: Trial, arm: str, policy: str) -> Trial:
    """The trial with another guideline in one arm."""
    arms = tuple(one.with_policy(policy, one.name) if one.name == arm else one for one in trial.arms)
    return trial.model_copy(update={"arms": arms})


def _life(trial: Trial, arm: str, patient: int, seed: int, catalog: Catalog, policy: str, title: str) -> Life:
    from livingdrug.catalog.questions import questions_of

    frames = one_patient(trial, arm, patient, seed, catalog)
    words = setting(trial, arm, catalog)
    row = frames["patients"].row(0, named=True)
    questions = questions_of(trial, catalog)
    scales = {name: scale_name(catalog.load("scale", name)) for name in questions.graded}
    outcomes = {_title(one, scales): row.get(one.pattern) for one in questions.listed()}
    return Life(policy, title, tell(frames, arm, patient, words), outcomes, frames["log"], words)


def differences(lives: Sequence[Life]) -> list[tuple[str, ...]]:
    """Outcomes in which the lives differ as they are printed: title, and each life's value."""
    rows = []
    for title in lives[0].outcomes:
        told = tuple(_told(life.outcomes.get(title)) for life in lives)
        if len(set(told)) > 1:
            rows.append((title, *told))
    return rows


def page_of(
    lives: Sequence[Life], trial: Trial, arm: str, patient: int, seed: int, catalog: Catalog | None = None
) -> str:
    """The patient as a self-contained page."""
    sections = []
    if len(lives) > 1:
        rows = tuple(differences(lives))
        part = (
            Table(("", *(life.policy for life in lives)), rows) if rows else Note("No outcome of this patient differs.")
        )
        sections.append(Section("differs", "What differs", LEAD, (part,)))
    for k, life in enumerate(lives, 1):
        parts: list[Any] = [Note(text) for text in life.story.paragraphs]
        parts += figures_of(life.story, life.story.title, legend_of_story(life.log, life.story, life.words))
        parts.append(Diary("Diary", life.story.entries))
        sections.append(Section(f"life-{k}", life.title if len(lives) > 1 else "The course", "", tuple(parts)))
    lead = lives[0].story.paragraphs[0] if lives[0].story.paragraphs else ""
    meta = [trial.title, f"arm {arm}", f"patient {patient}", f"seed {seed}"]
    return page(
        " · ".join(["One virtual patient", *standing_of(trial, catalog, [arm])]),
        lives[0].story.title,
        lead,
        meta,
        sections,
    )


def _told(value: Any) -> str:
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
