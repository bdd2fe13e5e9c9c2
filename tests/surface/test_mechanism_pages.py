"""Expected values: the sheets. A page that tells an older number than its sheet is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug.foundation.errors import BadInput
from livingdrug.model.pages import BEGIN, END, main, mechanism_ids, mechanism_page, with_generated

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "mechanisms"


@pytest.mark.parametrize("mechanism", mechanism_ids())
def test_page_is_current(mechanism: str) -> None:
    page = PAGES / f"{mechanism}.md"
    assert page.is_file(), f"run: python -m livingdrug.model.pages {PAGES.relative_to(ROOT)}"
    text = page.read_text(encoding="utf-8")
    assert mechanism_page(mechanism, text) == text, "run: python -m livingdrug.model.pages docs/mechanisms"


@pytest.mark.parametrize("mechanism", mechanism_ids())
def test_page_says_more_than_its_tables(mechanism: str) -> None:
    prose = (PAGES / f"{mechanism}.md").read_text(encoding="utf-8").split(BEGIN)[0]
    assert "**From published" in prose
    assert "**Weaknesses.**" in prose


def test_every_parameter_of_the_sheet_is_on_the_page() -> None:
    import tomllib

    for mechanism in mechanism_ids():
        sheet = tomllib.loads((ROOT / f"src/livingdrug/model/mechanisms/{mechanism}.toml").read_text(encoding="utf-8"))
        page = mechanism_page(mechanism)
        for name, quantity in sheet.get("parameter", {}).items():
            assert f"| `{name}` | {quantity['meaning']} | {quantity['value']:g} |" in page


def test_prose_is_kept() -> None:
    page = f"# By hand\n\nKept.\n\n{BEGIN}\nold\n{END}\n\nKept too.\n"
    new = mechanism_page("body", page)
    assert new.startswith("# By hand\n\nKept.\n")
    assert new.endswith("Kept too.\n")
    assert "old" not in new.split(BEGIN)[1].split("\n")[1]


def test_page_without_markers_is_refused() -> None:
    with pytest.raises(BadInput, match="expected one line"):
        with_generated("no markers", "text")
    with pytest.raises(BadInput, match="Known"):
        mechanism_page("no_such_mechanism")


def test_folder_must_exist(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([str(tmp_path / "nowhere")]) == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize(
    "page",
    [
        "mechanisms/cure.md", "mechanisms/defects.md", "trials/eliana.md", "products/tisa_cel.md", "calibration.md",
        "trials/cartitude_1.md", "trials/karmma.md", "products/cilta_cel.md", "products/ide_cel.md",
    ],
)  # fmt: skip
def test_generated_parts_of_other_pages_are_there(page: str) -> None:
    between = (ROOT / "docs" / page).read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    assert "|---|" in between, f"{page}: refresh it with the script named in the page"
