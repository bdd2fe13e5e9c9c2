"""The result of a run: what was simulated and seen, and every question one may ask of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.outcome.columns import FINISHED, FRAMES, tidy
from livingdrug.outcome.endpoint_result import EndpointResult, table_schema
from livingdrug.outcome.endpoints import evaluate
from livingdrug.trial import storage
from livingdrug.trial.toml_text import to_toml

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.endpoint import Record as Endpoint
    from livingdrug.catalog.records.trial import Record as Trial


@dataclass(frozen=True, repr=False)
class Result:
    """A finished run. Asking for another endpoint never simulates again.

    Attributes
    ----------
    trial
        The trial as planned.
    manifest
        Versions, seed and content hashes: equal manifests mean equal frames.
    frames
        ``patients``, ``visits``, ``grades``, ``events``, ``log``, ``courses`` (a sample), ``failed``; by name, or as
        attributes: ``result.patients``.
    timing
        Seconds, threads, chunk size: what a repeat need not share.
    catalog
        Where endpoints are looked up; the default catalogue when None.
    folder
        Where it is stored, if it is.
    """

    trial: Trial
    manifest: Mapping[str, Any]
    frames: Mapping[str, pl.DataFrame]
    timing: Mapping[str, Any] = field(default_factory=dict)
    catalog: Catalog | None = None
    folder: Path | None = None

    @property
    def patients(self) -> pl.DataFrame:
        """One row per enrolled patient and arm."""
        return self.frames["patients"]

    @property
    def visits(self) -> pl.DataFrame:
        """What assays measured, one row per patient, quantity and planned day."""
        return self.frames["visits"]

    @property
    def grades(self) -> pl.DataFrame:
        """Worst toxicity grade of each day on each scale."""
        return self.frames["grades"]

    @property
    def events(self) -> pl.DataFrame:
        """Infections, relapses, deaths, remissions …, as seen."""
        return self.frames["events"]

    @property
    def log(self) -> pl.DataFrame:
        """Every treatment rule that fired, with its reason."""
        return self.frames["log"]

    @property
    def courses(self) -> pl.DataFrame:
        """The truth, for a stated sample of patients."""
        return self.frames["courses"]

    @property
    def failed(self) -> pl.DataFrame:
        """Patients whose simulation did not finish; never dropped silently."""
        return self.frames["failed"]

    @property
    def arms(self) -> tuple[str, ...]:
        """Arms that were run, in order."""
        return tuple(self.manifest["arms"])

    def endpoint(self, endpoint: str | Path | Endpoint, arm: str | Sequence[str] | None = None) -> EndpointResult:
        """One endpoint, by catalog name, TOML file or record.

        Parameters
        ----------
        endpoint
            E.g. ``"efs"``.
        arm
            One arm or several; all when omitted.

        Raises
        ------
        UnknownName
            No such endpoint or arm, or the endpoint reads a column nobody has.
        """
        arms = self.arms if arm is None else (arm,) if isinstance(arm, str) else tuple(arm)
        for name in arms:
            if name not in self.arms:
                raise UnknownName("arm in this result", name, self.arms)
        own_times = False
        if isinstance(endpoint, (str, Path)):
            record = self._catalog().load("endpoint", endpoint)
            for use in self.trial.endpoints:
                if use.id == endpoint and use.at_months:
                    record, own_times = record.model_copy(update={"at": use.at_months, "at_unit": "month"}), True
        else:
            record = endpoint
        if own_times and record.kind != "time_to_event":
            raise BadInput(f'trial "{self.trial.id}" gives times for endpoint "{record.id}", which is a {record.kind}.')
        return evaluate(record, self.patients, arms)

    def endpoints(self) -> dict[str, EndpointResult]:
        """All endpoints the trial lists, by id."""
        return {use.id: self.endpoint(use.id) for use in self.trial.endpoints}

    def table(self) -> pl.DataFrame:
        """All numbers of all endpoints of the trial, in one long table (see `EndpointResult.table`)."""
        import polars as pl

        return pl.concat([pl.DataFrame(schema=table_schema()), *(found.table() for found in self.endpoints().values())])

    def notes(self) -> list[str]:
        """What a reader must know before trusting the numbers, one sentence each; empty when all is well."""
        import polars as pl

        if self.failed.is_empty():
            return []
        total, n = self.patients.height, self.failed.height
        who = ", ".join(str(number) for number in self.failed["patient"].unique().sort()[:8])
        reasons = (
            self.failed.filter(~pl.col("course_status").is_in(FINISHED))["course_status"].unique().sort().to_list()
        )
        return [
            f"{n} of {total} courses did not finish (patients {who}{', …' if n > 8 else ''}: {'; '.join(reasons[:3])}). "
            f"The other {total - n} are returned; endpoints leave the failed ones out; result.failed lists them."
        ]

    def __repr__(self) -> str:
        from livingdrug.trial.headline import headline

        return headline(self, self._catalog())

    def save(self, folder: str | Path) -> Path:
        """Write the run folder; each file is whole or absent, the manifest comes last.

        Raises
        ------
        BadInput
            The folder is a file or not writable, or the disk is full.
        """
        place = storage.make_folder(Path(folder))
        storage.write_bytes(place / "trial.toml", trial_toml(self.trial).encode())
        for name in FRAMES:
            storage.write_frame(place / f"{name}.parquet", self.frames[name])
        storage.write_json(place / "timing.json", dict(self.timing))
        storage.write_json(place / "manifest.json", dict(self.manifest))
        return place

    @classmethod
    def load(cls, folder: str | Path, *, catalog: Catalog | None = None) -> Result:
        """Read a run folder.

        Raises
        ------
        BadInput
            Not a run folder, an unfinished run, or a damaged file.
        """
        place = Path(folder)
        if not place.is_dir():
            what = "is a file" if place.exists() else "is not there"
            raise BadInput(f"{place} {what}; expected the folder of a run.\n  Give the folder named with out=… (-o …).")
        if (place / "chunks").is_dir():
            raise BadInput(
                f"the run in {place} is unfinished.\n  Complete it first: the same run with resume (--resume)."
            )
        manifest = storage.read_json(place / "manifest.json")
        frames = {name: storage.read_frame(place / f"{name}.parquet") for name in FRAMES}
        timing = storage.read_json(place / "timing.json") if (place / "timing.json").is_file() else {}
        return cls(_stored_trial(place / "trial.toml", manifest), manifest, frames, timing, catalog, place)

    def _catalog(self) -> Catalog:
        from livingdrug.catalog.load import default_catalog

        return self.catalog or default_catalog()


def trial_toml(trial: Trial) -> str:
    """The trial as a TOML file that reads back as the same record."""
    content = trial.model_dump(mode="json", by_alias=True, exclude={"id"}, exclude_defaults=True)
    return to_toml(content)


def finished_frames(parts: Mapping[str, Sequence[pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    """Chunks put together: promised columns and types; by arm, patient and day, whatever the chunks were.

    Parameters
    ----------
    parts
        For each frame, its pieces in order of arm and patient.
    """
    import polars as pl

    whole = {}
    for name in FRAMES:
        pieces = [piece for piece in parts.get(name, ()) if piece.width]
        whole[name] = tidy(pl.concat(pieces, how="diagonal_relaxed") if pieces else pl.DataFrame(), name).rechunk()
    return whole


def _stored_trial(path: Path, manifest: Mapping[str, Any]) -> Trial:
    from livingdrug.catalog.load import read_record
    from livingdrug.catalog.records.trial import Record

    return read_record(path, Record).model_copy(update={"id": manifest.get("trial", path.stem)})
