"""Expected values: a biology with two valleys of known depth; and, without the library, the sentence that says what to do."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from livingdrug.fitting.joint.search import search
from livingdrug.fitting.joint.wide import wide_search
from livingdrug.foundation.errors import BadInput


class Valleys:
    """Rows that are met at (-1, 0.5), and nearly at (1.2, 0.5), where a search by steps from (1, 0) ends."""

    published = np.array([0.0, 0.5])
    fitted = np.ones(2, dtype=bool)
    group = kind = family = np.zeros(2, dtype=np.int64)
    centre, width = np.array([1.0, 0.0]), np.full(2, 3.0)
    low, high = np.full(2, -4.0), np.full(2, 4.0)

    def simulate(self, points, done=None, *, slopes=False):
        return [np.array([(a + 1) * ((a - 1.2) ** 2 + 0.5), b]) for a, b in points]

    def covariance(self, point, *, weighted=True):
        return 0.3**2 * np.eye(2)


@pytest.mark.skipif(importlib.util.find_spec("cmaes") is None, reason='needs pip install "livingdrug[calibrate]"')
def test_the_deeper_valley_is_found_and_one_seed_gives_one_answer():
    start = np.array([1.0, 0.0])
    found = wide_search(Valleys(), start, points=400, seed=3)
    np.testing.assert_array_equal(found, wide_search(Valleys(), start, points=400, seed=3))
    end = search(Valleys(), found, tau=np.zeros(1), robust=False)
    np.testing.assert_allclose(end.point, [-1.0, 0.5], atol=0.05)
    steps_alone = search(Valleys(), start, tau=np.zeros(1), robust=False)
    assert end.objective < steps_alone.objective


def test_without_the_library_the_next_step_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "cmaes", None)
    with pytest.raises(BadInput, match=r"livingdrug\[calibrate\]"):
        wide_search(Valleys(), np.array([1.0, 0.0]), points=10, seed=1)
