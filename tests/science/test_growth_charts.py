"""Body size against percentiles printed in the CDC 2000 data files, on rows that our compact table leaves out."""

import numpy as np
import pytest
from scipy.special import ndtri

from livingdrug.catalog.load import default_catalog
from livingdrug.population.growth import box_cox, size_for_age

# CDC 2000 data files statage.csv and wtage.csv: sex, age [month], 3rd, 50th and 97th percentile.
STATURE = [
    ("male", 42.5, 91.59152368, 99.00254338, 106.8071048),
    ("male", 126.5, 128.7057627, 141.2581515, 154.3718335),
    ("male", 150.5, 138.5476617, 152.6623878, 167.4159536),
    ("male", 162.5, 145.1195552, 160.3493168, 175.2490052),
    ("female", 90.5, 114.674938, 124.8956114, 136.1824107),
    ("female", 138.5, 133.8388331, 147.8423918, 161.7634371),
    ("female", 210.5, 150.8525106, 163.0401953, 175.2049944),
]
WEIGHT = [
    ("male", 42.5, 12.54001161, 15.31940246, 19.45040584),
    ("male", 126.5, 25.3473142, 34.00363017, 52.79314187),
    ("male", 198.5, 47.66815456, 63.03227756, 91.50570814),
    ("female", 66.5, 15.17030121, 19.15831267, 26.88795694),
    ("female", 114.5, 22.73860975, 31.0403221, 47.92187383),
    ("female", 162.5, 35.08539244, 47.83661466, 75.19669066),
]


@pytest.mark.parametrize(("measure", "rows", "tolerance"), [("stature", STATURE, 2e-3), ("weight", WEIGHT, 1e-2)])
def test_percentiles_between_the_rows_we_keep(measure, rows, tolerance):
    # Expected: the printed percentiles; tolerance: a twelve-month grid, interpolated.
    chart = default_catalog().load("growth_chart", "cdc_2000")
    for sex, months, *percentiles in rows:
        z = ndtri(np.array([0.03, 0.50, 0.97]))
        age = np.full(3, months / 12.0)
        female = np.full(3, 1.0 if sex == "female" else 0.0)
        got = size_for_age(chart, measure, age, female, z)
        np.testing.assert_allclose(got, percentiles, rtol=tolerance)


def test_kept_rows_are_exact():
    # Expected: CDC 2000, row 120.5 months: boys 32.08799062 kg, 3rd percentile 24.19264433 kg; girls 138.2111552 cm.
    chart = default_catalog().load("growth_chart", "cdc_2000")
    age, z = np.full(1, 120.5 / 12.0), np.zeros(1)
    assert size_for_age(chart, "weight", age, np.zeros(1), z)[0] == pytest.approx(32.08799062, rel=1e-12)
    assert size_for_age(chart, "stature", age, np.ones(1), z)[0] == pytest.approx(138.2111552, rel=1e-12)
    third = size_for_age(chart, "weight", age, np.zeros(1), ndtri(np.array([0.03])))[0]
    assert third == pytest.approx(24.19264433, rel=1e-4)


def test_box_cox_limit_is_lognormal():
    # Expected: analytic limit of M (1 + L S z)^(1/L) for L -> 0.
    near, zero = (
        box_cox(np.array([power]), np.array([30.0]), np.array([0.2]), np.array([1.5])) for power in (1e-5, 0.0)
    )
    assert zero[0] == pytest.approx(30.0 * np.exp(0.3), rel=1e-12)
    assert near[0] == pytest.approx(zero[0], rel=1e-5)


def test_after_twenty_years_the_last_row_holds():
    # Expected: CDC 2000, row 240 months: men 176.8492322 cm.
    chart = default_catalog().load("growth_chart", "cdc_2000")
    assert size_for_age(chart, "stature", np.array([23.0]), np.zeros(1), np.zeros(1))[0] == pytest.approx(176.8492322)
