"""What a clinic sees of a known course."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from livingdrug.course.observe import at_days, observe, schedules
from livingdrug.foundation.errors import UnknownName

CHECKS = np.arange(0.0, 101.0, 2.0)
N = 4000
PATIENTS = np.arange(1, N + 1)


@pytest.fixture
def plan(eliana):
    trial, catalog = eliana
    assay = catalog.load("assay", "qpcr_transgene")
    visits = trial.visits.model_copy(
        update={
            "days": {"kinetics": (10.0, 50.0, 90.0)},
            "window_days": {"kinetics": 3.0},
            "missed": trial.visits.missed.model_copy(update={"value": 0.1}),
        }
    )
    return assay, schedules(visits, {"qpcr_transgene": assay})


def level(assay, times_limit):
    """A course at a constant multiple of the assay's limit of quantification."""
    return {assay.reads: np.full((N, len(CHECKS)), times_limit * assay.lower_limit.value)}


def test_interpolation_between_checks():
    # expected: a straight line is its own interpolation; nothing before the first check or after the end of a course
    truth = np.tile(3.0 * CHECKS + 1.0, (4, 1))
    truth[3, 10:] = np.nan
    found = at_days(CHECKS, truth, np.array([0.0, 37.3, 100.0, 25.0]))
    np.testing.assert_allclose(found[:3], [1.0, 3 * 37.3 + 1, 301.0])
    assert np.isnan(found[3])
    assert np.isnan(at_days(CHECKS, truth[:2], np.array([-1.0, 101.0]))).all()


def test_error_is_log_normal_with_the_stated_spread(plan):
    # expected: median on the truth, standard deviation of the logarithm as the assay says
    assay, schedule = plan
    seen = observe(CHECKS, level(assay, 1000.0), schedule, PATIENTS, np.full(N, 100.0), 2)
    logs = np.log(seen.filter(~pl.col("missed"))["value"].to_numpy() / (1000 * assay.lower_limit.value * assay.factor))
    sd = assay.error_log_sd.value
    assert abs(logs.mean()) < 4.5 * sd / np.sqrt(len(logs))
    assert logs.std() == pytest.approx(sd, rel=4.5 / np.sqrt(2 * len(logs)))


def test_values_below_the_limit_are_kept_and_flagged(plan):
    # expected: at the limit itself half the results lie below it
    assay, schedule = plan
    seen = observe(CHECKS, level(assay, 1.0 / assay.factor), schedule, PATIENTS, np.full(N, 100.0), 2)
    seen = seen.filter(~pl.col("missed"))
    assert seen["value"].null_count() == 0
    assert ((seen["value"] < seen["lower_limit"]) == seen["below_limit"]).all()
    assert seen["below_limit"].mean() == pytest.approx(0.5, abs=0.025)


def test_days_keep_their_window_and_some_visits_are_missed(plan):
    # expected: uniform within three days of the plan; a tenth missed, without a value
    assay, schedule = plan
    seen = observe(CHECKS, level(assay, 10.0), schedule, PATIENTS, np.full(N, 100.0), 2)
    shift = (seen["day"] - seen["day_planned"]).to_numpy()
    assert np.abs(shift).max() <= 3.0
    assert shift.std() == pytest.approx(6 / np.sqrt(12), rel=0.03)
    assert seen["missed"].mean() == pytest.approx(0.1, abs=0.012)
    assert seen.filter("missed")["value"].is_nan().all()
    assert not seen.filter("missed")["below_limit"].any()


def test_no_visit_after_the_last_day(plan):
    # expected: a patient who left on day 50 has no later row
    assay, schedule = plan
    last = np.where(PATIENTS % 2 == 0, 49.0, 100.0)
    seen = observe(CHECKS, level(assay, 10.0), schedule, PATIENTS, last, 2)
    assert seen.filter(pl.col("patient") % 2 == 0)["day"].max() <= 49.0
    assert seen.filter(pl.col("patient") % 2 == 1)["day_planned"].max() == 90.0


def test_an_assay_of_something_the_model_lacks_is_named(plan):
    # expected: the output and the assay
    assay, schedule = plan
    with pytest.raises(UnknownName, match=f'{assay.reads}(.|\n)*Assay "{assay.id}"'):
        observe(CHECKS, {"temperature": np.zeros((N, len(CHECKS)))}, schedule, PATIENTS, np.full(N, 100.0), 2)
