"""Counts the patients of each arm through the stages of a run and tells the caller, in the caller's thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from queue import SimpleQueue

from livingdrug.course.settings import STAGES
from livingdrug.trial.chunks import Job

Progress = Callable[[str, str, int, int], None]
STOPPING = "stopping"
"""Stage told when a run was stopped and chunks already being computed are still finished."""


class Reporter:
    """What a run says while it goes.

    Parameters
    ----------
    progress
        Called as progress(arm, stage, done, total); None says nothing.
    names, totals
        Arms and how many patients each has.
    tells_stages
        Whether workers say how far they are; otherwise a chunk is done or not.
    """

    def __init__(
        self, progress: Progress | None, names: Sequence[str], totals: Sequence[int], tells_stages: bool
    ) -> None:
        self.progress, self.names, self.totals, self.tells_stages = progress, names, totals, tells_stages
        self.heard: SimpleQueue[tuple[Job, str]] = SimpleQueue()  # what the workers say, until somebody listens
        self.counts = {(arm, stage): 0 for arm in range(len(names)) for stage in STAGES}
        self.counted: set[tuple[int, int, str]] = set()

    def start(self, finished: Iterable[Job]) -> None:
        """Tell where every stage begins: at 0, or behind the chunks finished earlier."""
        for arm, numbers in finished:
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
        """A chunk is finished and kept."""
        for stage in STAGES:
            self._count(job, stage)
            self.counted.discard((job[0], int(job[1][0]), stage))

    def saving(self, done: int) -> None:
        """Files are being written (0) or are there (1)."""
        if self.progress is not None:
            self.progress("", "saving", done, 1)

    def stopping(self, done: int, total: int) -> None:
        """The run was stopped; so many of the chunks being computed are finished since."""
        if self.progress is not None:
            self.progress("", STOPPING, done, total)

    def _count(self, job: Job, stage: str) -> None:
        key = (job[0], int(job[1][0]), stage)
        if key not in self.counted:
            self.counted.add(key)
            self.counts[job[0], stage] += job[1].size
            self._tell(job[0], stage)

    def _tell(self, arm: int, stage: str) -> None:
        if self.progress is not None:
            self.progress(self.names[arm], stage, self.counts[arm, stage], self.totals[arm])
