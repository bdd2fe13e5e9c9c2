"""What `show` tells of products in a window of 80 columns: every fact whole, nothing of another brand, sources on demand."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from livingdrug.catalog.load import Catalog
from livingdrug.cli.commands.show import show

BRANDS = ("tisa_cel", "axi_cel", "brexu_cel", "liso_cel", "ide_cel", "cilta_cel", "obe_cel")


@pytest.fixture
def shown(monkeypatch):
    """The screen after `show`, as lines of at most 80 letters."""

    def call(kind: str, name: str, *, sources: bool = False) -> str:
        window = io.StringIO()
        screen = Console(file=window, width=80, highlight=False, color_system=None)
        monkeypatch.setattr("livingdrug.cli.screen.console", lambda: screen)
        show(kind, name, sources=sources)
        return window.getvalue()

    return call


@pytest.mark.parametrize("name", BRANDS)
def test_a_product_is_told_in_eighty_columns(shown, name):
    # expected: its headings, and every fact of the file word by word
    text = shown("product", name)
    assert max(map(len, text.splitlines())) <= 80
    for heading in ("Approved for", "Doses of the label", "Lymphodepletion of the label", "Boxed warnings", "REMS"):
        assert heading in text
    told = set(text.split())
    for fact in Catalog().load("product", name).fact.values():
        assert set(fact.text.split()) <= told, fact.text


def test_what_is_recalled_is_marked(shown):
    # expected: as the file says: the dose in adult leukaemia is recalled, that in mantle cell lymphoma read
    told = " ".join(shown("product", "brexu_cel").split())
    assert "1e6 CAR-positive viable T cells per kg, at most 1e8. (Recalled, not read.)" in told
    assert "2e6 CAR-positive viable T cells per kg, at most 2e8. (Recalled" not in told


def test_an_approval_is_not_taken_over_by_another_brand(shown, tmp_path):
    # expected: Tecartus has the receptor of Yescarta and none of its approvals; a copy under Yescarta's name has them all
    assert "October 2017" not in shown("product", "brexu_cel")
    (tmp_path / "product").mkdir()
    for name, words in (("same", ""), ("other", 'generic_name = "mine"\n')):
        text = f'title = "A product of my own"\nextends = "axi_cel"\n{words}'
        (tmp_path / "product" / f"{name}.toml").write_text(text, encoding="utf-8")
    catalog = Catalog([tmp_path])
    same, other = catalog.load("product", "same").fact, catalog.load("product", "other").fact
    assert set(same) == set(catalog.load("product", "axi_cel").fact)
    assert set(other) == {"construct", "binder", "starting_material"}


def test_sources_of_facts_and_of_rows_of_scales(shown):
    # expected: the citation in the file
    assert "Locke FL, Lancet Oncol" in " ".join(shown("product", "axi_cel", sources=True).split())
    assert "fact.approval_fl" in shown("product", "axi_cel", sources=True)
    assert "j.bbmt.2018.12.758" in "".join(shown("scale", "crs_astct", sources=True).split())


def test_a_kind_without_files_says_where_they_are(capsys, monkeypatch):
    from livingdrug.cli.main import main

    monkeypatch.setenv("COLUMNS", "200")
    assert main(["list"]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.split()[1:2] == ["0"]]
    assert rows, "every kind has files: this test has nothing to look at"
    assert all("named by its path" in line for line in rows)
