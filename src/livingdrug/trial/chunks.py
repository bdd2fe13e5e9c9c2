"""Finished chunks of a run, in memory or in its folder, where an interrupted run finds them again."""

from __future__ import annotations

import logging
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.plan import digest
from livingdrug.foundation.errors import BadInput, LivingDrugError
from livingdrug.observation.frames import FRAMES, by_patient_and_day, tidy
from livingdrug.outcome.outcomes import FINISHED
from livingdrug.trial import folder as run_folder
from livingdrug.trial import storage
from livingdrug.trial.checksums import verify, write_checksums
from livingdrug.trial.manifest import refuse_mismatch
from livingdrug.trial.stored import refuse_foreign

if TYPE_CHECKING:
    import polars as pl

Job = tuple[int, NDArray[np.int64]]  # arm's place in the order, patient numbers
FILES = tuple(f"{name}.parquet" for name in FRAMES)
_LOG = logging.getLogger("livingdrug.trial")


@dataclass(frozen=True)
class Jobs:
    """The chunks of a run, one after another; not listed, so that their number costs nothing.

    Attributes
    ----------
    groups
        Patient numbers of each arm.
    chunk
        Patients of a chunk.
    """

    groups: Sequence[NDArray[np.int64]]
    chunk: int

    def __iter__(self) -> Iterator[Job]:
        for arm, group in enumerate(self.groups):
            for first in range(0, group.size, self.chunk):
                yield arm, group[first : first + self.chunk]

    def __len__(self) -> int:
        return sum(-(-group.size // self.chunk) for group in self.groups)


@dataclass
class ChunkStore:
    """Keeps each chunk's frames until all are there.

    With a folder, a chunk is a sub-folder of ``chunks/`` that appears by one rename when all its files are written,
    so a chunk is either whole or absent.

    Attributes
    ----------
    folder
        The folder of chunks; None keeps them in memory.
    chunk
        Patients of a chunk.
    there
        Chunks that are finished, by this process or an earlier one.
    arms
        Names of the run's arms, in the order of their places in jobs.
    """

    folder: Path | None
    chunk: int
    there: set[tuple[int, int]] = field(default_factory=set)
    memory: dict[tuple[int, int], dict[str, pl.DataFrame]] = field(default_factory=dict)
    arms: tuple[str, ...] = ()

    @classmethod
    def new(cls, place: Path, manifest: Mapping[str, Any], *, chunk: int) -> ChunkStore:
        """A store for a run that begins in this run folder."""
        content = {"chunk": chunk, "manifest": dict(manifest)}
        return cls(run_folder.begin(place, {**content, "sha256": digest(content)}), chunk)

    @classmethod
    def resumed(cls, place: Path, manifest: Mapping[str, Any]) -> ChunkStore:
        """The store of the unfinished run in this folder, with its own chunk size (which changes no result).

        Raises
        ------
        BadInput
            It is another run, or its plan is damaged.
        """
        run_folder.refuse_chunks_without_plan(place)
        chunks = place / run_folder.CHUNKS
        plan = chunks / run_folder.PLAN
        stored = storage.read_json(plan)
        if stored.pop("sha256", None) != digest(stored):
            raise BadInput(
                f"{plan} is not as the run wrote it: it was cut or changed afterwards.\n"
                "  Begin the run again by force=True (--force), or choose another folder."
            )
        refuse_mismatch(stored["manifest"], manifest, place)
        for leftover in chunks.glob(".*.part"):
            shutil.rmtree(leftover, ignore_errors=True)
        return cls(chunks, int(stored["chunk"]), arms=tuple(manifest["arms"]))

    def look(self, jobs: Iterable[Job]) -> None:
        """Find the chunks that are there whole; one that was cut or changed is removed, to be computed again."""
        if self.folder is None:
            return
        for job in jobs:
            place = self._place(job)
            if not place.is_dir():
                continue
            try:
                verify(place, FILES, "It is computed again.")
                self._refuse_foreign(place, job)
            except BadInput as problem:
                _LOG.warning("%s\n  It is computed again.", str(problem).splitlines()[0])
                shutil.rmtree(place, ignore_errors=True)
            else:
                self.there.add(_key(job))

    def _refuse_foreign(self, place: Path, job: Job) -> None:
        """Stop at a chunk whose checksums hold and whose frames are not those of its arm and patients."""
        frames = {name: storage.read_frame(place / f"{name}.parquet") for name in FRAMES}
        refuse_foreign(frames, {"arms": [self.arms[job[0]]], "patients": int(job[1].max())}, place)
        if sorted(frames["who"]["patient"].to_list()) != sorted(job[1].tolist()):
            raise BadInput(f"{place / 'who.parquet'} does not hold the patients of its chunk.")

    def has(self, job: Job) -> bool:
        """Whether this chunk is finished."""
        return _key(job) in self.there

    def keep(self, job: Job, frames: Mapping[str, pl.DataFrame]) -> None:
        """Keep a finished chunk.

        Raises
        ------
        BadInput
            The disk is full or the folder cannot be written; the chunk is then absent, not half there.
        """
        complete = _complete(frames, job)
        if self.folder is None:
            self.memory[_key(job)] = complete
        else:
            self._write(self._place(job), complete)
        self.there.add(_key(job))

    def _write(self, place: Path, complete: Mapping[str, pl.DataFrame]) -> None:
        if place.is_dir():  # kept already, when Ctrl-C came between that and the note of it
            return
        passing = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
        try:
            passing.mkdir()
            for name, frame in complete.items():
                storage.write_frame(passing / f"{name}.parquet", frame)
            write_checksums(passing, FILES)
            passing.replace(place)
        except BaseException as problem:
            shutil.rmtree(passing, ignore_errors=True)
            if isinstance(problem, OSError):
                raise storage.cannot_write(place, problem) from None
            raise

    def pieces(self, name: str, jobs: Iterable[Job]) -> list[pl.DataFrame]:
        """One frame of every chunk, in the order of `jobs`."""
        if self.folder is None:
            return [self.memory[_key(job)].pop(name) for job in jobs]
        return [storage.read_frame(self._place(job) / f"{name}.parquet") for job in jobs]

    def _place(self, job: Job) -> Path:
        assert self.folder is not None
        arm, first = _key(job)
        return self.folder / f"arm{arm:02d}_from{first:08d}"


def _key(job: Job) -> tuple[int, int]:
    return job[0], int(job[1][0])


def _complete(frames: Mapping[str, pl.DataFrame], job: Job) -> dict[str, pl.DataFrame]:
    """All promised frames, sorted by patient and day, with the failed patients gathered."""
    import polars as pl

    found = {name: tidy(frames.get(name, pl.DataFrame()), name) for name in FRAMES}
    n = found["who"].height
    if n != job[1].size:
        raise LivingDrugError(f"a chunk of {job[1].size} patients came back with {n}; please report this.")
    if found["failed"].is_empty():
        failed = found["exits"].filter(~pl.col("course_status").fill_null("").is_in([*FINISHED, ""]))
        found["failed"] = tidy(failed.select("arm", "patient", "course_status"), "failed")
    return {name: by_patient_and_day(frame, nulls_last=True) for name, frame in found.items()}
