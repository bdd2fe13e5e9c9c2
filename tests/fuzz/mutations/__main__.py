"""Spoiled inputs by the thousand: `python -m tests.fuzz.mutations --number 20000`, each batch in an interpreter of its own.

A batch that ends without an answer (machine code that hangs or breaks) is told with the number of its case, and the next
one goes on behind it.
"""

from __future__ import annotations

import argparse
import collections
import json
import subprocess
import sys
from pathlib import Path

from tests.fuzz.mutations.batch import BATCH, Fault, run_batch


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", action="append")
    parser.add_argument("--number", type=int, default=20_000, help="cases in all")
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--first", type=int, help="only this batch, in this process")
    parser.add_argument("--to", type=Path, default=Path("mutations.jsonl"))
    asked = parser.parse_args()
    from tests.fuzz.mutations.kinds import ALL

    kinds = asked.kind or list(ALL)
    if asked.first is not None:
        for kind in kinds:
            run_batch(kind, asked.seed, asked.first, asked.number, asked.to)
        return 0
    each = -(-asked.number // len(kinds))
    for kind in kinds:
        first = 0
        while first < each:
            size = min(BATCH, each - first)
            words = [
                "--kind",
                kind,
                "--number",
                str(size),
                "--first",
                str(first),
                "--seed",
                str(asked.seed),
                "--to",
                str(asked.to),
            ]
            done = subprocess.run(
                [sys.executable, "-m", "tests.fuzz.mutations", *words], check=False, capture_output=True, text=True
            )
            reached = _reached(asked.to, kind)
            if done.returncode and reached < first + size - 1:
                Fault(
                    kind, asked.seed, reached + 1, done.returncode, "the interpreter broke off", "", done.stderr[-2000:]
                ).write(asked.to)
                first = reached + 2
            else:
                first += size
    return _summary(asked.to)


def _reached(to: Path, kind: str) -> int:
    numbers = [
        one["number"] for one in map(json.loads, to.read_text(encoding="utf-8").splitlines()) if one["kind"] == kind
    ]
    return max(numbers, default=-1)


def _summary(to: Path) -> int:
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    for one in map(json.loads, to.read_text(encoding="utf-8").splitlines()):
        counts[one["kind"], one["wrong"] or f"exit {one['code']}"] += 1
    for (kind, what), n in sorted(counts.items()):
        print(f"{kind:12s} {n:6d}  {what}")
    print(f"{sum(counts.values())} cases")
    return int(any(not what.startswith("exit 0") and not what.startswith(("exit 2", "exit 3")) for _, what in counts))


if __name__ == "__main__":
    sys.exit(main())
