"""Pages of the documentation as files that open anywhere: HTML with its looks inside, a notebook, or the Markdown itself."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from posixpath import normpath, relpath

from livingdrug.cli import NOTICE
from livingdrug.cli.documents import Page, parts
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.security import content_policy
from livingdrug.interop.notebook import as_notebook, cells_of, is_notebook
from livingdrug.trial.storage import make_folder, write_bytes

_LOOKS = """
:root { --paper: #fdfcfa; --ink: #1d2329; --soft: #5b6670; --rule: #e4e1db; --code: #f5f3ee; --blue: #1b5e8c; --rust: #b4521a; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181c; --ink: #e8e6e1; --soft: #a8b0b7; --rule: #2c333a; --code: #1c2228; --blue: #79b8e0; --rust: #f0a068; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.62 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
.notice { margin: 0; padding: 6px; background: #1d2329; color: #f7f5f0; text-align: center; font-size: 13px; letter-spacing: .06em; }
.page { display: grid; grid-template-columns: 250px minmax(0, 820px); gap: 56px; max-width: 1180px; margin: 0 auto; padding: 0 24px 64px; }
nav { padding-top: 40px; font-size: 13.5px; line-height: 1.4; } nav summary { cursor: pointer; padding: 5px 0; font-weight: 600; } nav a { display: block; padding: 3px 0 3px 12px; color: var(--soft); text-decoration: none; }
nav a:hover, nav a[aria-current] { color: var(--rust); } main { padding-top: 32px; min-width: 0; }
h1, h2 { font-family: Charter, Palatino, Georgia, serif; line-height: 1.2; } h1 { font-size: 34px; } h2 { margin-top: 2em; } a { color: var(--blue); text-underline-offset: 3px; }
pre { overflow-x: auto; padding: 12px 14px; background: var(--code); border: 1px solid var(--rule); border-radius: 6px; font-size: 13px; line-height: 1.5; } code { font-size: .9em; background: var(--code); } pre code { font-size: inherit; }
.wide { overflow-x: auto; } table { border-collapse: collapse; border-top: 2px solid var(--ink); font-size: 13.5px; } th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; } th { color: var(--soft); } .right { text-align: right; } .center { text-align: center; }
img { max-width: 100%; height: auto; }
@media (max-width: 800px) { .page { display: block; } nav { padding-top: 12px; } }
@media print { nav, .notice { display: none; } .page { display: block; } body { font-size: 10pt; } pre { white-space: pre-wrap; } }
"""


def site(place: Path, folder: Path) -> Path:
    """Every page as HTML, and what the pages show, in a folder; returns it.

    Parameters
    ----------
    place
        The pages as they were installed.
    folder
        Made if it is not there; must be empty.
    """
    make_folder(folder)
    if any(folder.iterdir()):
        raise BadInput(
            f"{folder}: the folder is not empty, and a page could replace a file of yours.\n  Name a new one."
        )
    known = {page.file.relative_to(place).as_posix(): page for some in parts(place).values() for page in some}
    for file in place.rglob("*"):
        if file.is_file() and file.suffix != ".md" and file.name != "navigation.toml":
            target = folder / file.relative_to(place)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    for name, page in known.items():
        target = folder / as_html(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, page_html(page, name, known, place).encode())
    return folder


def written_as(page: Page, out: Path) -> Path:
    """One page as a file, by the ending of its name."""
    ending = out.suffix.lower()
    if ending == ".md":
        content = page.text
    elif ending == ".html":
        content = page_html(page, "", {}, None)
    elif ending == ".ipynb":
        if not is_notebook(page.text):
            raise BadInput(
                f"{page.topic}: is no notebook; tutorials and teaching pages are.\n  Write it as .md or .html."
            )
        content = json.dumps(as_notebook(cells_of(page.text)), ensure_ascii=False, indent=1) + "\n"
    else:
        raise BadInput(f'{out}: got the ending "{out.suffix}", expected one of .ipynb, .md, .html.')
    write_bytes(out, content.encode())
    return out


_MARKS = re.compile(r"^<!--[^>]*-->[ \t]*\n", re.M)
"""Lines that tell a program where its part of a page begins and ends; nobody is to read them."""


def page_html(page: Page, name: str, known: Mapping[str, Page], place: Path | None) -> str:
    """One page; links to other pages lead to their HTML, links that leave the documentation become words."""
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(_anchored(_MARKS.sub("", page.text)))
    here = name.rpartition("/")[0]

    def turned(found: re.Match[str]) -> str:
        target, _, anchor = found[1].partition("#")
        if re.match(r"[a-z]+:", target) or not target:
            return found[0]
        inside = normpath(f"{here}/{target}" if here else target)
        if place is not None and (place / inside).is_dir():
            inside = f"{inside}/README.md"
        if inside in known:
            return f'<a href="{relpath(as_html(inside), here or ".")}{"#" + anchor if anchor else ""}">{found[2]}</a>'
        stays = place is not None and not inside.startswith("..") and (place / inside).is_file()
        return found[0] if stays else found[2]

    body = re.sub(r'<a href="([^"]*)">(.*?)</a>', turned, body, flags=re.S)
    body = re.sub(r"<h([23])>(.*?)</h\1>", _heading, body)
    body = re.sub(r' style="text-align:(\w+)"', r' class="\1"', body)
    body = body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    rest = _navigation(name, known) if known else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{content_policy(styles=[_LOOKS], beside="pictures")}">'
        f"<title>{html.escape(page.title)}</title><style>{_LOOKS}</style></head><body>"
        f'<p class="notice">{NOTICE}</p><div class="page">{rest}<main>{body}</main></div></body></html>\n'
    )


def as_html(name: str) -> str:
    """The file of a page: ``trials/README.md`` is ``trials/index.html``.

    >>> as_html("trials/README.md"), as_html("design.md")
    ('trials/index.html', 'design.html')
    """
    return re.sub(r"(^|/)README\.md$", r"\1index.md", name).removesuffix(".md") + ".html"


def _navigation(name: str, known: Mapping[str, Page]) -> str:
    here = name.rpartition("/")[0] or "."
    place = next(iter(known.values())).file
    root = place.parents[next(iter(known)).count("/")]
    blocks = []
    for title, some in parts(root).items():
        links, inside = [], False
        for page in some:
            other = page.file.relative_to(root).as_posix()
            mark = ' aria-current="page"' if other == name else ""
            inside = inside or bool(mark)
            links.append(f'<a href="{relpath(as_html(other), here)}"{mark}>{html.escape(page.title)}</a>')
        blocks.append(
            f"<details{' open' if inside else ''}><summary>{html.escape(title)}</summary>{''.join(links)}</details>"
        )
    return f"<nav>{''.join(blocks)}</nav>"


def _anchored(text: str) -> str:
    """Tags of the site's own layout have no meaning here."""
    return re.sub(r"^</?div[^>]*>\s*$", "", text, flags=re.M)


def _heading(found: re.Match[str]) -> str:
    words = re.sub(r"<[^>]+>", "", found[2]).lower()
    slug = re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", html.unescape(words)).strip())
    return f'<h{found[1]} id="{slug}">{found[2]}</h{found[1]}>'
