"""One large trial of which each patient's outcomes are kept: what was seen of a patient is forgotten as soon as it is reduced.

patients in chunks ──► followed and asked ──► a piece each, on disk ──► the columns that endpoints read ──► their numbers
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.catalog.plan import questions_sha256
from livingdrug.course.equations import scenario_told
from livingdrug.course.settings import Settings
from livingdrug.design.asked import KEYS, with_everyone
from livingdrug.design.outcomes_kept import (
    NUMBERS,
    PIECE_FRAMES,
    OutcomesKept,
    asked_of_pieces,
    endpoints_told,
    names_read,
    people_of,
    with_everyone_enrolled,
)
from livingdrug.design.pieces import Pieces
from livingdrug.foundation.errors import BadInput, Interrupted
from livingdrug.observation.data_cut import cut, with_entry_days
from livingdrug.observation.frames import FRAMES, tidy
from livingdrug.outcome.endpoint_result import table_schema
from livingdrug.trial import storage
from livingdrug.trial.calendar import begins, known_before
from livingdrug.trial.chunks import Job, Jobs
from livingdrug.trial.estimate import Needs, estimate, refuse_hopeless, refuse_memory, refuse_numbers, refuse_too_much
from livingdrug.trial.line import follow, outcomes_of
from livingdrug.trial.lock import held
from livingdrug.trial.manifest import describe
from livingdrug.trial.result import trial_toml

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.questions import Questions
    from livingdrug.catalog.records.outcome import Outcome
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.foundation.quantities import Quantity

USUAL_CHUNK = 500
USUAL_MEMORY_GB = 2.0
# A row without an outcome stands for a chunk in which somebody was treated.
_LACKING = {"arm": pl.String, "outcome": pl.String, "why": pl.String}
# Measured on ELIANA in November 2026: columns that its endpoints read, in memory and twice while one is computed; on disk.
_GROUND, _BYTES, _BYTES_ON_DISK = 0.5e9, 1_000.0, 900.0
_LOG = logging.getLogger("livingdrug.design")


@dataclass(frozen=True, repr=False)
class OutcomesOnly:
    """A large trial: each patient's outcomes, and the numbers of its endpoints.

    Attributes
    ----------
    trial
        As planned.
    manifest
        Versions, seed, hashes: equal manifests mean equal numbers.
    numbers
        Every number of every endpoint that the trial lists (`EndpointResult.table`).
    standing
        What a reader has to know first, in sentences: what is not calibrated.
    pieces, names
        Where each chunk's patients are, and the chunks in order of arm and patient.
    questions, catalog
        What was asked of each patient, and where endpoints are looked up.
    timing
        Seconds and threads.
    """

    trial: Trial
    manifest: Mapping[str, Any]
    numbers: pl.DataFrame
    standing: tuple[str, ...]
    pieces: Pieces
    names: tuple[str, ...]
    questions: Questions
    catalog: Catalog
    timing: Mapping[str, Any]

    @property
    def n_rows(self) -> int:
        """Patients of all arms together: each person once where chance put them into an arm, in every arm otherwise."""
        arms = 1 if self.trial.planned_design.kind == "randomised" else len(self.manifest["arms"])
        return self.manifest["patients"] * arms

    def asked(self, columns: Iterable[str] | None = None) -> OutcomesKept:
        """The trial as a run that may be asked: for endpoints besides, and for its report.

        Parameters
        ----------
        columns
            Names that will be read of the patients; all when omitted (1 kB a patient).
        """
        return asked_of_pieces(
            self.trial, self.manifest, self.pieces, self.names, self.questions, catalog=self.catalog, columns=columns,
            timing=self.timing,
        )  # fmt: skip

    def patients(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """One row for each enrolled patient and arm, as `Result.patients` has it; some columns, or all.

        Parameters
        ----------
        columns
            By name, besides arm and patient.
        """
        return people_of(self.pieces, self.names, columns)

    def __repr__(self) -> str:
        return f"{self.trial.title}: outcomes of {self.manifest['patients']:,} patients"


@dataclass(frozen=True)
class _Work:
    """All that chunks share."""

    trial: Trial
    catalog: Catalog
    plans: tuple[Plan, ...]
    groups: tuple[NDArray[np.int64], ...]
    seed: int
    settings: Settings
    questions: Questions
    outcomes: tuple[Outcome, ...]
    entry: pl.DataFrame | None
    cut_day: float | None

    def follow(self, job: Job) -> dict[str, pl.DataFrame]:
        """A chunk's patients with their outcomes, and what of these nobody in it could see."""
        place, numbers = job
        plan, settings = self.plans[place], self.settings
        if self.trial.planned_design.kind == "randomised":  # a bank's lots follow the order of the arm
            settings = replace(settings, first_place=int(np.searchsorted(self.groups[place], numbers[0])))
        found = follow(plan, numbers, self.seed, settings=settings)
        frames = {name: tidy(found.get(name, pl.DataFrame()), name) for name in FRAMES}
        if self.entry is not None:
            frames["who"] = with_entry_days(frames["who"], self.entry)
        if self.entry is not None and self.cut_day is not None:
            frames = cut(frames, self.entry.select("patient", cut=pl.lit(self.cut_day)), begins(self.plans))
        asked = outcomes_of(self.questions, frames, plan.arm.name)
        table = asked.table(self.outcomes).select(pl.lit(plan.arm.name).alias("arm"), pl.all())
        people = with_everyone(frames, table)
        truth = frames["truth"]
        extra = [name for name in truth.columns if name not in people.columns]
        people = people.join(truth.select(*KEYS, *extra), on=KEYS, how="left", maintain_order="left")
        lacking = [(plan.arm.name, one.pattern, why) for one in self.outcomes if (why := asked.not_measured(one))]
        told = (
            [(plan.arm.name, "", ""), *lacking] if len(asked.patients) else []
        )  # where nobody was treated, nothing is told
        return {"people": people, "lacking": pl.DataFrame(told, _LACKING, orient="row")}


