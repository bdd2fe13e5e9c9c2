"""Fit all calibration trials at once: calibrate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import ASK, Command


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
    patients: Annotated[int, typer.Option("-n", "--patients", help="Patients simulated in each trial.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed gives the same result, to the byte.")] = 1,
    jacobians: Annotated[int, typer.Option(help="How often the slopes are computed anew, at most.")] = 4,
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

      livingdrug calibrate -n 200 -o runs/fit
      livingdrug calibrate --trials zuma_1,juliet --free "product/axi_cel/*" -o runs/small
      livingdrug run zuma_1 --parameters runs/fit
    """
    from livingdrug.fitting.joint.calibrate import calibrate as fit

    known = opened(catalog)
    with _told() as tell:
        found = fit(
            _listed(trials), free=_listed(free), hold_out=_listed(hold_out), patients=patients, seed=seed,
            jacobians=jacobians, threads=threads, out=out, resume=resume, force=force, catalog=known, tell=tell,
        )  # fmt: skip
    _say(found, out)


def _listed(words: list[str] | None) -> list[str]:
    """Values of an option that may be repeated, and may hold several with commas."""
    return [part.strip() for word in words or () for part in word.split(",") if part.strip()]


def _told() -> Any:
    from livingdrug.cli.calibration_progress import told

    return told()


def _say(found: Any, folder: Path) -> None:
    from livingdrug.cli.screen import console, notice
    from livingdrug.reports.calibrated.terminal import summary

    screen = console()
    screen.print(summary(found))
    screen.print(f"Parameters: {folder}", markup=False)
    screen.print(f"A run with them: livingdrug run TRIAL --parameters {folder}", markup=False)
    notice(screen)


COMMAND = Command(calibrate, panel=ASK, order=100)
