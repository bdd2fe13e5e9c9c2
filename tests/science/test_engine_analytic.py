"""The engine against problems whose solutions are known in closed form."""

import numpy as np
import pytest

from livingdrug.engine.ensemble import Dose, compile_model
from livingdrug.engine.odes import Odes
from livingdrug.engine.rosenbrock import numpy_step
from livingdrug.engine.steppers.rodas4 import RODAS4


def _solve(odes, parameters, days, *, log=(), scale=1e-3, rtol=1e-6, doses=(), outputs=None):
    model = compile_model(
        odes,
        log_scales=dict.fromkeys(log, scale),
        linear_scales={name: scale for name in odes.states if name not in log},
        outputs=outputs or odes.states,
    )
    ensemble = model.run(parameters, days, np.zeros(len(days)), doses, rtol=rtol)
    assert set(ensemble.status) == {0}
    return ensemble.outputs


@pytest.mark.parametrize("log", [(), ("y",)])
def test_exponential_decay(log):
    # expected: y0 exp(-k t); local errors of rtol 1e-6 add up to less than 1e-5
    days, k = np.linspace(0, 5, 11), np.array([[0.3], [1.0], [2.0]])
    got = _solve(Odes(("y",), ("k",), (1.0,), (), ("-k * y",), ("100",)), k, days, log=log)
    np.testing.assert_allclose(got[:, :, 0], 100 * np.exp(-k * days), rtol=1e-5)


def test_logistic_growth_over_nine_decades():
    # expected: K / (1 + (K / y0 - 1) exp(-r t))
    days = np.linspace(0, 40, 21)
    odes = Odes(("y",), ("r",), (1.0,), (), ("r * y * (1 - y / 1e9)",), ("1",))
    got = _solve(odes, [[0.8], [1.2]], days, log=("y",))
    r = np.array([[0.8], [1.2]])
    np.testing.assert_allclose(got[:, :, 0], 1e9 / (1 + (1e9 - 1) * np.exp(-r * days)), rtol=2e-5)


def test_harmonic_oscillator_keeps_its_phase():
    # expected: cos and sin after ten turns
    days = np.linspace(0, 20 * np.pi, 30)
    got = _solve(Odes(("x", "v"), (), (), (), ("v", "-x"), ("1", "0")), np.zeros((1, 0)), days, rtol=1e-8)
    np.testing.assert_allclose(got[0, :, 0], np.cos(days), atol=3e-5)
    np.testing.assert_allclose(got[0, :, 1], -np.sin(days), atol=3e-5)


def test_time_in_the_right_hand_side():
    # expected: y' = -k (y - t^2) + 2 t has the solution t^2, however stiff (form of Prothero and Robinson 1974)
    days = np.linspace(0, 20, 15)
    odes = Odes(("y",), ("k",), (50.0,), (("goal", "time ** 2"),), ("-k * (y - goal) + 2 * time",), ("0",))
    got = _solve(odes, [[50.0], [1e6]], days, rtol=1e-6)
    np.testing.assert_allclose(got[:, :, 0], np.tile(days**2, (2, 1)), rtol=1e-5, atol=1e-8)


def test_cells_stay_positive_and_exact_over_twelve_decades():
    # expected: 1e9 exp(-t), down to 1e-3 cell; below the scale the error is absolute
    days = np.linspace(0, 40, 81)
    got = _solve(
        Odes(("cells",), (), (), (), ("-cells",), ("1e9",)), np.zeros((1, 0)), days, log=("cells",), scale=1e-4
    )
    exact = 1e9 * np.exp(-days)
    seen = got[0, :, 0]
    np.testing.assert_allclose(seen[exact > 1e-3], exact[exact > 1e-3], rtol=1e-4)
    assert (seen > -1e-9).all()
    assert (seen[exact > 1e-9] > 0).all()


def test_infusion_of_many_cells_into_an_empty_compartment():
    # expected: inflow 1e8 per day for half a day, then decay: closed form; |f| / scale is 1e8 at the start
    odes = Odes(("y",), ("q",), (1e8,), (), ("(q if time < 0.5 else 0) - 0.7 * y",), ("0",))
    days = np.array([0, 0.01, 0.1, 0.5, 1.0, 3.0])
    got = _solve(odes, [[1e8]], days, log=("y",), scale=1.0)[0, :, 0]
    exact = 1e8 / 0.7 * (1 - np.exp(-0.7 * np.minimum(days, 0.5))) * np.exp(-0.7 * np.maximum(days - 0.5, 0))
    np.testing.assert_allclose(got, exact, rtol=1e-4)


@pytest.mark.parametrize("log", [(), ("drug",)])
def test_multiple_doses_of_a_one_compartment_drug(log):
    # expected: superposition of D exp(-k (t - t_dose)); outputs at a dose's check are before the dose
    days, k = np.arange(0, 10, 0.5), np.array([[0.2], [1.5]])
    doses = [Dose(check, "drug", np.array([100.0, 50.0])) for check in (0, 4, 4, 11)]
    odes = Odes(("drug",), ("k",), (0.2,), (), ("-k * drug",), ("0",))
    got = _solve(odes, k, days, log=log, doses=doses)[:, :, 0]
    exact = np.zeros((2, len(days)))
    for dose in doses:
        since = days - days[dose.check]
        exact += np.where(since > 0, dose.amounts[:, None] * np.exp(-k * np.maximum(since, 0)), 0)
    np.testing.assert_allclose(got, exact, rtol=1e-5, atol=1e-9)


def test_order_of_convergence_is_four():
    # expected: order 4 (Hairer and Wanner), on y' = -y + t y^2 with its exact solution 1 / (1 + t + c e^t), y(0) = 1/2
    def exact(t):
        return 1 / (1 + t + np.exp(t))

    def rhs(x, t):
        return -x + t * x**2

    def linearise(x, t):
        return rhs(x, t), (-1 + 2 * t * x).T[:, :, None], x**2

    errors = []
    for n in (4, 8, 16, 32):
        x, t, h = np.array([[0.5]]), np.zeros(1), np.full(1, 2.0 / n)
        for _ in range(n):
            x, _ = numpy_step(RODAS4, rhs, linearise, x, t, h, np.ones((2, 1, 1)))
            t = t + h
        errors.append(abs(x[0, 0] - exact(2.0)))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert (orders[-2:] > 3.7).all(), orders


def test_errors_follow_the_tolerance():
    # expected: a method of order 4 with error control of order 3: error roughly proportional to rtol
    odes = Odes(("a", "b"), (), (), (), ("-2 * a + b / (1 + b ** 2)", "a - 0.5 * b * exp(-0.1 * time)"), ("1", "1"))
    days = np.linspace(0, 6, 7)
    fine = _solve(odes, np.zeros((1, 0)), days, rtol=1e-11)
    errors = [np.abs(_solve(odes, np.zeros((1, 0)), days, rtol=r) / fine - 1).max() for r in (1e-3, 1e-5, 1e-7)]
    assert errors[0] < 3e-3
    assert errors[1] < 3e-5
    assert errors[2] < 3e-7
