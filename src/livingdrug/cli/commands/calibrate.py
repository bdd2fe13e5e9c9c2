"""Fit all calibration trials at once: calibrate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import ASK, Command
from livingdrug.cli.screen import console, notice

PAGE = "calibration.html"


def calibrate(
    trials: Annotated[
        list[str] | None,
        typer.Option("--trials", metavar="TRIAL[,…]", help="Calibration trials; all of the catalogue by default."),
    ] = None,
    free: Annotated[
        list[str] | None,
        typer.Option(
            "--free",
            metavar="PATTERN[,…]",
            help="Fitted numbers that may move, by address: product/*, kill_max. All with a prior by default.",
        ),
    ] = None,
    hold_out: Annotated[
        list[str] | None,
        typer.Option(
            "--hold-out", metavar="TRIAL[,…]", help="Trials the fit does not see, nor others of their families."
        ),
    ] = None,
    patients: Annotated[int, typer.Option("-n", "--patients", help="Patients simulated in each trial.")] = 400,
    slopes: Annotated[
        int | None,
        typer.Option(
            "--slopes", metavar="PATIENTS", help="Patients where only slopes are wanted; a quarter by default."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same result, to the byte.")] = 1,
    jacobians: Annotated[int, typer.Option(help="How often the slopes are computed anew, at most.")] = 4,
    averaged: Annotated[
        int | None,
        typer.Option(
            "--averaged",
            metavar="DRAWS",
            help="Draws through which slopes are drawn at the end; twice the free numbers by default, at least 40; 0 for the slopes at the point.",
        ),
    ] = None,
    wide: Annotated[
        int, typer.Option("--wide", metavar="POINTS", help="Points of a wide search (CMA-ES) before; none by default.")
    ] = 0,
    associations: Annotated[
        bool,
        typer.Option(
            "--associations/--no-associations",
            help="Fit to who responds within cohorts, too, where published rows may shape the model.",
        ),
    ] = True,
    start: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Begin where an earlier calibration ended.")
    ] = None,
    refit: Annotated[
        list[str] | None,
        typer.Option(
            "--refit",
            metavar="TRIAL[,…]",
            help="Search anew without a trial's family, to check its left-out prediction.",
        ),
    ] = None,
    profiles: Annotated[bool, typer.Option("--profiles", help="Check each number's interval by simulation.")] = False,
    threads: Annotated[int | None, typer.Option(help="Processor threads; all by default.")] = None,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for results.")] = Path(
        "runs/calibrate"
    ),
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a calibration that was interrupted.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the calibration that is in the folder.")] = False,
    catalog: CATALOG = None,
) -> None:
    """Fit the numbers of kind "fitted" to all calibration trials at once, with their uncertainty.

    Every simulated trial is kept as it is finished: Ctrl-C loses nothing, --resume goes on.

    [bold]For example[/bold]

      livingdrug calibrate -n 400 -o runs/fit
      livingdrug calibrate --trials zuma_1,juliet --free "product/axi_cel/*" -o runs/small
      livingdrug run zuma_1 --parameters runs/fit
    """
    from livingdrug.cli.calibration_progress import told as telling
    from livingdrug.fitting.joint import told as after
    from livingdrug.fitting.joint.calibrate import calibrate as fit
    from livingdrug.fitting.joint.calibrated import read_parameters
    from livingdrug.reports.calibrated.page import write_calibration
    from livingdrug.reports.calibrated.terminal import summary

    known, told = opened(catalog), []

    def afterwards(calibrated: Any, asked: Any) -> None:
        told.append(after.ask(calibrated, refits=listed(refit), with_profiles=profiles, tell=tell))
        after.write(told[0], out)
        write_calibration(told[0], out / PAGE, asked=asked)

    with telling() as tell:
        fit(
            listed(trials), free=listed(free), hold_out=listed(hold_out), patients=patients, slopes=slopes, seed=seed,
            jacobians=jacobians, averaged=averaged, wide=wide, associations=associations, start=dict(read_parameters(start)[0].values) if start else None, threads=threads, out=out,
            resume=resume, force=force, catalog=known, afterwards=afterwards, tell=tell,
        )  # fmt: skip
    screen = console()
    screen.print(summary(told[0]))
    screen.print(f"Page: {(out / PAGE).resolve()}", markup=False)
    screen.print(f"A run with these values: livingdrug run TRIAL --parameters {out}", markup=False)
    notice(screen)


def listed(words: list[str] | None) -> list[str]:
    """Values of an option that may be repeated, and may hold several with commas."""
    return [part.strip() for word in words or () for part in word.split(",") if part.strip()]


COMMAND = Command(calibrate, panel=ASK, order=100)
