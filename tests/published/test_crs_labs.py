"""Simulated medians of ELIANA by CRS group and day against the quartiles in crs_labs/ (its README says what is assumed)."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.may_miss
HERE = Path(__file__).parent
EXPECTED = tomllib.loads((HERE / "crs_labs" / "expected.toml").read_text(encoding="utf-8"))
CASES = [(analyte, group) for analyte, one in EXPECTED.items() for group in one if group != "why"]


@pytest.fixture(scope="module")
def bands(first_weeks):
    return first_weeks.bands(first_weeks.weeks("eliana"))


@pytest.mark.parametrize(("analyte", "group"), CASES)
def test_median_lies_within_the_quartiles(first_weeks, bands, analyte, group):
    # expected: crs_labs/expected.toml, with the reason where not every day is inside
    share = first_weeks.share_inside(bands[analyte, group])
    assert share >= EXPECTED[analyte][group], f"{share:.2f} of the days: {bands[analyte, group]}"
    assert len(EXPECTED[analyte]["why"]) > 20


@pytest.mark.parametrize("analyte", ["IFNg", "IL6", "IL10", "C-reactive protein", "ferritin"])
def test_order_of_groups(bands, analyte):
    # expected: the published medians rise from grade 0 to grades 3-4 (from day 5 on, all groups)
    middle = [
        np.mean([row[1] for row in bands[analyte, group] if row[0] >= 5])
        for group in ("grade0", "grade1-2", "grade3-4")
    ]
    assert middle[0] < middle[1] < middle[2]


@pytest.mark.parametrize(
    ("analyte", "sign", "grade", "within"),
    [("IFNg", "ifn_gamma", 2, 2.0), ("IFNg", "ifn_gamma", 3, 2.0), ("IL6", "il6", 2, 2.0), ("IL6", "il6", 3, 2.0),
     ("IL10", "il10", 1, 2.0), ("IL10", "il10", 2, 2.0), ("IL10", "il10", 3, 2.0),
     ("C-reactive protein", "crp", 2, 2.0), ("C-reactive protein", "crp", 3, 2.0), ("C-reactive protein", "crp", 4, 2.0),
     ("ferritin", "ferritin", 2, 3.0), ("ferritin", "ferritin", 3, 3.0), ("ferritin", "ferritin", 4, 3.0)],
)  # fmt: skip
def test_peaks(first_weeks, analyte, sign, grade, within):
    # expected: median peak of crs_labs/peak_quantiles_by_crs_grade.csv, within a factor (filled constants, other products).
    # Known misfits, not tested: grade 1 interleukin 6 and CRP three times too high; grade 4 interferon and interleukin 6 six
    # to eight times too low (10 patients; the amplifier saturates).
    with (HERE / "crs_labs" / "peak_quantiles_by_crs_grade.csv").open(encoding="utf-8") as file:
        rows = {(row["statistic"], row["max_crs_grade"]): float(row["p50"]) for row in csv.DictReader(file)}
    graded = first_weeks.weeks("eliana").patients["crs_astct_max"]
    assert (graded == grade).any(), "nobody has CRS of this grade"
    ratio = first_weeks.peak(first_weeks.weeks("eliana"), sign, grade) / rows[f"peak_{analyte}", str(grade)]
    assert 1 / within <= ratio <= within, ratio
