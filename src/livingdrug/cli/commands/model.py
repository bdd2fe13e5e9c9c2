"""The model as a page to read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import EXPORT, Command
from livingdrug.cli.files import refuse_folder, write_text
from livingdrug.cli.models import assembled


def model(
    name: Annotated[
        str, typer.Argument(metavar="TRIAL|RECIPE", help="A trial, or a recipe of mechanisms (b_all_cd19).")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The page to write.")] = Path("model.html"),
    arm: Annotated[str | None, typer.Option(help="The trial's arm; the first by default.")] = None,
    catalog: CATALOG = None,
) -> None:
    """The model as a page to read: equations, parameters with units and sources, and a wiring picture.

    [bold]For example[/bold]

      livingdrug model eliana -o model.html
      livingdrug model b_all_cd19 -o model.html
    """
    from livingdrug.cli.screen import console, notice
    from livingdrug.model.render import render

    refuse_folder(out)
    known = opened(catalog)
    write_text(out, render(assembled(name, arm, known)))
    screen = console()
    screen.print(f"Model page: {out.resolve()}", markup=False)
    notice(screen)


COMMAND = Command(model, panel=EXPORT, order=10)
