"""Drawing a cohort: addressed, correlated, and close to the published population."""

import numpy as np
import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.foundation.errors import BadInput
from livingdrug.population import draw, individual_parameters, model_parameters

SEED = 20
N = 4000


@pytest.fixture(scope="module")
def record():
    return default_catalog().load("population", "b_all_paediatric_rr")


@pytest.fixture(scope="module")
def cohort(record):
    return draw(record, np.arange(N), SEED)


def test_a_patient_is_the_same_whoever_else_is_drawn(record, cohort):
    # Expected: bitwise equality, alone, in a chunk, in reverse.
    for group in (np.array([137]), np.arange(130, 145), np.arange(200)[::-1]):
        part = draw(record, group, SEED)
        for name, values in part.covariates.items():
            assert np.array_equal(values, cohort[name][group]), name


def test_published_medians_and_shares(cohort):
    # Expected: ELIANA (median age 11, 3 to 24; 61 % transplanted; blasts 74 %, 5 to 99; lines 3, 1 to 8), 46 of 137
    # above 50 kg (PMC8344270), lymphocytes 944/uL and 21.6 % below 500 (doi:10.1111/trf.14569).
    # Tolerance: four standard errors of 4,000 patients.
    share = 4.0 * 0.5 / np.sqrt(N)
    for name, median in [("age_years", 11.0), ("blasts_percent", 74.0), ("alc_cells_per_ul", 944.0)]:
        assert np.mean(cohort[name] < median) == pytest.approx(0.5, abs=share)
    assert cohort["age_years"].min() >= 3.0
    assert cohort["age_years"].max() <= 24.0
    assert np.median(cohort["prior_lines"]) == 3.0
    assert cohort["prior_transplant"].mean() == pytest.approx(0.61, abs=share)
    assert np.mean(cohort["weight_kg"] > 50.0) == pytest.approx(46 / 137, abs=4.0 * np.sqrt(0.336 * 0.664 / 137))
    assert np.mean(cohort["alc_cells_per_ul"] < 500.0) == pytest.approx(0.216, abs=share)


def test_height_and_weight_belong_together(cohort):
    # Expected: the loadings 0.806^2 = 0.65 of the file, among patients of one age and sex (adults: charts are flat).
    grown = (cohort["age_years"] > 20.0) & (cohort["female"] == 0.0)
    correlation = np.corrcoef(cohort["height_cm"][grown], np.log(cohort["weight_kg"][grown]))[0, 1]
    assert correlation == pytest.approx(0.65, abs=4.0 * (1 - 0.65**2) / np.sqrt(grown.sum()))


def test_body_surface_is_mosteller(cohort):
    # Expected: Mosteller 1987, worked out here.
    np.testing.assert_allclose(cohort["bsa_m2"], np.sqrt(cohort["height_cm"] * cohort["weight_kg"] / 3600.0))


def test_covariates_set_model_parameters(record, cohort):
    # Expected: filtration rate at the reference size [L/day] = indexed rate [mL/min/1.73 m^2], at most 140, x 1440 min/day / 1000.
    sets = model_parameters(record, cohort)
    assert np.array_equal(sets["weight"], cohort["weight_kg"])
    np.testing.assert_allclose(sets["egfr"], np.minimum(cohort["egfr_ml_min_173"], 140) * 1440 / 1000)


def test_no_patients_and_negative_numbers_are_refused(record):
    # Expected: our own rules.
    with pytest.raises(BadInput, match="no patients"):
        draw(record, np.array([], dtype=np.int64), SEED)
    with pytest.raises(BadInput, match="patient number -1"):
        draw(record, np.array([-1]), SEED)


def test_spread_has_the_stated_size_and_can_be_switched_off():
    # Expected: lognormal and logit-normal moments: sd of log = 0.3, of logit = 0.4; four standard errors.
    from scipy.special import logit

    from livingdrug.foundation.quantities import Quantity

    common = {"unit": "", "meaning": "a test number", "kind": "assumed", "source": "this test"}
    quantities = {
        "growth": Quantity(value=0.08, spread=0.3, **common),
        "share": Quantity(value=0.4, spread=0.4, spread_scale="logit", **common),
        "fixed": Quantity(value=2.0, **common),
    }
    patients = np.arange(N)
    drawn = individual_parameters(quantities, patients, SEED)
    within = 4.0 / np.sqrt(2.0 * N)
    assert np.std(np.log(drawn["growth"])) == pytest.approx(0.3, rel=within)
    assert np.std(logit(drawn["share"])) == pytest.approx(0.4, rel=within)
    assert set(drawn["fixed"]) == {2.0}
    typical = individual_parameters(quantities, patients, SEED, between_patient=False)
    assert set(typical["growth"]) == {0.08}
    alone = individual_parameters({"growth": quantities["growth"]}, np.array([7]), SEED)
    assert alone["growth"][0] == drawn["growth"][7]
