"""The freeze: every prediction trial run once and written down before anybody looks: freeze."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import ASK, Command


def freeze(
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
    """Run every trial kept for prediction once, and write what is predicted.

    Works from a clean, tagged commit, once for a set of parameters: a second run is refused, and the log says so. Writes
    HASH.csv (every predicted number with the interval of nine in ten trials), HASH.json (hashes of parameters and designs) and
    log.md. Commit them.

    [bold]For example[/bold]

      git tag predictions-1
      livingdrug freeze --parameters runs/calibration
    """
    from livingdrug.cli.progress import progress
    from livingdrug.cli.screen import console, notice
    from livingdrug.fitting.board.freeze import clean_and_tagged
    from livingdrug.fitting.board.freeze import freeze as frozen
    from livingdrug.fitting.joint.calibrated import read_between_trials, read_parameters

    commit = clean_and_tagged(Path.cwd())
    known = opened(catalog)
    point, draws = read_parameters(parameters) if parameters else (None, [])
    with progress() as tell:
        done = frozen(
            known.under(point) if point else known, out, commit, replicates=replicates, draws=draws,
            between_trials=read_between_trials(parameters) if parameters else None, seed=seed, threads=threads,
            progress=lambda name, finished, total: tell(name, "replicates", finished, total),
        )  # fmt: skip
    screen = console()
    screen.print(f"Frozen: {len(done.rows)} numbers of parameters {done.sha256[:12]}…", markup=False)
    for path in done.files:
        screen.print(f"  {path}", markup=False)
    screen.print("Commit these files; after that the parameters do not change.", markup=False)
    notice(screen)


COMMAND = Command(freeze, panel=ASK, order=31)
