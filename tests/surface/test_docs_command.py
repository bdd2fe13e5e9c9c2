"""Expected values: the pages of docs/, found by their names, whatever the way they are told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from posixpath import normpath

import pytest

from livingdrug.cli.documents import folder, named, pages, parts
from livingdrug.cli.main import main
from livingdrug.cli.page_files import as_html, site

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def test_every_page_has_one_place() -> None:
    there = sorted(file.relative_to(DOCS).as_posix() for file in DOCS.rglob("*.md"))
    listed = sorted(page.file.relative_to(DOCS).as_posix() for some in parts(DOCS).values() for page in some)
    assert listed == there
    assert folder() == DOCS


def test_a_page_that_nobody_placed_comes_last(tmp_path: Path) -> None:
    (tmp_path / "navigation.toml").write_text(
        '[[part]]\ntitle = "First"\npages = ["a.md", "b/*.md"]\n', encoding="utf-8"
    )
    (tmp_path / "b").mkdir()
    for name in ("a.md", "b/x.md", "new.md"):
        (tmp_path / name).write_text(f"# {name}\n", encoding="utf-8")
    assert {title: [page.topic for page in some] for title, some in parts(tmp_path).items()} == {
        "First": ["a", "b/x"],
        "More pages": ["new"],
    }


def test_a_topic_is_found_by_its_last_word() -> None:
    assert named(DOCS, "tumour").topic == "mechanisms/tumour"
    assert named(DOCS, "trials").topic == "trials"


def test_the_terminal_shows_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "window"]) == 0
    assert capsys.readouterr().out.strip() == (DOCS / "window.md").read_text(encoding="utf-8").strip()
    assert main(["docs"]) == 0
    shown = capsys.readouterr().out
    assert all(topic in shown for topic in ("tutorials/planner", "mechanisms/tumour", "files"))
    assert main(["docs", "--path"]) == 0
    assert Path(capsys.readouterr().out.strip()) == DOCS


def test_words_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "--find", "Simon optimal"]) == 0
    assert "design" in capsys.readouterr().out
    assert main(["docs", "--find", "unicornskin"]) == 2
    assert "no page holds" in capsys.readouterr().err


def test_a_wrong_topic_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "polices"]) == 2
    assert '"policies"' in capsys.readouterr().err


def test_a_tutorial_becomes_a_notebook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "tutorials/planner", "-o", str(tmp_path / "p.ipynb")]) == 0
    written = json.loads((tmp_path / "p.ipynb").read_text(encoding="utf-8"))
    assert {cell["cell_type"] for cell in written["cells"]} == {"markdown", "code"}
    assert written["cells"][1]["metadata"] == {"tags": ["parameters"]}
    assert not any("](" in "".join(cell["source"]) for cell in written["cells"] if cell["cell_type"] == "markdown")
    assert main(["docs", "window", "-o", str(tmp_path / "w.ipynb")]) == 2
    assert main(["docs", "window", "-o", str(tmp_path / "w.pdf")]) == 2
    assert not list(tmp_path.glob("w.*"))


def test_pages_for_a_browser_lead_to_each_other(tmp_path: Path) -> None:
    written = site(DOCS, tmp_path / "pages")
    assert len(list(written.rglob("*.html"))) == len(pages(DOCS))
    for name in ("index.md", "trials/README.md", "mechanisms/tumour.md"):
        file = written / as_html(name)
        text = file.read_text(encoding="utf-8")
        assert not re.search(r'(src|href)="(https?:)?//[^"]*\.(js|css)', text)
        links = [
            link for link in re.findall(r'href="([^"#]+)', text) if not link.startswith(("http", "data:", "mailto:"))
        ]
        assert len(links) > 50
        for link in links:
            assert (written / normpath(f"{file.parent.relative_to(written).as_posix()}/{link}")).exists(), (name, link)


def test_a_folder_with_files_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert main(["docs", "-o", str(tmp_path)]) == 2
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
