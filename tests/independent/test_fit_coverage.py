"""Expected values: the numbers from which the data were simulated (Stein 2019, Table 1; spreads read as variances).

A hundred sets of 90 patients with results below the limit; run by `make validate`, some minutes of processor time.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest

from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.fit import fit

TYPICAL = {"foldx": 3900.0, "Tmax": 9.3, "Cmax": 24000.0, "alpha": 0.16, "FB": 0.0079, "beta": 0.0032}
SPREAD = {"foldx": 1.55, "Tmax": 0.62, "Cmax": 0.81, "alpha": 0.95, "FB": 0.89, "beta": 0.93}
DAYS = np.array([1, 2, 4, 7, 9, 11, 14, 17, 21, 28, 42, 60, 90, 120, 180, 270, 365.0])
SETS, PATIENTS, LIMIT, Z90 = 100, 90, 50.0, 1.6448536269514722


def simulated(seed: int, n: int = PATIENTS) -> KineticsData:
    """Patients as the model has them, with a residual of 0.56 on the log scale and a limit of 50."""
    rng = np.random.default_rng(seed)
    fold, top, peak, fast, share, slow = (value * np.exp(rng.normal(0, SPREAD[name], (n, 1))) for name, value in TYPICAL.items())  # fmt: skip
    since = DAYS - top
    rise = np.exp(np.log(fold) / top * np.minimum(since, 0.0))
    later = np.maximum(since, 0.0)
    level = peak * np.where(since < 0, rise, (1 - share) * np.exp(-fast * later) + share * np.exp(-slow * later))
    value = (np.maximum(level, 1e-300) * np.exp(rng.normal(0, 0.56, level.shape))).ravel()
    low = value < LIMIT
    names = tuple(str(i) for i in range(n))
    return KineticsData(names, np.repeat(np.arange(n), DAYS.size), np.tile(DAYS, n), np.where(low, LIMIT, value),
                        low.astype(np.int64), pl.DataFrame({"patient": names}))  # fmt: skip


@pytest.mark.skipif(not os.environ.get("LIVINGDRUG_VALIDATE"), reason="a hundred fits; make validate runs them")
def test_ninety_percent_intervals_hold_the_truth_ninety_times_of_a_hundred() -> None:
    truth = {**TYPICAL, **{f"sd({name})": value for name, value in SPREAD.items()}, "a": 0.56}

    def inside(seed: int) -> dict[str, float]:
        rows = {
            row["parameter"]: row
            for row in fit(simulated(seed), "stein2019", seed=seed, threads=1).parameters.iter_rows(named=True)
        }
        away = {name: abs(np.log(rows[name]["value"] / value)) for name, value in truth.items()}
        # a spread that cannot be told from none has no interval, and does not hold the truth
        return {name: float((rows[name]["rse_percent"] or 0.0) / 100 * Z90 >= away[name]) for name in truth}

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pl.DataFrame(list(pool.map(inside, range(SETS))))
    by_parameter = found.mean().row(0, named=True)
    assert min(by_parameter.values()) >= 0.80, by_parameter
    # 1300 intervals: a standard error of 0.8 % if they were independent
    assert 0.87 <= np.mean(list(by_parameter.values())) <= 0.93, by_parameter
