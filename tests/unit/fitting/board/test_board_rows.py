"""Rows of the scoreboard: expected values by hand, from binomial sampling and from what was put in."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.fitting.board.replicates import Replicates, interval
from livingdrug.fitting.board.rows import COLUMNS, BoardRow, as_csv, coverage, named, observed, published_numbers
from livingdrug.fitting.joint.statistics import arcsine, share_of


def replicates(numbers, counted, share=True):
    question = SimpleNamespace(
        share=share,
        measure="share" if share else "middle",
        shown=lambda x, n: 100 * share_of(x, n) if share else math.exp(x),
    )
    key = ("a", 0)
    return Replicates("t", {"a": 50}, (question,), {key: np.array(numbers)}, {key: np.array(counted, dtype=float)}, {})


def test_the_interval_of_pure_sampling_is_that_of_a_binomial():
    """By theory: shares of 100 patients at 40 % lie within 1.645 x 4.9 points in nine of ten trials, and their width is that of sampling."""
    shares = np.random.default_rng(3).binomial(100, 0.4, 4000) / 100
    found = interval(replicates(np.arcsin(np.sqrt(shares)), np.full(4000, 100)), "a", 0)
    assert found is not None
    assert found.middle == pytest.approx(40, abs=0.6)
    assert found.low == pytest.approx(32.1, abs=0.8)
    assert found.high == pytest.approx(48.1, abs=0.8)
    assert found.width_over_sampling == pytest.approx(1.0, abs=0.04)


def test_nobody_is_inside_where_one_trial_in_four_has_nobody():
    """By theory: of trials of 268 with a risk of 0.5 % each, 26 % count nobody (0.995^268), so that none is no surprise; nine in ten count at most 1.1 %."""
    counts = np.random.default_rng(5).binomial(268, 0.005, 4000)
    found = interval(replicates([arcsine(count / 268, 268) for count in counts], np.full(4000, 268)), "a", 0)
    assert found is not None
    assert found.low == 0.0
    assert found.high == pytest.approx(100 * 3 / 268, abs=0.4)


def test_the_difference_between_trials_widens_it():
    """By hand: deviations of 3 and 4 add to 5."""
    numbers = np.array([-1.0, 1.0] * 500) * 3 * math.sqrt(999 / 1000)
    found = interval(replicates(numbers, np.full(1000, 10), share=False), "a", 0, between=4.0)
    assert found is not None
    assert found.sd == pytest.approx(5.0, rel=1e-9)


def test_a_median_that_some_trials_never_reach_has_the_interval_of_their_order():
    """By hand: of 20 trials 12 reach 10, 11, … 21 months and 8 never do; the 1st, 10th and 19th in order are 10, 19 and never."""
    numbers = np.log(np.r_[np.arange(10.0, 22.0), np.full(8, np.inf)])
    stub = replicates(numbers, np.full(20, 30), share=False)
    stub.questions[0].measure = "median time"
    found = interval(stub, "a", 0)
    assert found is not None
    assert (found.low, found.middle) == pytest.approx((10.0, 19.0))
    assert found.high == math.inf


def test_shares_are_of_the_replicates_that_counted_somebody():
    """By hand: two of five count four patients each, of whom two respond; that most counted nobody makes it no share of nobody."""
    numbers = [arcsine(0.5, 4), arcsine(0.5, 4), math.nan, math.nan, math.nan]
    found = interval(replicates(numbers, [4, 4, 0, 0, 0]), "a", 0)
    assert found is not None
    assert found.middle == pytest.approx(50.0)


def test_one_replicate_that_counted_somebody_is_no_interval():
    assert interval(replicates([0.5, math.nan, math.nan], [10, 0, 0]), "a", 0) is None


def row(inside, about="crs", use="calibration"):
    return BoardRow(
        "t",
        "a",
        "calibration",
        "e, with a comma",
        "",
        10,
        1.0,
        None,
        None,
        2.0,
        1.5,
        2.5,
        inside,
        0.1,
        "read: x",
        about,
        use,
    )


def test_quartiles_and_spreads_stand_beside_the_middle():
    # by hand, from the printed median 7 (5 to 8) of 97 and the printed mean and deviation: sqrt(ln(1 + 0.558^2)) = 0.5206, and its
    # error by 1/sqrt(2 (n - 1)) to both sides on the logarithm
    catalog = default_catalog()
    rows = published_numbers(load_trial("cartitude_1", catalog), catalog)
    told = {named(row.published.endpoint, row.measure): observed(row) for row, _ in rows}
    onset = [told[f"crs_onset{name}"][0] for name in (": low quartile", "", ": high quartile")]
    assert onset == pytest.approx([5, 7, 8])
    spread, *limits = told["cmax_infused: spread"]
    assert spread == pytest.approx(0.5206, abs=5e-5)
    far = math.exp(1.959964 / math.sqrt(2 * 96))
    assert limits == pytest.approx([0.5206 / far, 0.5206 * far], rel=1e-3)


def test_a_number_printed_whole_may_have_been_half_of_one_away():
    """By hand: seven days stand for 6.5 to 7.5, a uniform law whose deviation is 1 / (2 sqrt 3); shares are counts, a spread is worked out."""
    catalog = default_catalog()
    rows = [row for row, _ in published_numbers(load_trial("cartitude_1", catalog), catalog)]
    onset = next(row for row in rows if named(row.published.endpoint, row.measure) == "crs_onset")
    assert onset.rounding == pytest.approx(1 / (2 * math.sqrt(3)) / 7)
    assert {row.rounding for row in rows if row.measure in ("share", "spread")} == {0.0}


def test_coverage_counts_by_class_and_use():
    # by hand: of three calibration rows two are inside; the row only compared is not counted here
    rows = [row(True), row(False), row(True, about="survival"), row(False, use="comparison"), row(None)]
    assert coverage(rows) == {"all": (2, 3), "crs": (1, 2), "survival": (1, 1)}
    assert coverage(rows, "comparison") == {"all": (0, 1), "crs": (0, 1)}


def test_the_table_has_the_columns_of_the_scoreboard():
    lines = as_csv([row(True)]).splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert lines[1] == 't,a,calibration,"e, with a comma",,10,1,,,2,1.5,2.5,yes,0.1,read: x'
