"""What is no source is refused wherever a file says "source"; where a source was seen is free."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import livingdrug
from livingdrug.catalog.load import Catalog
from livingdrug.foundation.errors import CatalogError, ModelError
from livingdrug.foundation.sources import NO_SOURCE, bare_address, check_sources, every_source, no_source
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


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (
            "https://pmc.ncbi.nlm.nih.gov/articles/PMC8344270/table/T1",
            "https://pmc.ncbi.nlm.nih.gov/articles/PMC8344270/table/T1",
        ),
        ("https://pubmed.ncbi.nlm.nih.gov/30413526/", "https://pubmed.ncbi.nlm.nih.gov/30413526/"),
        ("www.nature.com/articles/s41586-022-04489-4, Fig. 2", "www.nature.com/articles/s41586-022-04489-4"),
        ("pub.dzne.de/record/287641", "pub.dzne.de/record/287641"),
        ("(https://a.org/x; https://b.org/y), Table 3", "https://a.org/x"),
        # an address that carries a DOI is still where somebody saw it
        (
            "https://link.springer.com/article/10.1186/s13045-024-01530-z",
            "https://link.springer.com/article/10.1186/s13045-024-01530-z",
        ),
    ],
)
def test_an_address_alone_is_found(text, address):
    # expected: the address; tables, figures and brackets beside it say nothing
    assert bare_address(text) == address
    with pytest.raises(CatalogError, match=r'"sources": .*expected what it is(.|\n)*"seen_at"'):
        check_sources({"sources": ["doi:10.1/x", text]}, "trial/x.toml")


@pytest.mark.parametrize(
    "text",
    [
        "doi:10.1056/NEJMoa1709866", "https://doi.org/10.1056/NEJMoa1709866", "https://dx.doi.org/10.1056/NEJMoa1709866, Table 2",
        "Maude SL, N Engl J Med 2018;378:439, https://pubmed.ncbi.nlm.nih.gov/29385370", "PMC8344270, Table 1", "own", "",
        "Kymriah US prescribing information, June 2025, section 2", "CTCAE v5.0/MedDRA", "all trials together (docs/calibration.md)",
        "e.g. 3/4 of patients",
    ],
)  # fmt: skip
def test_a_citation_with_or_without_an_address_is_none(text):
    # expected: nothing; the address of a DOI is a citation
    assert bare_address(text) == ""
    check_sources({"source": text}, "product/x.toml")


def test_no_source_of_the_package_holds_an_address():
    # expected: by the rule, an address stands in "seen_at"; only that of a DOI may stand in a source
    folder = Path(livingdrug.__file__).parent
    for path in sorted(folder.rglob("*.toml")):
        for place, text in every_source(tomllib.loads(path.read_text(encoding="utf-8")), ""):
            assert not re.search(r"https?://(?!(dx\.)?doi\.org/)|www\.", text), f"{path.name}, {place}: {text}"


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
