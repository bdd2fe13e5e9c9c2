"""A patient's story says what the frames say."""

from __future__ import annotations

import polars as pl
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.roles import roles_in
from livingdrug.foundation.errors import BadInput
from livingdrug.reports.choosing import choose
from livingdrug.reports.setting import Setting
from livingdrug.reports.story import tell
from livingdrug.reports.toxicity_scales import Graded

ROLES = roles_in(Catalog())


def test_chosen_patient_has_a_course_and_an_instructive_one(frames):
    """The choice is by rule: remission, severe cytokine release, tocilizumab, with a recorded course."""
    chosen = choose(frames, ROLES)
    assert chosen is not None
    arm, patient = chosen
    who = frames["patients"].filter((pl.col("arm") == arm) & (pl.col("patient") == patient)).row(0, named=True)
    assert who["responded_3mo"]
    assert who["crs_penn_max"] >= 3
    assert patient in frames["courses"]["patient"].to_list()


def test_diary_is_in_order_and_holds_what_happened(frames):
    """Every dated outcome of the patients frame appears on its day."""
    arm, patient = choose(frames, ROLES) or ("", 0)
    story = tell(frames, arm, patient)
    who = frames["patients"].filter(pl.col("patient") == patient).row(0, named=True)
    days = [entry.day for entry in story.entries]
    assert days == sorted(days)
    assert any(e.sentence.startswith("Tocilizumab") and "Penn grade 3" in e.sentence for e in story.entries)
    for column, word in (("relapse_day", "Relapse"), ("death_day", "Death")):
        assert any(e.day == who[column] and e.sentence.startswith(word) for e in story.entries) == (
            who[column] is not None
        )


def test_story_without_infusion_says_why(frames):
    """A patient who was never infused has a story of one paragraph."""
    waiting = frames["patients"].filter(pl.col("status") == "died_waiting").row(0, named=True)
    story = tell(frames, waiting["arm"], waiting["patient"])
    assert len(story.paragraphs) == 1
    assert "died while waiting" in story.paragraphs[0]
    assert story.entries == ()


@pytest.mark.parametrize("gone", ["visits", "grades", "events", "log", "courses"])
def test_story_is_shorter_without_a_frame(frames, gone):
    """Only the patients frame is needed."""
    arm, patient = choose(frames, ROLES) or ("", 0)
    assert tell({**frames, gone: pl.DataFrame()}, arm, patient).paragraphs


def test_unknown_patient_is_refused(frames):
    """Bad input with a next step."""
    with pytest.raises(BadInput, match="no patient 99999"):
        tell(frames, "tisa-cel", 99999)


def test_a_second_episode_is_told_as_one(frames):
    """By hand: graded on days 3 to 5 and 9 to 10, so it began, resolved, returned and resolved again."""
    arm, patient = choose(frames, ROLES) or ("", 0)
    rows = [(arm, patient, day, "crs_penn", grade) for day, grade in enumerate([0, 0, 0, 1, 3, 2, 0, 0, 0, 1, 1, 0])]
    grades = pl.DataFrame(rows, schema=["arm", "patient", "day", "scale", "grade"], orient="row")
    words = Setting(scales=(Graded("crs_penn", "CRS by the Penn scale", "CRS Penn", "CRS"),))
    told = [
        (e.day, e.sentence)
        for e in tell({**frames, "grades": grades}, arm, patient, words).entries
        if e.sentence.startswith("CRS")
    ]
    assert told == [
        (3.0, "CRS began (mild)."),
        (4.0, "CRS reached grade 3 (severe)."),
        (6.0, "CRS had resolved."),
        (9.0, "CRS returned (mild)."),
        (11.0, "CRS had resolved."),
    ]


def test_of_many_doses_the_first_and_their_number_are_told(frames):
    """By hand: five doses of immunoglobulin are one line, two of tocilizumab are two."""
    arm, patient = choose(frames, ROLES) or ("", 0)
    drugs = [("immunoglobulin", float(d)) for d in range(5)] + [("tocilizumab", 3.0), ("tocilizumab", 4.0)]
    log = pl.DataFrame(
        [(arm, patient, day, "r", drug, 8000.0, "mg", "IgG 3.9 g/L") for drug, day in drugs],
        schema=["arm", "patient", "day", "rule", "drug", "amount", "unit", "reason"], orient="row",
    )  # fmt: skip
    told = [e.sentence for e in tell({**frames, "log": log}, arm, patient).entries]
    assert [s for s in told if s.startswith("Immuno")] == ["Immunoglobulin 8 g, the first of 5 doses: IgG 3.9 g/L."]
    assert [s for s in told if s.startswith("Toci")] == [
        "Tocilizumab 8 g: IgG 3.9 g/L.",
        "Tocilizumab 8 g, dose 2: IgG 3.9 g/L.",
    ]


@pytest.mark.parametrize(("cells", "told"), [(True, True), (False, False)])
def test_what_only_cells_cause_is_not_told_of_an_arm_without_cells(frames, cells, told):
    # by hand: every grade of CRS is 0; whoever got no cells could not have had it, and nobody looked
    from livingdrug.reports.setting import Setting
    from livingdrug.reports.toxicity_scales import told_scales

    scales = tuple(told_scales(["crs_penn"], Catalog()))
    none = frames["grades"].with_columns(pl.lit(0, dtype=frames["grades"].schema["grade"]).alias("grade"))
    arm, number = frames["grades"].select("arm", "patient").row(0)
    story = tell({**frames, "grades": none}, arm, number, Setting(scales=scales, cells=cells))
    assert ("There was no CRS" in " ".join(story.paragraphs)) == told
