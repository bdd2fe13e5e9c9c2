"""Counts, infections and the second wave against aftermath_targets.toml, which gives each number's source and tolerance."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TARGETS = tomllib.loads((HERE / "aftermath_targets.toml").read_text(encoding="utf-8"))["target"]


@pytest.fixture(scope="module")
def measured(first_weeks):
    return {trial: first_weeks.counts(first_weeks.weeks(trial)) for trial in {one["trial"] for one in TARGETS}}


@pytest.mark.parametrize("one", TARGETS, ids=[f"{one['trial']}-{one['measure']}-{one['published']}" for one in TARGETS])
def test_target(measured, held_row, record_property, one):
    # expected: the published number and its tolerance, see the file
    value = measured[one["trial"]][one["measure"]]
    told = f"published {one['published']}, accepted {one['low']} to {one['high']}, simulated {value:.3g}"
    inside = one["low"] <= value <= one["high"]
    key = {name: one[name] for name in ("trial", "measure", "published")}
    side = "" if inside else "above" if value > one["high"] else "below"
    state = "inside" if inside else "outside"
    held_row("aftermath_known_misfits.toml", key, state, side, told).hold(record_property)


def test_targets_are_told_apart_and_hold_what_was_published():
    # expected: one row of the list names one target, and what was published is accepted
    assert len({(one["trial"], one["measure"], one["published"]) for one in TARGETS}) == len(TARGETS)
    assert all(one["low"] <= one["published"] <= one["high"] for one in TARGETS)


@pytest.mark.may_miss
def test_high_score_has_longer_neutropenia(measured):
    # expected: the direction of Rejeski 2021, doi:10.1182/blood.2020010543
    for found in measured.values():
        assert found["hematotox_high_14_days"] > found["hematotox_low_14_days"] + 5


@pytest.mark.may_miss
def test_second_wave_is_late_and_follows_severe_crs(first_weeks, measured):
    # expected: McNerney: after severe CRS; a second wave peaks after the first (ferritin of others: days 7 to 14)
    import numpy as np

    found = first_weeks.weeks("eliana")
    had = np.nanmax(found.truth["hlh_like"], axis=1) >= 1
    ferritin = np.nan_to_num(found.truth["ferritin"])
    day = found.checks[ferritin.argmax(axis=1)]
    severe = (found.patients["crs_astct_max"] >= 2).to_numpy()
    assert np.median(day[had]) > np.median(day[severe & ~had]) + 7
    assert np.median(ferritin[had].max(axis=1)) > 10_000
    lowest = found.at("neutrophils", np.array([21.0, 24.0, 28.0]))
    assert np.nanmedian(lowest[had]) < np.nanmedian(lowest[severe & ~had])
    assert measured["eliana"]["hlh_like_in_severe_crs"] > 5 * measured["eliana"]["hlh_like_in_mild_crs"]
    grades, seen = (found.patients[name].to_numpy() for name in ("iec_hs_max", "hlh_like"))
    assert ((grades > 0) == seen).all()
    assert not seen[~had].any()
    assert set(grades) <= {0, 1, 2, 3, 4}
