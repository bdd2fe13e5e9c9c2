"""A network of centres and factories: who waits, for how long, and who is never treated: logistics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import SIMULATE, Command


def logistics(
    network: Annotated[
        str,
        typer.Argument(
            metavar="NETWORK", help="A network file (livingdrug init network writes one), or a name of the catalogue."
        ),
    ],
    patients: Annotated[
        int | None, typer.Option("-n", "--patients", help="Patients of one replicate; as the file says when omitted.")
    ] = None,
    replicates: Annotated[
        int | None,
        typer.Option("-r", "--replicates", help="Repetitions with other luck; as the file says when omitted."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same patients under every policy.")] = 1,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Folder for the results; runs/NETWORK by default.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Complete a run that was interrupted.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the run that is in the folder.")] = False,
    catalog: CATALOG = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every measure as JSON, for a program.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Do not write report.html.")] = False,
) -> None:
    """A network that makes cells: slots, lines, shifts, failures and queues, and what waiting costs patients.

    Every replicate is on the disk when it is finished; --resume goes on after a kill.

    [bold]For example[/bold]

      livingdrug init network
      livingdrug logistics network.toml --seed 7
    """
    from livingdrug.cli.progress import progress
    from livingdrug.cli.screen import console
    from livingdrug.foundation.errors import naming
    from livingdrug.trial.logistics import run_logistics

    record = opened(catalog).load("network", _no_trial(network))
    folder = out if out is not None else Path("runs") / record.id
    called = network if network.endswith(".toml") else f"network {network}"
    with progress(quiet=as_json) as report_progress, naming(called):
        found = run_logistics(
            record, patients=patients, replicates=replicates, seed=seed, out=folder, resume=resume, force=force,
            progress=report_progress,
        )  # fmt: skip
    written = None
    if not no_report:
        from livingdrug.reports.logistics import write_logistics

        written = write_logistics(found, folder / "report.html")
    if as_json:
        _print_json(found, folder, written)
        return
    _say(found, console())
    console().print(f"Measures: {folder / 'measures.parquet'}", markup=False)
    if written:
        console().print(f"Report: {written.resolve()}", markup=False)


def _no_trial(name: str) -> str:
    """The name, unless it is that of a trial's file."""
    from livingdrug.catalog.load import is_path, read_toml
    from livingdrug.foundation.errors import BadInput

    if is_path(name) and Path(name).is_file() and "arm" in read_toml(Path(name)):
        raise BadInput(f"{name}: this is a trial, not a network.\n  Simulate it by: livingdrug run {name}.")
    return name


def _say(found: Any, screen: Any) -> None:
    from livingdrug.cli.screen import notice, table
    from livingdrug.reports.logistics import terminal_tables

    for title, columns, rows in terminal_tables(found):
        screen.print(table(columns, rows, title=title, right=columns[1:]))
    for words in found.warnings:
        screen.print(f"Warning: {words}", markup=False)
    notice(screen)


def _print_json(found: Any, folder: Path, written: Path | None) -> None:
    import json

    from livingdrug.cli import NOTICE

    rows = [
        {name: None if isinstance(value, float) and value != value else value for name, value in row.items()}
        for row in found.table().iter_rows(named=True)
    ]
    told = {"notice": NOTICE, "manifest": found.manifest, "folder": str(folder), "report": str(written) if written else None,
            "warnings": list(found.warnings), "measures": rows}  # fmt: skip
    typer.echo(json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False))


COMMAND = Command(logistics, panel=SIMULATE, order=60)
