"""Expected: curves and bands are files, each held to what a model gives and an assay reports; a file alone is drawn."""

from __future__ import annotations

import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.records.track import Track
from livingdrug.reports.banded import banded
from livingdrug.reports.html import open_source
from livingdrug.reports.setting import Setting
from livingdrug.reports.story import tell

CATALOG = Catalog()
ASSAYS = [CATALOG.load("assay", name) for name in CATALOG.names("assay")]


@pytest.mark.parametrize("name", CATALOG.names("track"))
def test_a_track_shows_what_an_assay_of_the_same_output_reports(name: str) -> None:
    track = CATALOG.load("track", name)
    if track.quantity:
        (assay,) = (one for one in ASSAYS if one.quantity == track.quantity)
        assert assay.reads in track.reads
    if track.peak or track.trough:
        assert track.unit


def test_a_file_is_a_curve(frames, tmp_path) -> None:
    (tmp_path / "track").mkdir()
    text = 'title = "A curve of mine, pg/mL"\norder = 1\nreads = ["il6"]\nlowest = 1.0\ntop = 100.0\n'
    (tmp_path / "track" / "mine.toml").write_text(text, encoding="utf-8")
    courses = frames["courses"]
    arm, patient = courses.row(0, named=True)["arm"], courses.row(0, named=True)["patient"]
    before = tell(frames, arm, patient, Setting(catalog=CATALOG)).tracks
    own = tell(frames, arm, patient, Setting(catalog=Catalog([tmp_path]))).tracks
    assert "il6" in courses.columns
    assert [one.title for one in own] == ["A curve of mine, pg/mL", *(one.title for one in before)]
    assert own[0].low == 1.0
    assert own[0].high >= 100.0


@pytest.mark.parametrize(
    ("keys", "said"),
    [({"top": 0.5}, "more than lowest"), ({"lowest": 0.0}, "logarithmic axis"), ({"reads": ()}, "reads")],
)
def test_a_track_that_cannot_be_drawn_is_refused(keys, said) -> None:
    told = {"id": "mine", "title": "mine, x", "order": 1, "reads": ("il6",), "lowest": 1.0, "top": 9.0, **keys}
    with pytest.raises(ValueError, match=said):
        Track.model_validate(told)


def test_each_band_has_its_section(result) -> None:
    source = open_source(result)
    assert [one.id for one in banded(source, "marrow")] == ["neutrophil_count", "platelet_count"]
    assert [one.id for one in banded(source, "b_cells")] == ["flow_b_cells", "igg_nephelometry"]
    assert {one.band.section for one in banded(source)} == {
        "marrow",
        "b_cells",
    }  # the files of sections that draw bands
