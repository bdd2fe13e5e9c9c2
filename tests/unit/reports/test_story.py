"""A patient's story says what the frames say."""

from __future__ import annotations

import polars as pl
import pytest

from livingdrug.foundation.errors import BadInput
from livingdrug.reports.story import choose, tell


def test_chosen_patient_has_a_course_and_an_instructive_one(frames):
    """The choice is by rule: remission, severe cytokine release, tocilizumab, with a recorded course."""
    chosen = choose(frames)
    assert chosen is not None
    arm, patient = chosen
    who = frames["patients"].filter((pl.col("arm") == arm) & (pl.col("patient") == patient)).row(0, named=True)
    assert who["responded_3mo"]
    assert who["crs_penn_max"] >= 3
    assert patient in frames["courses"]["patient"].to_list()


def test_diary_is_in_order_and_holds_what_happened(frames):
    """Every dated outcome of the patients frame appears on its day."""
    arm, patient = choose(frames) or ("", 0)
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
    arm, patient = choose(frames) or ("", 0)
    assert tell({**frames, gone: pl.DataFrame()}, arm, patient).paragraphs


def test_unknown_patient_is_refused(frames):
    """Bad input with a next step."""
    with pytest.raises(BadInput, match="no patient 99999"):
        tell(frames, "tisa-cel", 99999)
