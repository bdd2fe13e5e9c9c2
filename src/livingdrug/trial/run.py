"""Running a trial: every arm, every patient, in chunks over threads; finished chunks are never lost."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.course.settings import STAGES, Settings
from livingdrug.foundation.errors import BadInput, Interrupted
from livingdrug.trial import storage
from livingdrug.trial.chunks import ChunkStore
from livingdrug.trial.manifest import describe, refuse_mismatch
from livingdrug.trial.result import Result, finished_frames, trial_toml

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.foundation.quantities import Quantity

USUAL_PATIENTS = 1000
"""Patients of a trial that does not say how many it enrols."""
Simulate = Callable[..., Mapping[str, "pl.DataFrame"]]
Progress = Callable[[str, str, int, int], None]
Job = tuple[int, NDArray[np.int64]]  # arm's place in the order, patient numbers


def run(
    trial: Trial | str | Path,
    *,
    patients: int | None = None,
    seed: int = 1,
    threads: int | None = None,
    chunk: int = 250,
    out: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    catalog: Catalog | None = None,
    sample: int = 40,
    arms: Sequence[str] | None = None,
    between_patient: bool = True,
    parameters: Mapping[str, Quantity] | None = None,
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
        Patients simulated together; a matter of speed and memory only.
    out
        Folder for results; finished chunks are kept there, so an interrupted run can go on.
    resume
        Go on with the run in `out` (or start it); refused when that is another run.
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
        Model parameters to use in place of the catalogue's: name -> `Quantity` (sensitivity, calibration).
    executor
        Anything with the interface of `concurrent.futures.Executor`, in place of threads.
    simulate
        Stand-in for `livingdrug.trial.line.follow`, for tests.

    Raises
    ------
    BadInput
        No patients, negative seed, unknown arm or endpoint, unusable folder, another run to resume, disk full.
    Interrupted
        Stopped by the user; finished chunks are in `out`.

    Examples
    --------
    >>> import livingdrug as ld
    >>> result = ld.run("eliana", patients=1000, seed=7)          # doctest: +SKIP
    >>> result.endpoint("efs").at([6, 12, 24], "month")           # doctest: +SKIP
    """
    # ── set up ──
    started = time.time()
    from livingdrug.catalog.load import default_catalog
    from livingdrug.trial.door import planned

    _check_numbers(patients=1 if patients is None else patients, seed=seed, threads=threads, chunk=chunk, sample=sample)
    catalog = catalog or default_catalog()
    record, plans = planned(trial, catalog, arms=arms)
    patients = patients or record.enrolled or USUAL_PATIENTS
    groups = _groups(record, plans, patients, seed, catalog)
    settings = Settings(sample=sample, between_patient=between_patient, parameters=dict(parameters or {}))
    manifest = describe(plans, record, patients=patients, seed=seed, settings=settings.told())
    # Stages are told from inside our own threads; elsewhere (a process, another machine) a group is done or not.
    tells_stages = progress is not None and simulate is None and executor is None
    simulate = simulate or _follow()
    folder = None if out is None else storage.make_folder(Path(out))
    if folder is not None and resume and _is_finished(folder):
        refuse_mismatch(storage.read_json(folder / "manifest.json"), manifest, folder)
        return Result.load(folder, catalog=catalog)
    store = ChunkStore.open(folder, manifest, trial_toml(record), chunk=chunk, resume=resume)
    threads = threads or _n_processors()

    # ── main loop ──
    jobs = list(_jobs(groups, store.chunk))
    reporter = _Reporter(progress, [plan.arm.name for plan in plans], [group.size for group in groups], tells_stages)
    missing = [job for job in jobs if not store.has(job)]
    reporter.start(jobs, missing)
    pool = executor or ThreadPoolExecutor(max_workers=threads, thread_name_prefix="courses")
    try:
        _simulate_all(pool, simulate, plans, seed, settings, missing, store, reporter)
        # ── finish ──
        reporter.saving(0)
        frames = finished_frames(store.pieces(jobs))
        timing = {
            "started": _clock(started),
            "finished": _clock(time.time()),
            "seconds": round(time.time() - started, 3),
            "threads": threads,
            "chunk": store.chunk,
            "chunks_resumed": len(jobs) - len(missing),
        }
        result = Result(record, manifest, frames, timing, catalog, folder)
        if folder is not None:
            result.save(folder)
            store.clear()
        reporter.saving(1)
        return result
    except KeyboardInterrupt:
        raise _interrupted(folder, len([job for job in jobs if store.has(job)]), len(jobs)) from None
    finally:
        if executor is None:
            pool.shutdown(wait=True, cancel_futures=True)


