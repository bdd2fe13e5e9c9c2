"""Time change of a Poisson process: counts and times have analytic laws."""

import numpy as np
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.clinic.infections import _reached, draw_infections
from livingdrug.foundation.errors import BadInput

PATTERN = Catalog().load("infection", "after_cd19_car_t")
DAYS = np.linspace(0, 90, 91)


def test_counts_follow_the_hazard():
    """Poisson with mean H(90): mean and variance equal it. 20,000 patients, so 5 standard errors are 0.04.

    Fatal infections end a patient's list; the pattern's fatal share (below 2 %) lowers the mean by less than 0.02.
    """
    hazard = np.tile(0.0119 * DAYS, (20_000, 1))
    drawn = draw_infections(DAYS, hazard, np.arange(20_000), 5, PATTERN)
    counts = np.bincount(drawn["patient"].to_numpy(), minlength=20_000)
    assert counts.mean() == pytest.approx(1.071, abs=0.05)
    assert counts.var() == pytest.approx(1.071, abs=0.08)


def test_times_follow_the_curve():
    """With H = (t/90)^2 the days of single events have distribution (t/90)^2: median 63.6 days."""
    hazard = np.tile((DAYS / 90) ** 2, (20_000, 1))
    drawn = draw_infections(DAYS, hazard, np.arange(20_000), 6, PATTERN)
    days = drawn["day"].to_numpy()
    assert np.median(days) == pytest.approx(90 * np.sqrt(0.5), abs=1.0)
    assert ((days >= 0) & (days <= 90)).all()


def test_classes_follow_the_shares():
    """Shares of the file, early phase: 5 standard errors of 20,000 draws are 0.02."""
    hazard = np.tile(DAYS / 90 * 2, (10_000, 1))
    drawn = draw_infections(DAYS, hazard, np.arange(10_000), 7, PATTERN)
    for late, table in ((False, PATTERN.early), (True, PATTERN.late)):
        part = drawn.filter((drawn["day"] > 28) == late)
        for name, share in table.items():
            assert (part["infection_class"] == name).mean() == pytest.approx(share.value, abs=0.02)


def test_patient_is_the_same_in_any_company():
    """Addressed streams: bitwise the same alone, in another order, with other patients."""
    hazard = np.tile(DAYS / 30, (50, 1)) * np.linspace(0.2, 2, 50)[:, None]
    patients = np.arange(100, 150)
    whole = draw_infections(DAYS, hazard, patients, 1, PATTERN)
    alone = draw_infections(DAYS, hazard[37:38], patients[37:38], 1, PATTERN)
    assert whole.filter(whole["patient"] == 137).equals(alone)


def test_nothing_after_the_end_of_a_course_or_after_a_fatal_infection():
    """NaN after day 20; a fatal infection is the last one."""
    hazard = np.tile(DAYS / 5, (300, 1))
    hazard[:150, 21:] = np.nan
    drawn = draw_infections(DAYS, hazard, np.arange(300), 2, PATTERN)
    assert drawn.filter(drawn["patient"] < 150)["day"].max() <= 20
    for _, rows in drawn.group_by("patient"):
        assert not rows.sort("day")["fatal"].to_list()[:-1].count(True)


def test_no_hazard_no_infection_and_absurd_hazard_is_told():
    """By the documentation of draw_infections."""
    assert draw_infections(DAYS, np.zeros((3, 91)), np.arange(3), 1, PATTERN).is_empty()
    assert draw_infections(DAYS, np.full((3, 91), np.nan), np.arange(3), 1, PATTERN).is_empty()
    with pytest.raises(BadInput, match="more than 200"):
        draw_infections(DAYS, np.tile(DAYS * 100, (500, 1)), np.arange(500), 1, PATTERN)
    with pytest.raises(BadInput, match="shaped"):
        draw_infections(DAYS, np.zeros((3, 90)), np.arange(3), 1, PATTERN)


def test_a_level_is_reached_at_the_first_check_that_has_it():
    # expected: NumPy's search in each row and linear interpolation, also where the curve stands still or jumps
    rng = np.random.default_rng(3)
    days = np.cumsum(rng.uniform(0.1, 2.0, 60))
    hazard = np.cumsum(rng.choice([0.0, 0.0, 0.25, 1.0], (40, 60)), axis=1)
    rows = np.repeat(np.arange(40), 50)
    level = rng.choice([0.25, 0.5, 1.0, 1.25, 2.1], rows.size) * rng.integers(0, 9, rows.size)
    there = level <= hazard[rows, -1]
    rows, level = rows[there], level[there]
    after = np.array([np.searchsorted(hazard[row], height) for row, height in zip(rows, level, strict=True)])
    before = np.maximum(after - 1, 0)
    low, high = hazard[rows, before], hazard[rows, after]
    share = np.where(high > low, (level - low) / np.where(high > low, high - low, 1.0), 0.0)
    assert (_reached(days, hazard, rows, level) == days[before] + share * (days[after] - days[before])).all()
