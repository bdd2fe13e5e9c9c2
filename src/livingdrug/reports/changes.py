"""Two lives of one patient compared, in sentences: temperature, grades, support, cells, outcome."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.signs import SHIPPED, Signs
from livingdrug.reports.diary import GRADES, cause_of_death
from livingdrug.reports.setting import Setting
from livingdrug.reports.words import plain

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.records.scale import Scale
    from livingdrug.catalog.records.sign import Shown

FEVER = 38.0


@dataclass(frozen=True)
class Life:
    """One course of the patient.

    Attributes
    ----------
    who
        The row of the patients frame.
    course
        Output -> values at the checks (C,), with ``day``.
    days
        Whole days on which grades are recorded.
    grades
        Scale -> worst grade of each of `days`, -1 where the patient was not there.
    n_severe_infections
        Infections of grade 3 or higher in the whole follow-up.
    signs
        The signs there are.
    """

    who: Mapping[str, Any]
    course: Mapping[str, NDArray[np.float64]]
    days: tuple[int, ...]
    grades: Mapping[str, NDArray[np.int64]]
    n_severe_infections: int
    signs: Signs = SHIPPED

    @classmethod
    def of(cls, frames: Mapping[str, pl.DataFrame], scales: Mapping[str, Scale], words: Setting) -> Life:
        """From the frames of one patient whose whole course was kept."""
        import polars as pl

        from livingdrug.observation.ward import daily_grades

        who = frames["patients"].row(0, named=True)
        frame = frames["courses"].sort("day")
        course = {name: frame[name].to_numpy() for name in frame.columns if frame[name].dtype.is_numeric()}
        signs = {name: np.ascontiguousarray(values[None, :], dtype=np.float64) for name, values in course.items()}
        ends = (words.of(who, "last contact"), words.of(who, "further therapy"), 1e9)
        last = min(day for day in ends if day is not None)
        graded = {
            name: daily_grades(course["day"], signs, scale, np.array([last]), words.signs)
            for name, scale in scales.items()
        }
        days = next(iter(graded.values()))[0] if graded else np.array([], dtype=np.int64)
        infections = frames["events"].filter((pl.col("event") == "infection") & (pl.col("grade") >= 3)).height
        grades = {name: one[1][0] for name, one in graded.items()}
        return cls(who, course, tuple(int(day) for day in days), grades, infections, words.signs)

    def worst(self, names: Iterable[str], day: int) -> dict[str, float]:
        """The worst value of each sign on a day; empty when the patient was not there."""
        here = np.floor(self.course["day"] + 1e-9) == day
        if not here.any():
            return {}
        found = {}
        for name in names:
            if name not in self.course:
                continue  # the model has no such sign
            values = self.course[name][here]
            found[name] = float(values.max() if self.signs[name].worse > 0 else values.min())
        return found

    def at(self, name: str, day: float) -> float:
        """A quantity at the first check at or after a day; NaN after the course has ended."""
        place = int(np.searchsorted(self.course["day"], day - 1e-9))
        return float(self.course[name][place]) if place < len(self.course["day"]) else math.nan

    def grades_on(self, day: int) -> dict[str, int]:
        """Scale -> grade; empty when the patient was not there."""
        if day not in self.days:
            return {}
        place = self.days.index(day)
        return {name: int(grades[place]) for name, grades in self.grades.items() if grades[place] >= 0}


def a_day_later(treated: Life, untreated: Life, day: float) -> str:
    """The signs 24 hours after a dose, as treated and, in brackets, untreated; nothing when they are the same."""
    parts = []
    for name, told in treated.signs.shown.items():
        if name not in treated.course or not (told.before or told.after):
            continue
        mine, theirs = treated.at(name, day + 1), untreated.at(name, day + 1)
        shown, other = _sign(told, mine), _sign(told, theirs)
        if not math.isnan(mine) and shown != other:
            parts.append(f"{told.before}{shown}{told.after} ({'dead' if math.isnan(theirs) else other} untreated)")
    return ", ".join(parts)


def what_changed(
    treated: Life, untreated: Life, scales: Mapping[str, str], given: bool, words: Setting | None = None
) -> tuple[str, ...]:
    """What treatment changed, one sentence each.

    Parameters
    ----------
    scales
        Scale id -> name.
    given
        Whether any rule fired.
    words
        What response and malignancy are called.
    """
    if not given:
        return ("No rule fired: nothing was given for side effects, and without the guideline the course is the same.",)
    told = [_temperature(treated, untreated), *(_grade(treated, untreated, *one) for one in scales.items())]
    for name, shown in treated.signs.shown.items():
        if shown.support_from is None:
            continue
        mine, theirs = (_days_at_least(life, name, shown.support_from) for life in (treated, untreated))
        if mine != theirs:
            told.append(f"{shown.support} on {_days(mine) if mine else 'no day'} instead of {theirs}.")
    for one in (words or Setting()).tracks:
        name = next((name for name in one.reads if name in treated.course), "")
        told += [_peak(treated, untreated, name, one.peak, one.unit)] if name and one.peak else []
        told += [_trough(treated, untreated, name, one.trough, one.unit)] if name and one.trough else []
    if treated.n_severe_infections != untreated.n_severe_infections:
        told.append(
            f"Severe infections over the whole follow-up: {treated.n_severe_infections}"
            f" instead of {untreated.n_severe_infections}."
        )
    outcome = _outcome(treated.who, untreated.who, words or Setting())
    # Lives of different length come first: days counted below are days lived.
    first = [sentence for sentence in outcome if sentence.startswith("Death") and "either way" not in sentence]
    return tuple(dict.fromkeys([*first, *(sentence for sentence in told if sentence), *outcome]))


def _temperature(treated: Life, untreated: Life) -> str:
    """The day of the largest difference in the day's highest temperature."""
    best: tuple[float, int, float, float] | None = None
    for day in treated.days:
        mine, theirs = (life.worst(("temperature",), day).get("temperature") for life in (treated, untreated))
        if mine is not None and theirs is not None and (best is None or abs(mine - theirs) > best[0]):
            best = (abs(mine - theirs), day, mine, theirs)
    if best is None or best[0] < 0.05:
        return ""
    fever, without = (_days_at_least(life, "temperature", FEVER) for life in (treated, untreated))
    told = f"Temperature on day {best[1]}: {best[2]:.1f} °C instead of {best[3]:.1f} °C"
    return told + (f"; fever on {_days(fever)} instead of {without}." if fever != without else ".")


