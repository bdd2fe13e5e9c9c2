"""What a way of making, or a wait, does to the same people: the table of a page, from the trial that the page names.

python examples/ways_table.py docs/logistics.md          four lead times
python examples/ways_table.py docs/manufacturing.md      four ways of making
python examples/ways_table.py docs/off_the_shelf.md      donors' cells, after different preparation
python examples/ways_table.py docs/logistics.md runs/w   the same, and keeps run and report in a folder (or goes on with the run that is there)

Each writes into its page, between the markers; one to three minutes of a quiet core.
"""

from __future__ import annotations

import re
from pathlib import Path

from asking import a_page, asking, told

import livingdrug as ld
from livingdrug.catalog.load import default_catalog
from livingdrug.model.pages import table, write_generated
from livingdrug.reports.page import Table
from livingdrug.reports.sections.waiting import section
from livingdrug.reports.source import Source

SEED, MONTHS = 7, 12
WAYS = ("manufacturing_failure", "lugano_orr", "lugano_cr", "pfs", "os_enrolled")
PAGES: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "logistics": ("examples/waiting/trial.toml", 300, ("lugano_orr", "pfs", "os_enrolled")),
    "manufacturing": ("examples/ways_of_making/trial.toml", 300, WAYS),
    "off_the_shelf": (
        "examples/off_the_shelf/trial.toml",
        300,
        (*WAYS, "cmax_infused", "last_detectable_infused", "infection_severe_8wk", "gvhd_any"),
    ),
}
"""Page -> trial, patients, and the endpoints told besides what waiting costs."""


def text(page: str, folder: Path | None = None) -> str:
    """The tables as Markdown."""
    trial, patients, asked = PAGES[page]
    result = ld.run(trial, patients=patients, seed=SEED, out=folder, resume=folder is not None)
    if folder is not None:
        ld.write_report(result, folder / "report.html")
    waiting = section(Source(result, catalog=default_catalog()))
    assert waiting is not None
    costs, *paired = [part for part in waiting.parts if isinstance(part, Table)]
    rows = [*costs.rows, *(_row(result, name) for name in asked)]
    parts = [f"`livingdrug run {trial} -n {patients} --seed {SEED}`: {patients} enrolled, the same people in each arm; 95 % intervals.",
             table(["", *result.arms], [_cells(row) for row in rows])]  # fmt: skip
    for one in paired:
        parts += [f"{one.title}, within the same people:", table(one.columns, [_cells(row) for row in one.rows])]
    return "\n\n".join(parts)


def _row(result: ld.Result, name: str) -> tuple[str, ...]:
    """An endpoint's title, and its number in each arm; of a curve, after a year."""
    found = result.endpoint(name)
    if not found.over_time:
        told = (found.headline(arm).split(", n = ")[0] for arm in result.arms)
        return (found.title, *(re.sub(r"(?<=\d)-(?=\d)", "–", one).replace("%", " %") for one in told))
    at = {row["arm"]: row for row in found.at(MONTHS, "month").iter_rows(named=True)}
    told = [
        f"{100 * at[arm]['estimate']:.0f} % ({100 * at[arm]['ci_low']:.0f}–{100 * at[arm]['ci_high']:.0f})"
        for arm in result.arms
    ]
    return (f"{found.title}, at one year", *told)


def _cells(row: tuple[str, ...]) -> list[str]:
    """Value and interval on one line: ``94.0 % (91.8–95.7)``."""
    split = (cell.partition("\n") for cell in row)
    return [f"{value} ({interval})" if interval else value for value, _, interval in split]


def main() -> None:
    """Writes the tables of a page."""
    asked = asking(__doc__)
    asked.add_argument("page", type=a_page, help="page to write it into")
    asked.add_argument("kept", type=Path, nargs="?", help="folder in which run and report are kept")
    given = asked.parse_args()
    write_generated(given.page, text(given.page.stem, given.kept))
    print(f"wrote {given.page}")


if __name__ == "__main__":
    told(main)
