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

RUN = ("run", "eliana", "-n", "30", "--chunk", "5", "--sample", "2", "--seed", "7", "--threads", "1")
OTHER = ("run", "eliana", "-n", "10", "--chunk", "5", "--sample", "1", "--seed", "8", "--threads", "1")
TIMES = "timing.json"
"""Tells how long the run took: the one file that differs."""
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


def started(words: tuple[str, ...], caches: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "livingdrug", *words]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(caches))


def whole(words: tuple[str, ...], caches: Path) -> subprocess.CompletedProcess[str]:
    """A command that nobody kills."""
    command = [sys.executable, "-m", "livingdrug", *words]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=environment(caches), timeout=LONGEST
    )


def gaps(words: tuple[str, ...], caches: Path) -> list[float]:
    """Seconds before each line that a command tells, and before its end."""
    began, found = time.monotonic(), []
    process = started(words, caches)
    assert process.stderr is not None
    for _ in process.stderr:
        found.append(time.monotonic() - began)
        began = time.monotonic()
    assert process.wait(LONGEST) == 0, words
    return [*found, time.monotonic() - began]


def killed(words: tuple[str, ...], caches: Path, lines: int, seconds: float) -> int:
    """Start a command and kill it so many seconds after so many lines; its exit code (-9 when it was killed)."""
    process = started(words, caches)
    seen = threading.Semaphore(0)

    def read() -> None:
        assert process.stderr is not None
        for _ in process.stderr:
            seen.release()
        for _ in range(lines + 1):
            seen.release()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    for _ in range(lines):
        seen.acquire(timeout=LONGEST)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    code = process.wait(LONGEST)
    reader.join(LONGEST)
    return code


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
    for words, folder in ((OTHER, found.other), (RUN, found.folder)):
        done = whole((*words, "-o", str(folder)), caches)
        assert done.returncode == 0, done.stderr
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
    done = whole((*words, "-o", str(out), "--resume"), caches)
    if done.returncode != 0:
        return f"--resume: exit {done.returncode}: {done.stderr[-1500:]}"
    return same(out, wanted)


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
        return code, "" if whole(
            (*OTHER, "-o", str(out), "--resume"), base.caches
        ).returncode == 0 else "the old run is lost"
    return code, _resumed(RUN, out, base.caches, base.folder)


def report(chance: random.Random, base: Undisturbed, out: Path) -> tuple[int, str]:
    shutil.copytree(base.folder, out)
    code = killed(("report", str(out)), base.caches, *moment(chance, base.gaps["report"]))
    if (out / "report.html").read_bytes() != (base.folder / "report.html").read_bytes():
        return code, "the report is not whole"
    done = whole(("report", str(out)), base.caches)
    return code, same(
        out, base.folder
    ) if done.returncode == 0 else f"report: exit {done.returncode}: {done.stderr[-1500:]}"


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
    code = killed((*RUN, "-o", str(out)), caches, chance.randrange(3), chance.uniform(0.0, 1.5) * sum(base.gaps["run"]))
    wrong = _resumed(RUN, out, caches, base.folder)
    again = whole(("run", *RUN[1:], "-o", str(out), "--force"), caches)
    told = [line for line in again.stderr.splitlines() if "damaged" in line or "cannot be used" in line]
    wrong = wrong or (f"told again after it was mended: {told[0]}" if told else "") or same(out, base.folder)
    old = time.time() - 3600.0  # leftovers of a writer that was killed go when they are old
    left = [
        path for path in caches.rglob("*") if path.is_file() and (path.name.endswith(".part") or ".tmp" in path.name)
    ]
    for path in left:
        os.utime(path, (old, old))
    shutil.rmtree(caches, ignore_errors=True)
    return code, wrong


VICTIMS: dict[str, tuple[Callable[[random.Random, Undisturbed, Path], tuple[int, str]], int]] = {
    "run": (run, 40), "cleared": (cleared, 15), "twice": (twice, 12), "replaced": (replaced, 12),
    "report": (report, 8), "asked": (asked, 3), "kept": (kept, 10),
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


KILLED = -signal.SIGKILL
