"""Zero-inflated Poisson copies against published batches and SciPy."""

import numpy as np
import pytest
from scipy import stats

from livingdrug.manufacturing.transduction import car_positive_fraction, copies_per_car_t_cell, copies_per_cell


@pytest.mark.parametrize(
    ("permissive", "integrations", "positive", "copies"), [(0.261, 5.56, 0.26, 1.45), (0.421, 5.51, 0.419, 2.32), (0.398, 6.31, 0.397, 2.51)]
)  # fmt: skip
def test_published_batches(permissive, integrations, positive, copies):
    # Expected: ARI-0001 validation batches (PMC6319086, Table 2): CAR-positive share and copies per cell, three digits.
    p, m = np.array(permissive), np.array(integrations)
    assert car_positive_fraction(p, m) == pytest.approx(positive, abs=0.002)
    assert copies_per_cell(p, m) == pytest.approx(copies, abs=0.01)


def test_copies_in_positive_cells_are_a_truncated_poisson_mean():
    # Expected: mean of SciPy's Poisson conditioned on at least one, summed directly.
    counts = np.arange(1, 80)
    for m in (0.05, 0.7, 3.0):
        weights = stats.poisson(m).pmf(counts)
        assert copies_per_car_t_cell(np.array(m)) == pytest.approx((counts * weights).sum() / weights.sum(), rel=1e-12)
