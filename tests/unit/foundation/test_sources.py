"""What is no source is refused wherever a file says "source"; where a source was seen is free."""

from __future__ import annotations

import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.foundation.errors import CatalogError, ModelError
from livingdrug.foundation.sources import NO_SOURCE, check_sources, no_source
from livingdrug.model.sheet import sheet_from


@pytest.mark.parametrize("host", NO_SOURCE)
def test_each_host_is_found_in_an_address_and_in_a_sentence(host):
    # expected: the host itself, whatever stands around it
    assert no_source(f"https://www.{host}/page?x=1") == host
    assert no_source(f"the label (copy at {host}, page 2)") == host


@pytest.mark.parametrize(
    "text",
    ["doi:10.1056/NEJMoa1709866", "https://www.nature.com/articles/s41409-025-02599-x", "my-study.spaceship", ""],
)
def test_publications_are_sources(text):
    # expected: nothing found; a longer name is another host
    assert no_source(text) == ""


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ({"number": {"a": {"value": 1, "source": "http://study.space/p/x"}}}, "number.a.source"),
        ({"result": [{}, {"source": "joomag.com, page 3"}]}, "result.1.source"),
        ({"sources": ["doi:10.1/x", "https://www.droracle.ai/articles/1"]}, "sources"),
    ],
)
def test_a_place_is_told(table, place):
    # expected: where it stands, and the next step
    with pytest.raises(CatalogError, match=f'"{place}".*no source'):
        check_sources(table, "product/x.toml")


def test_where_it_was_seen_is_free():
    # expected: nothing raised
    check_sources({"fact": {"dose": {"source": "a label", "seen_at": "http://study.space/p/x"}}}, "product/x.toml")


def test_files_and_sheets_are_refused(tmp_path):
    # expected: a catalogue file and a mechanism's sheet, each with its own error
    (tmp_path / "outcome").mkdir()
    text = Catalog().path("endpoint", "os").read_text(encoding="utf-8")
    (tmp_path / "endpoint").mkdir()
    wrong = text.replace("doi:10.1056/NEJMoa1709866", "https://study.space/p/Tisagenlecleucel")
    assert wrong != text
    (tmp_path / "endpoint" / "os_mine.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(CatalogError, match="no source"):
        Catalog([tmp_path]).load("endpoint", "os_mine")
    with pytest.raises((CatalogError, ModelError), match="no source"):
        sheet_from("x.toml", '[parameter.a]\nsource = "https://study.space/p/x"\n')