def _clock(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _simulate_all(
    pool: Executor,
    simulate: Simulate,
    plans: Sequence[Plan],
    seed: int,
    settings: Settings,
    jobs: Sequence[Job],
    store: ChunkStore,
    reporter: _Reporter,
) -> None:
    waiting: dict[Future[Any], Job] = {}
    for arm, numbers in jobs:
        words = {"settings": settings, **reporter.asks((arm, numbers))}
        waiting[pool.submit(simulate, plans[arm], numbers, seed, **words)] = (arm, numbers)
    try:
        while waiting:
            finished, _ = wait(waiting, timeout=reporter.every_seconds, return_when=FIRST_COMPLETED)
            reporter.listen()
            for future in finished:
                job = waiting.pop(future)
                try:
                    frames = future.result()
                except Exception as problem:
                    problem.add_note(f"in arm {plans[job[0]].arm.name}, patients {job[1][0]} to {job[1][-1]}")
                    raise
                store.keep(job, frames)
                reporter.done(job)
    except BaseException as problem:
        for future in waiting:
            future.cancel()
        if isinstance(problem, KeyboardInterrupt):
            # Chunks already being computed are finished and kept: their work is paid for.
            for future, job in waiting.items():
                if not future.cancelled() and future.exception() is None:
                    store.keep(job, future.result())
        raise


class _Reporter:
    """Counts the patients of each arm through the stages and tells the caller, in the caller's thread."""

    def __init__(
        self, progress: Progress | None, names: Sequence[str], totals: Sequence[int], tells_stages: bool
    ) -> None:
        self.progress, self.names, self.totals, self.tells_stages = progress, names, totals, tells_stages
        self.heard: SimpleQueue[tuple[Job, str]] = SimpleQueue()  # what the workers say, until somebody listens
        self.counts = {(arm, stage): 0 for arm in range(len(names)) for stage in STAGES}
        self.counted: set[tuple[int, int, str]] = set()
        self.every_seconds = 0.2 if tells_stages else None

    def start(self, jobs: Sequence[Job], missing: Sequence[Job]) -> None:
        todo = {(arm, int(numbers[0])) for arm, numbers in missing}
        for arm, numbers in jobs:
            if (arm, int(numbers[0])) not in todo:
                for stage in STAGES:
                    self.counts[arm, stage] += numbers.size
        for arm, stage in self.counts:
            self._tell(arm, stage)

    def asks(self, job: Job) -> dict[str, Callable[[str], None]]:
        """What to hand to the worker of a job, so that it says how far it is."""
        return {"stage": lambda name: self.heard.put((job, name))} if self.tells_stages else {}

    def listen(self) -> None:
        """Count what the workers have said since."""
        while not self.heard.empty():
            self._count(*self.heard.get())

    def done(self, job: Job) -> None:
        for stage in STAGES:
            self._count(job, stage)

    def saving(self, done: int) -> None:
        if self.progress is not None:
            self.progress("", "saving", done, 1)

    def _count(self, job: Job, stage: str) -> None:
        key = (job[0], int(job[1][0]), stage)
        if key not in self.counted:
            self.counted.add(key)
            self.counts[job[0], stage] += job[1].size
            self._tell(job[0], stage)

    def _tell(self, arm: int, stage: str) -> None:
        if self.progress is not None:
            self.progress(self.names[arm], stage, self.counts[arm, stage], self.totals[arm])


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


def _jobs(groups: Sequence[NDArray[np.int64]], chunk: int) -> Iterator[Job]:
    for arm, group in enumerate(groups):
        for first in range(0, group.size, chunk):
            yield arm, group[first : first + chunk]


def _n_processors() -> int:
    """Processors this process may use (a container may have fewer than the machine)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_finished(folder: Path) -> bool:
    return (folder / "manifest.json").is_file() and not (folder / "chunks").exists()


def _follow() -> Simulate:
    from livingdrug.trial.line import follow  # compiles the model's code: not before it is needed

    return follow


def _check_numbers(**numbers: int | None) -> None:
    least = {"patients": 1, "seed": 0, "threads": 1, "chunk": 1, "sample": 0}
    for name, value in numbers.items():
        if value is None and name == "threads":
            continue
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise BadInput(f"{name}: got {value!r}, expected a whole number of at least {least[name]}.")
        if value < least[name]:
            raise BadInput(f"{name}: got {value}, expected at least {least[name]}.\n  Give a larger {name}.")


def _interrupted(folder: Path | None, n_kept: int, n_all: int) -> Interrupted:
    if folder is None:
        return Interrupted(
            "stopped; nothing was kept, because no folder was given.\n  Give out=… (-o …) to keep what is done."
        )
    return Interrupted(
        f"stopped; {n_kept} of {n_all} chunks are finished and kept in {folder}.\n"
        "  Go on with the same run and resume=True (--resume)."
    )
