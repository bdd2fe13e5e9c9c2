"""Policies over simulated patients. Expected limits: ASCO 2021, table 1 (800 mg, 8 hours apart, 3 in 24 hours, 4 in all)."""

from __future__ import annotations

import os

import numpy as np
import polars as pl
import pytest

import livingdrug as ld
from livingdrug.catalog.load import Catalog
from livingdrug.catalog.records.trial import Trial
from livingdrug.course.equations import equations
from livingdrug.course.settings import Settings
from livingdrug.trial.door import planned
from livingdrug.trial.line import follow

CATALOG = Catalog()
PATIENTS = 100_000 if os.environ.get("LIVINGDRUG_VALIDATE") else 500
CHUNK = 2_000
MOMENT = 1e-5


def short_trial(policy: str) -> Trial:
    """ELIANA under a policy, followed for ninety days: toxicity is over by then."""
    trial = ld.load_trial("eliana")
    days = {group: tuple(day for day in some if day <= 90) for group, some in trial.visits.days.items()}
    visits = trial.visits.model_copy(update={"days": days})
    arm = trial.arms[0].with_policy(policy)
    return trial.model_copy(update={"follow_up": "90 day", "visits": visits, "arms": (arm,)})


@pytest.mark.parametrize("name", ["asco_2021", "tocilizumab_day_2"])
def test_limits_hold_in_simulated_patients_and_nobody_dead_is_treated(name):
    plan, policy = planned(short_trial(name), CATALOG)[1][0], CATALOG.load("guideline", name)
    seen = 0
    for first in range(1, PATIENTS + 1, CHUNK):
        numbers = np.arange(first, min(first + CHUNK, PATIENTS + 1), dtype=np.int64)
        frames = follow(plan, numbers, 7, settings=Settings(sample=0))
        log = frames["log"].join(frames["exits"].select("patient", "death_day"), on="patient")
        assert log.filter(pl.col("day") >= pl.col("death_day")).is_empty()
        for drug in policy.drugs:
            limit = policy.limit[drug]
            doses = log.filter(pl.col("drug") == drug).sort("patient", "day")
            apart = doses.select(pl.col("day").diff().over("patient")).to_series().drop_nulls()
            assert (apart >= limit.min_interval_days - MOMENT).all()
            assert (doses["amount"] <= (limit.mg_at_most or np.inf) * (1 + 1e-9)).all()
            counted = doses.group_by("patient").len()["len"]
            assert (counted <= (limit.at_most_doses or 10**6)).all()
            if limit.at_most_in_24_hours:
                back = doses.select(pl.col("day") - pl.col("day").shift(limit.at_most_in_24_hours).over("patient"))
                assert (back.to_series().drop_nulls() >= 1 - MOMENT).all()
            seen += doses.height
        tocilizumab = log.filter(pl.col("drug") == "tocilizumab")
        assert (tocilizumab["amount"] <= 800).all()
        assert (tocilizumab.group_by("patient").len()["len"] <= 4).all()
    assert seen > PATIENTS / 2


def test_a_drug_brings_its_mechanism_and_no_other_does():
    """By the documentation of `equations`: what the recipe leaves out joins only an arm that gives the drug."""
    plain = short_trial("no_treatment")
    arm = plain.arms[0]
    alemtuzumab = arm.lymphodepletion[0].model_copy(update={"drug": "alemtuzumab", "dose": "10 mg"})
    deeper = arm.model_copy(update={"name": "deeper", "lymphodepletion": (*arm.lymphodepletion, alemtuzumab)})
    both = plain.model_copy(update={"arms": (arm, deeper)})
    (first,), (second, third) = (planned(trial, CATALOG)[1] for trial in (plain, both))
    alone, beside, given = (equations(plan).model.states for plan in (first, second, third))
    assert alone.keys() == beside.keys()
    assert given.keys() - alone.keys() == {"alemtuzumab_central", "alemtuzumab_peripheral"}


def test_arms_of_one_trial_share_one_model():
    """By the documentation of `equations`: arms differ by treatment, not by the steps of the integration."""
    trial = short_trial("no_treatment")
    both = trial.model_copy(update={"arms": (trial.arms[0], trial.arms[0].with_policy("anakinra_prevention", "other"))})
    models = [equations(plan).model.states.keys() for plan in planned(both, CATALOG)[1]]
    assert models[0] == models[1]


def test_anakinra_reaches_its_level():
    """Closed form of one compartment with absorption, daily doses in steady state (Urien 2013: 0.38/h, 6.24 L/h, 65.2 L)."""
    trial = short_trial("anakinra_prevention")
    plan = planned(trial, CATALOG)[1][0]
    frames = follow(plan, np.arange(1, 31), 7, settings=Settings(sample=30, between_patient=False))
    weights = dict(frames["who"].select("patient", "weight_kg").rows())
    course = frames["courses"].filter(
        pl.col("day").is_between(7, 8.9)
    )  # recorded before the dose of day 7 and after it
    for patient, day, level in course.select("patient", "day", "anakinra_concentration").rows():
        size = weights[patient] / 70
        dose, volume, absorption = min(2 * weights[patient], 100.0), 65.2 * size**0.76, 9.12
        loss, since = 149.8 * size**0.47 / volume, (day - 1e-9) % 1.0
        left = [np.exp(-rate * since) / (1 - np.exp(-rate)) for rate in (loss, absorption)]
        expected = dose * absorption / (volume * (absorption - loss)) * (left[0] - left[1])
        assert level == pytest.approx(expected, rel=0.01)
