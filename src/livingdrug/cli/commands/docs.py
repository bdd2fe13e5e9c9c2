"""The documentation that came with the package: in the terminal, in a browser, as a notebook; without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livingdrug.cli.command import LOOK, Command
from livingdrug.cli.void import refuse_void
from livingdrug.foundation.errors import BadInput

if TYPE_CHECKING:
    from livingdrug.cli.documents import Page

FOUND = 15
"""Pages listed for a word."""


def docs(
    topic: Annotated[
        str | None, typer.Argument(metavar="TOPIC", help="A page, such as policies or mechanisms/tumour; none lists all.")
    ] = None,
    find: Annotated[
        str | None, typer.Option("--find", metavar="WORDS", help="Pages that hold all of these words.")
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser", help="Write the pages as HTML for this computer alone and open them.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="PLACE", help="TOPIC as FILE.ipynb, .md or .html; without a topic, all pages as HTML into a folder."),
    ] = None,
    path: Annotated[bool, typer.Option("--path", help="Print where the pages are, and nothing else.")] = False,
) -> None:  # fmt: skip
    """The documentation, without a network: all pages by what one comes to do, or one of them.

    [bold]For example[/bold]

      livingdrug docs
      livingdrug docs policies
      livingdrug docs --find "limit of quantification"
      livingdrug docs tutorials/planner -o planner.ipynb
      livingdrug docs --browser
    """
    from livingdrug.cli import documents
    from livingdrug.cli.screen import console, notice

    place = documents.folder()
    if path:
        refuse_void("--path prints where the pages are, and nothing else", "topic", "find", "browser", "out")
        typer.echo(place)
        return
    if find is not None and topic is not None:
        raise BadInput(f'got the page "{topic}" and --find; expected one of the two.')
    if find is not None:
        refuse_void("--find lists pages", "browser", "out", remedy="Leave --find out, and name one of the pages.")
    page = documents.named(place, topic) if topic is not None else None
    screen = console()
    if out is not None or browser:
        _written(page, place, out, browser, screen)
    elif find is not None:
        _found(find, place, screen)
    elif page is not None:
        _shown(page, screen)
        return
    else:
        _listed(place, screen)
    notice(screen)


def _listed(place: Path, screen: Any) -> None:
    from livingdrug.cli.documents import parts
    from livingdrug.cli.screen import table

    for title, pages in parts(place).items():
        screen.print(table(("topic", title), [(page.topic, page.title) for page in pages]))
    screen.print("One of them: livingdrug docs TOPIC; in a browser: livingdrug docs --browser", markup=False)


def _shown(page: Page, screen: Any) -> None:
    """As text: in a terminal with its looks and a pager where it is long, in a pipe as it was written."""
    if not screen.is_terminal:
        typer.echo(page.text)
        return
    from rich.markdown import Markdown

    text = Markdown(page.text, hyperlinks=False)
    if len(page.text.splitlines()) > screen.height:
        with screen.pager(styles=True):
            screen.print(text)
    else:
        screen.print(text)


def _found(words: str, place: Path, screen: Any) -> None:
    from livingdrug.cli.documents import holding
    from livingdrug.cli.screen import table

    found = holding(place, words)
    if not found:
        raise BadInput(f'no page holds "{words}".\n  Take fewer words, or see all pages: livingdrug docs.')
    rows = [(page.topic, line if len(line) <= 90 else f"{line[:90]}…") for page, line in found[:FOUND]]
    screen.print(table(("topic", f"{len(found)} pages hold it"), rows))


def _written(page: Page | None, place: Path, out: Path | None, browser: bool, screen: Any) -> None:
    from livingdrug.cli.files import refuse_folder
    from livingdrug.cli.page_files import as_html, site, written_as

    if page is None:
        folder = site(place, out or _shelf())
        screen.print(f"Pages: {(folder / 'index.html').resolve()}", markup=False, soft_wrap=True)
        _opened(folder / "index.html", browser)
        return
    if out is None:
        folder = site(place, _shelf())
        file = folder / as_html(page.file.relative_to(place).as_posix())
    else:
        refuse_folder(out)
        file = written_as(page, out)
    screen.print(f"Page: {file.resolve()}", markup=False, soft_wrap=True)
    _opened(file, browser)


def _shelf() -> Path:
    """Where pages for the browser lie: they can be made again at any time."""
    import tempfile

    return Path(tempfile.mkdtemp(prefix="livingdrug-docs-"))


def _opened(file: Path, wanted: bool) -> None:
    if not wanted:
        return
    import webbrowser

    if not webbrowser.open_new_tab(file.resolve().as_uri()):
        typer.echo("No browser was found: open the file named above.", err=True)


COMMAND = Command(docs, panel=LOOK, order=90)
