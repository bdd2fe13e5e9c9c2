"""The freeze: prediction trials run once and written down before anybody looks: freeze."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import ASK, Command


def freeze(
    trials: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TRIAL]...", help="Trials kept for prediction; every one not frozen before when omitted."
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Folder of predictions, under version control.")
    ] = Path("docs/predictions"),
    parameters: Annotated[
        Path | None,
        typer.Option("--parameters", metavar="DIR", help="Folder of a calibration: its point and its draws."),
    ] = None,
    replicates: Annotated[int, typer.Option(help="How often each trial is simulated at its own size.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed gives the same numbers.")] = 7,
    threads: Annotated[int, typer.Option(help="Trials simulated at a time.")] = 1,
    catalog: CATALOG = None,
) -> None:
    """Run trials kept for prediction once, and write what is predicted.

    Works from a clean, tagged commit, once for a trial: one that a freeze in the folder holds is left out, or refused
    when it is named, which the log says. Writes HASHES.csv (every predicted number with the interval of nine in ten trials, and
    whether it rests on something never calibrated), HASHES.json (hashes of parameters and designs) and log.md. Commit them.

    [bold]For example[/bold]

      git tag predictions-1
      livingdrug freeze --parameters runs/calibration
      livingdrug freeze cema_cel --parameters docs/predictions/parameters
    """
    from livingdrug.cli.progress import progress
    from livingdrug.cli.screen import console, notice
    from livingdrug.fitting.board.freeze import freeze as frozen
    from livingdrug.fitting.board.tagged import clean_and_tagged
    from livingdrug.fitting.joint.calibrated import read_between_trials, read_parameters

    commit = clean_and_tagged(Path.cwd())
    known = opened(catalog)
    point, draws = read_parameters(parameters) if parameters else (None, [])
    with progress() as tell:
        done = frozen(
            known.under(point) if point else known, out, commit, names=trials or (), replicates=replicates, draws=draws,
            between_trials=read_between_trials(parameters) if parameters else None, seed=seed, threads=threads,
            progress=lambda name, finished, total: tell(name, "replicates", finished, total),
        )  # fmt: skip
    screen = console()
    names = ", ".join(dict.fromkeys(row.trial for row in done.rows))
    screen.print(f"Frozen: {len(done.rows)} numbers of {names}, parameters {done.sha256[:12]}…", markup=False)
    for path in done.files:
        screen.print(f"  {path}", markup=False)
    screen.print("Commit these files; after that the parameters do not change.", markup=False)
    notice(screen)


COMMAND = Command(freeze, panel=ASK, order=31)
