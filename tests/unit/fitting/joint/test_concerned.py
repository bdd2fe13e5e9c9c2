"""Expected values: what each arm is made of, read off its trial's file."""

from __future__ import annotations

import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.catalog.plan import plan_arm
from livingdrug.fitting.joint.prepare import concerned

LOSS = "loss/while_waiting/numbers.loss_background"


def plan_of(trial: str, arm: str):
    catalog = default_catalog()
    return plan_arm(catalog.load("trial", trial), arm, catalog), catalog


@pytest.mark.parametrize(
    ("trial", "arm", "address", "concerns"),
    [
        ("eliana", "tisa-cel", LOSS, True),
        ("tower_blinatumomab", "blinatumomab", LOSS, False),
        ("tower_blinatumomab", "blinatumomab", "drug/blinatumomab_cycle/amount_per_cycle", True),
        ("tower_blinatumomab", "blinatumomab", "drug/inotuzumab_cycle/amount_per_cycle", False),
        ("tower_blinatumomab", "blinatumomab", "aftermath/b_all_adult/number.salvaged", True),
        ("eliana", "tisa-cel", "aftermath/b_all_adult/number.salvaged", False),
        ("orcharrd", "R-DHAP", "drug/platinum_salvage/amount_per_cycle", True),
        # given by the guideline, to responders
        ("orcharrd", "R-DHAP", "drug/high_dose_therapy_and_transplant/amount_per_cycle", True),
        ("eliana", "tisa-cel", "drug/platinum_salvage/amount_per_cycle", False),
    ],
)  # fmt: skip
def test_a_number_concerns_the_arms_that_are_made_of_its_file(trial, arm, address, concerns):
    assert concerned(address, *plan_of(trial, arm)) is concerns
