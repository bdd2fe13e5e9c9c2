"""A drug that a trial or guideline gives must enter a state that some mechanism owns, in that state's unit."""

from __future__ import annotations

import tomllib

import pytest

from livingdrug.catalog.load import HERE, Catalog
from livingdrug.foundation.units import factor

CATALOG = Catalog()
SHEETS = sorted((HERE.parent / "model" / "mechanisms").glob("*.toml"))
STATES = {
    name: state["unit"]
    for sheet in SHEETS
    for name, state in tomllib.loads(sheet.read_text(encoding="utf-8")).get("state", {}).items()
}


def given() -> list[str]:
    planned = {
        part.drug
        for name in CATALOG.names("trial")
        for arm in CATALOG.load("trial", name).arms
        for part in arm.lymphodepletion
    }
    ruled = {rule.drug for name in CATALOG.names("guideline") for rule in CATALOG.load("guideline", name).rule}
    return sorted(planned | ruled)


@pytest.mark.parametrize("name", given())
def test_the_drug_enters_a_state_in_its_unit(name):
    drug = CATALOG.load("drug", name)
    if drug.supportive:
        assert not drug.enters
        return
    assert drug.enters in STATES, f"{drug.enters} is not a state of any mechanism"
    assert factor(drug.amount_unit, STATES[drug.enters]) == 1.0


def test_amounts_per_mg_by_hand():
    # by hand: 0.75 mg dexamethasone is 4 mg methylprednisolone; F-ara-A C10H12FN5O4 (10 x 12.011 + 12 x 1.008 +
    # 18.998 + 5 x 14.007 + 4 x 15.999 = 285.235) over fludarabine phosphate (+ HPO3, 79.979 = 365.214)
    assert CATALOG.load("drug", "methylprednisolone").amount_per_mg.value == pytest.approx(0.75 / 4)
    assert CATALOG.load("drug", "fludarabine").amount_per_mg.value == pytest.approx(285.235 / 365.214, abs=1e-4)
    # 5.41 L in 70 kg: 1 mg/kg is 70 mg in 5.41 L
    assert CATALOG.load("drug", "immunoglobulin").amount_per_mg.value == pytest.approx(0.070 / 5.41, abs=1e-4)
