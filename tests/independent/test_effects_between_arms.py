"""How much randomised arms differ, against R's survival package and published worked examples.

R 4.3, survival 3.5: coxph(Surv(time, status) ~ trt + karno + strata(celltype), veteran), ties = "efron"; survRM2-like restricted means of lung
from survfit. The numbers stand in ../shared/yardsticks/survival/survival_reference.csv.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from livingdrug.outcome.effect_between import difference, hazard_ratio
from livingdrug.outcome.regression import cox

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "yardsticks" / "survival"
needs = pytest.mark.skipif(
    not SHARED.is_dir(), reason="R's data sets are not beside this checkout (../shared/yardsticks)"
)


def reference(case: str) -> dict[str, float]:
    with (SHARED / "survival_reference.csv").open(encoding="utf-8") as lines:
        return {row["quantity"]: float(row["value"]) for row in csv.DictReader(lines) if row["case"] == case}


def columns(name: str) -> dict[str, np.ndarray]:
    with (SHARED / name).open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


@needs
def test_stratified_cox_is_that_of_r():
    data, expected = columns("veteran.csv"), reference("veteran_cox_strata")
    x = np.column_stack([data["trt"].astype(float), data["karno"].astype(float)])
    found = cox(data["time"].astype(float), data["status"].astype(int), x, strata=data["celltype"])
    assert found.coefficients == pytest.approx([expected["coef_trt"], expected["coef_karno"]], rel=1e-6)
    error = np.sqrt(np.diag(found.covariance))
    assert error == pytest.approx([expected["se_trt"], expected["se_karno"]], rel=1e-6)


def test_strata_that_differ_in_hazard_alone_change_no_ratio():
    """By theory: with exponential times and equal shares of treated in strata whose hazards differ fivefold, the stratified ratio is the true one."""
    rng = np.random.default_rng(5)
    n, stratum = 4000, np.repeat([0, 1], 2000)
    treated = np.tile([True, False], n // 2)
    time = rng.exponential(1 / (np.where(stratum == 1, 5.0, 1.0) * np.where(treated, 0.6, 1.0)))
    found = hazard_ratio(time, np.ones(n, dtype=bool), treated, stratum)
    assert found is not None
    assert found.low < 0.6 < found.high
    assert found.estimate == pytest.approx(0.6, abs=0.045)
    assert math.log(found.high / found.low) / (2 * 1.96) == pytest.approx(2 / math.sqrt(n), rel=0.06)  # 2/sqrt(events)


def test_too_few_events_tell_no_ratio():
    time, treated = np.arange(1.0, 11.0), np.tile([True, False], 5)
    assert hazard_ratio(time, np.array([True] * 3 + [False] * 7), treated) is None
    assert hazard_ratio(time, treated, treated) is None  # all events in one arm


@pytest.mark.parametrize(
    ("counts", "expected"),
    [((56, 70, 48, 80), (20.00, 5.24, 33.39)), ((9, 10, 3, 10), (60.00, 17.05, 80.90)), ((10, 10, 0, 10), (100.0, 60.75, 100.0)), ((0, 10, 0, 20), (0.0, -16.11, 27.75))],
)  # fmt: skip
def test_differences_of_newcombe(counts, expected):
    # Newcombe 1998, Stat Med 17:873, table II, method 10
    found = difference(*counts)
    assert (found.estimate, found.low, found.high) == pytest.approx(expected, abs=0.006)
