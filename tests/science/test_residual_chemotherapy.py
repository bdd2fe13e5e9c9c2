"""Expected values: the plan of two years (six blocks and twenty cycles of maintenance of four weeks) and counting; what an arm without it gets is none."""

from __future__ import annotations

import pytest

from livingdrug.trial.run import run

BLOCKS, MAINTENANCE = 6, 20


@pytest.fixture(scope="module")
def result():
    return run("b_all_residual_chemotherapy", patients=6, seed=3, threads=1, sample=0)


def test_chemotherapy_is_counted_until_it_ends_and_cells_spare_it(result):
    rows = result.patients.select(
        "arm",
        "patient",
        "chemotherapy_cycles",
        "intensive_cycles",
        "relapse_day",
        "treatment_failure_day",
        "death_day",
        "last_contact_day",
    )
    for row in rows.to_dicts():
        if row["arm"] == "tisa-cel":
            assert row["chemotherapy_cycles"] == 0
            continue
        stopped = min(
            row[name] if row[name] is not None else 1e9
            for name in ("relapse_day", "treatment_failure_day", "death_day", "last_contact_day")
        )
        assert row["intensive_cycles"] <= BLOCKS
        if stopped > 28 * (BLOCKS + MAINTENANCE):
            assert (row["intensive_cycles"], row["chemotherapy_cycles"]) == (BLOCKS, BLOCKS + MAINTENANCE)
        else:
            # further therapy follows a failure within six weeks; until then cycles go on
            assert stopped // 28 - 1 <= row["chemotherapy_cycles"] <= (stopped + 42) // 28 + 1


def test_the_same_children_are_in_both_arms(result):
    ages = result.patients.select("arm", "patient", "age_years").pivot(on="arm", index="patient", values="age_years")
    assert (ages["tisa-cel"] == ages["chemotherapy"]).all()


def test_it_says_what_it_rests_on(result):
    assert result.trial.standing == "scenario: calibrated on 49 patients"
