"""``python -m benchmarks.large``: outcomes alone of trials that grow: processor seconds, memory at most, bytes on disk.

    python -m benchmarks.large --trial eliana --patients 2000 8000

Each size runs in a process of its own, because memory at most is that of a process.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def measure(trial: str, patients: int, threads: int) -> dict[str, float]:
    """Processor seconds, seconds, bytes resident at most and bytes on disk of one run, in this process."""
    from livingdrug.design.outcomes_only import outcomes_only

    with tempfile.TemporaryDirectory() as place:
        outcomes_only(trial, patients=40, seed=1, threads=1)  # machine code
        began, clock = time.process_time(), time.time()
        outcomes_only(trial, patients=patients, seed=7, threads=threads, out=place, memory_gb=16.0)
        seconds = time.process_time() - began
        disk = sum(path.stat().st_size for path in Path(place).rglob("*") if path.is_file())
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return {
            "patients": patients, "processor_seconds": seconds, "seconds": time.time() - clock, "bytes_at_most": most,
            "bytes_on_disk": disk,
        }  # fmt: skip


def main() -> None:
    """Print a row for each size."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.large")
    options.add_argument("--trial", default="eliana")
    options.add_argument("--patients", type=int, nargs="+", default=[2000, 8000])
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.here:
        print(json.dumps(measure(chosen.trial, chosen.patients[0], chosen.threads)))
        return
    for patients in chosen.patients:
        words = ["--trial", chosen.trial, "--patients", str(patients), "--threads", str(chosen.threads), "--here"]
        told = subprocess.run(
            [sys.executable, "-m", "benchmarks.large", *words], capture_output=True, text=True, check=True
        )
        row = json.loads(told.stdout.splitlines()[-1])
        print(
            f"{row['patients']:9,.0f} patients {1e6 * row['processor_seconds'] / patients:8.0f} µs of processor each,"
            f" {row['bytes_at_most'] / 1e9:.2f} GB at most, {row['bytes_on_disk'] / patients:.0f} bytes on disk each",
            flush=True,
        )


if __name__ == "__main__":
    main()
