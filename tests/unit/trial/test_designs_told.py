"""Expected: the words of DESIGN and the arithmetic of designs: what a randomised arm takes, uses and is called, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.catalog.records.trial import Design, Stratum
from livingdrug.trial.allocation import allocate
from livingdrug.trial.door import planned
from livingdrug.trial.estimate import estimate


def two_arms(**design):
    """JULIET with two arms that differ in name alone."""
    trial = load_trial("juliet")
    arms = tuple(trial.arms[0].model_copy(update={"name": name}) for name in ("A", "B"))
    return trial.model_copy(update={"arms": arms, "design": Design(**design)})


def test_an_arm_run_alone_takes_its_share_of_the_randomised():
    """By hand: in the ratio 3 : 1, arm A alone is a trial of three quarters of the patients, B alone one of a quarter."""
    trial = two_arms(kind="randomised", ratio=(3, 1))
    assert [trial.share_of(name) for name in "AB"] == [0.75, 0.25]
    assert two_arms(kind="paired").share_of("B") == 1.0
    _, plans = planned(trial, default_catalog(), arms=["B"])
    words = {"chunk": 100, "threads": 1, "sample": 0, "memory_gb": 4.0}
    alone = estimate(plans, patients=4000, shares=[0.25], **words)
    smaller = estimate(plans, patients=1000, shares=[1.0], **words)
    assert (alone.memory, alone.disk, alone.seconds) == pytest.approx((smaller.memory, smaller.disk, smaller.seconds))


def test_strata_of_the_patients_table_are_those_of_the_allocation():
    """By hand: two limits of one covariate and one of another make 3 x 2 classes; every patient's is counted out here."""
    strata = (Stratum(covariate="prior_lines", above=(1, 2)), Stratum(covariate="age_years", above=(60,)))
    lines, age = np.array([1.0, 2.0, 2.0, 3.0]), np.array([70.0, 50.0, 61.0, 60.0])
    found = Design(kind="randomised", strata=strata).stratum_of({"prior_lines": lines, "age_years": age})
    assert found.tolist() == [1, 2, 3, 4]


def test_places_in_a_randomised_arm_count_its_own_patients():
    """By definition: the k-th patient of an arm is the k-th to draw on its bank, whatever their number."""
    trial = two_arms(kind="randomised")
    catalog = default_catalog()
    _, plans = planned(trial, catalog)
    groups = allocate(plans, trial.planned_design, 40, seed=3)
    from livingdrug.trial.one_patient import _place

    for arm, group in zip("AB", groups, strict=True):
        assert [_place(trial, arm, int(one), 3, catalog) for one in group] == list(range(len(group)))
    assert _place(two_arms(kind="paired"), "A", 7, 3, catalog) is None
