"""Expected: the rules of permuted blocks (Matts and Lachin 1988): each full block holds the ratio exactly, in every stratum."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.catalog.records.trial import Design, Stratum
from livingdrug.foundation.errors import BadInput, CatalogError
from livingdrug.population import draw
from livingdrug.trial.allocation import allocate, arms_of
from livingdrug.trial.compare import compare
from livingdrug.trial.door import planned
from livingdrug.trial.run import run


def two_arms(**design):
    """JULIET with two arms that differ in name alone."""
    trial = load_trial("juliet")
    arms = tuple(trial.arms[0].model_copy(update={"name": name}) for name in ("A", "B"))
    return trial.model_copy(update={"arms": arms, "design": Design(**design)})


@pytest.mark.parametrize(("ratio", "block"), [((1, 1), 4), ((2, 1), 6), ((1, 1, 1), 3)])
def test_every_block_of_every_stratum_holds_the_ratio(ratio, block):
    strata = np.random.default_rng(1).integers(0, 3, 600)
    arms = arms_of(strata, ratio, block, seed=5)
    for stratum in range(3):
        here = arms[strata == stratum]
        whole = here[: len(here) // block * block].reshape(-1, block)
        for arm, part in enumerate(ratio):
            assert set((whole == arm).sum(axis=1)) == {part * block // sum(ratio)}


def test_a_larger_trial_begins_with_the_same_people_in_the_same_arms():
    strata = np.random.default_rng(2).integers(0, 2, 500)
    whole = arms_of(strata, (1, 1), 4, seed=9)
    for n in (1, 7, 100, 499):
        assert np.array_equal(arms_of(strata[:n], (1, 1), 4, seed=9), whole[:n])
    assert not np.array_equal(arms_of(strata, (1, 1), 4, seed=10), whole)


def test_each_person_is_in_one_arm_and_strata_are_balanced():
    catalog = default_catalog()
    trial = two_arms(kind="randomised", strata=(Stratum(covariate="prior_lines", above=(2,)),))
    _, plans = planned(trial, catalog)
    first, second = allocate(plans, trial.planned_design, 400, seed=3)
    assert not set(first) & set(second)
    assert set(first) | set(second) == set(range(1, 401))
    lines = draw(plans[0].population, np.arange(1, 401), 3)["prior_lines"]
    for high in (False, True):
        counts = [int(((lines > 2) == high)[group - 1].sum()) for group in (first, second)]
        assert abs(counts[0] - counts[1]) <= 2  # half a block of four


def test_a_patient_of_a_randomised_arm_is_the_same_person_as_in_a_paired_trial():
    catalog = default_catalog()
    apart = run(two_arms(kind="randomised"), patients=20, seed=4, sample=0, catalog=catalog, arms=["B"])
    paired = run(two_arms(kind="paired"), patients=20, seed=4, sample=0, catalog=catalog)
    mine = apart.patients.sort("patient")
    theirs = paired.patients.filter(paired.patients["arm"] == "B").join(
        mine.select("patient"), on="patient", how="semi"
    )
    assert mine.height == 10
    assert mine.equals(theirs.sort("patient"))


def test_only_the_analysis_that_fits_the_design_is_offered():
    catalog = default_catalog()
    apart = run(two_arms(kind="randomised"), patients=24, seed=4, sample=0, catalog=catalog)
    assert 0 <= apart.endpoint("os").compare()["p_value"] <= 1
    with pytest.raises(BadInput, match="no patient is in two arms"):
        apart.endpoint("os").paired()
    told = compare(apart)
    assert told.randomised
    assert told.independent
    assert told.n_pairs == 0
    whole = apart.endpoint("os").by_everyone()
    assert whole is not None
    row = told.row(whole.id)  # asked from enrolment, by the endpoint that "os" names for it
    assert (row["n_only_reference"], row["n_only_policy"]) == (12, 12)  # everyone randomised, one to one
    assert row["p_value"] == apart.endpoint("os").compare()["p_value"]
    assert row["among"] == "enrolled"
    for side, arm in (("reference_value", "A"), ("policy_value", "B")):
        assert row[side] == whole.at([row["time"]], row["time_unit"]).filter(pl.col("arm") == arm)["estimate"][0]
    paired = run(two_arms(kind="paired"), patients=8, seed=4, sample=0, catalog=catalog)
    with pytest.raises(BadInput, match="same patients"):
        paired.endpoint("os").compare()


@pytest.mark.parametrize(
    ("design", "told"),
    [
        ({"kind": "paired", "ratio": (1, 1)}, "belong to a randomised trial"),
        ({"kind": "randomised", "ratio": (1, 0)}, "whole numbers from 1"),
        ({"kind": "randomised", "ratio": (10**9, 1)}, "small numbers"),  # a block of 2e9 places: 16 GB
        ({"kind": "randomised", "ratio": (2, 1), "block": 4}, "a multiple of 3"),
        ({"kind": "randomised", "strata": ({"covariate": "age_years", "above": (60, 40)},)}, "must rise"),
    ],
)
def test_a_design_that_cannot_be_is_refused(design, told):
    with pytest.raises(CatalogError, match=told):
        Design.model_validate(design)


@pytest.mark.slow
def test_identical_arms_differ_by_chance_alone():
    """Expected: under the null hypothesis p-values are uniform; 1,000 replicates of n = 100, Kolmogorov-Smirnov at 0.01."""
    from scipy.stats import kstest

    catalog = default_catalog()
    trial = two_arms(kind="randomised")
    days = {
        group: tuple(day for day in days if day <= 365)
        for group, days in trial.visits.days.items()
        if group in ("imaging", "blood", "before")
    }
    visits = trial.visits.model_copy(update={"days": days, "window_days": {}})
    use = tuple(use for use in trial.endpoints if use.id == "os")
    trial = trial.model_copy(update={"follow_up": "1 year", "visits": visits, "endpoints": use})
    found = [
        run(trial, patients=100, seed=seed, sample=0, catalog=catalog).endpoint("os").compare("log_rank")["p_value"]
        for seed in range(1000)
    ]
    assert 0.036 <= np.mean(np.array(found) < 0.05) <= 0.065
    assert kstest(found, "uniform").pvalue > 0.01
