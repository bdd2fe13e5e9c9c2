"""After remission is lost: survival, further therapy, loss to follow-up."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.quantities import Quantity
from livingdrug.observation.aftermath import NEEDED, aftermath

N = 20_000
PATIENTS = np.arange(1, N + 1)


def conduct(**changes):
    values = {
        "salvage_success": 0.25, "survival_after_failure": 300.0, "survival_shape": 1.3, "transplant_in_remission": 0.1,
        "transplant_day": 120.0, "transplant_day_log_sd": 0.5, "further_therapy_delay": 21.0, "lost_to_follow_up": 1e-4,
        "other_death": 4e-5,
    }  # fmt: skip
    return {
        name: Quantity(value=value, unit="", meaning="a number of the trial", kind="assumed", source="a test")
        for name, value in {**values, **changes}.items()
    }


def told(failure_day, *, responded=True, **changes):
    return aftermath(conduct(**changes), "made_up", PATIENTS, np.full(N, responded), np.full(N, failure_day), 3)


def test_survival_after_failure_has_the_stated_median_and_shape():
    # expected: Weibull: median as stated, quartiles at median (log(4/3) / log 2)^(1/k) and 2^(1/k); a quarter survives
    after = told(100.0)
    dies = np.isfinite(after.disease_death_day)
    assert np.mean(dies) == pytest.approx(0.75, abs=0.012)
    survival = after.disease_death_day[dies] - 100.0
    assert np.median(survival) == pytest.approx(300.0, rel=0.04)
    assert np.quantile(survival, 0.25) == pytest.approx(300 * (np.log(4 / 3) / np.log(2)) ** (1 / 1.3), rel=0.05)
    assert np.quantile(survival, 0.75) == pytest.approx(300 * 2 ** (1 / 1.3), rel=0.05)


def test_nobody_dies_of_the_disease_in_remission():
    # expected: no failure, no death from the disease; a tenth is transplanted, half of them by the median day
    after = told(np.inf)
    assert np.isinf(after.disease_death_day).all()
    transplanted = np.isfinite(after.subsequent_therapy_day)
    assert np.mean(transplanted) == pytest.approx(0.1, abs=0.01)
    assert np.median(after.subsequent_therapy_day[transplanted]) == pytest.approx(120.0, rel=0.06)


def test_further_therapy_follows_failure_and_never_death():
    # expected: uniform on 0 to twice the median delay, only for those alive
    after = told(0.0, responded=False)
    given = np.isfinite(after.subsequent_therapy_day)
    delay = after.subsequent_therapy_day[given]
    assert delay.min() >= 0
    assert delay.max() <= 42
    assert np.median(delay) == pytest.approx(21.0, rel=0.05)
    assert (after.subsequent_therapy_day[given] < after.disease_death_day[given]).all()


def test_other_deaths_and_losses_have_their_rates():
    # expected: exponential, mean = 1 / rate; a rate of zero never happens within a lifetime
    after = told(np.inf)
    assert np.mean(after.lost_day) == pytest.approx(1e4, rel=0.03)
    assert np.mean(after.other_death_day) == pytest.approx(2.5e4, rel=0.03)
    never = told(np.inf, lost_to_follow_up=0.0, other_death=0.0)
    assert never.lost_day.min() > 36_525
    assert never.other_death_day.min() > 36_525


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_missing_number_is_named(name):
    # expected: the trial, the key and its meaning
    lacking = conduct()
    del lacking[name]
    with pytest.raises(CatalogError, match=f'"made_up".*{name}'):
        aftermath(lacking, "made_up", PATIENTS[:1], np.array([True]), np.array([1.0]), 1)
