"""What a clinic sees of a known course."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from livingdrug.catalog.plan import Measured
from livingdrug.clinic.criterion import judged_by
from livingdrug.foundation.errors import UnknownName
from livingdrug.observation.visits import Moments, observe, unscheduled

CHECKS = np.arange(0.0, 101.0, 2.0)
N = 4000
PATIENTS = np.arange(1, N + 1)
MISSED = 0.1
OVERT = judged_by("all_marrow").overt
assert OVERT is not None


@pytest.fixture
def measured(plan):
    """The transgene on three days, within three days of each."""
    assay = next(one.assay for one in plan.measured if one.assay.id == "qpcr_transgene")
    return Measured(assay, (10.0, 50.0, 90.0), 3.0, asked=True)


def see(made, one, times_limit, last=100.0):
    """Visits of a course at a constant multiple of the assay's limit of quantification."""
    course = made(CHECKS, {one.assay.reads: times_limit * one.assay.lower_limit.value}, N)
    return observe(course, [one], MISSED, np.broadcast_to(last, N), 2)


def test_interpolation_between_checks():
    # expected: a straight line is its own interpolation; nothing before the first check or after the end of a course
    truth = np.tile(3.0 * CHECKS + 1.0, (4, 1))
    truth[3, 10:] = np.nan
    days = np.array([0.0, 37.3, 100.0, 25.0])
    found = Moments.of(CHECKS, days).read(truth)
    np.testing.assert_allclose(found[:3], [1.0, 3 * 37.3 + 1, 301.0])
    assert np.isnan(found[3])
    assert np.isnan(Moments.of(CHECKS, np.array([-1.0, 101.0])).read(truth[:2])).all()
    # several days of each patient are those days asked one by one
    several = np.stack([days, days[::-1]], axis=1)
    singly = np.stack([Moments.of(CHECKS, column).read(truth) for column in several.T], axis=1)
    np.testing.assert_array_equal(Moments.of(CHECKS, several).read(truth), singly)


def test_error_is_log_normal_with_the_stated_spread(made, measured):
    # expected: median on the truth, standard deviation of the logarithm as the assay says
    assay = measured.assay
    seen = see(made, measured, 1000.0).filter(~pl.col("missed"))
    logs = np.log(seen["value"].to_numpy() / (1000 * assay.lower_limit.value * assay.factor))
    sd = assay.error_log_sd.value
    assert abs(logs.mean()) < 4.5 * sd / np.sqrt(len(logs))
    assert logs.std() == pytest.approx(sd, rel=4.5 / np.sqrt(2 * len(logs)))


def test_values_below_the_limit_are_kept_and_flagged(made, measured):
    # expected: at the limit itself half the results lie below it
    seen = see(made, measured, 1.0 / measured.assay.factor).filter(~pl.col("missed"))
    assert seen["value"].null_count() == 0
    assert ((seen["value"] < seen["lower_limit"]) == seen["below_limit"]).all()
    assert seen["below_limit"].mean() == pytest.approx(0.5, abs=0.025)


def test_days_keep_their_window_and_some_visits_are_missed(made, measured):
    # expected: uniform within three days of the plan; a tenth missed, without a value
    seen = see(made, measured, 10.0)
    shift = (seen["day"] - seen["day_planned"]).to_numpy()
    assert np.abs(shift).max() <= 3.0
    assert shift.std() == pytest.approx(6 / np.sqrt(12), rel=0.03)
    assert seen["missed"].mean() == pytest.approx(MISSED, abs=0.012)
    assert seen.filter("missed")["value"].is_nan().all()
    assert not seen.filter("missed")["below_limit"].any()


def test_no_visit_after_the_last_day(made, measured):
    # expected: a patient who left on day 50 has no later row
    seen = see(made, measured, 10.0, np.where(PATIENTS % 2 == 0, 49.0, 100.0))
    assert seen.filter(pl.col("patient") % 2 == 0)["day"].max() <= 49.0
    assert seen.filter(pl.col("patient") % 2 == 1)["day_planned"].max() == 90.0


def test_blood_before_treatment_is_never_missed(made, measured):
    # expected: nobody begins treatment without it; the same visits later are missed by a tenth
    before = Measured(measured.assay, (-5.0, 10.0), 0.0, asked=True)
    course = made(CHECKS - 6.0, {measured.assay.reads: 1e6}, N)
    seen = observe(course, [before], MISSED, np.full(N, 100.0), 2)
    assert seen.filter(pl.col("day_planned") < 0)["missed"].sum() == 0
    assert seen.filter(pl.col("day_planned") > 0)["missed"].mean() == pytest.approx(MISSED, abs=0.015)


def test_an_assay_of_something_the_model_lacks_is_named_when_asked_for(made, measured):
    # expected: the output and the assay; left out in silence when only its group is visited
    course = made(CHECKS, {"temperature": 37.0}, 3)
    last = np.full(3, 100.0)
    with pytest.raises(UnknownName, match=f'{measured.assay.reads}(.|\n)*Assay "{measured.assay.id}"'):
        observe(course, [measured], MISSED, last, 2)
    unasked = Measured(measured.assay, measured.days, 0.0, asked=False)
    assert observe(course, [unasked], MISSED, last, 2).is_empty()


def test_overt_disease_is_looked_at_within_a_week_but_not_in_the_first_month(made, plan):
    """By hand: blasts pass the limit on day 40 (looked at), on day 10 for ten days (still falling, not), never (not)."""
    days = np.arange(0.0, 201.0)
    blasts = np.ones((3, len(days)))
    blasts[0, days >= 40] = OVERT.limit + 20
    blasts[1, (days >= 10) & (days < 20)] = 80  # falls again before anybody would look
    course = made(days, {"marrow_tumour_percent": blasts, "neutrophils": 2.0, "platelets": 200.0}, 3)
    seen = unscheduled(course, plan.measured, OVERT, np.full(3, 200.0), 5)
    assert seen["patient"].unique().to_list() == [1]
    assert 40 <= seen["day"].min() <= seen["day"].max() <= 40 + OVERT.within_days
    assert {"blasts_percent", "anc_1e9_per_l", "platelets_1e9_per_l"} <= set(seen["quantity"])
    marrow = seen.filter(pl.col("quantity") == "blasts_percent")
    assert marrow["value"][0] > OVERT.limit / 2
    # nobody who has left is looked at
    assert unscheduled(course, plan.measured, OVERT, np.full(3, 39.0), 5).is_empty()


def test_blasts_that_never_fell_are_no_rise(made, plan):
    """By definition: only a rise after day 28 is looked at; blasts above the limit from the first day on are none, until they rise again."""
    days = np.arange(0.0, 201.0)
    blasts = np.full((2, len(days)), OVERT.limit + 40)
    blasts[1, (days >= 60) & (days < 90)] = 1.0
    course = made(days, {"marrow_tumour_percent": blasts, "neutrophils": 2.0, "platelets": 200.0}, 2)
    seen = unscheduled(course, plan.measured, OVERT, np.full(2, 200.0), 5)
    assert seen["patient"].unique().to_list() == [2]
    assert 90 <= seen["day"].min() <= seen["day"].max() <= 90 + OVERT.within_days
