"""Why was this patient treated, and what did it change? The same patient twice: as treated, and with nothing given.

Random numbers are addressed by seed, purpose and patient, so both lives differ only by what was given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from livingdrug.manufacturing.lots import BEGUN
from livingdrug.reports.changes import Life, a_day_later, what_changed
from livingdrug.reports.diary import amount_text
from livingdrug.reports.setting import setting
from livingdrug.reports.story import Story, tell
from livingdrug.reports.toxicity_scales import scale_name
from livingdrug.trial.one_patient import one_patient

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.trial import Trial

UNTREATED = "no_treatment"
"""Guideline under which signs are graded and nothing is given."""


@dataclass(frozen=True)
class Given:
    """One firing of a rule: day, drug, amount in words, why, and the signs a day later in both lives."""

    day: float
    drug: str
    amount: str
    reason: str
    later: str = ""


@dataclass(frozen=True)
class Day:
    """One day of care: the worst of its checks, as treated and untreated; empty where the patient was not there.

    Attributes
    ----------
    signs, untreated_signs
        Sign -> value in its canonical unit.
    grades, untreated_grades
        Scale -> grade.
    given
        What was given this day.
    """

    day: int
    signs: Mapping[str, float]
    untreated_signs: Mapping[str, float]
    grades: Mapping[str, int]
    untreated_grades: Mapping[str, int]
    given: tuple[Given, ...]

    @property
    def eventful(self) -> bool:
        """Whether a grade was above 0 in either life, or anything was given."""
        return bool(self.given) or any(self.grades.values()) or any(self.untreated_grades.values())


@dataclass(frozen=True)
class Why:
    """One patient's care, explained.

    Attributes
    ----------
    story
        The story as in `livingdrug.reports.story`.
    scales
        Scale id -> name, in the order of the columns.
    days
        Every day of the eight weeks in which grades are recorded; empty when the cells were never given.
    given
        Every firing of the guideline's rules, to the end of follow-up.
    text
        What treatment changed, in sentences.
    table
        `days` as a frame: day, each sign and scale, each again with ``_untreated``, and given.
    """

    story: Story
    guideline: str
    scales: Mapping[str, str]
    days: tuple[Day, ...]
    given: tuple[Given, ...]
    text: tuple[str, ...]
    table: pl.DataFrame


def why(
    trial: Trial,
    arm: str,
    patient: int,
    seed: int,
    catalog: Catalog | None = None,
    *,
    scales: Sequence[str] = (),
) -> Why:
    """What was given to a patient, why, and what it changed against the same patient untreated.

    Parameters
    ----------
    trial, arm, patient, seed
        Who: patient numbers begin at 1.
    catalog
        Where names are looked up; the default one when omitted.
    scales
        Grading scales shown; those the trial records when omitted.

    Raises
    ------
    UnknownName
        No such arm or scale.

    Examples
    --------
    >>> import livingdrug as ld
    >>> told = why(ld.load_trial("eliana"), "tisa-cel", 12, 7)        # doctest: +SKIP
    >>> print("\\n".join(told.text))                                   # doctest: +SKIP
    """
    from livingdrug.catalog.load import default_catalog

    catalog = catalog or default_catalog()
    names = tuple(scales) or trial.scales
    records = {name: catalog.load("scale", name) for name in names}
    frames = one_patient(trial, arm, patient, seed, catalog)
    words = setting(trial, arm, catalog)
    story = tell(frames, arm, patient, words)
    guideline = trial.arm(arm).management.guideline
    shown = {name: scale_name(record) for name, record in records.items()}
    if frames["patients"]["status"][0] not in BEGUN:
        text = ("The cells were never given, so there was no side effect to treat.",)
        return Why(story, guideline, shown, (), (), text, _table((), shown, tuple(words.signs.shown)))
    treated = Life.of(frames, records, words)
    untreated = Life.of(one_patient(_untreated(trial, arm), arm, patient, seed, catalog), records, words)
    given = _given(frames["log"], treated, untreated)
    days = _days(treated, untreated, given)
    text = what_changed(treated, untreated, shown, bool(given), words)
    return Why(story, guideline, shown, days, given, text, _table(days, shown, tuple(words.signs.shown)))


def _untreated(trial: Trial, arm: str) -> Trial:
    """The trial with nothing given for side effects in one arm."""
    old = trial.arm(arm)
    new = old.model_copy(update={"management": old.management.model_copy(update={"guideline": UNTREATED})})
    return trial.model_copy(update={"arms": tuple(new if one.name == arm else one for one in trial.arms)})


def _given(log: pl.DataFrame, treated: Life, untreated: Life) -> tuple[Given, ...]:
    told: list[Given] = []
    for row in log.sort("day", maintain_order=True).iter_rows(named=True):
        first = row["drug"] not in {one.drug for one in told}
        later = a_day_later(treated, untreated, row["day"]) if first else ""
        amount = amount_text(row["amount"], row["unit"] or "mg")
        told.append(Given(row["day"], row["drug"], amount, (row["reason"] or "").replace("degC", "°C"), later))
    return tuple(told)


def _days(treated: Life, untreated: Life, given: Sequence[Given]) -> tuple[Day, ...]:
    told = tuple(treated.signs.shown)
    signs = {day: treated.worst(told, day) for day in treated.days}
    return tuple(
        Day(
            day, signs[day], untreated.worst(told, day), treated.grades_on(day), untreated.grades_on(day),
            tuple(one for one in given if day <= one.day + 1e-9 < day + 1),
        )
        for day in treated.days
    )  # fmt: skip


def _table(days: Sequence[Day], scales: Mapping[str, str], signs: Sequence[str]) -> pl.DataFrame:
    import polars as pl

    rows: list[dict[str, Any]] = []
    for one in days:
        row: dict[str, Any] = {"day": one.day}
        for name in signs:
            row |= {name: one.signs.get(name), f"{name}_untreated": one.untreated_signs.get(name)}
        for name in scales:
            row |= {name: one.grades.get(name), f"{name}_untreated": one.untreated_grades.get(name)}
        rows.append({**row, "given": "; ".join(f"{g.drug}{g.amount}" for g in one.given)})
    kinds: dict[str, Any] = {"day": pl.Int64}
    for name in signs:
        kinds |= {name: pl.Float64, f"{name}_untreated": pl.Float64}
    for name in scales:
        kinds |= {name: pl.Int64, f"{name}_untreated": pl.Int64}
    return pl.DataFrame(rows, schema={**kinds, "given": pl.String}, orient="row")
