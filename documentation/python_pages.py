"""Reference pages of the public names, from their docstrings: one a heading of docs/api.md, so that its list stays the only one."""

from __future__ import annotations

import re

import livingdrug

PAGE = "api.md"


def python_pages(api: str) -> dict[str, str]:
    """Path in the site -> page, in Markdown with mkdocstrings' directives.

    Parameters
    ----------
    api
        The page of public names: headings, each with a table of names.
    """
    found: dict[str, str] = {}
    for heading, names in names_by_heading(api).items():
        slug = heading.lower().replace(" ", "_")
        body = "\n\n".join(f"::: {where(name)}\n    options:\n      heading: ld.{name}\n" for name in names)
        found[f"reference/python/{slug}.md"] = (
            f"# Python: {heading.lower()}\n\nThe list of all names is on [one page](../../api.md).\n\n{body}\n"
        )
    return found


def names_by_heading(api: str) -> dict[str, list[str]]:
    """Heading -> public names in its table."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^## ", api, flags=re.M)[1:]:
        names = [
            name
            for name in re.findall(r"^\| `(\w+)`", part, flags=re.M)
            if name in livingdrug.__all__ and name != "__version__"
        ]
        if names:
            found[part.splitlines()[0]] = names
    return found


def where(name: str) -> str:
    """The dotted path of a public name."""
    home = livingdrug._HOMES.get(name)
    if home is None:
        return f"livingdrug.{name}"
    return f"livingdrug.{home}" if name == "plot" else f"livingdrug.{home}.{name}"
