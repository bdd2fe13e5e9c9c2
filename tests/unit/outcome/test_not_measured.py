"""Expected values: by hand, in frames of which something is left out. "Not measured in this arm" is neither unknown nor no."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.records.endpoint import Endpoint
from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.columns import Known
from livingdrug.outcome.endpoints import evaluate

CATALOG = Catalog()


def test_a_list_of_quantities_is_held_against_the_trial(questions):
    # expected: the one that ELIANA does not measure is named, wherever it stands in the list
    hematotox = CATALOG.load("outcome", "car_hematotox")
    assert "measures no" not in questions.problem(
        hematotox.model_copy(update={"match": {"quantity": ("igg_g_per_l",)}})
    )
    for both in (("igg_g_per_l", "m_protein_g_per_l"), ("m_protein_g_per_l", "igg_g_per_l")):
        told = questions.problem(hematotox.model_copy(update={"match": {"quantity": both}}))
        assert 'measures no "m_protein_g_per_l"' in told
    scales = CATALOG.load("outcome", "crs_onset_day").model_copy(update={"match": {"scale": ("crs_penn", "crs_mskcc")}})
    assert 'does not grade scale "crs_mskcc"' in questions.problem(scales)


def test_a_sign_that_the_ward_lacks(asked):
    ward = [{"day": 3, "temperature": 39.0}]
    here = asked(ward=ward)
    lacking = replace(here, frames={**here.frames, "ward": here.frames["ward"].drop("pressor_level", strict=False)})
    told = lacking.not_measured(CATALOG.load("outcome", "vasopressor"))
    assert "pressor_level" in told
    assert "this arm" in told
    with pytest.raises(BadInput, match="pressor_level"):
        lacking.ask("vasopressor")


def test_a_scale_without_a_single_grade(asked, questions):
    # by hand: patients were on the ward and are graded on one scale, and nobody on the other
    scale, other = list(questions.graded)[:2]
    here = asked(ward=[{"day": 3}], grades=[{"day": 3, "scale": scale, "grade": 0}])
    assert here.not_measured(here.named(f"{scale}_max")) == ""
    assert other in here.not_measured(here.named(f"{other}_max"))
    # nobody on the ward at all: then nobody was there to be graded, which says nothing of the model
    assert asked().not_measured(here.named(f"{other}_max")) == ""


def test_an_assay_without_a_result_though_somebody_came(asked, questions):
    first = questions.first_planned
    assert first["igg_g_per_l"] <= 28
    came = {"quantity": "anc_1e9_per_l", "day_planned": 400.0, "day": 400.0, "value": 2.0, "missed": False}
    here = asked(visits=[came])
    lowest = CATALOG.load("outcome", "igg_nadir_g_per_l")
    assert "igg_g_per_l" in here.not_measured(lowest)
    # a visit that was missed is a result that was not, and no sign of a model without it
    missed = {**came, "quantity": "igg_g_per_l", "value": None, "missed": True}
    assert asked(visits=[came, missed]).not_measured(lowest) == ""
    # nobody came as late as the first planned day
    early = {**came, "day_planned": min(first.values()) - 1.0}
    assert asked(visits=[early]).not_measured(lowest) == ""
    # what is done at relapse only has no planned day: without it there was no relapse
    assert "antigen_negative_percent" not in first
    assert here.not_measured(CATALOG.load("outcome", "relapse_antigen_negative")) == ""


def test_an_arm_that_cannot_answer_is_told_so():
    record = Endpoint.model_validate({
        "id": "mine", "title": "Of our own", "definition": "Something we count.", "source": "this test",
        "kind": "proportion", "success": "icu", "among": "infused",
    })  # fmt: skip
    patients = pl.DataFrame(
        {"arm": ["a", "a", "b", "b"], "patient": [1, 2, 1, 2], "status": "infused", "icu": [True, False, None, None]}
    )
    found = evaluate(record, patients, ["a", "b"], known=Known(), not_measured={"b": "pressor_level"})
    # by hand: one of two in the arm that knows; not 0 of 2 in the other
    assert found.headline("a").startswith("50%")
    assert found.headline("b") == "not measured in this arm"
    assert found.table().filter(pl.col("arm") == "b")["n"].to_list() == [0]
    assert "b not measured in this arm" in repr(found)
