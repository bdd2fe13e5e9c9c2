"""Expected values: Ishigami's function, whose indices are integrals in closed form, and partial correlations by another route."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from livingdrug.design.indices import (
    latin_points,
    partial_rank_correlations,
    sobol_indices,
    sobol_points,
)
from livingdrug.foundation.errors import BadInput

A, B = 7.0, 0.1


def ishigami(unit: np.ndarray) -> np.ndarray:
    x = np.pi * (2 * unit - 1)
    return np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0])


def closed_form() -> tuple[np.ndarray, np.ndarray]:
    """Variances of the parts of Ishigami's function, from its integrals (Ishigami and Homma 1990)."""
    one = 0.5 * (1 + B * np.pi**4 / 5) ** 2
    two = A**2 / 8
    both = B**2 * np.pi**8 * (1 / 18 - 1 / 50)  # of the first and the third together
    whole = one + two + both
    return np.array([one, two, 0.0]) / whole, np.array([one + both, two, both]) / whole


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sobol_indices_are_ishigamis(seed: int) -> None:
    # 4096 base samples: errors seen are below 0.01; 0.02 would not pass an index of another factor (they are 0.1 apart and more)
    first, total = sobol_indices(ishigami(sobol_points(4096, 3, seed)), 3, seed)
    wanted_first, wanted_total = closed_form()
    assert first.estimate == pytest.approx(wanted_first, abs=0.02)
    assert total.estimate == pytest.approx(wanted_total, abs=0.02)
    assert (first.low < wanted_first).all()
    assert (wanted_first < first.high).all()


def test_bootstrap_intervals_cover() -> None:
    # 60 analyses of 128 base samples. A 95 % interval of independent points would be left by about 9 of these 180 first-order
    # numbers; points of a low-discrepancy sequence are better than independent ones, so more than 20 must not leave it
    wanted = closed_form()[0]
    missed = 0
    for seed in range(60):
        first, _ = sobol_indices(ishigami(sobol_points(128, 3, seed)), 3, seed)
        missed += int(((first.low > wanted) | (wanted > first.high)).sum())
    assert missed <= 20


def test_a_sum_has_the_shares_of_its_variances() -> None:
    # analytic: of x1 + 2 x2 + 3 x3 the shares are 1, 4 and 9 of 14, first and total alike
    points = sobol_points(1024, 3, 5)
    first, total = sobol_indices(points @ np.array([1.0, 2.0, 3.0]), 3, 5)
    for found in (first, total):
        assert found.estimate == pytest.approx(np.array([1, 4, 9]) / 14, abs=0.01)


def test_where_nothing_varies_there_are_no_indices() -> None:
    first, total = sobol_indices(np.ones(5 * 8), 3, 1)
    assert np.isnan([first.estimate, first.low, total.estimate, total.high]).all()


def test_partial_rank_correlations_from_the_inverse_matrix() -> None:
    # another route: -P_ij / sqrt(P_ii P_jj) of the inverse of the matrix of rank correlations
    points = latin_points(80, 4, 3)
    noise = np.random.default_rng(3).normal(size=80)
    answers = np.exp(3 * points[:, 0]) - 2 * points[:, 1] + 0.3 * noise
    found = partial_rank_correlations(points, answers)
    inverse = np.linalg.inv(
        np.corrcoef(np.column_stack([np.apply_along_axis(rankdata, 0, points), rankdata(answers)]).T)
    )
    wanted = -inverse[:4, 4] / np.sqrt(np.diag(inverse)[:4] * inverse[4, 4])
    assert found.estimate == pytest.approx(wanted, abs=1e-10)
    # Fisher 1924: the spread of atanh(r) with k taken out of n is 1 / sqrt(n - k - 3), here k = 3
    half = np.arctanh(found.high) - np.arctanh(found.estimate)
    assert half == pytest.approx(1.959964 / np.sqrt(80 - 3 - 3), rel=1e-6)


def test_intervals_of_partial_rank_correlations_hold_what_moves_nothing() -> None:
    # 300 factors that move nothing: 15 of the intervals are to leave 0 out; 30 is the 99.99 % point of the binomial law
    left_out = 0
    for seed in range(100):
        points = latin_points(60, 4, seed)
        found = partial_rank_correlations(points, points[:, 0] + np.random.default_rng(seed).normal(size=60))
        left_out += int(((found.low > 0) | (found.high < 0))[1:].sum())
    assert 3 <= left_out <= 30


@pytest.mark.parametrize("n", [0, 1, 3, 100])
def test_sobol_needs_a_power_of_two(n: int) -> None:
    with pytest.raises(BadInput, match="power of two"):
        sobol_points(n, 2, 1)


def test_too_few_runs_for_correlations_are_refused() -> None:
    with pytest.raises(BadInput, match="at least 8"):
        latin_points(7, 4, 1)
