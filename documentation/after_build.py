"""After the site is built: a policy for each page, names for what the theme leaves without one, and what only its developer would need left out."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from livingdrug.foundation.security import content_policy

NAMES = {
    'data-md-toggle="drawer"': "Navigation",
    'data-md-toggle="search"': "Search",
    'id="__toc"': "Table of contents",
    'data-md-component="search" role="dialog"': "Search",
}
"""Parts of the theme that a reader of the screen meets -> what they are called."""

_CHARSET = '<meta charset="utf-8">'


def on_post_page(output: str, **_: Any) -> str:
    """The page with a name for each of these, and its policy."""
    for part, name in NAMES.items():
        output = output.replace(part, f'{part} aria-label="{name}"')
    return with_policy(output)


def on_post_template(output_content: str, template_name: str, **_: Any) -> str:
    """Pages that are made of no text: 404.html."""
    return with_policy(output_content) if template_name.endswith(".html") else output_content


class Inside(HTMLParser):
    """What a page holds of scripts and styles: the text of elements, and of style attributes."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: dict[str, list[str]] = {"style": [], "script": []}
        self.attributes: list[str] = []
        self._at = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._at = tag if tag == "style" or (tag == "script" and "src" not in values) else ""
        if self._at:
            self.texts[tag].append("")
        if values.get("style"):
            self.attributes.append(values["style"] or "")

    def handle_endtag(self, tag: str) -> None:
        self._at = ""

    def handle_data(self, data: str) -> None:
        if self._at:
            self.texts[self._at][-1] += data


def with_policy(page: str) -> str:
    """The page with the policy that names its own scripts and styles, before the first of them."""
    found = Inside(page)
    policy = content_policy(
        styles=found.texts["style"], scripts=found.texts["script"], attributes=found.attributes, beside="all"
    )
    return page.replace(_CHARSET, f'{_CHARSET}<meta http-equiv="Content-Security-Policy" content="{policy}">', 1)


def on_post_build(config: Any, **_: Any) -> None:
    """Remove maps of minified scripts and the second copy of the search index, which only a served site would read."""
    for file in Path(config["site_dir"]).rglob("*.map"):
        file.unlink()
