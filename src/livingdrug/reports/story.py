"""One patient's story: what happened day by day, in sentences and curves, with the reason for each treatment."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.errors import BadInput, LivingDrugError
from livingdrug.reports.charts.tracks import Moment, Track
from livingdrug.reports.words import plain

if TYPE_CHECKING:
    import polars as pl

MALIGNANT = "{} cells"
"""Title of the malignant cells' curve; filled with the name of the disease."""
ON_B_CELLS = ("CD19", "CD20", "CD22")
RELEASE = (("crs_penn", "Penn"), ("crs_lee", "Lee"), ("crs_astct", "ASTCT"))
"""Scales on which cytokine release is told, the trial's own first."""
RESPONSES = {
    "CR": "complete remission", "CRi": "remission with incomplete blood counts", "sCR": "stringent complete response",
    "VGPR": "very good partial response", "PR": "partial response",
}  # fmt: skip

# title, names of the model output (first one present), names of the visits quantity, logarithmic, lowest, least top
TRACKS = (
    (MALIGNANT, ("leukaemia_total", "leukaemia_cells"), "", True, 1.0, 1e12),
    ("CAR T transgene, copies/µg DNA", ("car_t_copies_per_ug",), "car_t_copies_per_ug", True, 1.0, 1e5),
    ("Interleukin-6, pg/mL", ("il6",), "il6_pg_per_ml", True, 1.0, 1e3),
    ("Temperature, °C", ("temperature",), "", False, 36.0, 40.0),
    ("B cells, cells/µL", ("b_cells_per_ul",), "b_cells_per_ul", True, 0.1, 1e3),
    ("Neutrophils, ×10⁹/L", ("neutrophils",), "anc_1e9_per_l", False, 0.0, 6.0),
)
GRADES = {1: "mild", 2: "moderate", 3: "severe", 4: "life-threatening", 5: "fatal"}


@dataclass(frozen=True)
class Entry:
    """Something that happened: day from infusion, one sentence, and whether it is a drug, an alarm or good news."""

    day: float
    sentence: str
    kind: str = "plain"


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
        return tuple(
            Moment(e.day, e.sentence, e.kind) for e in self.entries if e.kind in ("drug", "steroid", "alarm", "good")
        )


def choose(frames: Mapping[str, pl.DataFrame]) -> tuple[str, int] | None:
    """The most instructive patient: remission, severe CRS treated with tocilizumab, and a later turn; with a course if possible."""
    import polars as pl

    patients = frames.get("patients")
    if patients is None or patients.height == 0:
        return None
    infused = patients.filter(pl.col("status") == "infused")
    if infused.height == 0:
        return None
    courses = frames.get("courses")
    if courses is not None and courses.height:
        kept = courses.select("arm", "patient").unique()
        with_course = infused.join(kept, on=["arm", "patient"], how="semi")
        infused = with_course if with_course.height else infused
    graded = [f"{scale}_max" for scale, _ in RELEASE if f"{scale}_max" in infused.columns]
    later = pl.col("relapse_day").is_between(90, 1200).fill_null(False)
    score = (
        3.0 * pl.col("responded_3mo").fill_null(False).cast(pl.Float64)
        + 2.0 * (pl.max_horizontal(*graded, pl.lit(0)) >= 3).cast(pl.Float64)
        + 2.0 * (pl.col("n_tocilizumab").fill_null(0) > 0).cast(pl.Float64)
        + 1.5 * later.cast(pl.Float64) + 0.5 * pl.col("relapse_antigen_negative").fill_null(False).cast(pl.Float64)
        + 0.5 * pl.col("b_cell_recovery_day").is_not_null().cast(pl.Float64)
    )  # fmt: skip
    best = (
        infused.with_columns(score.alias("score"))
        .sort(["score", "patient"], descending=[True, False])
        .row(0, named=True)
    )
    return best["arm"], best["patient"]


@dataclass(frozen=True)
class Setting:
    """What a story calls things: the malignancy in one word, and the antigen aimed at."""

    malignancy: str = "leukaemia"
    antigen: str = "the antigen"


