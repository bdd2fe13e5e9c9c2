"""``python -m benchmarks.reports``: the report of finished runs: seconds, processor seconds, memory at most.

    python -m benchmarks.reports --patients 1000                 simulates and stores the run first
    python -m benchmarks.reports --folder runs/large             of a run that is there

Each report is the first of a process of its own: what it imports is counted. The row tells apart the imports, reading the run, the report, a second
report in the same process, and the command ``livingdrug report`` as a whole.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def measure(folder: str) -> dict[str, float]:
    """Seconds, processor seconds and memory of one report in this process, which has imported nothing yet."""
    row: dict[str, float] = {}

    def timed(what: str, action: Callable[[], Any]) -> Any:
        began, clock = time.process_time(), time.perf_counter()
        found = action()
        row[what], row[f"{what}_wall"] = time.process_time() - began, time.perf_counter() - clock
        return found

    with tempfile.TemporaryDirectory() as place:
        result_class = timed("imports", _result_class)
        result = timed("read", lambda: result_class.load(folder))
        timed("report", lambda: _write(result, place))
        row["bytes_at_most"] = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        timed("second_report", lambda: _write(result, place))
        row["bytes_of_page"] = (Path(place) / "report.html").stat().st_size
        row["patients"] = result.manifest["patients"]
    return row


def _result_class() -> Any:
    from livingdrug.trial.result import Result

    return Result


def _write(result: Any, place: str) -> None:
    from livingdrug.reports.html import write_report

    write_report(result, Path(place) / "report.html")


def _alone(*words: str) -> tuple[str, float]:
    # an installed package is compiled to bytecode: what compiling the sources takes is nobody's wait
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    told = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True, env=surroundings)
    return told.stdout, time.perf_counter() - began


def main() -> None:
    """Print a row for each run."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.reports")
    options.add_argument("--trial", default="eliana")
    options.add_argument("--patients", type=int, nargs="*", default=[1000])
    options.add_argument("--folder", nargs="*", default=[])
    options.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.here:
        print(json.dumps(measure(chosen.folder[0])))
        return
    with tempfile.TemporaryDirectory() as place:
        folders = list(chosen.folder)
        for patients in [] if chosen.folder else chosen.patients:
            folders.append(f"{place}/{patients}")
            size = ["-n", str(patients), "--seed", "7", "--memory", "24"]
            _alone("-m", "livingdrug", "run", chosen.trial, *size, "-o", folders[-1])
        for folder in folders:
            _alone(
                "-m", "livingdrug", "report", folder, "-o", f"{place}/report.html"
            )  # bytecode and kept answers are there
            row = json.loads(_alone("-m", "benchmarks.reports", "--folder", folder, "--here")[0].splitlines()[-1])
            _, command = _alone("-m", "livingdrug", "report", folder, "-o", f"{place}/report.html")
            parts = ", ".join(
                f"{what.replace('_', ' ')} {row[what]:.2f} s of processor ({row[f'{what}_wall']:.2f} s)"
                for what in ("imports", "read", "report", "second_report")
            )
            print(
                f"{row['patients']:9,.0f} patients: {parts}; command {command:.1f} s; {row['bytes_at_most'] / 1e9:.2f} GB at most,"
                f" page {row['bytes_of_page'] / 1e6:.1f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
