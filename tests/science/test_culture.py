"""Expected values: the matrix exponential and an adaptive solver of SciPy, and limits in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from livingdrug.catalog.load import default_catalog
from livingdrug.manufacturing.expansion import expansion, expansions
from livingdrug.manufacturing.expansion.fed_culture import constants, expand, rates
from livingdrug.manufacturing.phenotype import forward
from livingdrug.manufacturing.variation import Steps

FED = default_catalog().load("making", "point_of_care_fed").making


def steps(**values: float) -> Steps:
    numbers = {name: one.model_copy(update={"value": values.get(name, one.value)}) for name, one in FED.items()}
    return Steps(numbers, "making/test", np.arange(1, 4, dtype=np.int64), 1)


@pytest.mark.parametrize("rates_of", [[0.2, 0.14, 0.03], [0.3, 0.3, 0.3], [1.0, 0.0, 0.5], [0.0, 0.0, 0.0]])
@pytest.mark.parametrize("doublings", [0.0, 0.4, 4.7, 14.0])
def test_phenotype_is_the_exponential_of_its_chain(rates_of: list[float], doublings: float) -> None:
    # SciPy's expm of the generator, equal rates and zeros among them
    one, two, three = rates_of
    chain = np.array([[-one, one, 0, 0], [0, -two, two, 0], [0, 0, -three, three], [0, 0, 0, 0]])
    start = np.array([[0.26, 0.33, 0.28, 0.13], [1.0, 0.0, 0.0, 0.0]])
    found = forward(start, np.full(2, doublings), rates_of)
    np.testing.assert_allclose(found, start @ expm(chain * doublings), atol=1e-13)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-13)


def test_every_law_of_growth_begins_with_what_was_seeded_and_does_not_grow_backwards() -> None:
    # limits: nothing has grown on day 0; a longer culture of healthy cells has not fewer cells within its first two days
    for name in expansions():
        grown = [
            expansion(name)(np.full(3, 1e8), np.full(3, day), np.full(3, 2.05), steps()) for day in (0.0, 1.0, 2.0)
        ]
        np.testing.assert_allclose(grown[0], 1e8, rtol=1e-12)
        assert (grown[2] >= grown[1]).all(), name


def test_doublings_after_the_lag_in_closed_form() -> None:
    # by hand: two doubling times after the lag are a factor of four
    still = steps()
    lag = still.drawn("lag")
    found = expansion("lag_then_doubling")(np.full(3, 5.0), lag + 4.0, np.full(3, 2.0), still)
    np.testing.assert_allclose(found, 20.0)


@pytest.mark.parametrize("dilution", [0.0, 0.012])
@pytest.mark.parametrize("day", [1.0, 3.0, 9.0])
def test_fed_culture_against_an_adaptive_solver(dilution: float, day: float) -> None:
    # SciPy's LSODA at rtol 1e-9; growth jumps at the end of the lag, inside one of our steps: 1e-3
    law = steps(fed_dilution=dilution)
    numbers = constants(law)
    start = [1.1, numbers["glucose_start"], law.typical("fed_inhibitor_start")]

    def right(_: float, state: np.ndarray) -> np.ndarray:
        return rates(state[:, None], np.ones(1), numbers, law.typical("fed_feed"), dilution)[:, 0]

    course = solve_ivp(right, (0.0, 24 * day), start, method="LSODA", rtol=1e-9, atol=1e-9, max_step=0.5)
    expected = course.y[0, -1] / 1.1 * np.exp(dilution * 24 * day)
    doubling = np.full(1, law.typical("doubling_time"))
    found = expand(np.ones(1), np.full(1, day), doubling, law)
    assert found[0] == pytest.approx(expected, rel=1e-3)


def test_without_feed_the_culture_starves() -> None:
    # the same equations in the dossier that they come from: unfed, glucose is gone and cells die within two to four days
    law = steps(fed_feed=0.0, fed_dilution=0.0, fed_glucose_start=2.0)
    grown = [
        expand(np.ones(1), np.full(1, day), np.full(1, law.typical("doubling_time")), law)[0] for day in (1.0, 2.0, 4.0)
    ]
    assert max(grown) > 1.0
    assert grown[2] < 0.5 * max(grown)
