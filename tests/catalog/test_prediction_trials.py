"""Nothing that is calibrated may see a prediction trial's outcomes: the catalogue holds none."""

from __future__ import annotations

import pytest

from livingdrug.catalog.load import Catalog

CATALOG = Catalog()
# The trials kept for prediction; their names may appear as plans, their outcomes nowhere.
KEPT_FOR_PREDICTION = (
    "zuma_7", "belinda", "transform", "elara", "zuma_3", "zuma_1_cohort_6", "cartitude_4", "felix", "karmma_3",
    "transcend_fl", "ct041_st_01", "auto3", "cema_cel",
)  # fmt: skip


@pytest.mark.parametrize("name", KEPT_FOR_PREDICTION)
def test_no_evidence_file_for_a_trial_kept_for_prediction(name):
    def flat(text):
        return text.replace("_", "").replace("-", "").lower()

    assert not [known for known in CATALOG.names("evidence") if flat(name) in flat(known)]
    if CATALOG.has("trial", name):
        assert CATALOG.load("trial", name).role == "prediction"


def test_no_trial_with_role_prediction_has_evidence():
    roles = {name: CATALOG.load("trial", name).role for name in CATALOG.names("trial")}
    assert not [name for name, role in roles.items() if role == "prediction" and CATALOG.has("evidence", name)]


def test_every_evidence_file_belongs_to_a_calibration_trial():
    for name in CATALOG.names("evidence"):
        assert CATALOG.load("trial", name).role == "calibration"
