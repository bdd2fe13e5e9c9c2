"""Expected: nobody looks for a side effect of cells where none were given, so no chart, table or sentence tells that there was none."""

from __future__ import annotations

import pytest

from livingdrug.reports.html import open_source, render
from livingdrug.reports.sections import toxicity, waiting
from livingdrug.reports.setting import setting
from livingdrug.reports.story import tell
from livingdrug.trial.run import run


@pytest.fixture(scope="module")
def source():
    return open_source(run("tower_chemotherapy", patients=10, seed=2, sample=1, threads=1))


def test_no_chart_of_what_cells_cause(source) -> None:
    page = render(source.result)
    assert "CRS by" not in page  # a source may be named after it
    assert "CRS ASTCT" not in page
    assert "ICANS" not in page
    assert "What the infused received" not in page
    words = " ".join(getattr(part, "title", "") for part in toxicity.section(source).parts)
    assert "every scale" not in words


def test_no_sentence_says_that_there_was_none(source) -> None:
    arm = source.arms[0]
    frames = {name: source.frame(name) for name in ("patients", "grades", "log", "events", "courses", "visits")}
    words = setting(source.trial, arm, source.catalog)
    for patient in range(1, 11):
        story = tell(frames, arm, patient, words)
        assert "There was no CRS" not in " ".join(story.paragraphs)


def test_stages_of_waiting_add_up_to_the_whole(result) -> None:
    """By hand: enrolment to infusion less slot, road, culture, tests and booking is the plan's lymphodepletion, in every patient."""
    from pathlib import Path

    trial = Path(__file__).parents[3] / "examples" / "design" / "two_arms.toml"
    found = open_source(run(str(trial), patients=8, seed=1, sample=1, threads=1))
    rows = {row[0]: row[1:] for row in waiting.section(found).parts[0].rows}
    assert rows[f"… {waiting.PREPARING}, day"] == ("5\n5–5", "5\n5–5")  # fludarabine begins on day -5
