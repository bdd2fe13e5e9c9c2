"""The report of a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import ASK, Command
from livingdrug.cli.trials import RUN_FOLDER


def report(
    folder: RUN_FOLDER,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="The page; RUN_FOLDER/report.html by default.")
    ] = None,
    catalog: CATALOG = None,
) -> None:
    """Write the report of a finished run: one HTML page that needs no network.

    [bold]For example[/bold]

      livingdrug report runs/eliana -o eliana.html
    """
    from livingdrug.cli.screen import console, notice
    from livingdrug.trial.result import Result

    result = Result.load(folder, catalog=opened(catalog))
    from contextlib import nullcontext

    from livingdrug.foundation.errors import naming
    from livingdrug.reports.html import write_report
    from livingdrug.trial.lock import held

    target = out if out is not None else folder / "report.html"
    inside = target.absolute().parent == folder.absolute()  # nobody may be replacing the run meanwhile
    with held(folder) if inside else nullcontext(), naming(str(folder)):
        written = write_report(result, target)
    screen = console()
    screen.print(f"Report: {Path(written).resolve()}", markup=False)
    notice(screen)


COMMAND = Command(report, panel=ASK, order=20)
