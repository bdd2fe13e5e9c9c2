"""Grade a table of vital signs of one's own: grade."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import YOURS, Command
from livingdrug.cli.void import refuse_void

SHOWN_SCALES = 4


def grade(
    table: Annotated[
        Path | None, typer.Argument(metavar="TABLE.csv", help="A CSV table of vital signs, one row for each moment.")
    ] = None,
    scale: Annotated[
        list[str] | None,
        typer.Option(
            "--scale", help="A grading scale, again for more; all that the table has the signs for if omitted."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write the table with its grades here, as CSV.")
    ] = None,
    template: Annotated[bool, typer.Option("--template", help="Give a table to fill in, with every column.")] = False,
    catalog: CATALOG = None,
) -> None:
    """Grade your own table of vital signs: CRS, neurotoxicity, counts, on any scale of the catalogue.

    Columns are named as in the template, or by a usual synonym (temp, ANC, PLT, ICE …); another unit stands in the
    heading, as in "temperature (degF)". Cells may be blank: where blanks could hide more, SCALE_at_most says how much.

    [bold]For example[/bold]

      livingdrug grade --template -o vitals.csv
      livingdrug grade vitals.csv --scale crs_astct --scale icans_astct -o graded.csv
      livingdrug list scale
    """
    from livingdrug.catalog.signs import signs_of
    from livingdrug.foundation.errors import BadInput
    from livingdrug.interop.user_tables.grading import graded, read_sign_table
    from livingdrug.interop.user_tables.grading import template as empty_table

    if out is not None:
        _refuse_target(out, table)
    if template:
        refuse_void("--template gives an empty table with every column", "table", "scale")
        _give(empty_table(signs_of(opened(catalog))), out)
        return
    if table is None:
        raise BadInput("no table was given.\n  Give a CSV file; livingdrug grade --template makes one to fill in.")
    known = opened(catalog)
    read = read_sign_table(table, signs_of(known))
    result = graded(read, scale, catalog=known)
    if out is not None:
        from livingdrug.cli.files import write_text
        from livingdrug.interop.user_tables.files import as_csv

        write_text(out, as_csv(result))
    _show(result, read, out)


def _refuse_target(out: Path, table: Path | None) -> None:
    from livingdrug.cli.files import refuse_folder
    from livingdrug.foundation.errors import BadInput

    refuse_folder(out)
    if table is not None and out.exists() and table.exists() and out.samefile(table):
        raise BadInput(f"{out} is the table itself.\n  Write the result to another file with -o.")


def _give(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
        return
    from livingdrug.cli.files import write_text
    from livingdrug.cli.screen import console, notice

    write_text(out, text)
    screen = console()
    screen.print(f"Wrote {out}. Fill it in, then: livingdrug grade {out} --scale crs_astct", markup=False)
    notice(screen)


def _show(graded: Any, read: Any, out: Path | None) -> None:
    """What was understood of the table, how many rows have which grade, and the grades themselves when they are few."""
    import polars as pl

    from livingdrug.cli.screen import SHOWN_ROWS, console, notice
    from livingdrug.cli.screen import table as sheet

    screen = console()
    scales = [name for name in graded.columns if graded[name].dtype == pl.Int64 and not name.endswith("_at_most")]
    counts = [(name, *((graded[name] == g).sum() for g in range(6)), graded[name].null_count()) for name in scales]
    heading = ("scale", *(f"grade {g}" for g in range(6)), "not seen")
    screen.print(str(read.understood), markup=False)
    screen.print(sheet(heading, counts, right=heading[1:]))
    if out is not None:
        screen.print(f"Wrote {out}", markup=False)
    elif len(scales) > SHOWN_SCALES:
        screen.print("Every row: write them with -o FILE, or choose with --scale", markup=False)
    else:
        who = [*read.people.headings] or [name for name in graded.columns if graded[name].dtype == pl.String][:2]
        who += [name for name in read.day_headings if name not in who]
        chosen = [name for name in graded.columns if name in (*who, *scales) or name.endswith("_at_most")]
        rows = zip(read.table.lines[:SHOWN_ROWS].tolist(), graded[:SHOWN_ROWS].select(chosen).rows(), strict=True)
        screen.print(sheet(("row", *chosen), [(line, *row) for line, row in rows]))
        if graded.height > SHOWN_ROWS:
            screen.print(f"… and {graded.height - SHOWN_ROWS} rows more; write them all with -o FILE", markup=False)
    notice(screen)


COMMAND = Command(grade, panel=YOURS, order=10)
