"""What the scoreboard came to, by class of rows read, and every row outside with its reason: tables from the folder of `livingdrug validate`.

python examples/board_rows.py runs/validate                       prints them
python examples/board_rows.py runs/validate docs/scoreboard.md    writes them into the page, between its markers

Why a row lies outside stands in tests/published/outside.toml, by trial, row and side.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

from asking import a_folder, a_page, asking, told, told_and_kept
from covered_rows import CLASSES, why

from livingdrug.catalog.load import default_catalog
from livingdrug.model.pages import table
from livingdrug.outcome.asked import ask

Row = dict[str, Any]
HEADER = ["trial", "row", "published", "expected", "nine in ten between", "z", "why"]


def text(folder: Path) -> str:
    """Both tables as Markdown: rows read of calibration trials, each trial simulated at its own size."""
    board = json.loads((folder / "scoreboard.json").read_text(encoding="utf-8"))
    rows = [
        row
        for row in board["own_size"]
        if row["use"] == "calibration" and row["provenance"].startswith("read") and row["inside"] is not None
    ]
    lines = [_line(name, [row for row in rows if row["about"] in words]) for name, words in CLASSES.items()]
    misses = sorted((row for row in rows if not row["inside"]), key=lambda row: (row["trial"], -abs(row["z"] or 0.0)))
    return "\n\n".join(
        [
            f"Each trial {board['replicates']} times at its own size, {board['draws']} draws of the numbers, "
            f"parameter set `{board['parameter_set_sha256'][:12]}`.",
            table(
                ["class", "rows read", "inside 90 %", "median width beside sampling"], [*lines, _line("All rows", rows)]
            ),
            "### Rows outside",
            table(HEADER, [_miss(row) for row in misses]),
        ]
    )


def _line(name: str, rows: list[Row]) -> list[str]:
    inside = sum(bool(row["inside"]) for row in rows)
    widths = [row["width_over_sampling"] for row in rows if row["width_over_sampling"]]
    share = f"{inside} of {len(rows)} ({100 * inside / len(rows):.0f} %)" if rows else "–"
    return [name, str(len(rows)), share, f"{median(widths):.1f}" if widths else "–"]


def _miss(row: Row) -> list[str]:
    name, _, measure = row["endpoint"].partition(": ")
    endpoint = default_catalog().load("endpoint", name)
    at = f" at {row['timepoint']}" if ask(endpoint).estimator.over_time and row["timepoint"] else ""
    label = f"{endpoint.title}{at}{f', {measure}' if measure else ''}"
    # z of the board is published less expected; reasons ask on which side the simulation lies
    simulated = -(row["z"] if row["z"] is not None else row["observed"] - row["predicted"])
    return [
        row["trial"],
        label,
        f"{row['observed']:.4g}",
        f"{row['predicted']:.4g}",
        f"{row['predicted_low']:.4g} and {row['predicted_high']:.4g}",
        f"{simulated:+.1f}",
        why(row["trial"], label, simulated),
    ]


def outside(page: str) -> list[list[str]]:
    """Cells of every row outside, as a page tells them."""
    lines = page.partition("### Rows outside")[2].partition("<!-- end -->")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return [row for row in cells if row[0] != "trial"]


def main() -> None:
    """Prints the tables, or writes them into a page."""
    asked = asking(__doc__)
    asked.add_argument("board", type=a_folder, help="folder of livingdrug validate")
    asked.add_argument("page", type=a_page, nargs="?", help="page to write it into")
    given = asked.parse_args()
    told_and_kept(text(given.board), given.page)


if __name__ == "__main__":
    told(main)
