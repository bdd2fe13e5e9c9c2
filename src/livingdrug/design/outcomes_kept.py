"""A trial of which outcomes alone were kept, asked as any finished run: its patients and endpoints, and nothing that was seen on the way.

pieces/ ──► patients with the columns wanted ──► OutcomesKept, a Result ──► endpoints, report
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from livingdrug.catalog.load import checked
from livingdrug.catalog.plan import questions_sha256
from livingdrug.catalog.records.trial import Trial
from livingdrug.design.asked import KEYS
from livingdrug.design.pieces import PIECES, Pieces
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.foundation.toml_files import parse_toml
from livingdrug.observation.frames import schema
from livingdrug.outcome.columns import NOT_TREATED
from livingdrug.outcome.names import outcomes_read
from livingdrug.outcome.outcomes import FINISHED
from livingdrug.trial import folder as run_folder
from livingdrug.trial.result import Result
from livingdrug.trial.stored import read_manifest, read_timing

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.questions import Questions
    from livingdrug.catalog.records.endpoint import Endpoint

NUMBERS = "endpoints.parquet"
PIECE_FRAMES = ("people", "lacking")
"""Of each piece: patients with their outcomes, and which outcomes nobody in it could see."""
ALWAYS = ("status", "course_status")
_TOGETHER = 100
"""Pieces whose columns are joined at a time: few pieces are read fast, and one whole copy is never made."""
_REMEDY = "Run it again into this folder: the same command with --force, or with --resume for what is missing."


@dataclass(frozen=True, repr=False)
class OutcomesKept(Result):
    """A run whose outcomes are known and whose visits, grades, drugs and courses were not kept: endpoints are asked of it as of any.

    Attributes
    ----------
    lacking
        (arm, outcome) -> what nobody in the arm could see.
    """

    lacking: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def outcomes_alone(self) -> bool:
        """As `Result.outcomes_alone`: yes."""
        return True

    @property
    def n_courses(self) -> int:
        """As `Result.n_courses`."""
        return int((self.patients["course_status"] != NOT_TREATED).sum())

    def not_measured(self, arm: str, names: Sequence[str]) -> str:
        """As `Result.not_measured`, from what the chunks told."""
        return next((why for name in names if (why := self.lacking.get((arm, name), ""))), "")

    def forget(self) -> None:
        """Let go of what endpoints have read so far: of a million patients each column takes 8 MB."""
        self._people.clear()

    def patients_with(self, names: Sequence[str]) -> pl.DataFrame:
        """As `Result.patients_with`; an outcome that was not kept cannot be had afterwards.

        Raises
        ------
        BadInput
            Names it.
        """
        missing = [name for name in names if name not in self.patients.columns]
        if missing:
            raise BadInput(
                f'outcome "{missing[0]}" was not kept: this run kept the outcomes listed and those that its endpoints read.\n'
                "  Ask it of a run that keeps everything (without --outcomes-only)."
            )
        return self.patients


def endpoints_told(trial: Trial, catalog: Catalog) -> list[Endpoint]:
    """The endpoints that a trial asks for and those that it published, each with the same question of everyone enrolled."""
    try:
        published = [row.endpoint for row in catalog.load("evidence", trial.id).results]
    except UnknownName:
        published = []  # a trial of one's own
    names = [*(use.id for use in trial.endpoints), *(one for one in published if catalog.has("endpoint", one))]
    return [one for name in dict.fromkeys(names) for one in with_everyone_enrolled(name, trial, catalog)]


def with_everyone_enrolled(endpoint: str, trial: Trial, catalog: Catalog) -> list[Endpoint]:
    """An endpoint, and in a randomised trial the same question of everyone enrolled where there is one."""
    record = catalog.load("endpoint", endpoint)
    if trial.planned_design.kind != "randomised" or not record.from_enrolment:
        return [record]
    return [record, catalog.load("endpoint", record.from_enrolment)]


def names_read(records: Iterable[Endpoint], questions: Questions) -> set[str]:
    """Every name that the formulas of endpoints read, and the outcomes these stand for."""
    needs = {name for record in records for name in record.needs}
    return {*needs, *outcomes_read(sorted(needs), questions)}


def asked_of_pieces(
    trial: Trial, manifest: Mapping[str, Any], pieces: Pieces, names: Sequence[str], questions: Questions,
    *, catalog: Catalog, columns: Iterable[str] | None = None, timing: Mapping[str, Any] | None = None,
) -> OutcomesKept:  # fmt: skip
    """The trial as a run that may be asked.

    Parameters
    ----------
    trial, manifest, pieces, names, timing
        What was kept.
    questions
        What was asked of each patient.
    columns
        Names that will be read, of the patients table or of words that its columns hold; all columns when omitted.
    """
    people = people_of(pieces, names, None if columns is None else {*_meant(columns), *ALWAYS})
    failed = people.filter(~pl.col("course_status").is_in([*FINISHED, NOT_TREATED])).select(list(schema("failed")))
    found = OutcomesKept(
        trial, manifest, {"who": people, "failed": failed}, dict(timing or {}), catalog, pieces.place, _lacking(pieces, names)
    )  # fmt: skip
    vars(found).update(patients=people, questions=questions)
    return found


def people_of(pieces: Pieces, names: Sequence[str], columns: Iterable[str] | None) -> pl.DataFrame:
    """Patients of all chunks; some columns, or all."""
    chosen = None if columns is None else {*KEYS, *columns}
    whole = []
    for first in range(0, len(names), _TOGETHER):
        some = pieces.frames(list(names[first : first + _TOGETHER]), "people", chosen)
        whole.append(pl.concat(list(some), how="diagonal_relaxed", rechunk=True))
    return pl.concat(whole, how="diagonal_relaxed")


def holds_outcomes(place: Path) -> bool:
    """Whether a folder holds a finished trial of which outcomes alone were kept."""
    return (place / PIECES).is_dir() and (place / NUMBERS).is_file()


def open_outcomes(
    place: Path, *, catalog: Catalog, columns: Callable[[Trial, Questions], Iterable[str]] | None = None
) -> OutcomesKept:
    """What `outcomes_only` wrote into a folder.

    Parameters
    ----------
    place
        The folder.
    catalog
        Where endpoints are looked up.
    columns
        Tells which columns of the patients will be read, for a table that fits into memory; all when omitted.

    Raises
    ------
    BadInput
        A file is absent, damaged or of another run, or outcomes are defined in another way than when they were kept.
    """
    from livingdrug.catalog.questions import questions_of

    manifest = read_manifest(place / run_folder.MANIFEST)
    written = manifest.get("livingdrug", "an earlier version")
    if not isinstance(text := manifest.get("trial_toml"), str):
        raise BadInput(
            f"the outcomes in {place} were written by livingdrug {written} without their trial, and are told as they were:"
            f" {place / NUMBERS}, {place / 'report.html'}.\n  Run it again for a report."
        )
    pieces, names = Pieces.to_read(place, PIECE_FRAMES, manifest, _REMEDY)
    trial = checked(
        parse_toml(text.encode(), f"{place / run_folder.MANIFEST}, trial_toml"), Path(manifest["trial"]), Trial
    )
    questions = questions_of(trial, catalog)
    if questions_sha256(questions) != manifest.get("questions_sha256"):
        raise BadInput(
            f"the outcomes in {place} were told by other definitions than this catalogue has (livingdrug {written}), and what they"
            " were told from was not kept.\n  Give the catalogue of that run (--catalog), or run it again."
        )
    read = None if columns is None else columns(trial, questions)
    timing = read_timing(place / run_folder.TIMING)
    found = asked_of_pieces(trial, manifest, pieces, names, questions, catalog=catalog, columns=read, timing=timing)
    _refuse_strangers(found.patients, trial, manifest, place)
    return found


def _refuse_strangers(people: pl.DataFrame, trial: Trial, manifest: Mapping[str, Any], place: Path) -> None:
    """Stop where not everybody enrolled is there once."""
    n, arms = manifest["patients"], manifest["arms"]
    randomised = trial.planned_design.kind == "randomised"
    wanted = n if randomised else n * len(arms)
    once = people.select("patient" if randomised else KEYS).unique().height
    strange = people.filter(~pl.col("arm").is_in(arms) | ~pl.col("patient").is_between(1, n)).height
    if strange or not once == people.height == wanted:
        raise BadInput(
            f"{place / PIECES} has {people.height:,} rows of {once:,} patients, and the run has {wanted:,}.\n  {_REMEDY}"
        )


def _meant(read: Iterable[str]) -> set[str]:
    """Columns that formulas can mean: by name, or by one of the words they hold."""
    return {*read, *(name[:place] for name in read for place, letter in enumerate(name) if letter == "_")}


def _lacking(pieces: Pieces, names: Sequence[str]) -> dict[tuple[str, str], str]:
    """(arm, outcome) -> what nobody in the arm could see: no chunk of it with a treated patient could."""
    told = pl.concat(list(pieces.frames(list(names), "lacking")))
    every = told.group_by("arm", "outcome", maintain_order=True).agg(pl.len(), pl.col("why").first())
    chunks = {arm: n for arm, name, n, _ in every.iter_rows() if not name}
    return {(arm, name): why for arm, name, n, why in every.iter_rows() if name and n == chunks[arm]}
