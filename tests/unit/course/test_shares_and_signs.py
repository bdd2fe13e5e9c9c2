"""Expected: shares drawn one by one leave something to the first of the list; rules see a sign that the model has; acute rules count from the last infusion."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from livingdrug.catalog.load import Catalog, load_trial
from livingdrug.catalog.plan import plan_arm
from livingdrug.clinic.management import compile_guideline
from livingdrug.course.equations import _acute_until
from livingdrug.course.individuals import MOST, _within_one


def test_shares_that_take_more_than_all_shrink_alike_and_others_stay():
    given = {"a": np.array([0.2, 0.9, 0.6]), "b": np.array([0.3, 0.9, 0.39])}
    found = _within_one({name: column.copy() for name, column in given.items()})
    assert found["a"][[0, 2]].tolist() == [0.2, 0.6]  # to the last bit
    assert found["a"][1] == pytest.approx(MOST / 2)
    assert (found["a"] + found["b"] <= MOST + 1e-12).all()


def plan_of(trial: str, arm: str | None = None):
    catalog = Catalog()
    record = load_trial(trial, catalog)
    return plan_arm(record, arm or record.arms[0].name, catalog)


def test_a_rule_sees_the_inflammation_of_the_tumour_where_the_model_has_it():
    plan = plan_of("b7h3_midline_glioma")
    drugs = {name: plan.drugs[name] for name in plan.guideline.drugs}

    def grade(*seen: str) -> str:
        program, _ = compile_guideline(
            plan.guideline, plan.scales, drugs, active_until_day=60.0, signs=plan.signs, seen=seen
        )
        return dict(program.statements)["tian_ctcae"]

    assert "tian_level" in grade("tian_level")
    assert "tian_level" not in grade()  # a model that lacks it: nobody reports it


def test_the_acute_phase_follows_the_last_infusion():
    assert _acute_until(plan_of("eliana")) == 60.0
    repeated = plan_of("b7h3_midline_glioma")
    assert _acute_until(repeated) == 60.0 + 196.0
    assert _acute_until(dataclasses.replace(repeated, arm=repeated.arm.model_copy(update={"given": ()}))) == 60.0
