"""What the benchmark measures against: a true course is whole or refused, and a solver is held to all of it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from livingdrug.engine.odes import Odes
from livingdrug.engine.program import CheckProgram

pytest.importorskip("sksundae.cvode", reason="scikit-sundae is not installed")
sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.__main__ import loosest
from benchmarks.reference import NoTruth, Reference, true_courses
from benchmarks.workload import Workload

DAYS = np.arange(0.0, 1200.0, 20.0)
GONE = 6  # the first check after day 100


def work(rates, initial, checks, statements=()):
    """One patient of a model whose first state is a clone."""
    states = tuple(f"y{i}" for i in range(len(rates)))
    odes = Odes(states, ("k",), (1.0,), (), rates, initial)
    ready = SimpleNamespace(
        odes=odes,
        compiled=SimpleNamespace(program=CheckProgram(statements)),
        model=SimpleNamespace(
            clones=(SimpleNamespace(cells="y0"),), states={name: SimpleNamespace(scale=1.0) for name in states}
        ),
    )

    return Workload(ready, np.ones((1, 1)), np.asarray(checks), ())


def test_a_truth_that_cannot_be_followed_is_refused_in_words():
    # y' = y^2 from 1 is 1 / (1 - t): no number at day 1 and after
    with pytest.raises(NoTruth, match=r"patient 0 of 1: CVODE at 1e-10 gave up between days 0\.5 and 2"):
        true_courses(work(("y0 * y0",), ("1",), [0.0, 0.5, 2.0, 3.0]))


def test_a_clone_that_died_out_stays_so_for_years():
    # expected: a clone at 0 stays at 0, and what it fed decays as e^(-t / 100). Row exchanges leave a residue of the clone
    # that would grow as e^(t / 5)
    gone = (("y0", "0 if time > 100 and time < 130 else y0"),)
    truth = true_courses(work(("0.2 * (1 - y1 / 1e9) * y0", "1e3 * y0 - 0.01 * y1"), ("1e-9", "1"), DAYS, gone))
    assert truth.before[0, GONE, 0] > 0.0
    assert not truth.after[0, GONE:, 0].any()
    decayed = truth.before[0, GONE, 1] * np.exp(-0.01 * (DAYS[GONE:] - DAYS[GONE]))
    assert truth.before[0, GONE:, 1] == pytest.approx(decayed, rel=1e-6, abs=1e-8)


def test_a_solver_is_held_to_the_whole_course():
    truth = Reference(
        np.array([[[1.0], [2.0], [np.nan]]]), np.array([[[1.0], [2.0], [np.nan]]]), np.array([1]), frozenset()
    )
    scale = np.ones(1)
    assert truth.misfit(np.array([[[1.0], [2.0], [7.0]]]), scale) == 0.0  # after the end nobody is asked
    assert truth.misfit(np.array([[[1.0], [np.nan], [np.nan]]]), scale) == np.inf
    assert truth.misfit(np.array([[[1.0], [-3.0], [np.nan]]]), scale) == np.inf
    assert truth.misfit(np.array([[[1.0], [3.0 * np.e - 1.0], [np.nan]]]), scale) == pytest.approx(np.sqrt(0.5))
    assert truth.told(np.array([5.0]), 0, 0).tolist() == [5.0]


def test_what_the_rules_changed_and_what_died_out_is_told():
    truth = Reference(np.array([[[1.0, 0.0, 4.0]]]), np.array([[[2.0, 0.0, 4.0]]]), np.array([0]), frozenset())
    assert truth.told(np.array([1.1, -1e-30, 4.1]), 0, 0).tolist() == [2.0, 0.0, 4.1]


def test_no_tolerance_is_good_enough_where_nothing_is_measured():
    tolerance, error = loosest((1e-3, 1e-4), lambda tolerance: np.inf)
    assert np.isnan(tolerance)
    assert np.isnan(error)
    assert loosest((1e-3, 1e-4), lambda tolerance: tolerance / 2) == (1e-4, 5e-5)
