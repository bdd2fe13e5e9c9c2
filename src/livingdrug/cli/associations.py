"""Who responds, and why: validate --associations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from livingdrug.cli.catalogue import opened


def validate_associations(
    trials: Sequence[str],
    *,
    with_test_rows: bool,
    patients: int,
    seed: int,
    threads: int | None,
    out: Path,
    catalog: Any,
    as_json: bool,
) -> None:
    """Run the trials, write associations.json and associations.html, and show both tables."""
    import json

    from livingdrug.cli.progress import progress
    from livingdrug.reports.associations import write_associations
    from livingdrug.trial.associations.board import associations
    from livingdrug.trial.storage import make_folder, write_json

    folder = make_folder(out)
    with progress(quiet=as_json) as report_progress:
        board = associations(
            with_test_rows=with_test_rows, trials=trials, patients=patients, seed=seed, threads=threads,
            catalog=opened(catalog), progress=report_progress,
        )  # fmt: skip
    told = board.told()
    write_json(folder / "associations.json", told)
    written = write_associations(board, folder / "associations.html")
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False))
        return
    _say(board, written)


def _say(board: Any, written: Path) -> None:
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.reports.association_rows import COLUMNS, by_topic, row, sentence, test_rows
    from livingdrug.reports.associations import determinants_table
    from livingdrug.trial.associations.board import USES

    screen = console()
    screen.print(f"{test_rows(board)}\n", markup=False)
    for use, words in USES.items():
        found = board.of_use(use)
        if not found:
            continue
        screen.print(words, style="bold", markup=False)
        for topic, mine in by_topic([one for one in found if not one.unanswered]):
            screen.print(table(COLUMNS, [row(one) for one in mine], title=topic))
        silent = [(one.row.title, one.unanswered) for one in found if one.unanswered]
        if silent:
            screen.print(table(("", "why"), silent, title="Cannot be told from these patients"))
        screen.print(f"{sentence(board.summary(use))}\n", markup=False)
    screen.print("What decides: AUROC of what is known before infusion, and of the best hidden draw\n", style="bold")
    for outcome in board.determinants["outcome"].unique(maintain_order=True):
        one = determinants_table(board, outcome)
        rows = [[cell.replace("\n", " ") for cell in line] for line in one.rows]
        screen.print(table(one.columns, rows, title=one.title, right=one.columns[1:]))
    screen.print(f"Page: {written.resolve()}", markup=False)
    notice(screen)
