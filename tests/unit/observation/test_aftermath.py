"""After remission is lost: survival by what was seen of the failure, further therapy, transplant, loss to follow-up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.catalog.records.aftermath import CONDUCT, NEEDED
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.quantities import Quantity
from livingdrug.observation.aftermath import Failure, aftermath, check_conduct, numbers_of, risk

N = 20_000
PATIENTS = np.arange(1, N + 1)
NUMBERS = {
    "death_after_failure": 0.002, "salvaged": 0.25, "burden_reference": 100.0, "burden_effect": 0.5,
    "very_early_until": 35.0, "very_early_effect": 1.0, "early_until": 100.0, "early_effect": 0.4,
    "age_reference": 60.0, "age_effect": 0.2, "antigen_negative_from": 50.0, "antigen_negative_effect": 0.7,
    "relapse_after_transplant": 0.3, "transplant_death": 0.08, "transplant_death_within": 365.0, "other_death": 4e-5,
    "transplant_in_remission": 0.1, "transplant_day": 120.0, "transplant_day_log_sd": 0.5,
    "further_therapy_delay": 21.0, "lost_to_follow_up": 1e-4, "crossover": 0.0, "crossover_effect": 0.0,
}  # fmt: skip


def failure(day, *, responded=True, burden=100.0, negative=np.nan, age=60.0):
    every = (np.full(N, float(one)) for one in (day, burden, negative, age))
    return Failure(np.full(N, responded), *every)


def told(day, *, seen=None, **changes):
    return aftermath({**NUMBERS, **changes}, PATIENTS, seen or failure(day), 3)


def test_every_number_that_is_needed_is_in_this_test():
    # expected: the list of the record
    assert set(NUMBERS) == set(NEEDED)


def test_survival_after_a_late_failure_at_the_reference_is_exponential():
    # expected: a quarter survives, of the others half die within ln 2 / hazard
    after = told(200.0, transplant_in_remission=0.0)
    dies = np.isfinite(after.disease_death_day)
    assert np.mean(dies) == pytest.approx(0.75, abs=0.012)
    survival = after.disease_death_day[dies] - 200.0
    assert np.median(survival) == pytest.approx(np.log(2) / 0.002, rel=0.04)
    assert np.mean(survival) == pytest.approx(1 / 0.002, rel=0.03)


def test_who_crosses_over_to_cells_lives_longer():
    """By hand: half cross; odds of being saved 1/3 without and 1/3 x e^1.5 with; a trial of cells knows no crossover."""
    after = told(200.0, transplant_in_remission=0.0, crossover=0.5, crossover_effect=-1.5)
    with_cells = np.exp(1.5) / 3
    expected = 0.5 * 0.25 + 0.5 * with_cells / (1 + with_cells)
    assert np.mean(~np.isfinite(after.disease_death_day)) == pytest.approx(expected, abs=0.012)


@pytest.mark.parametrize(
    ("seen", "eta"),
    [
        (failure(30.0), 1.0),
        (failure(35.5), 0.4),
        (failure(200.0), 0.0),
        (failure(200.0, burden=100.0 * np.e**2), 1.0),
        (failure(200.0, burden=np.nan), 0.0),
        (failure(200.0, age=35.0), -0.5),
        (failure(200.0, age=np.nan), 0.0),
        (failure(200.0, negative=80.0), 0.7),
        (failure(200.0, negative=49.0), 0.0),
        (failure(20.0, burden=100.0 / np.e, negative=50.0, age=70.0), 1.0 - 0.5 + 0.7 + 0.2),
    ],
)
def test_what_was_seen_of_the_failure_sets_hazard_and_odds(seen, eta):
    """By hand: the sum of the effects; hazard times e^eta, odds of being saved by e^-eta; what nobody saw adds nothing."""
    np.testing.assert_allclose(risk(NUMBERS, seen), eta, atol=1e-12)
    after = told(0.0, seen=seen, transplant_in_remission=0.0)
    dies = np.isfinite(after.disease_death_day)
    odds = 0.25 / 0.75 * np.exp(-eta)
    assert np.mean(~dies) == pytest.approx(odds / (1 + odds), abs=0.013)
    assert np.mean(after.disease_death_day[dies] - seen.day[dies]) == pytest.approx(np.exp(-eta) / 0.002, rel=0.035)


def test_nobody_dies_of_the_disease_in_remission():
    # expected: no failure, no death from the disease; a tenth is transplanted, half of them by the median day
    after = told(np.inf)
    assert np.isinf(after.disease_death_day).all()
    transplanted = np.isfinite(after.subsequent_therapy_day)
    assert np.mean(transplanted) == pytest.approx(0.1, abs=0.01)
    assert np.median(after.subsequent_therapy_day[transplanted]) == pytest.approx(120.0, rel=0.06)


def test_a_transplant_kills_some_within_a_year_and_nobody_else():
    # expected: 8 %, uniform over the year after it
    after = told(np.inf, transplant_in_remission=1.0)
    died = np.isfinite(after.transplant_death_day)
    assert np.mean(died) == pytest.approx(0.08, abs=0.006)
    wait = (after.transplant_death_day - after.subsequent_therapy_day)[died]
    assert wait.min() >= 0
    assert wait.max() <= 365
    assert np.mean(wait) == pytest.approx(182.5, rel=0.05)
    assert np.isinf(told(np.inf, transplant_in_remission=0.0).transplant_death_day).all()


def test_a_transplant_removes_most_relapses_that_were_to_come_and_none_before_it():
    # expected: 30 % of relapses stay, at their day; whoever relapsed before the transplant's day is not transplanted
    certain = {"transplant_in_remission": 1.0, "salvaged": 0.0, "transplant_day_log_sd": 0.0}
    later, sooner = told(300.0, **certain), told(100.0, **certain)
    dies = np.isfinite(later.disease_death_day)
    assert np.mean(dies) == pytest.approx(0.3, abs=0.013)
    assert later.disease_death_day.min() >= 300.0
    assert set(later.subsequent_therapy_day) == {120.0}
    assert np.isfinite(sooner.disease_death_day).all()
    assert np.isinf(sooner.transplant_death_day).all()


def test_further_therapy_follows_failure_and_never_death():
    # expected: uniform on 0 to twice the median delay, only for those alive
    after = told(0.0, seen=failure(0.0, responded=False))
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


def test_a_trial_may_state_its_conduct(plan):
    # expected: the trial's own number before the usual one; ELIANA states how many were transplanted
    assert set(numbers_of(plan)) == set(NEEDED)
    stated = set(CONDUCT) & set(plan.conduct)
    assert stated
    for name in stated:
        assert numbers_of(plan)[name] == plan.conduct[name].value


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_missing_number_is_named(plan, name):
    # expected: the file, the key and its meaning
    number = {key: one for key, one in plan.aftermath.number.items() if key != name}
    lacking = replace(plan, aftermath=plan.aftermath.model_copy(update={"number": number}))
    with pytest.raises(CatalogError, match=f"aftermath/{plan.aftermath.id}.toml lacks.*{name}"):
        check_conduct(lacking)


@pytest.mark.parametrize(
    ("name", "value", "unit", "expected"),
    [
        ("salvage_success", 0.3, "", "not a trial's"),
        ("death_after_failure", 0.003, "1/day", "not a trial's"),
        ("transplant_day", 4.0, "month", 'expected "day"'),
        ("transplant_day", -1.0, "day", "expected 0 to"),
        ("transplant_in_remission", 1.5, "", "expected 0 to 1"),
        ("further_therapy_delay", 4.0, "mg", 'expected "day"'),
    ],
)
def test_what_is_no_conduct_or_out_of_range_is_refused(plan, name, value, unit, expected):
    # expected: survival after failure belongs to the disease; units are not converted silently
    wrong = Quantity(value=value, unit=unit, meaning="of this test", kind="assumed", source="a test")
    with pytest.raises(CatalogError, match=expected):
        check_conduct(replace(plan, conduct={**plan.conduct, name: wrong}))


def test_burden_is_stated_in_the_unit_of_its_assay(plan):
    # expected: the assay's unit
    number = plan.aftermath.number
    wrong = number["burden_reference"].model_copy(update={"unit": "g/L"})
    other = plan.aftermath.model_copy(update={"number": {**number, "burden_reference": wrong}})
    with pytest.raises(CatalogError, match="reports"):
        check_conduct(replace(plan, aftermath=other))


@pytest.mark.parametrize("name", default_catalog().names("disease"))
def test_every_disease_has_a_whole_aftermath(name):
    # expected: nothing missing, and its burden is what an assay of the catalogue reports
    catalog = default_catalog()
    found = catalog.load("aftermath", catalog.load("disease", name).aftermath)
    found.complete()
    assert found.burden in {catalog.load("assay", one).quantity for one in catalog.names("assay")}
