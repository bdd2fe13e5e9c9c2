"""A table of one's own, looked at."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from livingdrug.cli.command import YOURS, Command
from livingdrug.cli.kinetics import DATA, Reading, reads_a_table


@reads_a_table
def check(
    data: DATA,
    reading: Reading,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON, for a program.")] = False,
) -> None:
    """Is a table of kinetics sound? What was understood, and everything worth a look, with its rows.

    Leaves with exit code 2 when the table cannot be used as it is.

    [bold]For example[/bold]

      livingdrug data check ck.csv --lloq "25 copy/ug"
    """
    from livingdrug.interop.kinetics.read import check_kinetics

    found, findings = check_kinetics(data, **reading.words())
    if as_json:
        import json
        from dataclasses import asdict

        typer.echo(json.dumps({"usable": found is not None, "findings": [asdict(f) for f in findings]}, ensure_ascii=False, indent=1))  # fmt: skip
    else:
        from livingdrug.cli.screen import console, notice, table

        screen = console()
        if found is not None:
            screen.print(repr(found).split("; ")[0], markup=False)
        rows = [(f.severity, f.what, f.rows_told, f.remedy) for f in _ordered(findings)]
        if rows:
            screen.print(table(("", "what", "rows", "what to do"), rows))
        else:
            screen.print("Nothing to look at.")
        screen.print(
            "The table can be used." if found is not None else "The table cannot be used as it is.", markup=False
        )
        notice(screen)
    if found is None:
        raise typer.Exit(2)


def _ordered(findings: Any) -> list[Any]:
    order = ("error", "warning", "note")
    return sorted(findings, key=lambda finding: order.index(finding.severity))


COMMAND = Command(group={"check": check}, words="Look at a table of your own.", panel=YOURS, order=50)
