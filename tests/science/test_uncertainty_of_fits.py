"""Expected values: the linear mixed model's exact profile (Gaussian, SciPy) and the sampling distribution of a mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize

from livingdrug.fitting.bootstrap import bootstrap_intervals
from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.fit import fit
from livingdrug.fitting.loading import load_fit
from livingdrug.fitting.profile import FALL, intervals
from livingdrug.fitting.saem import Settings
from livingdrug.foundation.errors import BadInput, UnknownName

TIME = np.linspace(-1, 1, 6)
QUICK = Settings(explore=80, settle=60)


def _record(n: int = 16) -> KineticsData:
    rng = np.random.default_rng(2)
    y = 10 + rng.normal(0, 2, n)[:, None] + (2 + rng.normal(0, 0.7, n))[:, None] * TIME + rng.normal(0, 0.6, (n, 6))
    names = tuple(str(i) for i in range(n))
    return KineticsData(names, np.repeat(np.arange(n), 6), np.tile(TIME, n), y.ravel(), np.zeros(6 * n, np.int64),
                        pl.DataFrame({"patient": names}))  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return fit(_record(), "straight_line", settings=QUICK)


def _deviance(data: KineticsData, p: np.ndarray) -> float:
    y = data.value.reshape(-1, 6)
    v = np.exp(2 * p[2]) + np.exp(2 * p[3]) * np.outer(TIME, TIME) + np.exp(2 * p[4]) * np.eye(6)
    away = y - p[0] - p[1] * TIME
    return len(y) * np.linalg.slogdet(2 * np.pi * v)[1] + float(np.sum(away * np.linalg.solve(v, away.T).T))


@pytest.mark.parametrize(("name", "at"), [("base", 0), ("sd(base)", 2)])
def test_profiles_are_the_exact_ones(found, name: str, at: int) -> None:
    options = {"xatol": 1e-7, "fatol": 1e-8, "maxiter": 20000, "maxfev": 20000}
    best = minimize(lambda p: _deviance(found.data, p), [10, 2, 0.7, -0.3, -0.5], method="Nelder-Mead", options=options)
    table = found.profile(name)
    assert table.height == 9
    for value, rise in table.select("value", "rise").iter_rows():
        fixed = value if at < 2 else np.log(value)
        start = np.delete(best.x, at)
        held = minimize(
            lambda p, fixed=fixed: _deviance(found.data, np.insert(p, at, fixed)),
            start,
            method="Nelder-Mead",
            options=options,
        )
        # eight shifts of 128 Sobol points a patient: a few hundredths
        assert rise == pytest.approx(held.fun - best.fun, abs=0.06)
    low, high = intervals(table).row(0)[1:]
    inside = table.filter(pl.col("rise") < FALL)["value"]
    assert low < inside.min()
    assert high > inside.max()


def test_bootstrap_spreads_as_the_mean_does(found) -> None:
    table = found.bootstrap(40, seed=3)
    assert table.height == 40
    spread = table["base"].std()
    rows = {row["parameter"]: row for row in found.parameters.iter_rows(named=True)}
    # 40 replicates know a standard deviation to 11 %; two and a half times that
    assert spread == pytest.approx(rows["base"]["se"], rel=0.28)
    line = bootstrap_intervals(table).filter(pl.col("parameter") == "base").row(0, named=True)
    assert line["ci_low"] < rows["base"]["value"] < line["ci_high"]


def test_several_starts_end_at_one_likelihood_and_are_kept(tmp_path: Path) -> None:
    one = fit(_record(), "straight_line", settings=QUICK, starts=3, folder=tmp_path)
    assert one.extras["starts"].height == 3
    assert one.extras["starts"]["above_best"].min() == 0
    assert one.judgement["starts"][0]
    extra = one.with_extra(profile=one.profile("slope"))
    extra.save(tmp_path)
    again = load_fit(tmp_path)
    assert again.extras["profile"]["value"].to_list() == pytest.approx(extra.extras["profile"]["value"].to_list())
    assert again.extras["starts"].height == 3
    assert not list(tmp_path.glob("unfinished*"))


def test_mistakes_are_told(found) -> None:
    with pytest.raises(UnknownName, match="estimate"):
        found.profile("bas")
    with pytest.raises(BadInput, match="expected 1 to"):
        found.bootstrap(0)
    with pytest.raises(BadInput, match="starts"):
        fit(found.data, "straight_line", starts=0)
