"""Expected values: marginal likelihoods in closed form (Gaussian models) maximised by SciPy, for what varies between
occasions and for a hidden group; and a second output simulated with known values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp

from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.fit import fit
from livingdrug.fitting.loading import load_fit
from livingdrug.fitting.saem import Settings

M = 6
TIME = np.linspace(-1, 1, M)
QUICK = Settings(explore=120, settle=80)


def _record(value: np.ndarray, **more) -> KineticsData:
    n = len(value)
    names = tuple(str(i) for i in range(n))
    m = value.shape[1]
    time = more.pop("time", np.tile(TIME, n))
    return KineticsData(names, np.repeat(np.arange(n), m), time, value.ravel(), np.zeros(n * m, np.int64),
                        pl.DataFrame({"patient": names}), **more)  # fmt: skip


def _normal(y: np.ndarray, mean: np.ndarray, v: np.ndarray) -> np.ndarray:
    away = y - mean
    return -0.5 * (np.linalg.slogdet(2 * np.pi * v)[1] + np.sum(away * np.linalg.solve(v, away.T).T, axis=1))


def _best(cost, start) -> tuple[np.ndarray, float]:
    options = {"xatol": 1e-8, "fatol": 1e-9, "maxiter": 40000, "maxfev": 40000, "adaptive": True}
    found = minimize(cost, start, method="Nelder-Mead", options=options)
    return found.x, float(found.fun)


def test_spread_between_occasions_is_the_exact_maximum(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    n, occasions = 40, np.repeat([0, 1], M)
    time = np.concatenate([TIME, TIME + 4])
    base = 10 + rng.normal(0, 1.5, n)[:, None] + rng.normal(0, 0.8, (n, 2))[:, occasions]
    slope = 2 + rng.normal(0, 0.6, n)[:, None]
    y = base + slope * time + rng.normal(0, 0.5, (n, 2 * M))

    def cost(p: np.ndarray) -> float:
        sd = np.exp(p[2:])
        same = (occasions[:, None] == occasions[None]).astype(float)
        v = sd[0] ** 2 + sd[1] ** 2 * np.outer(time, time) + sd[2] ** 2 * same + sd[3] ** 2 * np.eye(2 * M)
        return -2 * float(_normal(y, p[0] + p[1] * time, v).sum())

    exact, deviance = _best(cost, [10, 2, 0.4, -0.5, -0.2, -0.7])
    data = _record(y, time=np.tile(time, n), occasion=np.tile(occasions, n), occasions=("1", "2"))
    found = fit(data, "straight_line", by_occasion=["base"], settings=QUICK, folder=tmp_path / "fit")
    assert found.minus_two_ll == pytest.approx(deviance, abs=0.1)
    values = dict(found.parameters.select("parameter", "value").iter_rows())
    told = [values[name] for name in ("base", "slope", "sd(base)", "sd(slope)", "sd between occasions(base)", "a")]
    np.testing.assert_allclose(told, [*exact[:2], *np.exp(exact[2:])], rtol=4e-3)
    assert load_fit(tmp_path / "fit").summary() == found.summary()
    assert found.simulate(patients=3, times=[0.0, 1.0]).height == 6
    # one spread for both occasions: as many numbers as were estimated by hand
    assert found.coordinates.size == 6


def test_a_hidden_group_is_the_exact_maximum(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    n = 80
    second = rng.random(n) < 0.3
    base = np.where(second, 6.0, 10.0) + rng.normal(0, 1.0, n)
    y = base[:, None] + (2 + rng.normal(0, 0.5, n))[:, None] * TIME + rng.normal(0, 0.5, (n, M))

    def cost(p: np.ndarray) -> float:
        sd, share = np.exp(p[3:6]), 1 / (1 + np.exp(-p[6]))
        v = sd[0] ** 2 + sd[1] ** 2 * np.outer(TIME, TIME) + sd[2] ** 2 * np.eye(M)
        both = [_normal(y, p[0] + step + p[1] * TIME, v) for step in (0.0, p[2])]
        return -2 * float(logsumexp(np.array(both) + np.log([[1 - share], [share]]), axis=0).sum())

    exact, deviance = _best(cost, [10, 2, -4, 0.0, -0.7, -0.7, -1.0])
    data = _record(y)
    found = fit(data, "straight_line", mixture={"base": 5.0}, settings=QUICK, folder=tmp_path / "fit")
    assert found.minus_two_ll == pytest.approx(deviance, abs=0.1)
    rows = {row["parameter"]: row for row in found.parameters.iter_rows(named=True)}
    told = [rows[name]["value"] for name in ("base", "slope", "beta(base, group 2)", "sd(base)", "sd(slope)", "a")]
    np.testing.assert_allclose(told, [*exact[:3], *np.exp(exact[3:6])], rtol=4e-3)
    share = 1 / (1 + np.exp(-exact[6]))
    assert rows["share of group 2"]["value"] == pytest.approx(share, rel=4e-3)
    # standard errors: the curvature of the exact likelihood, by differences
    k, h = len(exact), 2e-3
    hessian = np.zeros((k, k))
    for i in range(k):
        for j in range(k):
            e, f = np.eye(k)[i] * h, np.eye(k)[j] * h
            hessian[i, j] = (cost(exact + e + f) - cost(exact + e - f) - cost(exact - e + f) + cost(exact - e - f)) / (
                8 * h * h
            )
    errors = np.sqrt(np.diag(np.linalg.inv(hessian)))
    own = np.sqrt(np.diag(found.covariance))
    np.testing.assert_allclose(own, errors, rtol=0.02)
    assert load_fit(tmp_path / "fit").summary() == found.summary()
    simulated = found.simulate(patients=4000, times=[0.0], seed=3)
    # binomial: three standard errors of a share of 4000
    assert simulated["in_group_2"].mean() == pytest.approx(
        rows["share of group 2"]["value"], abs=3 * (0.21 / 4000) ** 0.5
    )
    assert found.vpc(n=50).height > 0


def test_same_bytes_after_an_interruption_with_a_hidden_group(tmp_path: Path) -> None:
    from livingdrug.foundation.errors import Interrupted

    rng = np.random.default_rng(4)
    base = np.where(rng.random(30) < 0.3, 6.0, 10.0) + rng.normal(0, 1.0, 30)
    data = _record(base[:, None] + 2 * TIME + rng.normal(0, 0.5, (30, M)))
    settings = Settings(explore=60, settle=40)

    def stop(done: int, total: int, theta: object) -> None:
        if done == 47:
            raise KeyboardInterrupt

    whole = fit(data, "straight_line", mixture=["base"], settings=settings, threads=1, folder=tmp_path / "whole")
    with pytest.raises(Interrupted):
        fit(data, "straight_line", mixture=["base"], settings=settings, folder=tmp_path / "parts", progress=stop)
    again = fit(data, "straight_line", mixture=["base"], settings=settings, folder=tmp_path / "parts", resume=True)
    assert again.minus_two_ll == whole.minus_two_ll
    for file in sorted((tmp_path / "whole").iterdir()):
        assert file.read_bytes() == (tmp_path / "parts" / file.name).read_bytes(), file.name