def setting(trial: Any, arm: str, catalog: Any) -> Setting:
    """The words for one arm of a trial; general ones where its disease or product is not in the catalogue."""
    try:
        called = catalog.load("disease", trial.disease).called
        return Setting(called, catalog.load("product", trial.arm(arm).product).target)
    except (LivingDrugError, AttributeError):
        return Setting()


def tell(frames: Mapping[str, pl.DataFrame], arm: str, patient: int, words: Setting | None = None) -> Story:
    """The story of one patient of a run.

    Parameters
    ----------
    frames
        The run's frames by name; those that are missing shorten the story.
    arm, patient
        Who.
    words
        What the disease and the antigen are called.

    Raises
    ------
    BadInput
        The run has no such patient in this arm.
    """
    import polars as pl

    patients = frames.get("patients")
    chosen = (
        patients.filter((pl.col("arm") == arm) & (pl.col("patient") == patient))
        if patients is not None and patients.height
        else None
    )
    if chosen is None or chosen.height == 0:
        raise BadInput(
            f'no patient {patient} in arm "{arm}" of this run.\n  Patients are numbered from 1; see the patients frame.'
        )
    who = chosen.row(0, named=True)
    words = words or Setting()

    def rows(name: str) -> list[dict[str, Any]]:
        frame = frames.get(name)
        if frame is None or frame.height == 0:
            return []
        return list(
            frame.filter((pl.col("arm") == arm) & (pl.col("patient") == patient)).sort("day").iter_rows(named=True)
        )

    entries = sorted([*_milestones(who, words), *_toxicity(who, rows("grades")), *_treatments(rows("log")), *_infections(rows("events"))],
                     key=lambda e: e.day)  # fmt: skip
    last = _day(who, "last_contact_day")
    last = 365.0 if math.isnan(last) else max(last, 28.0)
    tracks = _tracks(rows("courses"), rows("visits"), last, words)
    return Story(arm, patient, _title(who), _paragraphs(who, words), tuple(entries), tracks, last)


def _title(who: Mapping[str, Any]) -> str:
    age, female = who.get("age_years"), who.get("female")
    person = (
        "child" if age is not None and age < 12 else "adolescent" if age is not None and age < 18 else "young adult"
    )
    kind = (
        ""
        if female is None
        else "girl"
        if female and age is not None and age < 18
        else "boy"
        if not female and age is not None and age < 18
        else "woman"
        if female
        else "man"
    )
    return (
        f"Patient {who['patient']}: a {kind or person} of {age:.0f} years"
        if age is not None
        else f"Patient {who['patient']}"
    )


def _paragraphs(who: Mapping[str, Any], words: Setting) -> tuple[str, ...]:
    """Before the infusion; what was given; how it ended."""
    before = []
    lines, blasts, wait = who.get("prior_lines"), who.get("blasts_percent"), who.get("vein_to_vein_days")
    if lines is not None:
        before.append(
            f"{_count(lines, 'line')} of therapy had failed{', among them a transplant' if who.get('prior_transplant') else ''}."
        )
    if blasts is not None:
        before.append(f"At apheresis {blasts:.0f} % of the marrow were blasts.")
    for name, sentence in (
        ("tumour_volume_ml", "the lymphoma filled {:.0f} mL"),
        ("marrow_plasma_percent", "{:.0f} % of the marrow were plasma cells"),
    ):
        if who.get(name) is not None:
            before.append(f"At apheresis {sentence.format(who[name])}.")
    if who.get("status") != "infused":
        reasons = {"manufacturing_failure": "No product could be made", "died_waiting": "The patient died while waiting",
                   "withdrawn_waiting": "The patient was withdrawn while waiting"}  # fmt: skip
        before.append(
            f"{reasons.get(str(who.get('status')), 'The cells were not infused')}; the cells were never given."
        )
        return (" ".join(before),)
    if wait is not None:
        before.append(
            f"The product took {wait:.0f} days to return{', bridged by chemotherapy' if who.get('bridging') else ''}."
        )
    dose = who.get("dose_cells_per_kg")
    if dose is not None:
        before.append(f"{plain(dose, 2)} CAR T cells per kg were given on day 0.")
    peak = who.get("cmax_copies_per_ug")
    middle = []
    if peak is not None and who.get("tmax_day") is not None:
        middle.append(f"The cells peaked on day {who['tmax_day']:.0f} at {plain(peak)} copies/µg DNA.")
    grades = {words: who.get(f"{scale}_max") for scale, words in RELEASE}
    reached = [f"{name} grade {grade}" for name, grade in grades.items() if grade is not None]
    if any(grades.values()):
        middle.append(f"Cytokine release reached {', '.join(reached)}.")
    elif reached:
        middle.append("There was no cytokine release syndrome.")
    if who.get("responded_3mo") is not None:
        middle.append(f"{'Remission' if who['responded_3mo'] else 'No remission'} was seen within three months.")
    return tuple(text for text in (" ".join(before), " ".join(middle).strip(), _ending(who, words)) if text)


