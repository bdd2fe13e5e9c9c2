"""Running a trial: every arm, every patient, in chunks over threads; finished chunks are never lost."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.course.settings import Settings
from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import BadInput, Interrupted
from livingdrug.observation.frames import FRAMES
from livingdrug.trial import folder as run_folder
from livingdrug.trial import storage
from livingdrug.trial.calendar import on_the_calendar
from livingdrug.trial.chunks import ChunkStore, Job, Jobs
from livingdrug.trial.estimate import (
    USUAL_MEMORY_GB,
    estimate,
    refuse_hopeless,
    refuse_memory,
    refuse_numbers,
    refuse_too_much,
)
from livingdrug.trial.lock import held
from livingdrug.trial.manifest import describe, refuse_mismatch
from livingdrug.trial.other_work import refuse_to_write
from livingdrug.trial.reporter import Progress, Reporter
from livingdrug.trial.result import Result, finished_frame
from livingdrug.trial.work import Stopped, simulate_all

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.foundation.quantities import Quantity

USUAL_PATIENTS = 1000
"""Patients of a trial that does not say how many it enrols."""
Simulate = Callable[..., Mapping[str, "pl.DataFrame"]]
_AT_ONCE = 200  # jobs that an executor of the caller's holds at a time: frames of so many chunks may wait to be kept


@in_words
def run(
    trial: Trial | str | Path,
    *,
    patients: int | None = None,
    seed: int = 1,
    threads: int | None = None,
    chunk: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Progress | None = None,
    catalog: Catalog | None = None,
    sample: int = 40,
    arms: Sequence[str] | None = None,
    between_patient: bool = True,
    parameters: Mapping[str, Quantity | str | float] | None = None,
    memory_gb: float = USUAL_MEMORY_GB,
    afterwards: Callable[[Result], object] | None = None,
    executor: Executor | None = None,
    simulate: Simulate | None = None,
) -> Result:
    """Simulate a trial: cohort, lots, courses and visits of every arm.

    Patient 137 is the same person in every arm, whatever the number of patients, threads or the chunk size.

    Parameters
    ----------
    trial
        A trial record, a catalog name or a TOML file.
    patients
        How many are enrolled, numbered from 1; as many as the trial's `enrolled` when omitted (or 1000). In a randomised
        trial each is in one arm, otherwise every arm treats the same ones.
    seed
        Not negative; another seed draws other patients.
    threads
        Worker threads; all the machine's when omitted.
    chunk
        Patients simulated together; a matter of speed and memory only. When omitted up to 500, each thread its share,
        or as many as memory allows.
    out
        Folder for results; finished chunks are kept there, so an interrupted run can go on. One run at a time.
    resume
        Go on with the run in `out` (or start it, or return it when it is finished); refused when that is another run.
    force
        Replace what run is in `out`, finished or not; without it a run is never overwritten.
    progress
        Called as progress(arm, stage, done, total) from the calling thread: for each arm in patients at the stages
        cohort, making, courses and visits; at the end once for all arms, as progress("", "saving", 1, 1).
    catalog
        Where names are looked up; the default catalogue when omitted.
    sample
        How many patients' true courses are kept.
    arms
        Names of the arms to run; all when omitted.
    between_patient
        False: every patient has the typical biology; covariates, lots and luck still differ.
    parameters
        Model parameters to use in place of the catalogue's (sensitivity, calibration): name -> number and unit as text,
        ``{"growth_max": "2.8 1/day"}``, or a `Quantity`. Unit, sign and bounds are held against the model's own.
    memory_gb
        A run that would need more memory [GB] is refused before it starts.
    afterwards
        Called with the result while nobody else may use the folder, for example to write the report.
    executor
        Anything with the interface of `concurrent.futures.Executor`, in place of threads: a pool of processes, or the workers
        of a Dask cluster (``client.get_executor()``). A worker whose code or libraries are others refuses.
    simulate
        Stand-in for `livingdrug.trial.line.follow`, for tests.

    Raises
    ------
    BadInput
        No patients, negative seed, unknown arm or endpoint; more memory or disk than there is; a folder that is in use,
        holds another run, is damaged or cannot be written; disk full.
    Interrupted
        Stopped by the user; finished chunks are in `out`. Once: chunks being computed are finished first. Twice: at once.

    Examples
    --------
    >>> import livingdrug as ld
    >>> result = ld.run("eliana", patients=1000, seed=7)          # doctest: +SKIP
    >>> result.endpoint("efs").at([6, 12, 24], "month")           # doctest: +SKIP
    """
    # ── set up ──
    started = time.time()
    from livingdrug.catalog.load import default_catalog
    from livingdrug.trial.door import own_parameters, planned

    refuse_numbers(patients=1 if patients is None else patients, seed=seed, threads=threads, chunk=chunk, sample=sample)
    refuse_memory(memory_gb)
    refuse_hopeless(patients or 1, threads, memory_gb)
    place = None if out is None else Path(out)
    _refuse_contradiction(place, resume=resume, force=force)
    catalog, threads = catalog or default_catalog(), threads or _n_processors()
    code = _Code(threads)
    computes_here = executor is None and simulate is None and not resume  # what is resumed may be finished
    record, plans = planned(trial, catalog, arms=arms, joined=code.begin_long if computes_here else None)
    own = own_parameters(plans, parameters)
    patients = patients or record.enrolled or USUAL_PATIENTS
    needs = estimate(
        plans, patients=patients, shares=[record.share_of(plan.arm.name) for plan in plans], chunk=chunk,
        threads=threads, sample=sample, memory_gb=memory_gb,
    )  # fmt: skip
    refuse_too_much(needs, patients=patients, memory_gb=memory_gb, folder=place)
    settings = Settings(sample=sample, between_patient=between_patient, parameters=own)
    manifest = describe(plans, record, patients=patients, seed=seed, settings=settings.told())
    groups, randomised = _groups(record, plans, patients, seed, catalog), record.planned_design.kind == "randomised"
    # Stages are told from inside our own threads; elsewhere (a process, another machine) a group is done or not.
    tells_stages = progress is not None and simulate is None and executor is None
    reporter = Reporter(progress, [plan.arm.name for plan in plans], [group.size for group in groups], tells_stages)
    apart = groups if randomised else None
    workers = _Workers(executor, threads, simulate, plans, seed, settings, reporter, code, apart)
    then = afterwards or (lambda result: None)

    with nullcontext() if place is None else held(storage.make_folder(place)):
        if place is not None and (found := _found(place, manifest, catalog, resume=resume)):
            then(found)
            return found
        store = _store(place, manifest, needs.chunk, resume=resume, force=force)
        jobs = Jobs(groups, store.chunk)
        if resume:
            store.look(jobs)
        n_found = len(store.there)
        try:
            # ── main loop ──
            workers.compute(jobs, store)
            # ── finish ──
            reporter.saving(0)
            frames = {name: finished_frame(name, store.pieces(name, jobs)) for name in FRAMES}
            frames = on_the_calendar(record, plans, frames, patients, seed, catalog)
            ended = time.time()
            timing = {
                "started": _clock(started), "finished": _clock(ended), "seconds": round(ended - started, 3),
                "threads": threads, "chunk": store.chunk, "chunks_resumed": n_found,
            }  # fmt: skip
            result = Result(record, manifest, frames, timing, catalog, place)
            if place is not None:
                run_folder.publish(place, result.write)
            reporter.saving(1)
            then(result)
        except (KeyboardInterrupt, Stopped):
            raise _interrupted(place, len(store.there), len(jobs)) from None
    return result


def _refuse_contradiction(place: Path | None, *, resume: bool, force: bool) -> None:
    """To go on with a run takes its folder, and leaves no room for replacing it."""
    if resume and (place is None or force):
        raise BadInput(
            "resume and force exclude each other: one goes on with a run, the other replaces it.\n  Give one of them."
            if force
            else "resume needs the folder of the run to go on with.\n  Give out=… (-o …)."
        )


@dataclass(frozen=True)
class _Workers:
    """Who computes chunks, and all that is the same for each."""

    executor: Executor | None
    threads: int
    simulate: Simulate | None
    plans: Sequence[Plan]
    seed: int
    settings: Settings
    reporter: Reporter
    code: _Code
    groups: Sequence[NDArray[np.int64]] | None = None

    def compute(self, jobs: Jobs, store: ChunkStore) -> None:
        """Compute and keep every chunk that is not there; raises as `simulate_all` does."""
        self.reporter.start(job for job in jobs if store.has(job))
        missing = (job for job in jobs if not store.has(job))
        usual = partial(_follow, self.plans, self.code) if self.executor is None else _follow_elsewhere
        does = self.simulate or usual()
        pool = self.executor or ThreadPoolExecutor(max_workers=self.threads, thread_name_prefix="courses")

        def submit(job: Job) -> Future[Any]:
            arm, numbers = job
            words = {"settings": self._settings(job), **self.reporter.asks(job)}
            return pool.submit(does, self.plans[arm], numbers, self.seed, **words)

        waits = True
        try:
            at_once = 2 * self.threads if self.executor is None else _AT_ONCE
            simulate_all(submit, missing, store, self.reporter, at_once=at_once)
        except KeyboardInterrupt:
            waits = False
            raise
        finally:
            if self.executor is None:
                pool.shutdown(wait=waits, cancel_futures=True)

    def _settings(self, job: Job) -> Settings:
        """The settings of one chunk: in a randomised trial they tell its place in the arm."""
        if self.groups is None:
            return self.settings
        arm, numbers = job
        return replace(self.settings, first_place=int(np.searchsorted(self.groups[arm], numbers[0])))


def _found(place: Path, manifest: Mapping[str, Any], catalog: Catalog, *, resume: bool) -> Result | None:
    """The finished run that is to be resumed, if it is there; what a kill left in the folder is put in order first."""
    refuse_to_write(place)
    run_folder.tidy_up(place)
    if not (resume and run_folder.is_finished(place)):
        return None
    result = Result.load(place, catalog=catalog)
    refuse_mismatch(result.manifest, manifest, place)
    return result


def _store(place: Path | None, manifest: Mapping[str, Any], chunk: int, *, resume: bool, force: bool) -> ChunkStore:
    """Where chunks are kept: in memory, in the folder of a run that goes on, or in a folder that is free for a new one."""
    if place is None:
        return ChunkStore(None, chunk)
    run_folder.refuse_chunks_without_plan(place)
    if resume and run_folder.is_unfinished(place) and not force:
        return ChunkStore.resumed(place, manifest)
    if force:
        run_folder.drop_chunks(place)
    else:
        run_folder.refuse_to_replace(place)
    return ChunkStore.new(place, manifest, chunk=chunk)


def _clock(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _groups(
    record: Trial, plans: Sequence[Plan], patients: int, seed: int, catalog: Catalog
) -> list[NDArray[np.int64]]:
    """The patients of each arm that is run; people are randomised among all arms of the trial, run or not."""
    from livingdrug.catalog.plan import plans_of
    from livingdrug.trial.allocation import allocate

    whole = plans if len(plans) == len(record.arms) else plans_of(record, catalog)
    groups = allocate(whole, record.planned_design, patients, seed)
    place = {plan.arm.name: group for plan, group in zip(whole, groups, strict=True)}
    chosen = [place[plan.arm.name] for plan in plans]
    for plan, group in zip(plans, chosen, strict=True):
        if not group.size:
            raise BadInput(
                f"patients: got {patients}, so few that nobody is randomised to arm {plan.arm.name}.\n  Give more patients."
            )
    return chosen


def _n_processors() -> int:
    """Processors this process may use (a container may have fewer than the machine)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Code:
    """Machine code of the arms' models, begun side by side, because chunks come arm by arm and would wait for each."""

    def __init__(self, threads: int) -> None:
        from livingdrug.engine.ensemble import Beginning

        self._beginning = Beginning(threads)

    def begin(self, *plans: Plan) -> None:
        from livingdrug.course.equations import equations

        self._beginning.of(equations(plan).compiled for plan in plans)

    def begin_long(self, plan: Plan) -> None:
        """Begin what takes seconds; the rest is not worth the trouble of a run that may still be refused."""
        from livingdrug.course.equations import equations

        if equations(plan).compiled.is_long:
            self.begin(plan)


def _follow(plans: Sequence[Plan], code: _Code) -> Simulate:
    """The line itself."""
    from livingdrug.trial.line import follow  # compiles the model's code: not before it is needed

    code.begin(*plans)
    return follow


def _follow_elsewhere() -> Simulate:
    from livingdrug.trial.elsewhere import follow_alike, likeness_here

    return partial(follow_alike, likeness_here())


def _interrupted(folder: Path | None, n_kept: int, n_all: int) -> Interrupted:
    if folder is None:
        return Interrupted(
            "stopped; nothing of this simulation was kept, because it is held in memory.\n"
            "  Start again. What livingdrug run -o … (run(…, out=…)) has done is kept as it goes."
        )
    return Interrupted(
        f"stopped; {n_kept} of {n_all} chunks are finished and kept in {folder}.\n"
        "  Go on with the same run and resume=True (--resume)."
    )
