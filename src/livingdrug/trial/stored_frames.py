"""The frames of a stored run: read when they are asked for, whole or in part, so that a large run is told in little memory."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livingdrug.foundation.errors import BadInput
from livingdrug.observation.frames import FRAMES
from livingdrug.trial import storage

if TYPE_CHECKING:
    import polars as pl

LARGE = 32 * 2**20
"""Frames that take more on disk [bytes] stay there until they are asked for; smaller runs are read at once."""
ROWS = 200_000
"""Of a frame held at a time where it is looked through piece by piece."""


class ReadWhenAsked(Mapping[str, "pl.DataFrame"]):
    """Frames by name, each read when it is first asked for and kept.

    Parameters
    ----------
    names
        Of the frames.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = dict.fromkeys(names)
        self._whole: dict[str, pl.DataFrame] = {}

    @abstractmethod
    def _read(self, name: str) -> pl.DataFrame: ...

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._whole:
            self._whole[name] = self._read(name)
        return self._whole[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class StoredFrames(ReadWhenAsked):
    """Frames by name. Each is read when it is first asked for; `part` reads some rows and columns and keeps nothing.

    A file that another process has replaced since is refused: rows of two runs must not meet.

    Parameters
    ----------
    place
        The run folder.
    """

    def __init__(self, place: Path) -> None:
        super().__init__(FRAMES)
        self.place = place
        self._stamps = {name: _stamp(self.path(name)) for name in FRAMES}
        self._patients = _stamp(self.path("patients"))

    def _read(self, name: str) -> pl.DataFrame:
        return storage.read_frame(self._unchanged(name))

    @property
    def large(self) -> bool:
        """Whether the frames are better left where they are."""
        return sum(size for _, size, _ in self._stamps.values()) > LARGE

    @property
    def patients_file(self) -> Path | None:
        """The patients table that the run wrote; None where it has been replaced or removed since."""
        path = self.path("patients")
        return path if _stamp(path) == self._patients else None

    def read_all(self) -> None:
        """Read every frame now; files may be changed or removed afterwards."""
        for name in self:
            self[name]

    def part(self, name: str, where: pl.Expr | None = None, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Some rows and columns of a frame, in its order; see `part_of`."""
        import polars as pl

        if name in self._whole:
            return _part(self._whole[name].lazy(), where, columns).collect()
        path = self._unchanged(name)
        try:
            return _part(pl.scan_parquet(path), where, columns).collect(engine="streaming")
        except (OSError, pl.exceptions.ComputeError) as problem:
            raise BadInput(
                f"cannot read {path}: {problem}.\n  The run folder is damaged; run the trial again."
            ) from None

    def scan(self, name: str) -> pl.LazyFrame:
        """A frame, not read yet, for numbers of all its rows."""
        import polars as pl

        return pl.scan_parquet(self._unchanged(name))

    def pieces(self, name: str) -> Iterator[pl.DataFrame]:
        """A frame in pieces of at most `ROWS` rows, in order, or whole where it has been read; at least one."""
        import polars as pl

        if name in self._whole:
            yield self._whole[name]
            return
        path = self._unchanged(name)
        try:
            scan = pl.scan_parquet(path)
            n = scan.select(pl.len()).collect().item()
            for first in range(0, max(n, 1), ROWS):
                yield scan.slice(first, ROWS).collect()
        except (OSError, pl.exceptions.PolarsError) as problem:
            raise BadInput(
                f"cannot read {path}: {problem}.\n  The run folder is damaged; run the trial again."
            ) from None

    def path(self, name: str) -> Path:
        """The file of a frame."""
        return self.place / f"{name}.parquet"

    def _unchanged(self, name: str) -> Path:
        path = self.path(name)
        if _stamp(path) != self._stamps[name]:
            raise BadInput(
                f"{path} has been replaced or removed since the run was loaded.\n  Load the run again (Result.load)."
            )
        return path


def part_of(
    frames: Mapping[str, pl.DataFrame], name: str, where: pl.Expr | None = None, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Some rows and columns of one of a run's frames, in its order, wherever they are kept.

    Parameters
    ----------
    frames
        Of a run, in memory or on disk.
    name
        Which frame.
    where
        Rows for which this holds; all when omitted.
    columns
        By name; all when omitted.
    """
    if isinstance(frames, StoredFrames):
        return frames.part(name, where, columns)
    chosen = frames[name] if where is None else frames[name].filter(where)
    return chosen if columns is None else chosen.select(columns)


def _part(frame: pl.LazyFrame, where: pl.Expr | None, columns: Sequence[str] | None) -> pl.LazyFrame:
    chosen = frame if where is None else frame.filter(where)
    return chosen if columns is None else chosen.select(columns)


def _stamp(path: Path) -> tuple[int, int, int]:
    """What tells whether a file is the one it was: its time, size and place on the disk."""
    try:
        about = path.stat()
    except OSError:
        return (0, 0, 0)
    return (about.st_mtime_ns, about.st_size, about.st_ino)
