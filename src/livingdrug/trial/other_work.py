"""What a folder holds that is no run: told from files that only this work writes, so that a door can name the command that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from livingdrug.foundation.errors import BadInput
from livingdrug.trial import folder as run_folder
from livingdrug.trial.checksums import CHECKSUMS


@dataclass(frozen=True)
class Work:
    """A kind of work that is kept in a folder.

    Attributes
    ----------
    files
        Names of files or folders; the folder is this work's when all are there.
    what
        What it is, after "holds".
    reads
        What reads it, in a sentence with ``{place}`` for the folder.
    """

    files: tuple[str, ...]
    what: str
    reads: str


OTHERS = (
    Work(("sensitivity.parquet",), "a sensitivity analysis",
         "Its table is {place}/sensitivity.parquet; the same livingdrug sensitivity command with --resume -o {place} tells it again."),
    Work(("model/pieces",), "operating characteristics of a design",
         "Their table is {place}/characteristics.parquet; the same livingdrug design oc command with --resume -o {place} tells it again."),
    Work(("pieces", "characteristics.parquet"), "a search for a dose",
         "Its table is {place}/characteristics.parquet; the same livingdrug design dose-finding command with --resume -o {place} tells it again."),
    Work(("pieces", "summary.parquet"), "replicates of a trial, whose endpoints are kept and whose patients are not",
         "Their numbers are {place}/summary.parquet and {place}/estimates.parquet; the same livingdrug run … --replicates command"
         " with --resume -o {place} tells them again."),
    Work(("pieces", "endpoints.parquet"), "outcomes of a large trial, of which nothing else was kept",
         "livingdrug report {place} tells it; the numbers of its endpoints are {place}/endpoints.parquet."),
    Work(("pieces",), "replicates, outcomes of a large trial or a sensitivity analysis that were interrupted",
         "Complete them: the same command with --resume -o {place}."),
    Work(("trial_from_fit.json",), "a trial whose kinetics are from a fit",
         "Its numbers are {place}/expected.csv, its page {place}/report.html."),
    Work(("fit.json",), "a fit",
         "Its numbers are in {place}/summary.txt; livingdrug run TRIAL --from-fit {place} simulates with it."),
    Work(("calibration.json",), "a calibration",
         "livingdrug run TRIAL --parameters {place} simulates with its numbers."),
    Work(("measures.parquet", "stays.parquet"), "the logistics of a network",
         "Its page is {place}/report.html; the same livingdrug logistics command with --resume -o {place} tells it again."),
    Work(("scoreboard.json",), "a scoreboard", "Its page is {place}/scoreboard.html."),
    Work(("associations.json",), "published associations against simulated ones", "Their page is {place}/associations.html."),
    Work(("compare.json",), "a comparison of runs", "Its numbers are {place}/compare.json; give the runs themselves."),
)  # fmt: skip
"""The first that fits is told."""


def other_work(place: Path) -> Work | None:
    """The work that a folder holds instead of a run; None for a run, begun or finished, and for anything unknown."""
    if run_folder.is_unfinished(place) or any((place / name).exists() for name in ("who.parquet", CHECKSUMS)):
        return None
    return next((one for one in OTHERS if all((place / name).exists() for name in one.files)), None)


def refuse_to_read(place: Path) -> None:
    """Stop where a run is to be read and other work is kept.

    Raises
    ------
    BadInput
        Says what the folder holds, and what reads it.
    """
    found = other_work(place)
    if found is not None:
        raise BadInput(
            f"{place} holds {found.what}; expected the folder of a run.\n  {found.reads.format(place=place)}"
        )


def refuse_to_write(place: Path) -> None:
    """Stop where a run is to be written and other work is kept: it would be mixed with it, or lost.

    Raises
    ------
    BadInput
        Says what the folder holds.
    """
    found = other_work(place)
    if found is not None:
        raise BadInput(
            f"{place} holds {found.what}, which a run does not replace.\n  Choose another folder with out=… (-o …)."
        )


def refuse_run(place: Path) -> None:
    """Stop where other work is to be written and a run is kept.

    Raises
    ------
    BadInput
        The folder has a run, begun or finished.
    """
    if run_folder.is_unfinished(place) or (place / "who.parquet").exists():
        raise BadInput(f"{place} holds a run, which this does not replace.\n  Choose another folder with out=… (-o …).")
