"""A median that fell on a planned look is compared after that look. Expected: what a Kaplan-Meier median is, the first time by which the curve has come to one half: where
progression is found at visits it lies on one, and the published curve has fallen to one half or below when all patients have been seen there."""

from __future__ import annotations

import re

import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.trial.published import days_of

CATALOG = default_catalog()
LOOKS = ("imaging", "response", "myeloma")
MEDIANS = [
    (name, row)
    for name in CATALOG.names("evidence")
    for row in CATALOG.load("evidence", name).results
    if row.endpoint in ("pfs", "efs") and row.value == 50 and re.search("median", f"{row.note} {row.where}", re.I)
]


def test_there_are_some():
    assert {"juliet", "karmma", "zuma_2"} <= {name for name, _ in MEDIANS}


@pytest.mark.parametrize(("name", "row"), MEDIANS, ids=[name for name, _ in MEDIANS])
def test_no_median_is_compared_amid_the_visit_it_fell_on(name, row):
    visits, day = CATALOG.load("trial", name).visits, days_of(row.at)
    assert day is not None
    rounding = 0.05 * 30.44 if "month" in row.at else 0.0
    for group in set(LOOKS) & set(visits.days):
        window = visits.window_days.get(group, 0.0)
        amid = [look for look in visits.days[group] if look and look - window < day + rounding and day < look + window]
        assert not amid, f"{name}: {row.at} lies amid the visit of day {amid}; give the day after it and say so"
