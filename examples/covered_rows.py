"""How much of what was published a joint calibration covers, by class of rows: a table from the calibration's folder.

python examples/covered_rows.py runs/fit                     prints it
python examples/covered_rows.py runs/fit docs/coverage.md    writes it into the page, between its markers
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from livingdrug.model.pages import table, with_generated

Row = dict[str, Any]
Z90 = 1.6449
CLASSES = {
    "Getting the cells": {"manufacturing"},
    "Response": {"efficacy"},
    "Survival": {"survival"},
    "CRS": {"CRS"},
    "Neurotoxicity and ICANS": {"neurotoxicity", "ICANS", "delayed neurotoxicity"},
    "Kinetics": {"kinetics"},
    "Drugs and support given": {"management", "toxicity"},
    "Cytokines by grade": {"laboratory"},
    "Counts, B cells, infections": {"cytopenia", "b_cells", "infection", "other"},
}
WITHIN = {"who: ratio", "who: rank", "who: share"}
"""Associations within cohorts: told in a line of their own, after all rows of trials."""


def text(folder: Path) -> str:
    """Both tables, and every row outside, as Markdown."""
    rows = [row for row in _read(folder / "rows.json")["rows"] if row["use"] == "calibration"]
    rows = [row for row in rows if row["z"] is not None]
    left_out = _read(folder / "left_out.json")["rows"] if (folder / "left_out.json").exists() else []
    left_out = [row for row in left_out if row["use"] == "calibration"]
    header = ["class", "rows", "within 2 published errors", "inside 90 %", "read, inside 90 %", "left out, inside 90 %"]
    lines = [_line(name, _of(rows, words), _of(left_out, words)) for name, words in CLASSES.items()]
    trials = [row for row in rows if row["class"] not in WITHIN]
    lines.append(_line("All rows of trials", trials, [row for row in left_out if row["class"] not in WITHIN]))
    if len(trials) < len(rows):
        lines.append(_line("Who responds within cohorts", _of(rows, WITHIN), []))
    outside = [row for row in rows if abs(row["z"]) > Z90]
    told = sorted(outside, key=lambda row: (row["trial"], -abs(row["z"])))
    misses = [
        [
            row["trial"],
            row["label"],
            f"{row['published']:.4g}",
            f"{row['simulated']:.4g}",
            f"{row['z']:+.1f}",
            row["status"],
        ]
        for row in told
    ]
    return "\n\n".join(
        [
            table(header, lines),
            "## Rows outside",
            table(["trial", "row", "published", "simulated", "z", "seen by us"], misses),
        ]
    )


def _line(name: str, rows: list[Row], left_out: list[Row]) -> list[str]:
    read = [row for row in rows if row["status"] == "read"]
    return [
        name, str(len(rows)), _share(abs(row["z_sampling"]) <= 2 for row in rows),
        _share(abs(row["z"]) <= Z90 for row in rows), _share(abs(row["z"]) <= Z90 for row in read),
        _share(row["inside"] for row in left_out),
    ]  # fmt: skip


def _share(inside: Iterable[bool]) -> str:
    found = list(inside)
    return f"{sum(found)} of {len(found)} ({100 * sum(found) / len(found):.0f} %)" if found else "–"


def _of(rows: list[Row], words: set[str]) -> list[Row]:
    return [row for row in rows if row["class"] in words]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    """Prints or writes the tables."""
    if not arguments:
        print(__doc__)
        return 2
    found = text(Path(arguments[0]))
    if len(arguments) == 1:
        print(found)
        return 0
    page = Path(arguments[1])
    page.write_text(with_generated(page.read_text(encoding="utf-8"), found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
