"""``python -m benchmarks.fitting``: population fits by number of patients, and beside R's nlme.

    python -m benchmarks.fitting                     90, 250 and 1,000 patients with 17 results each, M3
    python -m benchmarks.fitting --patients 90,250   other numbers

Patients are simulated from Stein 2019, a quarter of their results below the limit; a fit ends with standard errors and a likelihood
known to 0.5. Everything is compiled before the clock starts. Where Rscript and its nlme are installed, theophylline (from R) is fitted by
both in turn, each asked for what it gives: nlme the maximum of a linearised likelihood, the fit that of the likelihood itself. saemix is not
packaged here: on data of this size it took 72 s on the machine on which the project's reference values were made.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

import livingdrug as ld
from livingdrug.fitting.data import KineticsData

TYPICAL = {"foldx": 3900.0, "Tmax": 9.3, "Cmax": 24000.0, "alpha": 0.16, "FB": 0.0079, "beta": 0.0032}
SPREAD = {"foldx": 1.55, "Tmax": 0.62, "Cmax": 0.81, "alpha": 0.95, "FB": 0.89, "beta": 0.93}
DAYS = np.array([1, 2, 4, 7, 9, 11, 14, 17, 21, 28, 42, 60, 90, 120, 180, 270, 365.0])
ERROR, LIMIT, ROUNDS = 0.56, 50.0, 3

NLME = """
library(nlme)
write.csv(data.frame(ID = Theoph$Subject, TIME_h = Theoph$Time, "DV [mg/L]" = Theoph$conc, "AMT [mg]" = ifelse(Theoph$Time == 0, Theoph$Dose, NA), check.names = FALSE),
          commandArgs(TRUE)[1], row.names = FALSE, na = ".")
times <- sapply(1:3, function(k) system.time(
  estimated <<- nlme(conc ~ SSfol(Dose, Time, lKe, lKa, lCl), data = Theoph, fixed = lKe + lKa + lCl ~ 1,
                  random = pdDiag(lKe + lKa + lCl ~ 1), start = c(-2.4, 0.45, -3.2), method = "ML"))[["elapsed"]])
cat(min(times), "\n")
"""


def patients(n: int, seed: int = 1) -> KineticsData:
    """Cellular kinetics of n patients to a year, results below the limit as such."""
    rng = np.random.default_rng(seed)
    fold, top, peak, fast, share, slow = (
        value * np.exp(rng.normal(0, SPREAD[name], (n, 1))) for name, value in TYPICAL.items()
    )
    since = DAYS - top
    later = np.maximum(since, 0.0)
    fall = (1 - share) * np.exp(-fast * later) + share * np.exp(-slow * later)
    level = peak * np.where(since < 0, np.exp(np.log(fold) / top * np.minimum(since, 0.0)), fall)
    value = (np.maximum(level, 1e-300) * np.exp(rng.normal(0, ERROR, level.shape))).ravel()
    low = value < LIMIT
    names = tuple(str(i) for i in range(n))
    return KineticsData(
        names, np.repeat(np.arange(n), DAYS.size), np.tile(DAYS, n), np.where(low, LIMIT, value),
        low.astype(np.int64), pl.DataFrame({"patient": names}),
    )  # fmt: skip


def memory() -> float:
    """Resident now, MB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def by_size(sizes: list[int]) -> None:
    """Wall and processor seconds of a fit, the least of its rounds, and memory after it."""
    ld.fit(patients(20), "stein2019", seed=1)
    print(f"{'patients':>8} {'results':>8} {'wall s':>8} {'processor s':>12} {'ms a patient':>13} {'memory MB':>10}")
    for n in sizes:
        data, walls, processors = patients(n), [], []
        for _ in range(ROUNDS if n < 500 else 1):
            wall, processor = time.perf_counter(), time.process_time()
            ld.fit(data, "stein2019", seed=1)
            walls.append(time.perf_counter() - wall)
            processors.append(time.process_time() - processor)
        print(
            f"{n:>8} {data.time.size:>8} {min(walls):>8.2f} {min(processors):>12.2f} {1000 * min(processors) / n:>13.1f} {memory():>10.0f}"
        )


def beside_nlme() -> None:
    """Theophylline by R's nlme and by the fit, in turn."""
    program = shutil.which("Rscript")
    if program is None:
        print("R's nlme: not installed (Debian: r-base-core, r-cran-nlme)")
        return
    with tempfile.TemporaryDirectory() as folder:
        table, script = Path(folder) / "theophylline.csv", Path(folder) / "nlme.R"
        script.write_text(NLME, encoding="utf-8")
        run = subprocess.run([program, str(script), str(table)], capture_output=True, text=True, check=False)
        if run.returncode:
            print(f"R's nlme: {run.stderr.strip().splitlines()[-1]}")
            return
        other = float(run.stdout.split()[-1])
        data = ld.read_kinetics(str(table))
        walls = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            ld.fit(data, "one_compartment_oral", seed=1)
            walls.append(time.perf_counter() - began)
    print(
        f"theophylline, wall s: nlme (linearised) {other:.2f}, the fit (likelihood, standard errors) {min(walls):.2f}, ratio {min(walls) / other:.1f}"
    )


def main() -> None:
    """Both tables."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--patients", default="90,250,1000", help="numbers of patients")
    by_size([int(one) for one in words.parse_args().patients.split(",")])
    beside_nlme()


if __name__ == "__main__":
    main()
