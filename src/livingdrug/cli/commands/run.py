"""A virtual trial."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import SIMULATE, Command
from livingdrug.cli.trials import print_json, refuse_silence


def run(
    trial: Annotated[
        str, typer.Argument(metavar="TRIAL", help="A trial of the catalogue (eliana), or a path to a trial file.")
    ],
    patients: Annotated[
        int | None,
        typer.Option("-n", "--patients", help="Patients enrolled; as many as the trial's file says when omitted."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same patients and the same results.")] = 1,
    threads: Annotated[
        int | None, typer.Option(help="Processor threads; all by default. Results do not depend on it.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Folder for the results; runs/TRIAL by default.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Complete a run that was interrupted.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the run that is in the folder; otherwise it is never overwritten.")
    ] = False,
    parameters: Annotated[
        Path | None,
        typer.Option(
            "--parameters", metavar="DIR", help="Use the fitted values of a calibration (livingdrug calibrate -o DIR)."
        ),
    ] = None,
    catalog: CATALOG = None,
    sample: Annotated[
        int, typer.Option(help="Patients per arm whose whole course (truth, 8-hourly) is kept for figures.")
    ] = 40,
    chunk: Annotated[
        int | None,
        typer.Option(
            help="Patients computed and saved together; smaller needs less memory. Results do not depend on it. 250, or as"
            " many as memory allows, by default."
        ),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            metavar="NAME=VALUE",
            help='A model parameter of your own with its unit, "growth_max=2.8 1/day"; repeatable.',
        ),
    ] = None,
    memory: Annotated[
        float, typer.Option("--memory", metavar="GB", help="A run that would need more memory is refused.")
    ] = 4.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the endpoints as JSON, for a program.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Do not write report.html.")] = False,
) -> None:
    """A virtual trial: enrol patients, make their cells, treat them, follow them, and tell what came of it.

    Writes frames (Parquet), the trial file, a manifest and report.html into one folder. Finished work survives Ctrl-C
    (once: what is being computed is finished first; twice: at once). A run is never overwritten without --force.

    [bold]For example[/bold]

      livingdrug run eliana -n 1000 --seed 7
      livingdrug run my_trial.toml -n 500 -o runs/mine --resume
    """
    from livingdrug.catalog.load import load_trial
    from livingdrug.cli.progress import progress
    from livingdrug.cli.screen import console

    known, own = opened(catalog), _own(parameter or [])
    if parameters is not None:
        from livingdrug.fitting.joint.calibrated import read_parameters

        known = known.under(read_parameters(parameters)[0])
    protocol = load_trial(trial, catalog=known)
    folder = out if out is not None else Path("runs") / protocol.id
    # Simulation code is imported only now: a mistake in the trial file is told at once.
    from livingdrug.trial.run import run as simulate

    written: list[Path] = []

    def tell(result: Any) -> None:
        from livingdrug.reports.html import write_report

        report_progress("", "report", 0, 1)
        written.append(write_report(result, folder / "report.html"))
        report_progress("", "report", 1, 1)

    with progress(quiet=as_json) as report_progress:
        result = simulate(
            protocol, patients=patients, seed=seed, threads=threads, chunk=chunk, out=folder, resume=resume, force=force,
            progress=report_progress, catalog=known, sample=sample, memory_gb=memory, parameters=own,
            afterwards=None if no_report else tell,
        )  # fmt: skip
    if as_json:
        print_json(result, folder=str(folder), report=str(written[0]) if written else None)
        refuse_silence(result)
        return
    from livingdrug.reports.terminal import summary

    screen = console()
    screen.print(summary(result, catalog=known))
    screen.print(repr(result), markup=False)
    screen.print(f"Every time and more endpoints: livingdrug endpoints {folder}", markup=False)
    screen.print(f"Frames: {folder}", markup=False)
    if written:
        screen.print(f"Report: {written[0].resolve()}", markup=False)
    refuse_silence(result)


def _own(texts: list[str]) -> dict[str, str]:
    """NAME=VALUE as a name and a text with number and unit."""
    from livingdrug.foundation.errors import BadInput

    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not (name and sign and value) or name in found:
            what = "a name that is given twice" if name in found else "no name with a value"
            raise BadInput(f'--parameter "{text}": {what}.\n  Write each once, as --parameter "growth_max=2.8 1/day".')
        found[name] = value
    return found


COMMAND = Command(run, panel=SIMULATE, order=30)
