"""Remissions of made-up patients, judged by hand with the limits quoted in clinic/response/eln_aml.py."""

import polars as pl
import pytest

from livingdrug.clinic.response.eln_aml import CRITERION

NAMES = ("blasts_percent", "anc_1e9_per_l", "platelets_1e9_per_l")
#        (day, blasts, neutrophils, platelets); every course is looked at again on day 84
COURSES = {
    "CR": [(28, 2, 1.2, 120), (84, 2, 1.2, 120)],
    "CRh": [(28, 2, 0.7, 120), (84, 2, 0.7, 60)],
    "CRi": [(28, 2, 0.3, 120), (84, 2, 2.0, 40)],
    "MLFS": [(28, 2, 0.3, 30), (84, 2, 0.9, 40)],
    "NR": [(28, 6, 2.0, 200), (84, 30, 2.0, 200)],
}


def visits_of(seen) -> pl.DataFrame:
    rows = [
        {"arm": "a", "patient": 1, "quantity": name, "day_planned": float(day), "day": float(day), "value": float(value),
         "below_limit": False, "missed": False}
        for day, *values in seen
        for name, value in zip(NAMES, values, strict=True)
    ]  # fmt: skip
    return pl.DataFrame(rows)


@pytest.mark.parametrize("best", COURSES)
def test_by_hand(best):
    found = CRITERION.judge(visits_of(COURSES[best])).row(0, named=True)
    assert found["best_response"] == best
    assert found["responded"] == (best != "NR")
    assert found["complete"] == (best == "CR")


def test_counts_that_were_not_measured_are_no_recovery():
    # by hand: blasts below 5 %, nothing known of neutrophils: leukaemia-free, no more
    visits = visits_of([(28, 2, 1.2, 120), (84, 2, 1.2, 120)]).filter(pl.col("quantity") == "blasts_percent")
    assert CRITERION.judge(visits)["best_response"].to_list() == ["MLFS"]
