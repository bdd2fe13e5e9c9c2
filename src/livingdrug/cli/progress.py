"""How far a run has come: bars on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LONG = ("courses",)
STOPPING = "stopping"
Report = Callable[[str, str, int, int], None]


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Report]:
    """Give a function `report(arm, stage, done, total)` that a run calls as it goes; arm "" stands for all of them.

    Progress goes to standard error, so that standard output stays clean for a pipe.
    """
    if quiet:
        yield lambda arm, stage, done, total: None
    elif sys.stderr.isatty():
        with _bars() as report:
            yield report
    else:
        yield _lines()


@contextmanager
def _bars() -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    shown: dict[tuple[str, str], object] = {}
    columns = (
        TextColumn("{task.fields[who]}", style="bold"), TextColumn("{task.description}"), BarColumn(bar_width=24),
        MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bars:
        named = ""

        def report(arm: str, stage: str, done: int, total: int) -> None:
            nonlocal named
            key = (arm, stage)
            if stage == STOPPING and key not in shown:
                bars.console.print(_stopping(total))
            if key not in shown:
                # An arm's name stands at its first bar only: one look tells the arms apart.
                shown[key] = bars.add_task(stage, total=total, who=arm if arm != named else "")
                named = arm
            bars.update(shown[key], completed=done, total=total)  # type: ignore[arg-type]

        yield report


def _stopping(n_running: int) -> str:
    parts = "the part being computed" if n_running == 1 else f"{n_running} parts being computed"
    return f"Stopping: {parts} will be finished and kept. Ctrl-C again stops at once."


def _lines() -> Report:
    """A line at each quarter of what takes long, and one at the end of every other stage."""
    said: dict[tuple[str, str], int] = {}

    def report(arm: str, stage: str, done: int, total: int) -> None:
        if stage == STOPPING:
            if said.setdefault((arm, stage), done) == done:
                print(_stopping(total), file=sys.stderr, flush=True)
            return
        quarter = 4 * done // total if total else 4
        if said.get((arm, stage), -1) < quarter and (stage in LONG or quarter == 4):
            said[arm, stage] = quarter
            print(f"{arm}: {stage} {done}/{total}" if arm else stage, file=sys.stderr, flush=True)

    return report
