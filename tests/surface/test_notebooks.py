"""Expected values: what the pages promise. Every tutorial and every exercise runs from top to bottom with few people.

A cell that fails, a command that ends otherwise than it should, or a result that a page's words contradict fails here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from documentation.running import CellFailed, command, run_cells, small
from livingdrug.interop.notebook import Cell, Output, as_notebook, cells_of, is_notebook

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs" / "tutorials").glob("*.md"), *(ROOT / "docs" / "teaching").glob("*.md")])
NOTEBOOKS = [page for page in PAGES if page.name != "README.md"]


def name_of(page: Path) -> str:
    return f"{page.parent.name}/{page.stem}"


def by_length(page: Path) -> Any:
    """Exercises run with the slow tests (`make validate`), tutorials always."""
    slow = [pytest.mark.slow] if page.parent.name == "teaching" else []
    return pytest.param(page, id=name_of(page), marks=slow)


@pytest.mark.parametrize("page", [by_length(page) for page in NOTEBOOKS])
def test_every_notebook_runs(page: Path, tmp_path: Path) -> None:
    cells = cells_of(page.read_text(encoding="utf-8"))
    outputs = run_cells(cells, tmp_path, small(cells))
    shown = [output for some in outputs for output in some]
    assert shown, "nothing was shown"
    assert all(output.content.strip() for output in shown)
    written = as_notebook(cells, outputs)
    assert json.loads(json.dumps(written))["nbformat"] == 4


@pytest.mark.parametrize("page", NOTEBOOKS, ids=name_of)
def test_every_notebook_has_its_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert is_notebook(text)
    assert "Simulation; not for patient care." in text
    wanted = (
        ("## What this does not tell", "## Exercise", "### An answer")
        if page.parent.name == "tutorials"
        else ("### An answer", "## What this leaves out")
    )
    assert [part for part in wanted if part not in text] == []
    assert page.stem in (page.parent / "README.md").read_text(encoding="utf-8")


def test_five_people_have_a_tutorial() -> None:
    found = {page.stem for page in NOTEBOOKS if page.parent.name == "tutorials"}
    assert {"trial_designer", "modeller", "pharmacologist", "teacher", "planner"} <= found


def test_cells_are_told_from_prose() -> None:
    page = '# Title\n\nWords.\n\n```python tags=["parameters"]\nn = 3\n```\n\n```toml\nkey = 1\n```\n\n```python\nn + 1\n```\n'
    cells = cells_of(page)
    assert [cell.code for cell in cells] == [False, True, False, True]
    assert cells[1].tags == ("parameters",)
    assert "toml" in cells[2].text


def test_parameters_are_put_in_place(tmp_path: Path) -> None:
    cells = [Cell("n = 3", True, ("parameters",)), Cell("n + 1", True)]
    assert run_cells(cells, tmp_path)[1] == [Output("text/plain", "4")]
    assert run_cells(cells, tmp_path, {"n": 9})[1] == [Output("text/plain", "10")]
    with pytest.raises(CellFailed, match="has no m"):
        run_cells(cells, tmp_path, {"m": 1})


def test_a_cell_that_fails_is_told_with_its_text(tmp_path: Path) -> None:
    with pytest.raises(CellFailed, match=r"cell 1: ZeroDivisionError(.|\n)*1 / 0"):
        run_cells([Cell("1 / 0", True)], tmp_path)


def test_a_command_that_fails_is_told_unless_it_should(tmp_path: Path) -> None:
    with pytest.raises(CellFailed, match="ended with 2, expected 0"):
        run_cells([Cell("!livingdrug show trial nowhere", True)], tmp_path)
    shown = run_cells([Cell("!livingdrug show trial nowhere", True, ("refused",))], tmp_path)
    assert "nowhere" in shown[0][0].content
    with pytest.raises(CellFailed, match="expected a command of livingdrug"):
        command("rm -r somewhere")


def test_order_of_words_and_files_is_kept(tmp_path: Path) -> None:
    cells = [
        Cell("%%writefile a.txt\nhello", True),
        Cell("print(__import__('pathlib').Path('a.txt').read_text().strip())\ndisplay(1)\nprint('end')", True),
    ]
    shown = run_cells(cells, tmp_path)[1]
    assert [output.content for output in shown] == ["hello\n", "1", "end\n"]
