"""Links as they lead in the checkout, turned to pages of the site: a source file, a catalogue file or the README becomes a page too."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

LINK = re.compile(r"(!?\[[^\]]*\]\()([^)\s]+)(\))")
LANGUAGES = {".py": "python", ".toml": "toml", ".cff": "yaml"}
SOURCE = "source"
HIDDEN = "---\nsearch:\n  exclude: true\n---\n\n"


def inward(text: str, lies: str, page: str, root: Path, wanted: dict[str, str]) -> str:
    """The text with its links turned.

    Parameters
    ----------
    text
        Markdown.
    lies, page
        Where it lies in the checkout, and where it will stand in the site.
    root
        The checkout.
    wanted
        Path of a page to be made -> file of the checkout that it shows; filled.
    """

    def turned(found: re.Match[str]) -> str:
        target, _, anchor = found[2].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return found[0]
        place = normpath(str(PurePosixPath(lies).parent / target))
        inside = _page_of(place, root, wanted)
        if inside is None:
            return found[0]  # leads nowhere, and the site's own check says so
        link = relpath(inside, str(PurePosixPath(page).parent))
        return f"{found[1]}{link}{'#' + anchor if anchor else ''}{found[3]}"

    return LINK.sub(turned, text)


def shown(place: str, root: Path, wanted: dict[str, str]) -> str:
    """The page that shows a file of the checkout."""
    text = (root / place).read_text(encoding="utf-8")
    if place.endswith(".md"):
        return HIDDEN + inward(text, place, f"{SOURCE}/{place}", root, wanted)
    language = LANGUAGES.get(Path(place).suffix, "text")
    return f"{HIDDEN}# {Path(place).name}\n\n`{place}`\n\n````{language}\n{text.rstrip()}\n````\n"


def _page_of(place: str, root: Path, wanted: dict[str, str]) -> str | None:
    if place in ("changes", "CHANGELOG.md"):
        return "changes.md"
    if place == "docs" or place.startswith("docs/"):
        inside = place.removeprefix("docs").strip("/")
        return f"{inside}/README.md".strip("/") if (root / place).is_dir() else inside
    if not (root / place).is_file():
        return None
    inside = f"{SOURCE}/{place}" if place.endswith(".md") else f"{SOURCE}/{place}.md"
    wanted[inside] = place
    return inside
