"""Replicates of a trial at the command line: simulated, kept in a folder, told as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.cli.told_once import print_json, shown_rows
from livingdrug.foundation.errors import BadInput

if TYPE_CHECKING:
    from livingdrug.design.replicate import Replicates


@dataclass(frozen=True)
class Step:
    """What the progress line is told."""

    stage: str
    done: int
    total: int
    objective: float = float("inf")
    things: str = "simulated trials"


@contextmanager
def counted(stage: str, *, things: str = "simulated trials", quiet: bool = False) -> Iterator[Any]:
    """Give a function told(done, total) that shows how many things are done and the time to go, on standard error."""
    if quiet:
        yield lambda done, total: None
        return
    from livingdrug.cli.calibration_progress import told

    with told() as tell:
        yield lambda done, total: tell(Step(stage, done, total, things=things))


def uncertainty_of(folder: Path | None, trial: str, catalog: Any) -> tuple[list[Any], dict[str, float]]:
    """Draws of the parameters and differences between trials from the folder of a calibration; nothing without one."""
    if folder is None:
        return [], {}
    from livingdrug.catalog.load import load_trial
    from livingdrug.catalog.questions import questions_of
    from livingdrug.fitting.joint.between import between_of
    from livingdrug.fitting.joint.calibrated import read_between_trials, read_parameters
    from livingdrug.fitting.joint.rows import about, own_measure

    record = load_trial(trial, catalog=catalog)
    known, spread = questions_of(record, catalog), read_between_trials(folder)
    endpoints = [catalog.load("endpoint", use.id) for use in record.endpoints]
    apart = {one.id: between_of(spread, about(one, known), own_measure(one)) for one in endpoints}
    return read_parameters(folder)[1], {name: sd for name, sd in apart.items() if sd}


def run_replicates(
    trial: str, n: int, *, catalog: Any, folder: Path, calibration: Path | None, without: Sequence[str], as_json: bool,
    parameters: Mapping[str, str], **words: Any,
) -> None:  # fmt: skip
    """`livingdrug run TRIAL --replicates N`."""
    from livingdrug.cli.screen import console
    from livingdrug.design.replicate import replicate

    draws, between = uncertainty_of(calibration, trial, catalog)
    with counted("replicates", quiet=as_json) as progress:
        found = replicate(
            trial, replicates=n, catalog=catalog, out=folder, draws=draws, between_trials=between, without=without,
            parameters=parameters, progress=progress, **words,
        )  # fmt: skip
    if as_json:
        print_json(found, folder, summary=found.summary())
        return
    screen = console()
    screen.print(table_of(found))
    for line in found.standing:
        screen.print(f"{line[:1].upper()}{line[1:]}.", style="bold", markup=False)
    for layer, source in found.manifest["layers"].items():
        screen.print(f"{layer.replace('_', ' ')}: {source}", markup=False)
    screen.print(f"{found!r}", markup=False)
    screen.print(
        f"All numbers: {folder / 'summary.parquet'}; of each replicate: {folder / 'estimates.parquet'}", markup=False
    )
    _notice(screen)


def table_of(found: Replicates) -> Any:
    """One line an endpoint and arm: mean between replicates, their 90 % range, and the Monte Carlo error of the mean."""
    from livingdrug.cli.screen import table
    from livingdrug.reports.words import interval, when_and_unit

    about = {one["id"]: one for one in found.manifest["endpoint_titles"]}
    shown = shown_rows(found.summary().iter_rows(named=True), {name: one["shown_at"] for name, one in about.items()})
    rows = []
    for row in shown:
        when, one, unit = when_and_unit(row)
        known = (row[name] for name in ("mean", "p5", "p95", "mc_error"))  # one replicate alone tells no error
        cells = ["" if value is None else f"{one * value:.3g}" for value in known]
        low, high = (None if row[name] is None else one * row[name] for name in ("p5", "p95"))
        title = about[row["endpoint"]]["title"] if row["endpoint"] in about else row["endpoint"]
        rows.append(
            (
                f"{title} at {when}" if when else title,
                row["arm"],
                cells[0] + unit,
                interval(low, high, "{:.3g}".format),
                cells[3],
                row["n_replicates"],
            )
        )
    columns = ("", "arm", "mean", "90 % of replicates", "error of mean", "replicates")
    return table(columns, rows, right=columns[2:])


def refuse_alone(replicates: int | None, without: Sequence[str] | None, hours: float | None) -> None:
    """What belongs to replicates is refused where none are asked for."""
    given = [name for name, value in (("--without", without), ("--hours", hours)) if value is not None and value != []]
    if replicates is None and given:
        raise BadInput(
            f"{' and '.join(given)} belong{'s' if len(given) == 1 else ''} to many trials.\n"
            "  Say how many (--replicates 200), or leave it out."
        )


def refuse_both(replicates: int | None, uncertainty: int) -> None:
    """Two ways of asking for many trials exclude each other."""
    if replicates is not None and uncertainty:
        raise BadInput(
            "--replicates and --uncertainty exclude each other.\n  --replicates with --parameters holds the draws, too."
        )


def _notice(screen: Any) -> None:
    from livingdrug.cli.screen import notice

    notice(screen)