def outcomes_only(
    trial: Trial | str | Path,
    *,
    patients: int,
    seed: int = 1,
    threads: int | None = None,
    chunk: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    force: bool = False,
    parameters: Mapping[str, Quantity | str | float] | None = None,
    catalog: Catalog | None = None,
    memory_gb: float = USUAL_MEMORY_GB,
    progress: Callable[[int, int], None] | None = None,
) -> OutcomesOnly:
    """Simulate a trial of any size and keep each patient's outcomes: no visits, no courses.

    The patients, their outcomes and the endpoints are those of `livingdrug.run` with the same seed.

    Parameters
    ----------
    trial
        A trial record, a catalogue name or a TOML file.
    patients
        How many are enrolled.
    seed, threads, parameters, catalog
        As for `livingdrug.run`.
    chunk
        Patients computed together; 500 when omitted.
    out
        Folder for results; finished chunks are kept there. Without it they are kept in memory.
    resume
        Go on in `out`.
    force
        Replace what earlier work left in `out`.
    memory_gb
        A run that would need more memory [GB] is refused before it starts.
    progress
        Called as progress(done, patients).

    Raises
    ------
    BadInput
        As `livingdrug.run`; a data cut-off that waits for events, which only the whole trial knows.
    Interrupted
        Stopped by the user; finished chunks are in `out`.

    Examples
    --------
    >>> from livingdrug.design.outcomes_only import outcomes_only
    >>> found = outcomes_only("eliana", patients=1_000_000, seed=7, out="runs/million")   # doctest: +SKIP
    >>> found.numbers                                                                    # doctest: +SKIP
    """
    started, threads = time.time(), threads or _n_processors()
    refuse_numbers(patients=patients, seed=seed, threads=threads, chunk=chunk)
    refuse_memory(memory_gb)
    refuse_hopeless(patients, threads, memory_gb, of_each=_BYTES, on_disk=_BYTES_ON_DISK)
    chunk = chunk or USUAL_CHUNK
    place = None if out is None else Path(out)
    work = _prepared(trial, patients, seed, parameters, catalog)
    needs = needed(work.plans, [group.size for group in work.groups], threads=threads, chunk=chunk)
    refuse_too_much(needs, patients=patients, memory_gb=memory_gb, folder=place)
    manifest = describe(work.plans, work.trial, patients=patients, seed=seed, settings=work.settings.told())
    manifest |= {"kept": "outcomes", "outcomes": [one.pattern for one in work.outcomes], "chunk": chunk}
    manifest |= {"questions_sha256": questions_sha256(work.questions), "trial_toml": trial_toml(work.trial)}
    told = [(use.id, work.catalog.load("endpoint", use.id)) for use in work.trial.endpoints]
    manifest["endpoint_titles"] = [{"id": name, "title": one.name, "shown_at": one.time_shown} for name, one in told]
    jobs = Jobs(work.groups, chunk)
    with nullcontext() if place is None else held(storage.make_folder(place)):
        pieces = Pieces.opened(place, PIECE_FRAMES, manifest, resume=resume, force=force)
        _compute(work, jobs, pieces, threads, progress or (lambda done, total: None), place)
        names = tuple(_name(job) for job in jobs)
        numbers = _numbers(work, manifest, pieces, names)
        timing = {"seconds": round(time.time() - started, 3), "threads": threads}
        found = OutcomesOnly(
            work.trial, manifest, numbers, _standing(work), pieces, names, work.questions, work.catalog, timing
        )
        if place is not None:
            storage.write_frame(place / NUMBERS, found.numbers)
            storage.write_json(place / "manifest.json", dict(manifest))
            storage.write_json(place / "timing.json", timing)
    return found


