"""Gathers the pages of the site: `python -m documentation`; then `mkdocs build --strict` makes site/ of them.

`--few` runs notebooks and the gallery with few people, to look at the pages; `--quick` does not run them.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

from documentation.changes import PAGE as CHANGES
from documentation.changes import changes_page
from documentation.command_pages import command_pages
from documentation.notebook_pages import run_page
from documentation.outside import SOURCE, inward, shown
from documentation.python_pages import python_pages
from livingdrug.cli.documents import NAVIGATION, parts
from livingdrug.interop.notebook import is_notebook

ROOT = Path(__file__).parents[1]
HERE = Path(__file__).parent
BUILD = ROOT / "build" / "documentation"


def gather(build: Path = BUILD, *, quick: bool = False, few: bool = False) -> None:
    """Write the pages, the pictures, the theme and the settings of the site into a folder.

    Parameters
    ----------
    build
        Replaced.
    quick
        Leave notebooks and the gallery as they are written.
    few
        Few people in both.
    """
    shutil.rmtree(build, ignore_errors=True)
    pages = build / "pages"
    shutil.copytree(ROOT / "docs", pages, ignore=shutil.ignore_patterns("*.md"))
    shutil.copytree(HERE / "theme", build / "theme")
    shutil.copy(HERE / "after_build.py", build)
    wanted: dict[str, str] = {}
    written = {CHANGES: changes_page(ROOT, wanted), **command_pages()}
    written |= python_pages((ROOT / "docs" / "api.md").read_text(encoding="utf-8"))
    for file in sorted((ROOT / "docs").rglob("*.md")):
        name = file.relative_to(ROOT / "docs").as_posix()
        text = inward(file.read_text(encoding="utf-8"), f"docs/{name}", name, ROOT, wanted)
        if is_notebook(text) and quick:  # a fence with tags is none to the builder
            text = re.sub(r"^```python tags=.*$", "```python", text, flags=re.M)
        if is_notebook(text) and not quick:
            started = time.perf_counter()
            text = run_page(text, name.removesuffix(".md"), pages, few=few)
            print(f"{name}: run in {time.perf_counter() - started:.1f} s", flush=True)
        written[name] = text
    if not quick:
        from documentation.gallery import FEW, PATIENTS, gallery_page

        started = time.perf_counter()
        written["gallery.md"] = gallery_page(written["gallery.md"], pages, patients=FEW if few else PATIENTS)
        print(f"gallery.md: drawn in {time.perf_counter() - started:.1f} s", flush=True)
    for name, text in written.items():
        _write(pages / name, text)
    for folder in sorted({Path(name).parent.as_posix() for name in written} - {"."}):
        if f"{folder}/README.md" not in written and f"{folder}.md" not in written:
            _write(pages / folder / "README.md", _list_of(folder, written))
    done: set[str] = set()
    while left := set(wanted) - done:
        for name in left:
            _write(pages / name, shown(wanted[name], ROOT, wanted))
        done |= left
    shutil.copy(ROOT / "docs" / NAVIGATION, pages / NAVIGATION)
    settings = (HERE / "mkdocs.yml").read_text(encoding="utf-8").replace("SOURCE", json.dumps(str(ROOT / "src")))
    sources = "not_in_nav: |\n  /source/\n"
    _write(build / "mkdocs.yml", f"{settings}\n{sources}\nnav: {json.dumps(navigation(pages), ensure_ascii=False)}\n")


def navigation(pages: Path) -> list[dict[str, Any]]:
    """Tabs and their pages as mkdocs wants them; a folder among others is a section of its tab, its README the landing page."""
    found: list[dict[str, Any]] = []
    for title, some in parts(pages).items():
        names = {page.file.relative_to(pages).as_posix(): page for page in some}
        names = {name: page for name, page in names.items() if not name.startswith(f"{SOURCE}/")}
        folders = {_folder(name) for name in names}
        entries: list[Any] = []
        sections: dict[str, list[Any]] = {}
        for name, page in names.items():
            folder = _folder(name)
            if len(folders) == 1 or not folder:
                entries.append(name if not entries and len(names) > 1 else {page.title: name})
            elif folder in sections:
                sections[folder].append({page.title: name})
            else:
                sections[folder] = [name if name.endswith("README.md") else {page.title: name}]
                heading = page.title if name.endswith("README.md") else folder.rpartition("/")[2].capitalize()
                entries.append({heading: sections[folder]})
        if entries:
            found.append({title: entries})
    return found


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _list_of(folder: str, written: dict[str, str]) -> str:
    """A page that lists a folder that has none of its own."""
    names = sorted(name for name in written if Path(name).parent.as_posix() == folder)
    titles = [(written[name].split("\n", 1)[0].lstrip("# ").strip(), Path(name).name) for name in names]
    return (
        f"# {folder.rpartition('/')[2].capitalize()}\n\n"
        + "\n".join(f"- [{title}]({name})" for title, name in titles)
        + "\n"
    )


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    asked = argparse.ArgumentParser(prog="python -m documentation", description=__doc__)
    asked.add_argument("--quick", action="store_true", help="do not run notebooks, do not draw the gallery")
    asked.add_argument("--few", action="store_true", help="few people in both")
    words = asked.parse_args()
    gather(quick=words.quick, few=words.few)