def _grade(treated: Life, untreated: Life, scale: str, name: str) -> str:
    mine, theirs = treated.grades[scale], untreated.grades[scale]
    worst, other = max(int(mine.max()), 0), max(int(theirs.max()), 0)
    if np.array_equal(mine, theirs):
        return f"{name}: the same, " + (f"grade {worst} ({GRADES[worst]}) at worst." if worst else "no grade.")
    told = f"{name}: at worst grade {worst}" + (f" instead of {other}" if worst != other else " either way")
    for level, words in ((3, "grade 3 or higher"), (1, "any grade")):
        n, without = int((mine >= level).sum()), int((theirs >= level).sum())
        if n != without:
            told += f"; {words} on {_days(n)} instead of {without}"
    return told + "."


def _peak(treated: Life, untreated: Life, name: str, words: str, unit: str) -> str:
    early = [life.course["day"] <= 56 for life in (treated, untreated)]
    mine, theirs = (
        float(np.nanmax(life.course[name][days])) for life, days in zip((treated, untreated), early, strict=True)
    )
    if theirs <= 0:
        return ""
    if abs(mine / theirs - 1) < 0.005:
        return f"{words} at {plain(mine)} {unit} either way."
    return f"{words} at {plain(mine)} {unit} instead of {plain(theirs)}: {100 * mine / theirs:.0f} % of untreated."


def _trough(treated: Life, untreated: Life, name: str, words: str, unit: str) -> str:
    lowest, other = (float(np.nanmin(life.course[name])) for life in (treated, untreated))
    return f"{words} {lowest:.1f} {unit} instead of {other:.1f}." if abs(lowest - other) >= 0.05 else ""


def _outcome(mine: Mapping[str, Any], theirs: Mapping[str, Any], words: Setting) -> list[str]:
    """Response, its end and death in both lives."""
    lost = words.criterion.words.lost if words.criterion is not None else "relapse"
    return [
        _responses(mine, theirs, words),
        *_dated(f"{lost[0].upper()}{lost[1:]}", words.of(mine, "relapse"), words.of(theirs, "relapse")),
        *_dated(
            "Death",
            words.of(mine, "death"),
            words.of(theirs, "death"),
            *(_because(who, words) for who in (mine, theirs)),
        ),
    ]


def _responses(mine: Mapping[str, Any], theirs: Mapping[str, Any], words: Setting) -> str:
    responded, other = (words.of(who, "first response") is not None for who in (mine, theirs))
    best, other_best = (f"best response {words.of(who, 'best response')}" for who in (mine, theirs))
    match (responded, other):
        case (True, True):
            return (
                f"A response either way: {best}."
                if best == other_best
                else f"A response: {best}; untreated {other_best}."
            )
        case (True, False):
            return f"A response ({best}); untreated none."
        case (False, True):
            return f"No response; untreated {other_best}."
        case _:
            return "No response either way."


def _dated(name: str, day: float | None, other: float | None, cause: str = "", other_cause: str = "") -> list[str]:
    """What came on a day in one life, and in the other; nothing when it came in neither."""
    match (day, other):
        case (None, None):
            return []
        case (None, float(without)):
            return [f"{name} averted: untreated it came on day {without:.0f}{other_cause}."]
        case (float(here), None):
            return [f"{name} on day {here:.0f}{cause}; untreated none."]
        case (float(here), float(without)) if abs(here - without) < 0.5 and cause == other_cause:
            return [f"{name} on day {here:.0f}{cause} either way."]
        case _:
            return [f"{name} on day {day:.0f}{cause} instead of day {other:.0f}{other_cause}."]


def _because(who: Mapping[str, Any], words: Setting) -> str:
    return "" if words.of(who, "death") is None else f" ({cause_of_death(who, words)})"


def _days_at_least(life: Life, name: str, level: float) -> int:
    return sum(life.worst((name,), day).get(name, -math.inf) >= level for day in life.days)


def _days(n: int) -> str:
    return f"{n} day{'' if n == 1 else 's'}"


def _sign(told: Shown, value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.{told.digits}f}"
