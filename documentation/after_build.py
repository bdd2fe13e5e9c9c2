"""After the site is built: names for what the theme leaves without one, and what only its developer would need left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

NAMES = {
    'data-md-toggle="drawer"': "Navigation",
    'data-md-toggle="search"': "Search",
    'id="__toc"': "Table of contents",
    'data-md-component="search" role="dialog"': "Search",
}
"""Parts of the theme that a reader of the screen meets -> what they are called."""


def on_post_page(output: str, **_: Any) -> str:
    """The page with a name for each of these."""
    for part, name in NAMES.items():
        output = output.replace(part, f'{part} aria-label="{name}"')
    return output


def on_post_build(config: Any, **_: Any) -> None:
    """Remove maps of minified scripts and the second copy of the search index, which only a served site would read."""
    for file in Path(config["site_dir"]).rglob("*.map"):
        file.unlink()
