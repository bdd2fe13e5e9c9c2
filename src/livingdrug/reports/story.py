"""One patient's story: what happened day by day, in sentences and curves, with the reason for each treatment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.records.track import MALIGNANCY
from livingdrug.foundation.errors import BadInput
from livingdrug.manufacturing.lots import BEGUN
from livingdrug.reports.charts.tracks import Moment, Track
from livingdrug.reports.diary import Entry, Row, cause_of_death, infections, milestones, toxicity, treatments
from livingdrug.reports.setting import Setting
from livingdrug.reports.words import listed, plain, unit

if TYPE_CHECKING:
    import polars as pl

NOT_INFUSED = {
    "manufacturing_failure": "No product could be made",
    "non_conforming": "A product out of specification was given, which the trial does not count",
    "died_waiting": "The patient died while waiting",
    "withdrawn_waiting": "The patient was withdrawn while waiting",
    "waiting": "The patient was still waiting when the data were cut",
}
# below this age, girls and women, boys and men, unknown
PEOPLE = (
    (12.0, ("girl", "boy", "child")),
    (18.0, ("girl", "boy", "adolescent")),
    (math.inf, ("woman", "man", "adult")),
)
NUMBERS = {1: "One", 2: "Two", 3: "Three", 4: "Four", 5: "Five", 6: "Six", 7: "Seven", 8: "Eight"}
MONTH, YEAR = 365.25 / 12, 365.25


@dataclass(frozen=True)
class Story:
    """One patient's story.

    Attributes
    ----------
    title
        Who it is, in a line.
    paragraphs
        Before infusion, the first weeks, and afterwards.
    entries
        The diary, ordered by day.
    tracks
        Curves for small multiples; empty when the run kept no course of this patient.
    """

    arm: str
    patient: int
    title: str
    paragraphs: tuple[str, ...]
    entries: tuple[Entry, ...]
    tracks: tuple[Track, ...]
    last_day: float

    @property
    def moments(self) -> tuple[Moment, ...]:
        """Entries worth a line through the curves."""
        return tuple(Moment(e.day, e.sentence, e.kind) for e in self.entries if e.kind != "plain")


def tell(frames: Mapping[str, pl.DataFrame], arm: str, patient: int, words: Setting | None = None) -> Story:
    """The story of one patient of a run.

    Parameters
    ----------
    frames
        The run's frames by name; those that are missing shorten the story.
    arm, patient
        Who.
    words
        What the disease, the antigen, the scales and the drugs are called.

    Raises
    ------
    BadInput
        The run has no such patient in this arm.
    """
    who = _row_of(frames, arm, patient)
    words = words or Setting()

    def rows(name: str) -> list[dict[str, Any]]:
        import polars as pl

        frame = frames.get(name)
        if frame is None or frame.height == 0:
            return []
        mine = frame.filter((pl.col("arm") == arm) & (pl.col("patient") == patient))
        return list(mine.sort("day").iter_rows(named=True))

    grades = rows("grades")
    entries = [
        *milestones(who, words),
        *toxicity(who, grades, words),
        *treatments(rows("log"), words),
        *infections(rows("events")),
    ]
    entries.sort(key=lambda entry: entry.day)
    last = words.day(who, "last contact")
    last = 365.0 if math.isnan(last) else max(last, 28.0)
    tracks = _tracks(rows("courses"), rows("visits"), last, words)
    return Story(arm, patient, _title(who), _paragraphs(who, grades, words), tuple(entries), tracks, last)


def _row_of(frames: Mapping[str, pl.DataFrame], arm: str, patient: int) -> dict[str, Any]:
    import polars as pl

    patients = frames.get("patients")
    if patients is not None and patients.height:
        chosen = patients.filter((pl.col("arm") == arm) & (pl.col("patient") == patient))
        if chosen.height:
            return chosen.row(0, named=True)
    raise BadInput(
        f'no patient {patient} in arm "{arm}" of this run.\n  Patients are numbered from 1; see the patients frame.'
    )


def _title(who: Row) -> str:
    age, female = who.get("age_years"), who.get("female")
    if age is None:
        return f"Patient {who['patient']}"
    girl, boy, unknown = next(people for below, people in PEOPLE if age < below)
    person = {True: girl, False: boy, None: unknown}[None if female is None else bool(female)]
    return f"Patient {who['patient']}: a {person} of {age:.0f} years"


def _paragraphs(who: Row, grades: list[dict[str, Any]], words: Setting) -> tuple[str, ...]:
    """Before the infusion; what was given and what it did; how it ended."""
    before = [*_history(who, words)]
    if not words.cells:
        before.append("No cells were given; treatment began on day 0.")
    if who.get("status") not in BEGUN:
        reason = NOT_INFUSED.get(str(who.get("status")), "The cells were not infused")
        before.append(f"{reason}; the cells were never given.")
        return (" ".join(before),)
    if who.get("vein_to_vein_days") is not None:
        bridged = ", bridged by chemotherapy" if who.get("bridging") else ""
        before.append(f"The product took {who['vein_to_vein_days']:.0f} days to return{bridged}.")
    if who.get("dose_cells_per_kg") is not None:
        before.append(f"{plain(who['dose_cells_per_kg'], 2)} CAR T cells per kg were given {words.portions}.")
    first_weeks = [*_peak(who, words), *_worst(grades, words), *_response(who, words)]
    return tuple(text for text in (" ".join(before), " ".join(first_weeks), _ending(who, words)) if text)


def _history(who: Row, words: Setting) -> list[str]:
    found = []
    if who.get("prior_lines") is not None:
        transplant = ", among them a transplant" if who.get("prior_transplant") else ""
        found.append(f"{_count(who['prior_lines'], 'line')} of therapy had failed{transplant}.")
    column, meaning, measure = words.burden
    if column and who.get(column) is not None:
        found.append(f"{meaning.split(' (')[0]}: {plain(who[column])} {unit(measure)}".rstrip() + ".")
    return found


def _peak(who: Row, words: Setting) -> list[str]:
    day, peak = words.of(who, "day of the peak"), words.of(who, "peak of cells")
    if peak is None or day is None:
        return []
    return [f"The cells peaked on day {day:.0f} at {plain(peak)} copies/µg DNA."]


def _worst(grades: list[dict[str, Any]], words: Setting) -> list[str]:
    """The worst grade on each of the trial's scales of its first toxicity, in one sentence."""
    worst: dict[str, int] = {}
    for row in grades:
        worst[row["scale"]] = max(worst.get(row["scale"], 0), row["grade"])
    first = next((scale.toxicity for scale in words.scales if scale.id in worst), "")
    scales = [scale for scale in words.scales if scale.toxicity == first and scale.id in worst]
    if not scales:
        return []
    if not any(worst[scale.id] for scale in scales):
        asked = words.cells or not any(scale.of_cells for scale in scales)
        return [f"There was no {first}."] if asked else []
    return [f"At worst, {listed([f'{scale.name} was grade {worst[scale.id]}' for scale in scales])}."]