def needed(plans: Sequence[Plan], patients: Sequence[int], *, threads: int, chunk: int) -> Needs:
    """What such a run takes: memory is that of the columns which endpoints read, and of the chunks being computed.

    Parameters
    ----------
    plans, patients
        Each arm's, and how many it has.
    threads, chunk
        Chunks computed at a time, and patients in each.
    """
    n = sum(patients)
    shares = [one / max(1, n) for one in patients]
    # as a run computes them, with only the chunks at work in memory
    whole = estimate(plans, patients=n, shares=shares, chunk=chunk, threads=threads, sample=0, memory_gb=float("inf"))
    few = estimate(
        plans, patients=min(n, chunk * threads), shares=shares, chunk=chunk, threads=threads, sample=0, memory_gb=float("inf")
    )  # fmt: skip
    return Needs(max(_GROUND, few.memory) + n * _BYTES, n * _BYTES_ON_DISK, whole.seconds, chunk)


def _prepared(
    trial: Trial | str | Path, patients: int, seed: int, parameters: Mapping[str, Quantity | str | float] | None,
    catalog: Catalog | None,
) -> _Work:  # fmt: skip
    from livingdrug.catalog.load import default_catalog
    from livingdrug.trial.allocation import allocate
    from livingdrug.trial.door import own_parameters, planned

    catalog = catalog or default_catalog()
    record, plans = planned(trial, catalog)
    questions = plans[0].questions
    groups = tuple(allocate(plans, record.planned_design, patients, seed))
    for plan, group in zip(plans, groups, strict=True):
        if not group.size:
            raise BadInput(
                f"patients: got {patients}, so few that nobody is randomised to arm {plan.arm.name}.\n  Give more patients."
            )
    wanted = {one.pattern: one for one in questions.listed()}
    for name in sorted(names_read(endpoints_told(record, catalog), questions)):
        known = questions.find(name)
        if known is not None and not questions.problem(
            known
        ):  # what the trial published may be of what is not asked here
            wanted.setdefault(name, known)
    entry, day = known_before(record, patients, seed)
    settings = Settings(sample=0, parameters=own_parameters(plans, parameters))
    return _Work(record, catalog, plans, groups, seed, settings, questions, tuple(wanted.values()), entry, day)


def _compute(
    work: _Work, jobs: Jobs, pieces: Pieces, threads: int, tell: Callable[[int, int], None], place: Path | None
) -> None:
    """Every chunk that is not there yet."""
    total = sum(group.size for group in work.groups)
    missing: Iterable[Job] = iter([job for job in jobs if not pieces.has(_name(job))])
    done = total - sum(job[1].size for job in jobs if not pieces.has(_name(job)))
    tell(done, total)
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="outcomes")
    waiting: dict[Future[dict[str, pl.DataFrame]], Job] = {}
    stopped = False
    try:
        while True:
            for job in islice(missing, 2 * threads - len(waiting)):
                waiting[pool.submit(work.follow, job)] = job
            if not waiting:
                return
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                job = waiting.pop(future)
                pieces.keep(_name(job), future.result())
                done += job[1].size
                tell(done, total)
    except KeyboardInterrupt:
        stopped = True
        kept = f"{done:,} of {total:,} patients are finished" + (f" and kept in {place}" if place else "; none is kept")
        step = "Go on with resume=True (--resume)." if place else "Give out=… (-o …) to keep what is done."
        raise Interrupted(f"stopped; {kept}.\n  {step}") from None
    finally:
        pool.shutdown(wait=not stopped, cancel_futures=True)


def _numbers(work: _Work, manifest: Mapping[str, Any], pieces: Pieces, names: Sequence[str]) -> pl.DataFrame:
    """Every number of every endpoint, one endpoint after another, from the columns that they read."""
    records = [one for use in work.trial.endpoints for one in with_everyone_enrolled(use.id, work.trial, work.catalog)]
    read = {*names_read(records, work.questions), *(one.covariate for one in work.trial.planned_design.strata)}
    asked = asked_of_pieces(work.trial, manifest, pieces, names, work.questions, catalog=work.catalog, columns=read)
    tables = [pl.DataFrame(schema=table_schema())]
    for use in work.trial.endpoints:
        tables.append(asked.endpoint(use.id).table())
        asked.forget()
    return pl.concat(tables)


def _standing(work: _Work) -> tuple[str, ...]:
    words = [f"{work.trial.standing}."] if work.trial.standing else [scenario_told(plan) for plan in work.plans]
    return tuple(dict.fromkeys(f"{one[:1].upper()}{one[1:]}" for one in words if one))


def _name(job: Job) -> str:
    return f"arm{job[0]:02d}_from{int(job[1][0]):010d}"


def _n_processors() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
