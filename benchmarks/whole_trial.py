"""``python -m benchmarks.whole_trial``: a whole trial beside its integrator alone, in one run and in turns.

    python -m benchmarks.whole_trial                    ELIANA, ZUMA-1, CARTITUDE-1; 500 patients, one thread
    python -m benchmarks.whole_trial --keep "words"     also a row for each in benchmarks/history/whole_trial.csv

The whole trial is `livingdrug.run` from names to frames and every endpoint the trial asks for, five years, all scales and visits,
without the report. The integrator alone takes the same treated patients, doses, checks and rules through the same model, and
stores nothing. Times are of the processor, all threads of the process together, the least of the rounds.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import livingdrug as ld
from livingdrug.catalog.load import default_catalog
from livingdrug.course.equations import parameters_of
from livingdrug.course.simulate import Start, start
from livingdrug.engine.ensemble import CompiledModel, compile_model
from livingdrug.manufacturing import make
from livingdrug.population import draw
from livingdrug.trial.door import planned

TRIALS = ("eliana", "zuma_1", "cartitude_1")
CHUNK, SEED, RTOL, ROUNDS = 500, 7, 1e-5, 3
HISTORY = Path(__file__).parent / "history" / "whole_trial.csv"
COLUMNS = ("date", "change", "trial", "patients", "integrator_us", "stored_us", "whole_us", "ratio", "ratio_to_stored")


def measure(trial: str, patients: int) -> dict[str, Any]:
    """Processor time of the integrator and of the whole trial [µs per patient enrolled], and their ratio."""
    chunks = list(_starts(trial, patients))
    ready = chunks[0][0].ready
    bare = compile_model(
        ready.odes, log_scales=ready.model.log_scales, linear_scales=ready.model.linear_scales, outputs=(),
        program=ready.compiled.program,
    )  # fmt: skip
    actions = {
        "integrator_us": lambda: _integrate(bare, chunks),
        "stored_us": lambda: _integrate(ready.compiled, chunks),
        "whole_us": lambda: _whole(trial, patients),
    }
    times: dict[str, list[float]] = {name: [] for name in actions}
    for turn in range(ROUNDS + 1):  # the first warms the caches
        for name, action in actions.items():
            seconds = _processor_seconds(action)
            if turn:
                times[name].append(seconds)
    least = {name: 1e6 * min(each) / patients for name, each in times.items()}
    return {
        "trial": trial, "patients": patients, **least, "ratio": least["whole_us"] / least["integrator_us"],
        "ratio_to_stored": least["whole_us"] / least["stored_us"],
    }  # fmt: skip


def _starts(trial: str, patients: int) -> Iterator[tuple[Start, np.ndarray]]:
    """Every chunk of every arm just before treatment, and at which checks rules are on."""
    _, plans = planned(trial, default_catalog())
    for plan in plans:
        for first in range(1, patients + 1, CHUNK):
            cohort = draw(plan.population, np.arange(first, min(first + CHUNK, patients + 1), dtype=np.int64), SEED)
            begin = start(plan, cohort, make(plan, cohort, parameters_of(plan), SEED), SEED)
            yield begin, begin.days >= plan.arm.first_day


def _integrate(model: CompiledModel, chunks: list[tuple[Start, np.ndarray]]) -> None:
    for begin, on in chunks:
        model.run(begin.parameters, begin.days, on, begin.doses, rtol=RTOL)


def _whole(trial: str, patients: int) -> None:
    result = ld.run(trial, patients=patients, seed=SEED, threads=1)
    for use in result.trial.endpoints:
        result.endpoint(use.id)


def _processor_seconds(action: Callable[[], Any]) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as text."""
    lines = [
        f"{'':14s}{'patients':>9s}{'integrator':>12s}{'stored':>9s}{'whole':>9s}   ratio (to the integrator with storing)"
    ]
    lines += [
        f"{row['trial']:14s}{row['patients']:9d}{row['integrator_us']:12.0f}{row['stored_us']:9.0f}{row['whole_us']:9.0f}"
        f"{row['ratio']:8.2f} ({row['ratio_to_stored']:.2f})"
        for row in rows
    ]
    return "\n".join([*lines, "µs of processor time for each patient enrolled"])


def keep(rows: list[dict[str, Any]], change: str) -> None:
    """Add rows to the history."""
    HISTORY.parent.mkdir(exist_ok=True)
    new = not HISTORY.exists()
    with HISTORY.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        for row in rows:
            shown = {k: f"{v:.2f}" if k.startswith("ratio") else f"{v:.0f}" for k, v in row.items() if k != "trial"}
            today = datetime.date.today().isoformat()
            writer.writerow({**shown, "trial": row["trial"], "date": today, "change": change})


def main() -> None:
    """Print each trial's row; keep it when asked."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.whole_trial")
    options.add_argument("--patients", type=int, default=500)
    options.add_argument("--trials", nargs="+", default=list(TRIALS))
    options.add_argument("--keep", default="", help="words for what changed")
    chosen = options.parse_args()
    for trial in chosen.trials:  # told and kept as they come: another trial may take long
        row = measure(trial, chosen.patients)
        print(table([row]), flush=True)
        if chosen.keep:
            keep([row], chosen.keep)


if __name__ == "__main__":
    main()
