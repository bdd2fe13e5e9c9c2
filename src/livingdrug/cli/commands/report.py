"""The report of a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import ASK, Command
from livingdrug.cli.outcomes_only import run_or_outcomes
from livingdrug.cli.trials import RUN_FOLDER


def report(
    folder: RUN_FOLDER,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="FILE",
            help="The page, or a name that ends in .pdf; RUN_FOLDER/report.html by default.",
        ),
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="As PDF: RUN_FOLDER/report.pdf by default.")] = False,
    catalog: CATALOG = None,
) -> None:
    """Write the report of a finished run: one HTML page that needs no network, or a PDF. Of outcomes alone (--outcomes-only), what can be told of them.

    [bold]For example[/bold]

      livingdrug report runs/eliana -o eliana.html
      livingdrug report runs/eliana --pdf
    """
    from livingdrug.cli.screen import console, notice
    from livingdrug.foundation.errors import BadInput
    from livingdrug.reports.pictures import can_pdf

    target = out if out is not None else folder / ("report.pdf" if pdf else "report.html")
    if pdf and target.suffix.lower() != ".pdf":
        raise BadInput(f"{target}: --pdf writes a PDF.\n  Name it {target.with_suffix('.pdf')}, or leave --pdf out.")
    if target.suffix.lower() == ".pdf" and not can_pdf():
        raise BadInput(
            'a PDF needs the package typst.\n  Install it with pip install "livingdrug[figures]"; HTML reports need nothing.'
        )
    result = run_or_outcomes(folder, opened(catalog))
    from contextlib import nullcontext

    from livingdrug.foundation.errors import naming
    from livingdrug.reports.html import write_report
    from livingdrug.trial.lock import held

    inside = target.absolute().parent == folder.absolute()  # nobody may be replacing the run meanwhile
    with held(folder) if inside else nullcontext(), naming(str(folder)):
        written = write_report(result, target)
    screen = console()
    screen.print(f"Report: {Path(written).resolve()}", markup=False)
    notice(screen)


COMMAND = Command(report, panel=ASK, order=20)
