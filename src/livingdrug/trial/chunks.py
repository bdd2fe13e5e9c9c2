"""Finished chunks of a run, in memory or in its folder, where an interrupted run finds them again."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation.errors import BadInput, LivingDrugError
from livingdrug.outcome.outcomes import FINISHED
from livingdrug.trial import storage
from livingdrug.trial.frames import FRAMES, tidy
from livingdrug.trial.manifest import refuse_mismatch

if TYPE_CHECKING:
    import polars as pl

Job = tuple[int, NDArray[np.int64]]  # arm's place in the order, patient numbers


class ChunkStore:
    """Keeps each chunk's frames until all are there.

    With a folder, a chunk is a sub-folder of ``chunks/`` that appears by one rename when all its files are written,
    so a chunk is either whole or absent.
    """

    def __init__(self, folder: Path | None, chunk: int) -> None:
        self.folder, self.chunk = folder, chunk
        self.memory: dict[tuple[int, int], dict[str, pl.DataFrame]] = {}

    @classmethod
    def open(
        cls, folder: Path | None, manifest: Mapping[str, Any], trial_text: str, *, chunk: int, resume: bool
    ) -> ChunkStore:
        """A store for this run; on resume, with the stored run's chunk size (it changes no result).

        Raises
        ------
        BadInput
            The folder holds an unfinished run and `resume` was not asked for, or it holds another run.
        """
        if folder is None:
            if resume:
                raise BadInput("resume needs the folder of the run to go on with.\n  Give out=… (-o …).")
            return cls(None, chunk)
        chunks = folder / "chunks"
        plan = chunks / "plan.json"
        if plan.is_file():
            stored = storage.read_json(plan)
            if not resume:
                raise BadInput(
                    f"{folder} holds an unfinished run.\n"
                    "  Go on with it by resume=True (--resume), write to another folder, or delete this one."
                )
            refuse_mismatch(stored["manifest"], manifest, folder)
            for leftover in chunks.glob(".*.part"):
                shutil.rmtree(leftover, ignore_errors=True)
            return cls(chunks, int(stored["chunk"]))
        shutil.rmtree(chunks, ignore_errors=True)  # no plan: nobody can say which run these pieces belong to
        storage.make_folder(chunks)
        storage.write_json(plan, {"chunk": chunk, "manifest": dict(manifest)})
        storage.write_bytes(folder / "trial.toml", trial_text.encode())
        return cls(chunks, chunk)

    def has(self, job: Job) -> bool:
        """Whether this chunk is finished."""
        return self._place(job).is_dir() if self.folder is not None else _key(job) in self.memory

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
            return
        place = self._place(job)
        passing = place.with_name(f".{place.name}.part")
        try:
            passing.mkdir(exist_ok=True)
            for name, frame in complete.items():
                storage.write_frame(passing / f"{name}.parquet", frame)
            passing.replace(place)
        except (OSError, BadInput) as problem:
            shutil.rmtree(passing, ignore_errors=True)
            raise (storage.cannot_write(place, problem) if isinstance(problem, OSError) else problem) from None

    def pieces(self, jobs: Sequence[Job]) -> dict[str, list[pl.DataFrame]]:
        """All chunks' frames, in the order of `jobs`."""
        if self.folder is None:
            return {name: [self.memory[_key(job)][name] for job in jobs] for name in FRAMES}
        return {name: [storage.read_frame(self._place(job) / f"{name}.parquet") for job in jobs] for name in FRAMES}

    def clear(self) -> None:
        """Remove the chunks; their content is in the run's own files by now."""
        if self.folder is not None:
            done = self.folder.with_name(".chunks.done")
            self.folder.replace(done)  # one step: a run is unfinished exactly as long as "chunks" is there
            shutil.rmtree(done, ignore_errors=True)

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
    return {
        name: frame.sort("patient", *(["day"] if "day" in frame.columns else []), nulls_last=True, maintain_order=True)
        for name, frame in found.items()
    }