def _ending(who: Mapping[str, Any], words: Setting) -> str:
    last, death, relapse = _day(who, "last_contact_day"), _day(who, "death_day"), _day(who, "relapse_day")
    if not math.isnan(death):
        return f"The patient died {_when(death)} of {_cause(who, words) or 'an unstated cause'}."
    state = (
        "alive after a relapse"
        if not math.isnan(relapse)
        else "alive in remission"
        if who.get("responded_3mo")
        else "alive"
    )
    return f"At last contact, {_when(last)}, the patient was {state}." if not math.isnan(last) else ""


def _cause(who: Mapping[str, Any], words: Setting) -> str | None:
    """The cause of death; the frames say leukaemia for every malignancy."""
    return words.malignancy if who.get("death_cause") == "leukaemia" else who.get("death_cause")


def _milestones(who: Mapping[str, Any], words: Setting) -> list[Entry]:
    if who.get("status") != "infused":
        return []
    entries = [Entry(0.0, "The cells were infused.")]
    kind = RESPONSES.get(str(who.get("best_response")), "remission")
    where = "The marrow" if words.malignancy == "leukaemia" else "The visit"
    watch = ": the CAR T cells no longer kept watch" if words.antigen in ON_B_CELLS else ""
    antigen = "had lost" if who.get("relapse_antigen_negative") else "still carried"
    for name, sentence, mark in (
        ("first_response_day", f"{where} showed {kind}.", "good"),
        ("treatment_failure_day", "The visit showed that treatment had failed.", "alarm"),
        ("b_cell_recovery_day", f"B cells had returned{watch}.", "plain"),
        ("relapse_day", f"Relapse; the {words.malignancy} {antigen} {words.antigen}.", "alarm"),
        ("mnt_onset_day", "Slowness, tremor or a change of character: delayed neurotoxicity began.", "alarm"),
        ("subsequent_therapy_day", "Further therapy began.", "plain"),
        ("death_day", f"Death ({_cause(who, words) or 'cause not stated'}).", "alarm"),
    ):  # fmt: skip
        if not math.isnan(_day(who, name)):
            entries.append(Entry(_day(who, name), sentence, mark))
    return entries


