"""Nothing that is calibrated may see a prediction trial's outcomes: the catalogue holds none."""

from __future__ import annotations

import pytest

from livingdrug.catalog.load import Catalog

CATALOG = Catalog()
# The trials kept for prediction; their names may appear as plans, their outcomes nowhere.
KEPT_FOR_PREDICTION = (
    "zuma_7", "belinda", "transform", "elara", "zuma_3", "zuma_1_cohort_6", "cartitude_4", "felix", "karmma_3",
    "transcend_fl_mzl", "ct041_st_01", "auto3", "cema_cel", "cassiopeia",
)  # fmt: skip
COVERED = (
    "zuma_7", "belinda", "transform", "elara", "zuma_3", "zuma_1_cohort_6", "cartitude_4", "felix", "karmma_3", "transcend_fl_mzl", "cassiopeia",
    "ct041_st_01", "auto3", "cema_cel",
)  # fmt: skip
"""Those whose design the model covers; docs/trials/prediction.md says why not the others."""


@pytest.mark.parametrize("name", KEPT_FOR_PREDICTION)
def test_no_evidence_file_for_a_trial_kept_for_prediction(name):
    def flat(text):
        return text.replace("_", "").replace("-", "").lower()

    assert not [known for known in CATALOG.names("evidence") if flat(name) in flat(known)]
    if CATALOG.has("trial", name):
        assert CATALOG.load("trial", name).role == "prediction"


def test_every_design_that_the_model_covers_is_there():
    # expected: the list of the design note, less what docs/trials/prediction.md says is not covered
    assert [name for name in CATALOG.names("trial") if CATALOG.load("trial", name).role == "prediction"] == sorted(
        COVERED
    )


@pytest.mark.parametrize("name", COVERED)
def test_a_design_says_that_it_holds_no_outcome(name):
    assert "no outcome of it is in this catalogue" in CATALOG.load("trial", name).summary


def test_no_trial_with_role_prediction_has_evidence():
    roles = {name: CATALOG.load("trial", name).role for name in CATALOG.names("trial")}
    assert not [name for name, role in roles.items() if role == "prediction" and CATALOG.has("evidence", name)]


def test_every_evidence_file_belongs_to_a_calibration_trial_or_stands_beside_a_scenario():
    for name in CATALOG.names("evidence"):
        role = CATALOG.load("trial", name).role
        assert role in ("calibration", "scenario")
        if role == "scenario":  # nothing may be fitted to it
            assert {row.use for row in CATALOG.load("evidence", name).results} == {"comparison"}
