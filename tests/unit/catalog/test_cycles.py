"""Regimens are dosed in cycles and other drugs in milligrams; expected: the sentences of the door, and counts by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from livingdrug.catalog.arms import GivenDrug
from livingdrug.catalog.load import Catalog
from livingdrug.catalog.plan import plan_arm
from livingdrug.catalog.records.guideline import Dose
from livingdrug.clinic.protocol import doses
from livingdrug.foundation.errors import BadInput, CatalogError


def test_a_cycle_is_the_same_for_everybody():
    # by hand: one cycle each on two days, whatever the weight
    arm = Catalog().load("trial", "tower_chemotherapy").arms[0]
    planned = doses(arm, np.array([50.0, 100.0]), np.array([1.5, 2.2]))
    assert [(one.day, one.unit, one.milligrams.tolist()) for one in planned[:2]] == [
        (0, "cycle", [1, 1]),
        (28, "cycle", [1, 1]),
    ]
    assert Dose(fixed="0.75 cycles").mg_fixed == 0.75


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('dose = "1 cycle"', 'dose = "100 mg/m^2"', 'all_salvage_chemotherapy is dosed in "1 cycle"'),
        ('drug = "all_salvage_chemotherapy"', 'drug = "dexamethasone"', "dexamethasone is dosed in milligrams"),
        ('dose = "1 cycle"', 'dose = "40 cycles"', "expected at most 4"),
    ],
)
def test_a_dose_in_the_wrong_unit_is_refused(tmp_path: Path, old, new, told):
    text = Catalog().path("trial", "tower_chemotherapy").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.replace('"calibration"', '"design"').replace(old, new), encoding="utf-8")
    catalog = Catalog()
    with pytest.raises(BadInput, match=told):
        plan_arm(catalog.load("trial", path), "chemotherapy", catalog)


def test_no_cycle_is_no_dose():
    with pytest.raises((CatalogError, ValueError), match="more than 0"):
        GivenDrug(drug="platinum_salvage", dose="0 cycle", days=(0,))
