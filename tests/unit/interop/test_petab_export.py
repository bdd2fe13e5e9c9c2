"""Expected values: the fit's own likelihood at each patient's parameters, and its conditional modes, found again by the
search of the exported problem; priors by SciPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.fit import fit
from livingdrug.fitting.likelihood import ErrorSizes
from livingdrug.fitting.result import Fit
from livingdrug.fitting.saem import Settings
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.interop.petab.export import export_petab
from livingdrug.interop.petab.priors import prior_of
from livingdrug.interop.petab.problem import load_petab

QUICK = Settings(explore=60, settle=40)


def _data(value: np.ndarray, time: np.ndarray, low: float = -np.inf) -> KineticsData:
    n = len(value)
    names = tuple(str(i) for i in range(n))
    flat = value.ravel()
    return KineticsData(names, np.repeat(np.arange(n), time.size), np.tile(time, n), np.maximum(flat, low),
                        (flat < low).astype(np.int64), pl.DataFrame({"patient": names}))  # fmt: skip


def _at_modes(found: Fit) -> float:
    """Log likelihood of the measured results at the modes."""
    psi = found.specification.population.natural(found.modes)
    data = found.data.without_censored()
    from livingdrug.fitting.likelihood import likelihood_of

    error = ErrorSizes.of(found.specification.errors, found.theta.error)
    return float(likelihood_of(found.model, data).rows(psi, np.arange(data.n_patients), error).sum())


def test_lines_come_back_with_their_modes(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    time = np.linspace(0, 2, 6)
    y = rng.normal(10, 2, 3)[:, None] + rng.normal(2, 1, 3)[:, None] * time + rng.normal(0, 0.5, (3, 6))
    found = fit(_data(y, time), "straight_line", settings=QUICK, refined=False)
    told = export_petab(found, tmp_path)
    assert (told.measurements, told.left_out) == (18, 0)
    problem = load_petab(told.yaml)
    assert problem.evaluate().llh == pytest.approx(_at_modes(found), rel=1e-7)
    parameters, _ = problem.estimate(starts=1)
    psi = found.specification.population.natural(found.modes)
    for i in range(3):
        assert parameters[f"base_{i}"] == pytest.approx(psi[i, 0], abs=2e-3)
        assert parameters[f"slope_{i}"] == pytest.approx(psi[i, 1], abs=2e-3)


def test_stein_with_results_below_the_limit(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    days = np.array([1, 3, 7, 10, 14, 21, 28, 60, 120.0])
    peak = 2e4 * np.exp(rng.normal(0, 0.5, 8))[:, None]
    level = np.where(days < 9, peak * 4000 ** (days / 9 - 1), peak * (0.99 * np.exp(-0.16 * (days - 9)) + 0.01 * np.exp(-0.004 * (days - 9))))  # fmt: skip
    found = fit(
        _data(level * np.exp(rng.normal(0, 0.3, level.shape)), days, low=50.0),
        "stein2019",
        settings=QUICK,
        refined=False,
    )
    told = export_petab(found, tmp_path)
    assert told.left_out == int((found.data.censored != 0).sum()) > 0
    assert load_petab(told.yaml).evaluate().llh == pytest.approx(_at_modes(found), rel=1e-6)
    assert "censored results are left out" in (tmp_path / "README.txt").read_text(encoding="utf-8")


def test_priors_are_densities_and_mistakes_are_told() -> None:
    for kind, x, value, law in (
        ("parameterScaleNormal", 0.3, 2.0, stats.norm(1, 2).logpdf(0.3)),
        ("logNormal", 0.3, 2.0, stats.lognorm(2, scale=np.e).logpdf(2.0)),
        ("laplace", 0.3, 2.0, stats.laplace(1, 2).logpdf(2.0)),
        ("uniform", 0.3, 1.5, stats.uniform(1, 1).logpdf(1.5)),
    ):
        row = {"parameterId": "k", "objectivePriorType": kind, "objectivePriorParameters": "1;2"}
        assert prior_of(row, "x")(x, value) == pytest.approx(law)
    with pytest.raises(UnknownName, match="prior"):
        prior_of({"parameterId": "k", "objectivePriorType": "cauchy"}, "x")
    with pytest.raises(BadInput, match="two"):
        prior_of({"parameterId": "k", "objectivePriorType": "normal", "objectivePriorParameters": "1;-2"}, "x")