def _toxicity(who: Mapping[str, Any], grades: list[dict[str, Any]]) -> list[Entry]:
    """Each episode of cytokine release and neurotoxicity: how it began, its height, its end."""
    entries = []
    # Grades are recorded while the patient is in view: until last contact or another therapy.
    ends = [_day(who, name) for name in ("last_contact_day", "subsequent_therapy_day")]
    in_view = min((day for day in ends if not math.isnan(day)), default=math.inf)
    graded = sorted({row["scale"] for row in grades})
    release = "crs_penn" if "crs_penn" in graded else next((name for name in graded if name.startswith("crs_")), "")
    for scale, words in ((release, "Cytokine release"), ("icans_astct", "Neurotoxicity")):
        for i, episode in enumerate(_episodes([(r["day"], r["grade"]) for r in grades if r["scale"] == scale])):
            (first, grade), highest = episode[0], max(g for _, g in episode)
            worst = next(d for d, g in episode if g == highest)
            began = "returned" if i else "began"
            kind = "alarm" if highest >= 3 else "plain"
            entries.append(
                Entry(float(first), f"{words} {began} ({GRADES.get(grade, '')}).", kind if grade >= 3 else "plain")
            )
            if highest > max(grade, 1):
                entries.append(
                    Entry(float(worst), f"{words} reached grade {highest} ({GRADES.get(highest, '')}).", kind)
                )
            over = float(episode[-1][0] + 1)
            if over <= in_view:
                entries.append(Entry(over, f"{words} had resolved."))
    return entries


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


def _treatments(log: list[dict[str, Any]]) -> list[Entry]:
    """Doses with their reason; of more than four the first, so that a taper does not fill the page."""
    entries, count = [], {}
    total = Counter(str(row["drug"]) for row in log)
    for row in log:
        drug = str(row["drug"])
        count[drug] = count.get(drug, 0) + 1
        if count[drug] > 1 and total[drug] > 4:
            continue
        kind = (
            "drug"
            if drug == "tocilizumab"
            else "steroid"
            if drug in ("methylprednisolone", "dexamethasone")
            else "plain"
        )
        amount = amount_text(row.get("amount"), str(row.get("unit") or "mg"))
        order = (
            f", the first of {total[drug]} doses"
            if total[drug] > 4
            else f", dose {count[drug]}"
            if count[drug] > 1
            else ""
        )
        reason = str(row.get("reason") or "").rstrip(".").replace("degC", "°C")
        entries.append(
            Entry(float(row["day"]), f"{drug.capitalize()}{amount}{order}{': ' + reason if reason else ''}.", kind)
        )
    return entries


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


def _infections(events: list[dict[str, Any]]) -> list[Entry]:
    """Severe infections one by one."""
    return [
        Entry(float(row["day"]), f"{str(row['detail'] or 'an').capitalize()} infection, grade {row['grade']}.", "plain")
        for row in events
        if row["event"] == "infection" and (row["grade"] or 0) >= 3
    ]


def _tracks(
    course: list[dict[str, Any]], visits: list[dict[str, Any]], last: float, words: Setting
) -> tuple[Track, ...]:
    if not course:
        return ()
    tracks = []
    for title, names, quantity, log, low, high in TRACKS:
        name = next((n for n in names if n in course[0]), None)
        if name is None:
            continue
        points = [
            (row["day"], row[name])
            for row in course
            if row[name] is not None and row[name] == row[name] and row["day"] <= last
        ]
        if not points:
            continue
        seen = tuple(
            (row["day"], row["value"] if not row["below_limit"] else row["lower_limit"], bool(row["below_limit"]))
            for row in visits
            if row["quantity"] == quantity and row["value"] is not None and not row["missed"]
        )
        top = max([high, *(v for _, v in points)])
        top = 10 ** math.ceil(math.log10(top)) if log else math.ceil(top)
        days, values = zip(*points, strict=True)
        tracks.append(Track(title.format(words.malignancy.capitalize()), days, values, log, low, top, seen))
    return tuple(tracks)


def _day(who: Mapping[str, Any], name: str) -> float:
    value = who.get(name)
    return math.nan if value is None else float(value)


def _when(day: float) -> str:
    """A day in the words of a letter: days, months or years."""
    if day < 90:
        return f"on day {day:.0f}"
    return f"{day / 30.44:.0f} months after infusion" if day < 730 else f"{day / 365.25:.1f} years after infusion"


def _count(n: int, word: str) -> str:
    names = {1: "One", 2: "Two", 3: "Three", 4: "Four", 5: "Five", 6: "Six", 7: "Seven", 8: "Eight"}
    return f"{names.get(int(n), str(n))} {word}{'s' if n != 1 else ''}"