def _response(who: Row, words: Setting) -> list[str]:
    best, first = words.of(who, "best response"), words.of(who, "first response")
    if words.criterion is None or best is None:
        return []
    told = words.criterion.words
    if first is None:
        return [f"There was {told.failed}."]
    best = told.status.get(str(best), "a response")
    return [f"The best response was {best}, with a response first seen {_when(float(first), words)}."]


def _ending(who: Row, words: Setting) -> str:
    last, death, lost = (words.day(who, "last contact"), words.day(who, "death"), words.day(who, "relapse"))
    if not math.isnan(death):
        return f"The patient died {_when(death, words)} of {cause_of_death(who, words) or 'an unstated cause'}."
    if math.isnan(last):
        return ""
    told = words.criterion.words if words.criterion is not None else None
    responded = words.of(who, "first response") is not None
    match (math.isnan(lost), responded):
        case (False, _):
            state = f"alive after {told.lost if told else 'a relapse'}"
        case (True, True):
            state = f"alive {told.responding if told else 'in response'}"
        case _:
            state = "alive"
    return f"At last contact, {_when(last, words)}, the patient was {state}."


def _tracks(
    course: list[dict[str, Any]], visits: list[dict[str, Any]], last: float, words: Setting
) -> tuple[Track, ...]:
    if not course:
        return ()
    tracks = []
    for one in words.tracks:
        name = next((n for n in one.reads if n in course[0]), None) if one.drawn else None
        if name is None:
            continue
        known = [(row["day"], row[name]) for row in course if row[name] is not None and row[name] == row[name]]
        points = [point for point in known if point[0] <= last]
        if not points:
            continue
        seen = tuple(
            (row["day"], row["value"] if not row["below_limit"] else row["lower_limit"], bool(row["below_limit"]))
            for row in visits
            if row["quantity"] == one.quantity and row["value"] is not None and not row["missed"]
        )
        top = max([one.top, *(v for _, v in points)])
        top = 10 ** math.ceil(math.log10(top)) if one.logarithmic else math.ceil(top)
        days, values = zip(*points, strict=True)
        title = one.title.replace(MALIGNANCY, words.malignancy.capitalize())
        tracks.append(Track(title, days, values, one.logarithmic, one.lowest, top, seen))
    return tuple(tracks)


def _when(day: float, words: Setting) -> str:
    """A day in the words of a letter: days, months or years."""
    if day < 90:
        return f"on day {day:.0f}"
    span = f"{day / MONTH:.0f} months" if day < 2 * YEAR else f"{day / YEAR:.1f} years"
    return f"{span} after {words.origin}"


def _count(n: int, word: str) -> str:
    return f"{NUMBERS.get(int(n), str(n))} {word}{'s' if n != 1 else ''}"
