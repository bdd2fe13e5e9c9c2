"""The result of a run: what was simulated and seen, and every question one may ask of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.foundation.notebook import as_html
from livingdrug.observation.frames import FRAMES, tidy
from livingdrug.outcome.asked import ask
from livingdrug.outcome.columns import NOT_TREATED, People
from livingdrug.outcome.endpoint_result import EndpointResult, shown_once, tables
from livingdrug.outcome.endpoints import evaluate
from livingdrug.outcome.names import check_names, known_names, outcomes_read
from livingdrug.outcome.outcomes import FINISHED, Outcomes
from livingdrug.trial import folder as run_folder
from livingdrug.trial import storage
from livingdrug.trial.checksums import CHECKSUMS, verify
from livingdrug.trial.leaving import door
from livingdrug.trial.line import outcomes_of
from livingdrug.trial.lock import held
from livingdrug.trial.other_work import refuse_to_read, refuse_to_write
from livingdrug.trial.outcomes_on_disk import OutcomesOnDisk
from livingdrug.trial.stored import DAMAGED, read_manifest, read_timing, refuse_foreign
from livingdrug.trial.stored_frames import StoredFrames, part_of
from livingdrug.trial.toml_text import to_toml

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.questions import Questions
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.outcome.columns import Known

PATIENTS = "patients.parquet"
ASKED = "livingdrug.questions_sha256"
"""What that file says it answers."""


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
        By name (`livingdrug.observation.frames`), or as attributes: ``result.visits``. What is asked of them is computed when
        asked: `patients`, `outcome`, `endpoint`.
    timing
        Seconds, threads, chunk size: what a repeat need not share.
    catalog
        Where endpoints and outcomes are looked up; the default catalogue when None.
    folder
        Where it is stored, if it is.
    """

    trial: Trial
    manifest: Mapping[str, Any]
    frames: Mapping[str, pl.DataFrame]
    timing: Mapping[str, Any] = field(default_factory=dict)
    catalog: Catalog | None = None
    folder: Path | None = None

    @cached_property
    def questions(self) -> Questions:
        """What may be asked of this trial's patients."""
        from livingdrug.catalog.questions import questions_of

        return questions_of(self.trial, self._catalog())

    @cached_property
    def patients(self) -> pl.DataFrame:
        """One row per enrolled patient and arm: who they are, what was made for them, and every outcome listed."""
        import polars as pl

        if (kept := self._kept_patients()) is not None:
            return kept
        pieces = [self._asked(arm, self.questions.listed()) for arm in self.arms]
        found = pl.concat(pieces, how="diagonal_relaxed")
        extra = [name for name in found.columns if name not in self.frames["who"].columns]
        whole = self.frames["who"].join(
            found.select("arm", "patient", *extra), on=["arm", "patient"], how="left", maintain_order="left"
        )
        return self._with_status(self._with_truth(whole))

    def _kept_patients(self) -> pl.DataFrame | None:
        """The patients table that the run wrote, where this code, asked the same, would make the same; None elsewhere."""
        from livingdrug.catalog.plan import questions_sha256
        from livingdrug.trial.manifest import code_sha256

        if not isinstance(self.frames, StoredFrames) or self.manifest.get("code_sha256") != code_sha256():
            return None
        path = self.frames.patients_file
        if path is None or storage.read_about(path).get(ASKED) != questions_sha256(self.questions):
            return None
        verify(self.frames.place, [PATIENTS], DAMAGED)
        return storage.read_frame(path)

    @in_words
    def patients_with(self, names: Sequence[str]) -> pl.DataFrame:
        """The patients table with further outcomes as columns.

        Parameters
        ----------
        names
            Outcomes by name, also members of families: ``"doses_anakinra"``, ``"highest_ferritin_ng_per_ml"``.

        Raises
        ------
        UnknownName, BadInput
            No such outcome, or this trial cannot answer it.
        """
        import polars as pl

        whole = self.patients
        missing = [name for name in dict.fromkeys(names) if name not in whole.columns]
        if not missing:
            return whole
        pieces = []
        for arm in self.arms:
            # what only this arm cannot answer is unknown there; what nobody can is an error
            elsewhere = [other for other in self.arms if other != arm]
            records = [
                self.outcomes(arm).named(name)
                if self.not_measured(arm, [name]) and not all(self.not_measured(other, [name]) for other in elsewhere)
                else name
                for name in missing
            ]
            pieces.append(self._asked(arm, records))
        found = pl.concat(pieces, how="diagonal_relaxed")
        keys = whole.select("arm", "patient").join(found, on=["arm", "patient"], how="left", maintain_order="left")
        return whole.hstack(keys.drop("arm", "patient"))

    @in_words
    def outcome(self, name: str) -> pl.DataFrame:
        """One outcome of everyone treated: arm, patient, and a column of its name; null for unknown or never.

        Raises
        ------
        UnknownName, BadInput
            No such outcome, or this trial cannot answer it.

        Examples
        --------
        >>> result.outcome("doses_anakinra")                                  # doctest: +SKIP
        """
        import polars as pl

        if self.questions.find(name) is None:
            raise UnknownName(
                "outcome of this trial", name, self.questions.names(),
                "result.questions.names() lists them all; columns of result.patients besides them are who a patient is and"
                ' what was made. For a number of a group: result.endpoint("…").',
            )  # fmt: skip
        return pl.concat([self._asked(arm, [name]) for arm in self.arms], how="diagonal_relaxed")

    def outcomes(self, arm: str) -> Outcomes:
        """What may be asked of one arm's patients; answers are remembered."""
        if arm not in self.arms:
            raise UnknownName("arm in this result", arm, self.arms)
        if arm not in self._outcomes:
            on_disk = isinstance(self.frames, StoredFrames) and self.frames.large
            self._outcomes[arm] = (
                OutcomesOnDisk(self.questions, self.frames, arm=arm)
                if on_disk
                else outcomes_of(self.questions, self.frames, arm)
            )
        return self._outcomes[arm]

    @cached_property
    def _outcomes(self) -> dict[str, Outcomes]:
        return {}

    def _asked(self, arm: str, outcomes: Sequence[Any]) -> pl.DataFrame:
        import polars as pl

        return self.outcomes(arm).table(outcomes).select(pl.lit(arm).alias("arm"), pl.all())

    def _with_truth(self, patients: pl.DataFrame) -> pl.DataFrame:
        """What only the model knows, in columns named ``truth_…``."""
        truth = self.frames["truth"]
        extra = [name for name in truth.columns if name not in patients.columns]
        return patients.join(
            truth.select("arm", "patient", *extra), on=["arm", "patient"], how="left", maintain_order="left"
        )

    def _with_status(self, patients: pl.DataFrame) -> pl.DataFrame:
        """How each course ended, in `course_status`."""
        import polars as pl

        if "course_status" in patients.columns:
            return patients
        status = self.frames["exits"].select("arm", "patient", "course_status")
        joined = patients.join(status, on=["arm", "patient"], how="left", maintain_order="left")
        return joined.with_columns(pl.col("course_status").fill_null(NOT_TREATED))

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
        """Infections, relapses, deaths, remissions …, as seen; and the days of outcomes that stand for an event."""
        return self._events

    @cached_property
    def _events(self) -> pl.DataFrame:
        return self.events_where(None)

    def events_where(self, where: pl.Expr | None) -> pl.DataFrame:
        """Of `events`, the rows for which an expression holds: of a large stored run the others are not read."""
        import polars as pl

        own, pieces = part_of(self.frames, "events", where), []
        for outcome in self.questions.listed():
            if outcome.event and outcome.pattern in self.patients.columns:
                grade = pl.col(outcome.event_grade) if outcome.event_grade else pl.lit(None, dtype=pl.Int64)
                pieces.append(
                    self.patients.filter(pl.col(outcome.pattern).is_not_null()).select(
                        "arm", "patient", pl.col(outcome.pattern).alias("day"), event=pl.lit(outcome.event),
                        detail=pl.lit(outcome.event_detail), grade=grade,
                    )
                )  # fmt: skip
        order = pl.DataFrame({"arm": self.arms, "_order": range(len(self.arms))})
        kept = pieces if where is None else [piece.filter(where) for piece in pieces]
        whole = pl.concat([own, *kept], how="diagonal_relaxed").join(order, on="arm", how="left", maintain_order="left")
        return whole.sort("_order", "patient", "day", maintain_order=True).drop("_order")

    @property
    def ward(self) -> pl.DataFrame:
        """The worst of each sign on each day in care."""
        return self.frames["ward"]

    @property
    def exits(self) -> pl.DataFrame:
        """How each treated patient's follow-up ended."""
        return self.frames["exits"]

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

    @property
    def n_courses(self) -> int:
        """How many were treated: their courses were simulated, whether they finished or not."""
        return self.exits.height

    @property
    def outcomes_alone(self) -> bool:
        """Whether of each patient outcomes were kept, and none of the frames from which they were told."""
        return False

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
        if not isinstance(endpoint, (str, Path)) and not hasattr(endpoint, "needs"):
            raise BadInput(
                f"endpoint: got {endpoint!r}, expected a name, a TOML file or a record.\n  livingdrug list endpoint names them."
            )
        if not isinstance(arm, (str, tuple, list, type(None))):
            raise BadInput(
                f"arm: got {arm!r}, expected the name of an arm, or several.\n  This run has {', '.join(self.arms)}."
            )
        arms = self.arms if arm is None else (arm,) if isinstance(arm, str) else tuple(arm)
        for name in arms:
            if name not in self.arms:
                raise UnknownName("arm in this result", name, self.arms)
        own_times = False
        if isinstance(endpoint, (str, Path)):
            record = self._endpoint_record(endpoint)
            for use in self.trial.endpoints:
                if use.id == endpoint and use.at_months:
                    record, own_times = record.at_months(use.at_months), True
        else:
            record = endpoint
        if own_times and not ask(record.model_copy(update={"at": ()})).estimator.over_time:
            raise BadInput(f'trial "{self.trial.id}" gives times for endpoint "{record.id}", which is a {record.kind}.')
        design = self.trial.planned_design.kind
        whole = self._from_enrolment(record) if design == "randomised" else None
        needs = (*record.needs, *(whole.needs if whole else ()))
        check_names(needs, self.questions, f'endpoint "{record.id}"')
        needed = outcomes_read(needs, self.questions)
        lacking = {arm: why for arm in arms if (why := self.not_measured(arm, needed))}
        if len(lacking) == len(arms):
            raise BadInput(f'endpoint "{record.id}" reads {lacking[arms[0]]}.\n  Ask for another endpoint.')
        patients = self.patients_with(needed)
        if arms not in self._people:
            self._people[arms] = People.of(patients, arms)
        return evaluate(
            record, patients, arms, known=self.known_names, not_measured=lacking, design=design,
            from_enrolment=whole, strata=self.strata, remembered=self._people[arms],
        )  # fmt: skip

    @cached_property
    def _people(self) -> dict[tuple[str, ...], People]:
        return {}

    def not_measured(self, arm: str, names: Sequence[str]) -> str:
        """What one of these outcomes reads and nobody could see in an arm; empty when all can be answered."""
        found = [self.outcomes(arm).not_measured(known) for name in names if (known := self.questions.find(name))]
        return next((why for why in found if why), "")

    def _endpoint_record(self, endpoint: str | Path) -> Endpoint:
        """The endpoint of a file or of the catalogue; a name that is not there is told with what lists them."""
        from livingdrug.catalog.load import is_path

        catalog = self._catalog()
        if not is_path(endpoint) and not catalog.has("endpoint", str(endpoint)):
            asked = [use.id for use in self.trial.endpoints]
            raise UnknownName(
                "endpoint", str(endpoint), catalog.names("endpoint"),
                f"result.endpoints() gives those of this trial ({', '.join(asked[:6])}{', …' if len(asked) > 6 else ''});"
                ' livingdrug list endpoint shows all. For an outcome of each patient: result.outcome("…").',
            )  # fmt: skip
        return catalog.load("endpoint", endpoint)

    def _from_enrolment(self, record: Endpoint) -> Endpoint | None:
        """The endpoint that asks the same of everyone enrolled, at the same times."""
        if not record.from_enrolment:
            return None
        whole = self._endpoint_record(record.from_enrolment)
        times = {"at": record.at, "at_unit": record.at_unit, "shown_at": record.shown_at}
        return whole.model_copy(update=times) if whole.at else whole

    @cached_property
    def strata(self) -> pl.DataFrame | None:
        """Of a trial randomised within strata: each patient's, in columns patient and stratum; otherwise None."""
        design = self.trial.planned_design
        if not design.strata:
            return None
        import numpy as np
        import polars as pl

        who = self.frames["who"]
        values = {one.covariate: who[one.covariate].cast(pl.Float64).to_numpy() for one in design.strata}
        return pl.DataFrame({"patient": who["patient"], "stratum": np.asarray(design.stratum_of(values))})

    @cached_property
    def known_names(self) -> Known:
        """Names that formulas may use besides the columns of the patients table."""
        return known_names(self.questions)

    def endpoints(self) -> dict[str, EndpointResult]:
        """All endpoints the trial lists, by id."""
        return {use.id: self.endpoint(use.id) for use in self.trial.endpoints}

    def table(self) -> pl.DataFrame:
        """All numbers of all endpoints of the trial, in one long table (see `EndpointResult.table`)."""
        return tables(self.endpoints().values())[0]

    @cached_property
    def dictionary(self) -> pl.DataFrame:
        """Every column of every frame: frame, column, type, unit, meaning, origin."""
        from livingdrug.trial.dictionary import dictionary

        return dictionary(self)

    @in_words
    def to_tables(
        self, folder: str | Path, *, formats: Sequence[str] = ("csv", "parquet"), frames: Sequence[str] | None = None
    ) -> tuple[Path, ...]:
        """Write the frames, the endpoints and their dictionary as CSV and Parquet; see `livingdrug.trial.tables.write_tables`."""
        from livingdrug.trial.tables import write_tables

        return write_tables(self, folder, formats=formats, frames=frames)

    @in_words
    def to_adam(self, folder: str | Path, *, formats: Sequence[str] = ("json", "xpt")) -> tuple[Path, ...]:
        """Write analysis data sets ADSL, ADTTE, ADRS, ADAE, ADLB and ADPC as Dataset-JSON 1.1 and SAS transport files.

        Parameters
        ----------
        folder
            Made if need be; files of these names are replaced.
        formats
            Some of json, xpt; the second needs the package pyreadstat (``pip install "livingdrug[adam]"``).
        """
        return door("adam")(self, folder, formats=formats)

    @in_words
    def to_pdf(self, path: str | Path, *, published: bool = True) -> Path:
        """Write the report as PDF; needs the extra ``figures`` (``pip install "livingdrug[figures]"``).

        Parameters
        ----------
        path
            Ends in ``.pdf``; replaced if it is there.
        published
            Whether to set the trial's published results beside the simulation.

        Raises
        ------
        BadInput
            Another ending, the typesetter is not installed, or the place cannot be written.
        """
        if Path(path).suffix.lower() != ".pdf":
            raise BadInput(f"{path}: expected a name that ends in .pdf.\n  Name it {Path(path).with_suffix('.pdf')}.")
        return door("pdf")(self, path, published=published)

    def notes(self) -> list[str]:
        """What a reader must know before trusting the numbers, one sentence each; empty when all is well."""
        import polars as pl

        if self.failed.is_empty():
            return []
        total, n = self.frames["who"].height, self.failed.height
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

    def _repr_html_(self) -> str:
        """For notebooks: the headline, and each of the trial's endpoints as it is told once; every number is in `table`."""
        return as_html(repr(self), shown_once(list(self.endpoints().values())), notes=self.notes())

    @in_words
    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the run folder: all files or none.

        Parameters
        ----------
        folder
            Made if need be. A run that is there, unless it is this one, is kept.
        force
            Replace the run that is there.

        Raises
        ------
        BadInput
            The folder is a file, not writable, in use or holds another run; or the disk is full.
        """
        place = storage.make_folder(Path(folder))
        with held(place):
            refuse_to_write(place)
            run_folder.tidy_up(place)
            if not force and self._is_in(place) and run_folder.is_whole(place):
                return place  # its report stays, too
            if not force and not self._is_in(place):
                run_folder.refuse_to_replace(place)
            run_folder.publish(place, self.write)
        return place

    def _is_in(self, place: Path) -> bool:
        return run_folder.is_finished(place) and storage.read_json(place / run_folder.MANIFEST) == self.manifest

    def write(self, place: Path) -> None:
        """Write the files of this run into a folder that nobody reads yet; `save` is what you want."""
        from livingdrug.catalog.plan import questions_sha256

        storage.write_bytes(place / run_folder.TRIAL, trial_toml(self.trial).encode())
        for name in FRAMES:
            storage.write_frame(place / f"{name}.parquet", self.frames[name])
        storage.write_frame(place / PATIENTS, self.patients, about={ASKED: questions_sha256(self.questions)})
        storage.write_json(place / run_folder.TIMING, dict(self.timing))
        storage.write_json(place / run_folder.MANIFEST, dict(self.manifest))

    @classmethod
    @in_words
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
        refuse_to_read(place)
        if run_folder.is_unfinished(place):
            raise BadInput(
                f"the run in {place} is unfinished.\n  Complete it first: the same run with resume (--resume)."
            )
        manifest = read_manifest(place / run_folder.MANIFEST)
        if not any((place / name).is_file() for name in ("who.parquet", CHECKSUMS)):
            written = manifest.get("livingdrug", "an earlier version")
            raise BadInput(
                f"the run in {place} was written by livingdrug {written}, whose frames this version does not read.\n"
                f"  Run it again: livingdrug run {place / 'trial.toml'} -n {manifest.get('patients', '…')}"
                f" --seed {manifest.get('seed', '…')} -o another/folder."
            )
        verify(place, [*(f"{name}.parquet" for name in FRAMES), run_folder.TRIAL, run_folder.MANIFEST], DAMAGED)
        frames = StoredFrames(place)
        if not frames.large:
            frames.read_all()
        refuse_foreign(frames, manifest, place)
        timing = read_timing(place / run_folder.TIMING)
        return cls(_stored_trial(place / run_folder.TRIAL, manifest), manifest, frames, timing, catalog, place)

    def asked_of(self, catalog: Catalog) -> Result:
        """The same run, whose questions are looked up in this catalogue, the one it has been asked from so far.

        For many questions in a row: the catalogue's files are looked at once. Answers are remembered in both.
        """
        shared = {name: getattr(self, name) for name in ("questions", "patients", "_outcomes", "_people")}
        twin = replace(self, catalog=catalog)
        vars(twin).update(shared)
        return twin

    def _catalog(self) -> Catalog:
        from livingdrug.catalog.load import default_catalog

        return self.catalog or default_catalog()


def trial_toml(trial: Trial) -> str:
    """The trial as a TOML file that reads back as the same record."""
    content = trial.model_dump(mode="json", by_alias=True, exclude={"id"}, exclude_defaults=True)
    return to_toml(content)


def finished_frames(parts: Mapping[str, Sequence[pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    """Chunks put together, frame by frame (`finished_frame`).

    Parameters
    ----------
    parts
        For each frame, its pieces in order of arm and patient.
    """
    return {name: finished_frame(name, parts.get(name, ())) for name in FRAMES}


def finished_frame(name: str, parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """One frame of all chunks: promised columns and types; by arm, patient and day, whatever the chunks were."""
    import polars as pl

    pieces = [piece for piece in parts if piece.width]
    return tidy(pl.concat(pieces, how="diagonal_relaxed") if pieces else pl.DataFrame(), name).rechunk()


def _stored_trial(path: Path, manifest: Mapping[str, Any]) -> Trial:
    from livingdrug.catalog.load import read_record
    from livingdrug.catalog.records.trial import Trial

    return read_record(path, Trial).model_copy(update={"id": manifest.get("trial", path.stem)})
