"""The scoreboard: every calibration trial against what it published, or who responds in it, and why: validate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import ASK, Command
from livingdrug.foundation.errors import BadInput


def validate(
    trials: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TRIAL]...", help="Trials of the catalogue; all calibration and prediction trials by default."
        ),
    ] = None,
    patients: Annotated[int, typer.Option("-n", "--patients", help="Patients enrolled in each trial.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same numbers.")] = 7,
    threads: Annotated[int | None, typer.Option(help="Processor threads; all by default.")] = None,
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--out",
            metavar="DIR",
            help="Folder for scoreboard.json and scoreboard.html (associations.json and associations.html).",
        ),
    ] = Path("runs/validate"),
    catalog: CATALOG = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is written as JSON, for a program.")] = False,
    associations: Annotated[
        bool,
        typer.Option(
            "--associations", help="Who responds, and why: associations within cohorts that may shape the model."
        ),
    ] = False,
    with_test_rows: Annotated[
        bool,
        typer.Option(
            "--with-test-rows",
            help="With --associations: look also at the cohorts kept to test the model. Not while it is being changed.",
        ),
    ] = False,
) -> None:
    """Published against simulated, trial by trial: rows used for calibration, rows only compared, predictions.

    With --associations: which patients respond, relapse and fall ill, in published cohorts and in simulated patients, and what
    decides it. A trial kept for prediction is listed with the date on which its prediction was frozen; its outcomes are not here.

    [bold]For example[/bold]

      livingdrug validate
      livingdrug validate eliana -n 300 -o runs/quick
      livingdrug validate --associations
    """
    import json

    from livingdrug.cli.progress import progress

    if associations:
        from livingdrug.cli.associations import validate_associations

        validate_associations(
            trials or (), with_test_rows=with_test_rows, patients=patients, seed=seed, threads=threads, out=out,
            catalog=catalog, as_json=as_json,
        )  # fmt: skip
        return
    if with_test_rows:
        raise BadInput("--with-test-rows is said of associations.\n  Add --associations, or leave it out.")
    from livingdrug.trial.scoreboard import scoreboard
    from livingdrug.trial.storage import make_folder, write_json

    known = opened(catalog)
    folder = make_folder(out)
    with progress(quiet=as_json) as report_progress:
        board = scoreboard(
            trials or (), patients=patients, seed=seed, threads=threads, catalog=known, progress=report_progress
        )
    from livingdrug.reports.scoreboard import write_scoreboard

    told = board.told()
    write_json(folder / "scoreboard.json", told)
    written = write_scoreboard(board, folder / "scoreboard.html", catalog=known)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False))
        return
    _say(board, written, known)


def _say(board: Any, written: Path, known: Any) -> None:
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.reports.scoreboard import USES, counts, rows

    screen = console()
    for score in board.scores:
        screen.print(score.title, style="bold", markup=False)
        manifest = score.manifest
        facts = f"{manifest['patients']} enrolled, {score.n_infused} infused, arm {score.arm}, seed {manifest['seed']}"
        screen.print(f"{facts}, parameters {manifest['parameters_sha256'][:12]}…\n", style="dim", markup=False)
        for use, words in USES.items():
            found = rows(score, use, catalog=known)
            if found:
                columns = ("", "published", "simulated", "z")
                screen.print(table(columns, found, title=words, right=columns[1:]))
        screen.print(f"{counts(score)} * farther off.", markup=False)
        if score.n_failed:
            screen.print(f"{score.n_failed} simulations did not finish; they are left out.", markup=False)
        screen.print("")
    screen.print("Predictions", style="bold", markup=False)
    for one in board.predictions:
        screen.print(f"  {one.trial}: {one.sentence}", markup=False)
    if not board.predictions:
        screen.print("  The catalogue has no prediction trial yet.", markup=False)
    screen.print(f"\nScoreboard: {written.resolve()}", markup=False)
    notice(screen)


COMMAND = Command(validate, panel=ASK, order=30)
