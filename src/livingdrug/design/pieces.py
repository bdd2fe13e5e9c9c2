"""Finished pieces of a long piece of work, in memory or in its folder, where an interrupted one finds them again.

A piece is a folder of Parquet files that appears by one rename, so it is whole or absent; `plan.json` says whose pieces they are.
"""

from __future__ import annotations

import logging
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.plan import digest
from livingdrug.foundation.errors import BadInput
from livingdrug.trial import storage
from livingdrug.trial.checksums import verify, write_checksums
from livingdrug.trial.manifest import refuse_mismatch
from livingdrug.trial.other_work import refuse_run

if TYPE_CHECKING:
    import polars as pl

PIECES, PLAN = "pieces", "plan.json"
RESULTS = (
    "manifest.json",
    "timing.json",
    "summary.parquet",
    "estimates.parquet",
    "characteristics.parquet",
    "sensitivity.parquet",
    "endpoints.parquet",
)
"""Files that finished work writes beside its pieces; nothing else in a folder is ever removed."""
_LOG = logging.getLogger("livingdrug.design")


@dataclass
class Pieces:
    """Keeps each piece's frames.

    Attributes
    ----------
    folder
        Where pieces are kept; None keeps them in memory.
    names
        Of the frames of every piece.
    """

    folder: Path | None
    names: tuple[str, ...]
    _memory: dict[str, dict[str, pl.DataFrame]] = field(default_factory=dict, repr=False)
    _there: set[str] = field(default_factory=set, repr=False)

    @classmethod
    def opened(
        cls, place: Path | None, names: tuple[str, ...], manifest: Mapping[str, Any], *, resume: bool, force: bool
    ) -> Pieces:
        """The pieces of this work: new ones, or those that an earlier process left.

        Raises
        ------
        BadInput
            The folder holds other work, or work that was not asked to go on.
        """
        if place is None:
            if resume:
                raise BadInput("resume needs the folder of the work to go on with.\n  Give out=… (-o …).")
            return cls(None, names)
        if resume and force:
            raise BadInput("resume and force exclude each other: one goes on, the other replaces.\n  Give one of them.")
        refuse_run(place)
        folder = place / PIECES
        if folder.exists() or any((place / name).exists() for name in RESULTS):
            if force:
                _clear(place)
            elif not resume:
                raise BadInput(
                    f"{place} holds earlier results, which are not overwritten.\n"
                    "  Choose another folder with out=… (-o …), replace them by force=True (--force), or go on with them by"
                    " resume=True (--resume)."
                )
        if not folder.exists():
            passing = place / f".pieces.{secrets.token_hex(4)}"
            passing.mkdir()
            storage.write_json(passing / PLAN, {"manifest": dict(manifest), "sha256": digest(dict(manifest))})
            passing.replace(folder)
            return cls(folder, names)
        stored = storage.read_json(folder / PLAN)
        if stored.get("sha256") != digest(stored.get("manifest")):
            raise BadInput(f"{folder / PLAN} was changed after it was written.\n  Begin again by force=True (--force).")
        refuse_mismatch(stored["manifest"], manifest, place)
        found = cls(folder, names)
        found._look()
        return found

    @classmethod
    def to_read(
        cls, place: Path, names: tuple[str, ...], manifest: Mapping[str, Any], remedy: str
    ) -> tuple[Pieces, tuple[str, ...]]:
        """The pieces of finished work, and their names in order; nothing in the folder is changed.

        Raises
        ------
        BadInput
            The plan is of other work than the manifest, or a piece is not as it was written; ends with the remedy.
        """
        found = cls(place / PIECES, names)
        stored = storage.read_json(place / PIECES / PLAN)
        if stored.get("sha256") != digest(stored.get("manifest")) or stored["manifest"] != dict(manifest):
            raise BadInput(
                f"{place / PIECES / PLAN} and {place / 'manifest.json'} are not of the same work.\n  {remedy}"
            )
        for path in sorted((place / PIECES).iterdir()):
            if path.is_dir() and not path.name.startswith("."):
                verify(path, tuple(f"{name}.parquet" for name in names), remedy)
                found._there.add(path.name)
        return found, tuple(sorted(found._there))

    def _look(self) -> None:
        assert self.folder is not None
        for path in sorted(self.folder.iterdir()):
            if path.name.startswith("."):
                shutil.rmtree(path, ignore_errors=True)
            elif path.is_dir():
                try:
                    verify(path, tuple(f"{name}.parquet" for name in self.names), "It is computed again.")
                except BadInput as problem:
                    _LOG.warning("%s", problem)
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    self._there.add(path.name)

    def has(self, piece: str) -> bool:
        """Whether a piece is finished."""
        return piece in self._there

    def keep(self, piece: str, frames: Mapping[str, pl.DataFrame]) -> None:
        """Keep a finished piece.

        Raises
        ------
        BadInput
            The disk is full or the folder cannot be written; the piece is then absent.
        """
        if self.folder is None:
            self._memory[piece] = dict(frames)
        else:
            place = self.folder / piece
            passing = self.folder / f".{piece}.{secrets.token_hex(4)}.part"
            try:
                passing.mkdir()
                for name in self.names:
                    storage.write_frame(passing / f"{name}.parquet", frames[name])
                write_checksums(passing, tuple(f"{name}.parquet" for name in self.names))
                passing.replace(place)
            except BaseException as problem:
                shutil.rmtree(passing, ignore_errors=True)
                if isinstance(problem, OSError):
                    raise storage.cannot_write(place, problem) from None
                raise
        self._there.add(piece)

    @property
    def place(self) -> Path | None:
        """The folder of the work; None where its pieces are in memory."""
        return None if self.folder is None else self.folder.parent

    def frame(self, piece: str, name: str, columns: Collection[str] | None = None) -> pl.DataFrame:
        """One frame of a piece; of it these columns, as far as they are there."""
        if self.folder is None:
            whole = self._memory[piece][name]
            return whole if columns is None else whole.select([one for one in whole.columns if one in columns])
        return storage.read_frame(self.folder / piece / f"{name}.parquet", columns=columns)

    def frames(self, pieces: list[str], name: str, columns: Collection[str] | None = None) -> Iterator[pl.DataFrame]:
        """One frame of each of these pieces, one after another."""
        return (self.frame(piece, name, columns) for piece in pieces)


def _clear(place: Path) -> None:
    """Remove what earlier work left in a folder, and nothing else."""
    if (place / PIECES).exists():
        gone = place / f".pieces.{secrets.token_hex(4)}"
        (place / PIECES).replace(gone)
        shutil.rmtree(gone, ignore_errors=True)
    for name in RESULTS:
        (place / name).unlink(missing_ok=True)
