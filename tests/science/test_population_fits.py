"""Expected values: the linear mixed model's exact likelihood (Gaussian, closed form), ordinary differential equations
solved by SciPy, and properties that hold whatever the numbers: same seed same bytes, interruption changes nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.fit import fit
from livingdrug.fitting.loading import load_fit
from livingdrug.fitting.saem import Settings
from livingdrug.fitting.structure import load_model, model_names
from livingdrug.foundation.errors import Interrupted

QUICK = Settings(explore=80, settle=60)


def _record(patient: np.ndarray, time: np.ndarray, value: np.ndarray, censored: np.ndarray | None = None, **more) -> KineticsData:  # fmt: skip
    names = tuple(str(i) for i in range(int(patient.max()) + 1))
    flags = np.zeros(time.size, np.int64) if censored is None else censored.astype(np.int64)
    return KineticsData(names, patient, time, value, flags, pl.DataFrame({"patient": names}), **more)


def _lines(n: int = 24, m: int = 7, seed: int = 5) -> KineticsData:
    rng = np.random.default_rng(seed)
    eta = rng.multivariate_normal([10.0, 2.0], [[4.0, 0.9], [0.9, 0.5]], n)
    time = np.tile(np.linspace(-1, 1, m), n)
    patient = np.repeat(np.arange(n), m)
    value = eta[patient, 0] + eta[patient, 1] * time + rng.normal(0, 0.6, n * m)
    return _record(patient, time, value)


def _exact_line_fit(data: KineticsData) -> tuple[np.ndarray, float]:
    """Maximum of the exact marginal likelihood: base, slope, sd, sd, correlation, error; and -2 log likelihood."""
    z = np.column_stack([np.ones(7), data.time[:7]])
    y = data.value.reshape(-1, 7)

    def cost(p: np.ndarray) -> float:
        sd, corr = np.exp(p[2:4]), np.tanh(p[4])
        omega = np.array([[sd[0] ** 2, corr * sd[0] * sd[1]], [corr * sd[0] * sd[1], sd[1] ** 2]])
        v = z @ omega @ z.T + np.exp(2 * p[5]) * np.eye(7)
        away = y - z @ p[:2]
        return len(y) * (np.linalg.slogdet(v)[1] + 7 * np.log(2 * np.pi)) + np.sum(away * np.linalg.solve(v, away.T).T)

    best = minimize(cost, [10, 2, 0.7, -0.3, 0.5, -0.5], method="Nelder-Mead",
                    options={"xatol": 1e-8, "fatol": 1e-9, "maxiter": 20000, "maxfev": 20000, "adaptive": True})  # fmt: skip
    p = best.x
    return np.array([p[0], p[1], *np.exp(p[2:4]), np.tanh(p[4]), np.exp(p[5])]), float(best.fun)


def test_linear_mixed_model_is_exact() -> None:
    data = _lines()
    exact, deviance = _exact_line_fit(data)
    found = fit(data, "straight_line", correlations="full", settings=Settings(explore=150, settle=100))
    # importance sampling with 4096 shifted Sobol points a patient: a relative 1e-3 in every number
    np.testing.assert_allclose(found.parameters["value"].to_numpy(), exact, rtol=1e-3)
    assert found.minus_two_ll == pytest.approx(deviance, abs=0.03)
    assert found.converged


def test_same_bytes_for_any_threads_and_after_an_interruption(tmp_path: Path) -> None:
    data = _lines(n=40)

    def stop(done: int, total: int, theta: object) -> None:
        if done == 73:
            raise KeyboardInterrupt

    whole = fit(data, "straight_line", settings=QUICK, threads=1, folder=tmp_path / "whole")
    with pytest.raises(Interrupted, match="resume"):
        fit(data, "straight_line", settings=QUICK, threads=2, folder=tmp_path / "parts", progress=stop)
    again = fit(data, "straight_line", settings=QUICK, threads=2, folder=tmp_path / "parts", resume=True)
    assert np.array_equal(whole.theta.beta, again.theta.beta)
    for file in sorted((tmp_path / "whole").iterdir()):
        assert file.read_bytes() == (tmp_path / "parts" / file.name).read_bytes(), file.name
    loaded = load_fit(tmp_path / "whole")
    assert loaded.summary() == whole.summary()
    assert loaded.predictions.equals(whole.predictions)


def test_censored_lines_are_recovered_and_discarding_biases() -> None:
    # typical line 1 - 2 t from which a third of the results fall below -1
    rng = np.random.default_rng(3)
    patient, time = np.repeat(np.arange(80), 6), np.tile(np.linspace(0, 2, 6), 80)
    eta = rng.normal([1.0, -2.0], [0.3, 0.3], (80, 2))
    value = eta[patient, 0] + eta[patient, 1] * time + rng.normal(0, 0.5, time.size)
    low = value < -1
    data = _record(patient, time, np.where(low, -1.0, value), low)
    found = fit(data, "straight_line", settings=QUICK)
    rows = {row["parameter"]: row for row in found.parameters.iter_rows(named=True)}
    assert abs(rows["slope"]["value"] + 2) < 2 * rows["slope"]["se"]
    thrown = fit(data.without_censored(), "straight_line", settings=QUICK)
    slope = dict(thrown.parameters.select("parameter", "value").iter_rows())["slope"]
    assert slope > -2 + 5 * rows["slope"]["se"]


def _levels(name: str, parameters: list[float], times: np.ndarray, doses: np.ndarray) -> np.ndarray:
    level = np.empty(times.size)
    load_model(name).predict(np.array(parameters), times, np.zeros(times.size, np.int64), doses, level)
    return level


DOSES = np.array([[0, 0.0, 100.0, 0.0, 1], [0, 5.0, 60.0, 2.0, 1]])


@pytest.mark.parametrize(
    ("name", "parameters", "oral"),
    [
        ("one_compartment_iv", [20.0, 3.0], False),
        ("one_compartment_oral", [1.3, 20.0, 3.0], True),
        ("two_compartment_iv", [20.0, 3.0, 2.0, 35.0], False),
        ("two_compartment_oral", [1.3, 20.0, 3.0, 2.0, 35.0], True),
    ],
)
def test_closed_forms_solve_their_equations(name: str, parameters: list[float], oral: bool) -> None:
    ka = parameters[0] if oral else 0.0
    v1, clearance, *rest = parameters[1:] if oral else parameters
    q, v2 = rest or (0.0, 1.0)
    doses = DOSES.copy()
    doses[:, 3] = 0.0 if oral else doses[:, 3]

    def slope(t: float, y: np.ndarray) -> list[float]:
        into = sum(d[2] / d[3] for d in doses if d[3] > 0 and d[1] <= t < d[1] + d[3])
        depot, central, outer = y
        exchange = q * (central / v1 - outer / v2)
        return [-ka * depot, into + ka * depot - clearance * central / v1 - exchange, exchange]

    times = np.array([0.5, 2.0, 4.9, 5.5, 6.5, 8.0, 15.0])
    state, at, expected = np.zeros(3), 0.0, []
    for stop in sorted({*times.tolist(), *doses[:, 1].tolist(), *(doses[:, 1] + doses[:, 3]).tolist()}):
        if stop > at:
            state = solve_ivp(slope, (at, stop), state, rtol=1e-10, atol=1e-12, max_step=stop - at).y[:, -1]
            at = stop
        if stop in times:
            expected.append(state[1] / v1)
        for dose in doses[(doses[:, 1] == stop) & (doses[:, 3] == 0)]:
            state[0 if oral else 1] += dose[2]
    np.testing.assert_allclose(_levels(name, parameters, times, doses), expected, rtol=1e-6)


def test_stein_is_its_reproduction_and_ogasawara_without_lag_is_stein() -> None:
    times = np.array([0.0, 7.0, 9.3, 14.0, 28.0, 90.0, 180.0, 365.0])
    typical = [3900.0, 9.3, 24000.0, 0.16, 0.0079, 0.0032]
    none = np.empty((0, 5))
    # docs/reproductions/stein_2019.md: a second computation by LSODA
    printed = [6.154, 3105, 24000, 11412, 1374, 146.5, 109.8, 60.7]
    np.testing.assert_allclose(
        _levels("stein2019", typical, times, none), printed, rtol=1e-3
    )  # as many digits as are printed
    doubling = 9.3 * np.log(2) / np.log(3900)
    halves = np.log(2) / np.array([0.16, 0.0032])
    same = _levels("ogasawara2021", [1e-12, doubling, 9.3, 24000.0, halves[0], 0.0079, halves[1]], times, none)
    np.testing.assert_allclose(same, _levels("stein2019", typical, times, none), rtol=1e-9)


@pytest.mark.parametrize("name", model_names())
def test_every_model_begins_from_what_data_propose(name: str) -> None:
    model = load_model(name)
    rng = np.random.default_rng(1)
    times = np.tile([0.5, 2.0, 4.0, 8.0, 16.0, 28.0], 3)
    patient = np.repeat(np.arange(3), 6)
    value = np.exp(rng.normal(3.0, 1.0, times.size))
    doses = np.array([[i, 0.0, 100.0, 0.0, 1.0] for i in range(3)])
    proposed = model.propose(_record(patient, times, value, doses=doses))
    level = _levels(name, [proposed[key] for key in model.names], times[:6].copy(), doses[:1])
    assert np.isfinite(level).all()
    assert (level >= 0).all()
