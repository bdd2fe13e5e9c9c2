"""How much of what was published a joint calibration covers, by class of rows: a table from the calibration's folder.

python examples/covered_rows.py runs/fit                     prints it
python examples/covered_rows.py runs/fit docs/coverage.md    writes it into the page, between its markers
python examples/covered_rows.py reasons docs/coverage.md     writes the reasons beside the rows of the page as it stands

Why a row lies outside stands in tests/published/outside.toml, by trial, row and side.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from asking import a_page, asking, told

from livingdrug.model.pages import table, write_generated

Row = dict[str, Any]
Z90 = 1.6449
REASONS = Path(__file__).parent.parent / "tests/published/outside.toml"
HEADER = ["trial", "row", "published", "simulated", "z", "seen by us", "why"]
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
    header = [
        "class", "rows", "within 2 published errors", "inside 90 %", "read, inside 90 %", "read, with open numbers", "left out, inside 90 %"
    ]  # fmt: skip
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
            why(row["trial"], row["label"], row["z"]),
        ]
        for row in told
    ]
    return "\n\n".join(
        [
            table(header, lines),
            "## Rows outside",
            table(HEADER, misses),
        ]
    )


def why(trial: str, row: str, z: float) -> str:
    """Why this row lies outside; "not looked into" where nobody has written it down."""
    side = "above" if z > 0 else "below"
    for one in tomllib.loads(REASONS.read_text(encoding="utf-8"))["outside"]:
        if one["trial"] == trial and one["side"] == side and re.match(one["row"], row):
            return f"{one['cause']}: {one['reason']}"
    return "not looked into"


def outside(page: str) -> list[list[str]]:
    """Trial, row, published, simulated, z and status of every row outside, as a page tells them."""
    cells = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in page.partition("## Rows outside")[2].splitlines()
        if line.startswith("| ")
    ]
    return [row[: len(HEADER) - 1] for row in cells if row[0] not in ("trial", "---")]


def with_reasons(page: str) -> str:
    """The page with the reasons as they stand now beside its rows outside."""
    before, heading, _ = page.partition("## Rows outside")
    rows = [[*row, why(row[0], row[1], float(row[4]))] for row in outside(page)]
    return f"{before}{heading}\n\n{table(HEADER, rows)}\n<!-- end -->\n"


def _line(name: str, rows: list[Row], left_out: list[Row]) -> list[str]:
    read = [row for row in rows if row["status"] == "read"]
    return [
        name, str(len(rows)), _share(abs(row["z_sampling"]) <= 2 for row in rows),
        _share(abs(row["z"]) <= Z90 for row in rows), _share(abs(row["z"]) <= Z90 for row in read),
        _share(abs(row["z_all"]) <= Z90 for row in read),
        _share(row["inside"] for row in left_out),
    ]  # fmt: skip


def _share(inside: Iterable[bool]) -> str:
    found = list(inside)
    return f"{sum(found)} of {len(found)} ({100 * sum(found) / len(found):.0f} %)" if found else "–"


def _of(rows: list[Row], words: set[str]) -> list[Row]:
    return [row for row in rows if row["class"] in words]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def main() -> None:
    """Prints or writes the tables."""
    asked = asking(__doc__)
    asked.add_argument("calibration", help='folder of a calibration, or "reasons"')
    asked.add_argument("page", type=a_page, nargs="?", help="page to write it into")
    given = asked.parse_args()
    if given.calibration == "reasons":
        if given.page is None:
            asked.error("reasons are written into a page; name it")
        given.page.write_text(with_reasons(given.page.read_text(encoding="utf-8")), encoding="utf-8")
        return
    found = text(Path(given.calibration))
    if given.page is None:
        print(found)
    else:
        write_generated(given.page, found)


if __name__ == "__main__":
    told(main)
