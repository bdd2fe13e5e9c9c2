"""Chunks handed to workers, a few at a time, and kept as they come back; Ctrl-C once finishes what runs, twice ends at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice
from typing import TYPE_CHECKING, Any

from livingdrug.trial.chunks import ChunkStore, Job
from livingdrug.trial.reporter import Reporter

if TYPE_CHECKING:
    import polars as pl

Frames = Mapping[str, "pl.DataFrame"]
_LISTEN_SECONDS = 0.2


class Stopped(Exception):
    """The user stopped the run and what was being computed is kept, too."""


def simulate_all(
    submit: Callable[[Job], Future[Frames]],
    jobs: Iterator[Job],
    store: ChunkStore,
    reporter: Reporter,
    *,
    at_once: int,
) -> None:
    """Compute every job and keep its frames.

    Parameters
    ----------
    submit
        Hands one job to a pool of workers.
    jobs
        What is to do; asked for one by one.
    store
        Keeps finished chunks.
    reporter
        Is told of each.
    at_once
        Jobs that the pool holds at a time.

    Raises
    ------
    Stopped
        Ctrl-C; chunks that were being computed are finished and kept: their work is paid for.
    KeyboardInterrupt
        Ctrl-C again.
    """
    waiting: dict[Future[Any], Job] = {}
    try:
        while True:
            for job in islice(jobs, at_once - len(waiting)):
                waiting[submit(job)] = job
            if not waiting:
                return
            finished, _ = wait(waiting, _LISTEN_SECONDS if reporter.tells_stages else None, FIRST_COMPLETED)
            reporter.listen()
            for future in sorted(finished, key=_has_failed):  # what went well is kept before a failure is told
                job = waiting[future]
                try:
                    frames = future.result()
                except Exception as problem:
                    arm = reporter.names[job[0]]
                    problem.add_note(f"in arm {arm}, patients {job[1][0]} to {job[1][-1]}")
                    raise
                store.keep(job, frames)
                del waiting[future]
                reporter.done(job)
    except KeyboardInterrupt:
        _finish(waiting, store, reporter)
        raise Stopped from None
    except BaseException:
        for future in waiting:
            future.cancel()
        raise


def _has_failed(future: Future[Any]) -> bool:
    return future.exception() is not None


def _finish(waiting: Mapping[Future[Any], Job], store: ChunkStore, reporter: Reporter) -> None:
    running = {future: job for future, job in waiting.items() if not future.cancel()}
    for done, (future, job) in enumerate(running.items()):
        reporter.stopping(done, len(running))
        if future.exception() is None:
            store.keep(job, future.result())
    reporter.stopping(len(running), len(running))
