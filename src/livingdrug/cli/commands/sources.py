"""Where the numbers of a finished run come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import ASK, Command
from livingdrug.cli.trials import RUN_FOLDER


def sources(
    folder: RUN_FOLDER,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write them as BibTeX, for example run.bib.")
    ] = None,
    catalog: CATALOG = None,
) -> None:
    """Every source behind a finished run: what it was used for, and whether its numbers were read there; as BibTeX too.

    [bold]For example[/bold]

      livingdrug sources runs/eliana
      livingdrug sources runs/eliana -o eliana.bib
    """
    from livingdrug.cli.files import refuse_folder
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.reports.bibliography import bibtex
    from livingdrug.reports.html import open_source
    from livingdrug.reports.references import references
    from livingdrug.trial.result import Result
    from livingdrug.trial.storage import write_bytes

    if out is not None:
        refuse_folder(out)
    result = Result.load(folder, catalog=opened(catalog))
    found = references(open_source(result, catalog=result.catalog))
    screen = console()
    if out is None:
        screen.print(table(("source", "used for", "status"), [(one.name, one.uses, one.status) for one in found]))
    else:
        write_bytes(out, bibtex(found, str(result.manifest.get("livingdrug", ""))).encode("utf-8"))
        screen.print(f"{len(found)} sources as BibTeX: {out.resolve()}", markup=False)
    notice(screen)


COMMAND = Command(sources, panel=ASK, order=60)
