"""The difference between trials, its spread integrated out, against integrals that scipy takes of the same densities."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from livingdrug.fitting.joint.between import marginal
from livingdrug.fitting.joint.linear import Linear, between_trials

# Rubin DB, J Educ Stat 1981;6:377, doi:10.3102/10769986006004377: effects and standard errors of eight schools; in twentieths here
SCHOOLS = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0]) / 20
ERRORS = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0]) / 20
WIDTH = 50.0
"""Of the prior of the common effect: as good as flat."""


def _schools(which: np.ndarray, kinds: np.ndarray | None = None) -> Linear:
    n = which.size
    return Linear(
        np.zeros(1), np.zeros(n), np.ones((n, 1)), SCHOOLS[which], np.diag(ERRORS[which] ** 2), np.arange(n),
        np.zeros(n, dtype=np.int64) if kinds is None else kinds, np.zeros(1), np.full(1, WIDTH),
    )  # fmt: skip


def _expected(y: np.ndarray, error: np.ndarray, prior: float) -> float:
    """sqrt(E[tau²]) by scipy: the common effect has a normal law given tau (Gelman 2013, eq. 5.20 and 5.21)."""

    def density(tau: float) -> float:
        weight = 1 / (error**2 + tau**2)
        weighted = np.append(weight, 1 / WIDTH**2)
        middle = (weight * y).sum() / weighted.sum()
        logs = norm.logpdf(y, middle, 1 / np.sqrt(weight)).sum() + norm.logpdf(middle, 0, WIDTH)
        return float(np.exp(logs + 0.5 * np.log(2 * np.pi / weighted.sum()) - 0.5 * (tau / prior) ** 2))

    whole = quad(density, 0, 2, epsabs=0, epsrel=1e-10, limit=500)[0]
    square = quad(lambda tau: tau**2 * density(tau), 0, 2, epsabs=0, epsrel=1e-10, limit=500)[0]
    return float(np.sqrt(square / whole))


@pytest.mark.parametrize("prior", [0.125, 0.5])
@pytest.mark.parametrize("schools", [range(8), range(2), [0], [0, 4, 6]])
def test_spread_integrated_out_is_scipys_integral(schools, prior):
    which = np.array(list(schools))
    problem = _schools(which)
    found = marginal(problem, between_trials(problem, np.array([0.1])), np.array([prior]))
    assert found[0] == pytest.approx(_expected(SCHOOLS[which], ERRORS[which], prior), rel=1e-5)


def test_the_answer_does_not_depend_on_where_the_likelihood_was_taken():
    problem, prior = _schools(np.arange(8)), np.array([0.5])
    assert marginal(problem, np.array([0.4]), prior) == pytest.approx(
        marginal(problem, np.array([0.001]), prior), rel=1e-9
    )


def test_a_kind_without_rows_has_its_prior_and_one_row_says_less_than_eight():
    # a half-normal's root mean square is its scale
    kinds = np.array([0, 0, 0, 0, 0, 0, 0, 1])
    problem, prior = _schools(np.arange(8), kinds), np.array([0.5, 0.5, 0.125])
    best = between_trials(problem, np.array([0.1, 0.1, 0.1]))
    found = marginal(problem, best, prior)
    assert found[2] == 0.125
    assert abs(found[1] - 0.5) < abs(found[0] - 0.5)
    assert found[1] > best[1]
