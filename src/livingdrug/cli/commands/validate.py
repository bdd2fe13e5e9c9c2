"""The scoreboard: every calibration trial against what it published, or who responds in it, and why: validate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import ASK, Command
from livingdrug.cli.void import refuse_void
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
            help="Folder for scoreboard.csv, scoreboard.json and scoreboard.html (associations.json and associations.html).",
        ),
    ] = Path("runs/validate"),
    replicates: Annotated[
        int | None,
        typer.Option(
            "--replicates",
            help="How often each trial is simulated at its own size, for the interval of nine in ten; a fiftieth of the patients"
            " by default, 0 for not at all. With --parameters under the draws of the calibration.",
        ),
    ] = None,
    parameters: Annotated[
        Path | None,
        typer.Option("--parameters", metavar="DIR", help="Folder of a calibration: its point and its draws."),
    ] = None,
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
        refuse_void(
            "associations are found in one large cohort of each trial, with the catalogue's numbers",
            "replicates",
            "parameters",
        )
        from livingdrug.cli.associations import validate_associations

        validate_associations(
            trials or (), with_test_rows=with_test_rows, patients=patients, seed=seed, threads=threads, out=out,
            catalog=catalog, as_json=as_json,
        )  # fmt: skip
        return
    if with_test_rows:
        raise BadInput("--with-test-rows is said of associations.\n  Add --associations, or leave it out.")
    from livingdrug.fitting.board.replicates import LEAST_REPLICATES, MOST_REPLICATES
    from livingdrug.trial.scoreboard import scoreboard
    from livingdrug.trial.storage import make_folder, write_json

    files = opened(catalog)
    point, draws, between = _calibrated(parameters)
    known = files.under(point) if point else files
    often = min(patients // 50, MOST_REPLICATES) if replicates is None else replicates
    if replicates is not None and replicates != 0 and not LEAST_REPLICATES <= replicates <= MOST_REPLICATES:
        raise BadInput(
            f"--replicates {replicates}: expected {LEAST_REPLICATES} to {MOST_REPLICATES:,}, or 0 for none.\n  Two hundred show nine in ten well."
        )
    with progress(quiet=as_json) as report_progress:
        board = scoreboard(
            trials or (), patients=patients, seed=seed, threads=threads, catalog=known, progress=report_progress
        )
        rows = _own_size(board, known, often, draws, between, seed, threads, report_progress)
    from livingdrug.fitting.board.left_out import ROLE, left_out_rows
    from livingdrug.fitting.board.rows import as_csv, as_plain, coverage
    from livingdrug.reports.scoreboard import write_scoreboard

    folder = make_folder(out)
    if parameters is not None:
        rows += left_out_rows(parameters, known, [score.trial for score in board.scores])
    covered = {use: coverage(rows, use) for use in ("calibration", "comparison", ROLE)}
    told = {
        **board.told(), "parameter_set_sha256": point.sha256 if point else None, "replicates": often, "draws": len(draws),
        "coverage": covered, "own_size": [as_plain(row) for row in rows],
    }  # fmt: skip
    write_json(folder / "scoreboard.json", told)
    (folder / "scoreboard.csv").write_text(as_csv(rows), encoding="utf-8", newline="\n")
    written = write_scoreboard(board, folder / "scoreboard.html", catalog=known, own_size=rows, frozen=_frozen())
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False))
        return
    _say(board, written, known, covered, often)


def _calibrated(folder: Path | None) -> tuple[Any, list[Any], dict[str, float]]:
    """The point, the draws and the differences between trials of a calibration; nothing without one."""
    if folder is None:
        return None, [], {}
    from livingdrug.fitting.joint.calibrated import read_between_trials, read_parameters

    point, draws = read_parameters(folder)
    return point, list(draws), dict(read_between_trials(folder))


def _own_size(
    board: Any,
    known: Any,
    often: int,
    draws: list[Any],
    between: dict[str, float],
    seed: int,
    threads: int | None,
    tell: Any,
) -> list[Any]:
    """Rows of every calibration trial at its own size, `often` times."""
    from livingdrug.fitting.board.rows import board_rows

    if often < 2:
        return []
    rows: list[Any] = []
    for score in board.scores:
        rows += board_rows(
            known.load("trial", score.trial), known, replicates=often, draws=draws, between_trials=between, seed=seed,
            threads=threads or 1,
            done=lambda done, total, name=score.trial: tell(name, "replicates", done, total),
        )  # fmt: skip
    return rows


def _frozen() -> dict[str, Any]:
    """What has been frozen in this folder's docs/predictions."""
    from livingdrug.fitting.board.freeze import frozen_in

    return frozen_in(Path("docs/predictions"))


def _say(board: Any, written: Path, known: Any, covered: Any, often: int) -> None:
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.reports.scoreboard import USES, counts, rows

    screen = console()
    for score in board.scores:
        screen.print(score.title, style="bold", markup=False)
        manifest = score.manifest
        facts = f"{manifest['patients']} enrolled, {score.n_infused} infused, arm {score.arm}, seed {manifest['seed']}"
        for line in score.standing:
            screen.print(f"{line[:1].upper()}{line[1:]}.", style="bold", markup=False)
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
    inside, n = covered["calibration"]["all"]
    if n:
        screen.print(
            f"Inside the interval of nine in ten trials of their own size, {often} simulated each: {inside} of {n} calibration rows.\n",
            markup=False,
        )
    inside, n = covered["left out"]["all"]
    if n:
        screen.print(f"Predicted by the families of other trials alone: {inside} of {n} rows inside.\n", markup=False)
    screen.print("Predictions", style="bold", markup=False)
    frozen = _frozen()
    for one in board.predictions:
        there = frozen.get(one.trial)
        sentence = f"prediction frozen on {there['frozen_on']}: {there['file']}" if there else one.sentence
        screen.print(f"  {one.trial}: {sentence}", markup=False)
    if not board.predictions:
        screen.print("  No trial kept for prediction is among these.", markup=False)
    screen.print(f"\nScoreboard: {written.resolve()}", markup=False)
    notice(screen)


COMMAND = Command(validate, panel=ASK, order=30)
