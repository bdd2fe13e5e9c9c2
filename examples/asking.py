"""How the scripts of this folder are asked: words of a command line by argparse, and what goes wrong told in a sentence, not a traceback."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from livingdrug.cli.failures import explain
from livingdrug.foundation.errors import BadInput
from livingdrug.model.pages import with_generated, write_generated


def asking(doc: str | None) -> argparse.ArgumentParser:
    """A reader of command lines that shows a script's own first lines as its help."""
    return argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )


def a_page(text: str) -> Path:
    """A page that is there and has the markers between which tables are written: asked before minutes of work, not after."""
    page = Path(text)
    if not page.is_file():
        raise argparse.ArgumentTypeError(f'there is no page "{text}"; name one that has markers for its tables')
    try:
        with_generated(page.read_text(encoding="utf-8"), "", text)
    except BadInput as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None
    return page


def a_folder(text: str) -> Path:
    """A folder that is there."""
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f'there is no folder "{text}"; name one that is there')
    return Path(text)


def patients(text: str) -> int:
    """A number of patients, of trials or of whatever a script counts."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:12]) <= 100_000:
        raise argparse.ArgumentTypeError(f'got "{text}", expected a whole number from 1 to 100000')
    return int(text)


def told_and_kept(words: str, page: Path | None) -> None:
    """Tables printed, and written between the markers of a page where one is named."""
    if page is not None:
        write_generated(page, words)
    sys.stdout.write(words + "\n")


def tables(doc: str | None, made: Callable[[int], str], usual: int, counted: str) -> None:
    """The work of a script whose tables follow from a number of patients: `[PATIENTS] [PAGE]`.

    Parameters
    ----------
    doc
        The script's own first lines.
    made
        The tables for so many.
    usual, counted
        How many when omitted, and what they are: ``"patients a trial"``.
    """
    asked = asking(doc)
    asked.add_argument("patients", type=patients, nargs="?", default=usual, help=f"{counted}; {usual} when omitted")
    asked.add_argument("page", type=a_page, nargs="?", help="page to write it into")
    given = asked.parse_args()
    told_and_kept(made(given.patients), given.page)


def told(work: Callable[[], int | None]) -> NoReturn:
    """Do a script's work and end with its exit code; 2 with a sentence where the input was no good, 130 after Ctrl-C."""
    try:
        raise SystemExit(work() or 0)
    except SystemExit:
        raise
    except BaseException as problem:
        words, code = explain(problem)
        if words:
            print(words, file=sys.stderr)
        raise SystemExit(code) from (problem if code == 1 else None)
