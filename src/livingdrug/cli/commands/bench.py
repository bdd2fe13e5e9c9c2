"""Experiments at the bench and in mice, on the biology of patients: bench."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import SIMULATE, Command
from livingdrug.foundation.errors import BadInput


def bench(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[EXPERIMENT]", help="A name of the catalogue or a file; all are listed when left out."),
    ] = None,
    subjects: Annotated[int, typer.Option("-n", "--subjects", help="Wells or mice of each group.")] = 300,
    seed: Annotated[int, typer.Option(help="Of donors and luck.")] = 1,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="Report, an .html file.")] = None,
    catalog: CATALOG = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON, for a program.")] = False,
) -> None:
    """A killing assay or a xenograft: the law of patients in a dish or a mouse, beside what was measured.

    [bold]For example[/bold]

      livingdrug bench
      livingdrug bench glioma_killing -o glioma.html
      livingdrug bench myeloma_xenograft -n 100 --json
    """
    from livingdrug.cli.files import refuse_file
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.reports.bench import as_told, bench_page, told_rows
    from livingdrug.reports.html import write_page
    from livingdrug.trial.bench import bench as run

    known = opened(catalog)
    refuse_file(out, (".html",))
    if name is None:
        if out is not None:
            raise BadInput(
                "--out: no experiment is named to be told.\n  Write for example livingdrug bench glioma_killing -o report.html."
            )
        records = [known.load("experiment", each) for each in known.names("experiment")]
        screen = console()
        screen.print(table(("experiment", "title", "standing"), [(one.id, one.title, one.standing) for one in records]))
        screen.print("One of them: livingdrug bench EXPERIMENT", markup=False)
        notice(screen)
        return
    found = run(name, n=subjects, seed=seed, catalog=known)
    if out is not None:
        write_page(out, bench_page(found))
    if as_json:
        import json

        typer.echo(json.dumps(as_told(found), ensure_ascii=False, indent=1, allow_nan=False))
        return
    screen = console()
    heads, rows = told_rows(found)
    screen.print(table(heads, rows, title=f"{found.experiment.title} ({found.experiment.standing})"))
    for words in found.explanations():
        screen.print(words, markup=False)
    screen.print(f"{found.n} {found.experiment.subjects} a group, seed {seed}: {found.headline()}.", markup=False)
    if out is not None:
        screen.print(f"Report: {out}", markup=False)
    notice(screen)


COMMAND = Command(bench, panel=SIMULATE, order=86)
