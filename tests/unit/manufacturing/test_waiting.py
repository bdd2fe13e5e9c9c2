"""The tumour while waiting, against SciPy and the constant-hazard formula."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from livingdrug.foundation.quantities import Quantity
from livingdrug.manufacturing.variation import Steps
from livingdrug.manufacturing.waiting import Tumour, burden_percent, full_burden, lost_on_day


def one(growth: float, kill: float, start: float = 3e11) -> Tumour:
    as_array = [np.array([value]) for value in (start, 6e11, 9e11, growth, kill)]
    return Tumour(*as_array, bridging=np.array([kill > 0.0]))


@pytest.mark.parametrize("kill", [0.0, 0.05, 0.08, 0.12])
def test_growth_against_a_solver(kill):
    # Expected: SciPy's DOP853 on dT/dt = g T (1 - T/K) - k T at rtol 1e-11.
    course = solve_ivp(
        lambda _, t: 0.08 * t * (1.0 - t / 9e11) - kill * t, (0.0, 60.0), [3e11], method="DOP853", rtol=1e-11, atol=1.0
    )
    assert one(0.08, kill).cells_at(60.0)[0] == pytest.approx(course.y[0, -1], rel=1e-7)


def test_whole_is_a_hundred_percent():
    # Expected: the definition: a 35 kg child has half the marrow of the 70 kg adult.
    full = full_burden(np.array([35.0]), 1e12, 70.0)
    assert full[0] == 5e11
    np.testing.assert_allclose(burden_percent(np.array([0.0, 2.5e11, 9e11]), full), [0.0, 50.0, 100.0])


def test_losses_follow_a_constant_hazard():
    # Expected: 1 - exp(-0.003 * 45) = 12.6 % when the hazard does not depend on blasts; four standard errors.
    n = 20000
    common = {"unit": "", "meaning": "a test number", "kind": "assumed", "source": "this test"}
    numbers = {"loss_background": 0.003, "loss_progression": 0.0, "loss_burden_power": 1.0, "loss_time_power": 0.0,
               "loss_by_bridging": 0.0}  # fmt: skip
    quantities = {name: Quantity(value=value, **common) for name, value in numbers.items()}
    patients = np.arange(n)
    arrays = [np.full(n, value) for value in (3e11, 6e11, 9e11, 0.08, 0.05)]
    days = lost_on_day(
        Tumour(*arrays, bridging=np.ones(n, bool)), np.full(n, 45.0), Steps(quantities, "test", patients, 3)
    )
    expected = 1.0 - np.exp(-0.003 * 45.0)
    assert np.isfinite(days).mean() == pytest.approx(expected, abs=4.0 * np.sqrt(expected * (1 - expected) / n))
    # Days of loss are those of the same law: the mean of an exponential cut at 45 days.
    inside = days[np.isfinite(days)]
    mean = 1.0 / 0.003 - 45.0 * np.exp(-0.135) / expected
    assert inside.mean() == pytest.approx(mean, abs=4.0 * 45.0 / np.sqrt(12.0 * inside.size))
    assert inside.max() < 45.0
