"""Commands killed by the operating system at a moment drawn by chance, and what has to be true afterwards.

Expected values come from the same run, undisturbed: its bytes, the names in its folder, its report. The moment is a line of
progress drawn by chance and a time after it, so that it falls anywhere between the first import and the last byte however
slow the machine is.

victim      what is killed                                   afterwards
run         a run                                            --resume gives the same
twice       a run, then what resumes it                      --resume gives the same
replaced    a run with --force over another that finished    --resume gives the new one; before that the old one is whole, or none is
report      the report of a finished run                     the run is whole; the report, made again, is the same
asked       endpoints of a finished run                      the run is whole
kept        a run whose machine code is being kept           a run with what is kept gives the same
cleared     a run at the end, while chunks are cleared       --resume gives the same
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

KILLED = -signal.SIGKILL
RUN = ("run", "eliana", "-n", "30", "--chunk", "5", "--sample", "2", "--seed", "7", "--threads", "1")
OTHER = ("run", "eliana", "-n", "10", "--chunk", "5", "--sample", "1", "--seed", "8", "--threads", "1")
TIMES = "timing.json"
"""Tells how long the run took: the one file that differs."""
ANSWERS = ("units.", "model_units.", "tables.")
"""Begin the names of answers that are kept between processes (`livingdrug.foundation.kept_answers`)."""
LONGEST = 900.0


@dataclass
class Undisturbed:
    """The run that nobody killed, and how it went.

    Attributes
    ----------
    folder, other
        Finished runs of `RUN` and `OTHER`.
    gaps
        Of each command by its first word: seconds before each line that it tells, and before its end.
    caches
        Where machine code is kept, warm.
    """

    folder: Path
    other: Path
    caches: Path
    gaps: dict[str, list[float]] = field(default_factory=dict)


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a run folder, hidden ones too, but for the clock times."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (TIMES, ".lock")
    }


def environment(caches: Path) -> dict[str, str]:
    own = {"LIVINGDRUG_CACHE": str(caches / "models"), "NUMBA_CACHE_DIR": str(caches / "integrator")}
    return {**os.environ, **own, "NO_COLOR": "1", "TERM": "dumb"}


def started(words: tuple[str, ...], caches: Path, *, afresh: bool = False) -> Process:
    """A command whose lines of progress can be read.

    Most are forked from this process, which has the equations and their machine code ready (and has never used a thread pool, which
    would not survive a fork); `afresh` starts an interpreter of its own.
    """
    if afresh:
        command = [sys.executable, "-m", "livingdrug", *words]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(caches))
        assert child.stderr is not None
        return Process(child.pid, child.stderr, child)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(read)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(write, 2)
            sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", buffering=1, closefd=False)
            from livingdrug.cli.main import main

            code = main(list(words))
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
    os.close(write)
    return Process(pid, os.fdopen(read, "rb"), None)


@dataclass
class Process:
    """A command that runs.

    Attributes
    ----------
    pid
        Of the process.
    lines
        What it tells on standard error.
    child
        Where it is an interpreter of its own.
    """

    pid: int
    lines: IO[bytes]
    child: subprocess.Popen[bytes] | None
    code: int | None = None

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        if self.code is None:
            if self.child is not None:
                self.code = self.child.poll()
            else:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code

    def wait(self, seconds: float) -> int | None:
        """The exit code; None where it runs longer."""
        until = time.monotonic() + seconds
        while self.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        return self.code

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


def whole(words: tuple[str, ...], caches: Path, *, afresh: bool = False) -> tuple[int, str]:
    """A command that nobody kills: its exit code, and what it told on standard error."""
    process = started(words, caches, afresh=afresh)
    told = process.lines.read().decode("utf-8", errors="replace")
    code = process.wait(LONGEST)
    assert code is not None, f"no end after {LONGEST:g} s: {words}"
    return code, told


def gaps(words: tuple[str, ...], caches: Path, *, afresh: bool = False) -> list[float]:
    """Seconds before each line that a command tells, and before its end."""
    began, found = time.monotonic(), []
    process = started(words, caches, afresh=afresh)
    for _ in process.lines:
        found.append(time.monotonic() - began)
        began = time.monotonic()
    assert process.wait(LONGEST) == 0, words
    return [*found, time.monotonic() - began]


def killed(words: tuple[str, ...], caches: Path, lines: int, seconds: float, *, afresh: bool = False) -> int:
    """Start a command and kill it so many seconds after so many lines; its exit code (-9 when it was killed)."""
    process = started(words, caches, afresh=afresh)
    seen = threading.Semaphore(0)

    def read() -> None:
        for _ in process.lines:
            seen.release()
        for _ in range(lines + 1):
            seen.release()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    for _ in range(lines):
        seen.acquire(timeout=LONGEST)
    process.wait(seconds)
    process.kill()
    code = process.wait(LONGEST)
    reader.join(LONGEST)
    assert code is not None
    return code


def ready() -> None:
    """Equations and machine code of the trial, in this process; nothing here starts a pool of threads."""
    import numpy as np

    from livingdrug.catalog.load import default_catalog
    from livingdrug.course.equations import equations
    from livingdrug.trial.door import planned

    for plan in planned("eliana", default_catalog())[1]:
        model = equations(plan).compiled
        days = np.arange(3.0)
        model.run(model.default_parameters(1), days, np.ones(3, bool))


def moment(chance: random.Random, times: list[float], first: int = 0) -> tuple[int, float]:
    """A line and seconds after it, each gap between lines as likely as its share of the time, or as any other."""
    places = range(min(first, len(times) - 1), len(times))
    weights = [times[place] + 0.3 for place in places]
    line = chance.choice(list(places)) if chance.random() < 0.4 else chance.choices(list(places), weights)[0]
    return line, chance.uniform(0.0, times[line])


def prepare(place: Path) -> Undisturbed:
    """The runs to compare with; the first start fills the caches."""
    caches = place / "caches"
    for name in ("models", "integrator"):
        (caches / name).mkdir(parents=True, mode=0o700, exist_ok=True)
    found = Undisturbed(place / "undisturbed", place / "other", caches)
    os.environ.update(environment(caches))
    ready()
    for words, folder in ((OTHER, found.other), (RUN, found.folder)):
        code, told = whole((*words, "-o", str(folder)), caches)
        assert code == 0, told
    found.gaps["run"] = gaps((*RUN, "-o", str(place / "timed")), caches)
    found.gaps["report"] = gaps(("report", str(place / "timed")), caches)
    found.gaps["endpoints"] = gaps(("endpoints", str(place / "timed")), caches)
    return found


def same(out: Path, wanted: Path) -> str:
    """What differs from the undisturbed run, in words; "" when nothing does."""
    there, here = content(wanted), content(out)
    names = set(there) ^ set(here)
    if names:
        return f"files that one of both has: {', '.join(sorted(names))}"
    differ = sorted(name for name in there if there[name] != here[name])
    return f"not the same bytes: {', '.join(differ)}" if differ else ""


def _resumed(words: tuple[str, ...], out: Path, caches: Path, wanted: Path) -> str:
    code, told = whole((*words, "-o", str(out), "--resume"), caches)
    return same(out, wanted) if code == 0 else f"--resume: exit {code}: {told[-1500:]}"


def run(chance: random.Random, base: Undisturbed, out: Path) -> tuple[int, str]:
    code = killed((*RUN, "-o", str(out)), base.caches, *moment(chance, base.gaps["run"]))
    return code, _resumed(RUN, out, base.caches, base.folder)


def cleared(chance: random.Random, base: Undisturbed, out: Path) -> tuple[int, str]:
    times = base.gaps["run"]
    code = killed((*RUN, "-o", str(out)), base.caches, *moment(chance, times, len(times) - 4))
    return code, _resumed(RUN, out, base.caches, base.folder)


def twice(chance: random.Random, base: Undisturbed, out: Path) -> tuple[int, str]:
    words = (*RUN, "-o", str(out))
    first = killed(words, base.caches, *moment(chance, base.gaps["run"]))
    again = killed((*words, "--resume"), base.caches, 0, chance.uniform(0.2, 1.0) * sum(base.gaps["run"]))
    return min(first, again), _resumed(RUN, out, base.caches, base.folder)


def replaced(chance: random.Random, base: Undisturbed, out: Path) -> tuple[int, str]:
    shutil.copytree(base.other, out)
    code = killed((*RUN, "-o", str(out), "--force"), base.caches, *moment(chance, base.gaps["run"]))
    frames = {name: data for name, data in content(out).items() if name.endswith(".parquet") and "/" not in name}
    old, new = content(base.other), content(base.folder)
    mixed = {name for name in frames if frames[name] not in (old.get(name), new.get(name))}
    if mixed:
        return code, f"neither the old nor the new run: {', '.join(sorted(mixed))}"
    begun = (out / "chunks").exists() or (out / ".ready").exists()
    if not begun and not same(out, base.other):  # killed before it began: the old run is there, whole
        again, told = whole((*OTHER, "-o", str(out), "--resume"), base.caches)
        return code, "" if again == 0 else f"the old run is lost: {told[-1500:]}"
    return code, _resumed(RUN, out, base.caches, base.folder)


def report(chance: random.Random, base: Undisturbed, out: Path) -> tuple[int, str]:
    shutil.copytree(base.folder, out)
    code = killed(("report", str(out)), base.caches, *moment(chance, base.gaps["report"]))
    if (out / "report.html").read_bytes() != (base.folder / "report.html").read_bytes():
        return code, "the report is not whole"
    again, told = whole(("report", str(out)), base.caches)
    return code, same(out, base.folder) if again == 0 else f"report: exit {again}: {told[-1500:]}"


def asked(chance: random.Random, base: Undisturbed, out: Path) -> tuple[int, str]:
    shutil.copytree(base.folder, out)
    code = killed(("endpoints", str(out)), base.caches, *moment(chance, base.gaps["endpoints"]))
    return code, same(out, base.folder)


def kept(chance: random.Random, base: Undisturbed, out: Path) -> tuple[int, str]:
    """Some of what is kept is taken away, so that it is compiled and written again, and the writer is killed."""
    caches = out.with_name(f"{out.name}_caches")
    shutil.copytree(base.caches, caches)
    files = sorted(path for path in caches.rglob("*") if path.is_file())
    for path in chance.sample(files, k=max(1, len(files) // chance.choice((1, 2, 4)))):
        path.unlink()
    words = (*OTHER, "-o", str(out))
    code = killed(words, caches, chance.randrange(4), chance.uniform(0.0, 2.0) * sum(base.gaps["run"]), afresh=True)
    end, told = whole((*words, "--resume"), caches, afresh=True)
    wrong = same(out, base.other) if end == 0 else f"--resume: exit {end}: {told[-1500:]}"
    left = [
        path.name
        for path in caches.rglob("*")
        if path.is_file()
        and not path.suffix.startswith((".o", ".nbi", ".nbc", ".py", ".xml", ".equations"))
        and not path.name.startswith(ANSWERS)
    ]
    shutil.rmtree(caches, ignore_errors=True)
    return code, wrong or (f"left beside what is kept: {', '.join(left[:3])}" if left else "")


VICTIMS: dict[str, tuple[Callable[[random.Random, Undisturbed, Path], tuple[int, str]], int]] = {
    "run": (run, 40), "cleared": (cleared, 15), "twice": (twice, 12), "replaced": (replaced, 12),
    "report": (report, 10), "asked": (asked, 4), "kept": (kept, 7),
}  # fmt: skip
"""What is done, and how many of a hundred."""


def one(number: int, seed: int, base: Undisturbed, place: Path) -> tuple[str, int, str]:
    """The victim of this number, its exit code, and what is wrong afterwards ("" when nothing is)."""
    chance = random.Random(f"kill {seed} {number}")
    name = chance.choices(list(VICTIMS), [weight for _, weight in VICTIMS.values()])[0]
    out = place / f"{number:04d}_{name}"
    code, wrong = VICTIMS[name][0](chance, base, out)
    if not wrong:
        shutil.rmtree(out, ignore_errors=True)
    return name, code, wrong
