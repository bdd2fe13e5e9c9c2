"""The pages of documentation that come with the package: where they are, in which order, and what is in them.

A wheel holds the Markdown pages of `docs/` as `livingdrug/documentation/`; in a checkout they are read where they stand.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

from livingdrug.foundation.errors import BadInput, UnknownName

PACKAGE = Path(__file__).parents[1]
NAVIGATION = "navigation.toml"
MORE = "More pages"


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes
    ----------
    topic
        What it is called on command lines: its path without ``.md``; a folder's README by the folder's name.
    """

    topic: str
    file: Path

    @cached_property
    def text(self) -> str:
        return self.file.read_text(encoding="utf-8")

    @cached_property
    def title(self) -> str:
        """Its first heading."""
        found = re.search(r"^# (.+)$", self.text, flags=re.M)
        return found[1].replace("`", "") if found else self.topic


def folder() -> Path:
    """Where the pages are.

    Raises
    ------
    BadInput
        They were left out of this installation.
    """
    for place in (PACKAGE / "documentation", PACKAGE.parents[1] / "docs"):
        if (place / NAVIGATION).is_file():
            return place
    raise BadInput(
        "the pages of documentation are not installed with this copy of livingdrug.\n  Install it anew from a wheel or a checkout."
    )


def parts(place: Path) -> dict[str, tuple[Page, ...]]:
    """Heading -> pages, in the order of the navigation file; pages that it does not name come last.

    Parameters
    ----------
    place
        A folder of pages with its ``navigation.toml``.

    Examples
    --------
    >>> "index" in [page.topic for page in parts(folder())["Start here"]]
    True
    """
    left = {file.relative_to(place).as_posix(): file for file in sorted(place.rglob("*.md"))}
    found: dict[str, tuple[Page, ...]] = {}
    for part in tomllib.loads((place / NAVIGATION).read_text(encoding="utf-8"))["part"]:
        named = set(part["pages"])
        taken: list[Page] = []
        for pattern in part["pages"]:
            for name in [name for name in left if name == pattern or (fnmatch(name, pattern) and name not in named)]:
                taken.append(_page(name, left.pop(name)))
        found[part["title"]] = tuple(taken)
    if left:
        found[MORE] = tuple(_page(name, file) for name, file in left.items())
    return {title: pages for title, pages in found.items() if pages}


def pages(place: Path) -> dict[str, Page]:
    """Topic -> page, in the order of the navigation."""
    return {page.topic: page for some in parts(place).values() for page in some}


def named(place: Path, topic: str) -> Page:
    """The page of a topic: its path, or the last part of it where only one page has that.

    Raises
    ------
    UnknownName
        No such page, with the nearest.

    Examples
    --------
    >>> named(folder(), "mechanisms/tumour").title
    'Clones and places of the tumour'
    >>> named(folder(), "eliana.md").topic
    'trials/eliana'
    """
    known = pages(place)
    wanted = topic.strip().removesuffix(".md").removesuffix("/README").strip("/").lower()
    ends = [name for name in known if name.rpartition("/")[2] == wanted]
    if wanted in known:
        return known[wanted]
    if len(ends) == 1:
        return known[ends[0]]
    if ends:
        raise BadInput(f'several pages are called "{topic}": {", ".join(ends)}.\n  Name one with its folder.')
    raise UnknownName(
        "page of documentation", topic, known, f"A word in all pages: livingdrug docs --find {wanted or 'infusion'}."
    )


def holding(place: Path, words: str) -> list[tuple[Page, str]]:
    """Pages that hold all of the words, those with most mentions first, each with its first line that holds one of them.

    Examples
    --------
    >>> holding(folder(), "Nelson-Aalen of unicorns")
    []
    """
    wanted = [word.lower() for word in words.split()]
    found = []
    for page in pages(place).values():
        text = page.text.lower()
        if wanted and all(word in text for word in wanted):
            line = next((line for line in page.text.splitlines() if any(word in line.lower() for word in wanted)), "")
            found.append((sum(text.count(word) for word in wanted), page, line.strip(" #|")))
    return [(page, line) for _, page, line in sorted(found, key=lambda one: -one[0])]


def _page(name: str, file: Path) -> Page:
    topic = name.removesuffix(".md")
    return Page(topic.removesuffix("/README"), file)
