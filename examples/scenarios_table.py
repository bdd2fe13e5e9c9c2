"""Every shipped scenario at 300 patients: its command, time, headline, and each published number inside or explained.

python examples/scenarios_table.py                              prints the table
python examples/scenarios_table.py 300 docs/scenarios.md        writes it into the page, between its markers
python examples/scenarios_table.py 40 - ovarian_routes          some scenarios alone, printed

One after another, on all processors, from the trial's file to its result; the first run of a model on a machine makes machine code besides, told apart.
"""

from __future__ import annotations

import re
import sys
import time
import tomllib
from pathlib import Path

from asking import a_page, asking, patients, told, told_and_kept

import livingdrug as ld
from livingdrug.catalog.load import default_catalog
from livingdrug.course.equations import equations
from livingdrug.model.pages import table
from livingdrug.trial.bench import bench
from livingdrug.trial.door import planned
from livingdrug.trial.headline import headline
from livingdrug.trial.misfit import Misfit, misfits

SEED = 1
EXPLAINED = Path(__file__).with_suffix(".toml")


def scenarios() -> list[str]:
    """Trials of the catalogue whose role is a scenario."""
    catalog = default_catalog()
    return [name for name in catalog.names("trial") if catalog.load("trial", name).role == "scenario"]


def text(n: int, chosen: list[str] | None = None) -> str:
    """The tables as Markdown."""
    catalog = default_catalog()
    explained = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))
    rows, details = [], []
    for name in chosen or scenarios():
        print(f"{name} …", file=sys.stderr, flush=True)
        began, processor = time.perf_counter(), time.process_time()
        trial, plans = planned(name, catalog)
        waiting, making = time.perf_counter(), time.process_time()
        for plan in plans:
            _ = equations(plan).compiled._code.addresses
        waited, compiled = time.perf_counter() - waiting, time.process_time() - making
        result = ld.run(trial, patients=n, seed=SEED, sample=0)
        wall, busy = time.perf_counter() - began - waited, time.process_time() - processor - compiled
        published = catalog.load("evidence", name).results if catalog.has("evidence", name) else ()
        judged = [one for one in misfits(result, published) if one.inside is not None and one.measure == "value"]
        missed = [one for one in judged if not one.inside]
        told = explained.get(name, {})
        open_rows = [one for one in missed if one.row.endpoint not in told.get("why", {})]
        page = told.get("page", "")
        rows.append(
            [
                f"[`{name}`]({page})" if page else f"`{name}`",
                trial.standing.removeprefix("scenario: "),
                f"{wall:.0f} s ({busy:.0f} s)",
                f"{compiled:.0f} s",
                _headline(headline(result, catalog)),
                f"{len(judged) - len(missed)} of {len(judged)}" if judged else "no published number",
                f"{len(missed) - len(open_rows)} of {len(missed)}" if missed else "",
            ]
        )
        details += [
            [f"`{name}`", *_row(one), told.get("why", {}).get(one.row.endpoint, "**not explained**")] for one in missed
        ]
    heads = ["scenario", "calibrated on", "time, wall (processor)", "machine code, once", f"headline, {n} enrolled", "inside", "explained"]  # fmt: skip
    blocks = [f"{n} enrolled, seed {SEED}.", table(heads, rows)]
    if details:
        blocks += ["### Published and missed", table(["scenario", "published", "value", "simulated", "why"], details)]
    if not chosen:
        blocks += ["### At the bench and in mice", _experiments(n)]
    return "\n\n".join(blocks)


def _headline(words: str) -> str:
    """Without the title, standing and seconds, which have columns of their own."""
    words = words.split(": ", 1)[-1].split(", scenario:")[0]
    told = re.search(r"(?:infused|treated), (.+)$", words)
    return told[1] if told else words


def _row(one: Misfit) -> list[str]:
    row, unit = one.row, " %" if one.row.unit == "percent" else f" {one.row.unit}"
    low, high = one.published_limits
    at = f", {row.at}" if row.at else ""
    return [f"{one.title}{at}", f"{one.published:.3g}{unit} ({low:.3g} to {high:.3g})", f"{one.simulated:.3g}{unit}"]


def _experiments(n: int) -> str:
    catalog = default_catalog()
    rows = []
    for name in catalog.names("experiment"):
        print(f"{name} …", file=sys.stderr, flush=True)
        began, processor = time.perf_counter(), time.process_time()
        found = bench(name, n=n)
        wall, busy = time.perf_counter() - began, time.process_time() - processor
        standing = found.experiment.standing.removeprefix("scenario: ")
        rows.append([f"[`{name}`](bench.md)", standing, f"{wall:.0f} s ({busy:.0f} s)", found.headline()])
    return table(["experiment", "calibrated on", "time, wall (processor)", "measured means"], rows)


def main() -> None:
    """Prints the table, and writes it into a page."""
    asked = asking(__doc__)
    asked.add_argument("patients", type=patients, nargs="?", default=300, help="enrolled; 300 when omitted")
    asked.add_argument("page", type=_page, nargs="?", default="-", help="page to write it into; - for none")
    asked.add_argument("scenarios", nargs="*", help="some alone; all when omitted")
    given = asked.parse_args()
    told_and_kept(text(given.patients, given.scenarios or None), given.page)


def _page(text: str) -> Path | None:
    return None if text == "-" else a_page(text)


if __name__ == "__main__":
    told(main)
