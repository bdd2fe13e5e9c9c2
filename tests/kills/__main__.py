"""Kills by the hundred: `python -m tests.kills --number 100 --seed 9 --to kills.jsonl`; goes on where it was left."""

from __future__ import annotations

import argparse
import collections
import json
import sys
import tempfile
from pathlib import Path

from tests.kills.victims import KILLED, one, prepare


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=100)
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--to", type=Path, default=Path("kills.jsonl"))
    asked = parser.parse_args()
    done = [json.loads(line) for line in asked.to.read_text(encoding="utf-8").splitlines()] if asked.to.exists() else []
    place = Path(tempfile.mkdtemp(prefix="livingdrug_kills_"))
    base = prepare(place)
    for number in range(len(done), asked.number):
        name, code, wrong = one(number, asked.seed, base, place)
        done.append({"number": number, "victim": name, "code": code, "wrong": wrong})
        with asked.to.open("a", encoding="utf-8") as file:
            file.write(json.dumps(done[-1]) + "\n")
    counts = collections.Counter((one["victim"], one["code"] == KILLED, one["wrong"]) for one in done)
    for (name, was_killed, wrong), n in sorted(counts.items()):
        print(f"{name:10s} {n:4d}  {'killed' if was_killed else 'ended before'}  {wrong or 'the same bytes'}")
    return int(any(one["wrong"] for one in done))


if __name__ == "__main__":
    sys.exit(main())
