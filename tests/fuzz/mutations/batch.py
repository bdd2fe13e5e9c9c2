"""A batch of spoiled inputs in one process, each with a seed of its own, so that one can be asked again alone."""

from __future__ import annotations

import faulthandler
import json
import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.fuzz.mutations.case import Answer, answer

BATCH = 250
HARD_SECONDS = 1500
"""Machine code hears no alarm; after this on the clock, long on the busiest computer, the process ends and says where it was."""


@dataclass(frozen=True)
class Fault:
    """One line of the log: a case and its answer."""

    kind: str
    seed: int
    number: int
    code: int
    wrong: str
    asked: str = ""
    said: str = ""

    def write(self, to: Path) -> None:
        with to.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(self)) + "\n")


def answers(kind: str, seed: int, first: int, number: int, *, keep: Path | None = None) -> Iterator[tuple[int, Answer]]:
    """Cases `first` to `first + number - 1` of a kind, one after the other; what went wrong stays in `keep`."""
    from tests.fuzz.mutations.kinds import ALL

    for here in range(first, first + number):
        for again in (False, True):
            folder = Path(tempfile.mkdtemp(prefix="livingdrug_case_"))
            try:
                case = ALL[kind](random.Random(f"{kind} {seed} {here}"), folder)
                faulthandler.dump_traceback_later(HARD_SECONDS, exit=True)
                found = answer(case)
                faulthandler.cancel_dump_traceback_later()
                if found.wrong.startswith("hangs") and not again:
                    continue  # the first that needs machine code makes it: for once and all
                if found.wrong and keep is not None:
                    shutil.copytree(folder, keep / f"{kind}_{here}", dirs_exist_ok=True)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            yield here, found
            break


def run_batch(kind: str, seed: int, first: int, number: int, to: Path) -> None:
    """Write the answer of each case as a line of JSON."""
    for here, found in answers(kind, seed, first, number, keep=to.with_suffix(".kept")):
        Fault(
            kind,
            seed,
            here,
            found.code,
            found.wrong,
            found.asked if found.wrong else "",
            found.said[-1500:] if found.wrong else "",
        ).write(to)
