"""Responses of made-up patients, judged by hand with the limits quoted in clinic/response/iwcll.py."""

import polars as pl
import pytest

from livingdrug.clinic.response.iwcll import CRITERION

NAMES = (
    "tumour_volume_ml",
    "leukaemic_lymphocytes_per_ul",
    "anc_1e9_per_l",
    "platelets_1e9_per_l",
    "haemoglobin_g_per_dl",
)
START = (0, 800, 40_000, 2.0, 80, 9.0)
# size = volume ** (2/3): halved at 0.3536 of the volume, half more at 1.837 times it
#        day  mL  lymphocytes  neutrophils  platelets  haemoglobin
COURSES = {
    1: [START, (30, 15, 500, 2.0, 150, 12.0)],  # nodes and blood normal: complete
    2: [START, (30, 15, 500, 1.2, 150, 12.0)],  # neutrophils 1.2: counts not recovered
    3: [
        START,
        (30, 250, 10_000, 1.2, 110, 9.0),
    ],  # 31 % of the volume, a quarter of the cells, platelets from 100: partial
    4: [START, (30, 250, 10_000, 1.2, 90, 9.5)],  # neither platelets nor haemoglobin better: stable
    5: [
        START,
        (30, 250, 10_000, 1.2, 120, 9.5),
        (90, 250, 16_000, 1.2, 120, 9.5),
    ],  # lymphocytes up by 60 %, above 5,000: progression
    6: [
        START,
        (30, 250, 2_000, 1.2, 120, 9.5),
        (90, 250, 4_500, 1.2, 120, 9.5),
    ],  # more than doubled, below 5,000: still a response
    7: [START, (30, 1500, 30_000, 1.2, 120, 9.5)],  # 1.875 times the volume: progression
    8: [START, (30, 300, 10_000, 1.2, 120, 9.5)],  # 37.5 % of the volume: a little more than half the size: stable
    9: [START, (30, 250, 25_000, 1.2, 120, 9.5)],  # lymphocytes not halved: stable
    10: [START, (30, 250, 10_000, 1.2, 60, 13.6)],  # haemoglobin better: one of the two is enough
}
EXPECTED = {
    1: ("CR", 30, None), 2: ("CRi", 30, None), 3: ("PR", 30, None), 4: ("SD", None, None), 5: ("PR", 30, 90),
    6: ("PR", 30, None), 7: ("PD", None, None), 8: ("SD", None, None), 9: ("SD", None, None), 10: ("PR", 30, None),
}  # fmt: skip


def visits_of(courses) -> pl.DataFrame:
    rows = [
        {"arm": "a", "patient": patient, "quantity": name, "day_planned": float(day), "day": float(day),
         "value": float(value), "below_limit": False, "missed": False}
        for patient, seen in courses.items()
        for day, *values in seen
        for name, value in zip(NAMES, values, strict=True)
    ]  # fmt: skip
    return pl.DataFrame(rows)


@pytest.mark.parametrize("patient", EXPECTED)
def test_by_hand(patient):
    found = CRITERION.judge(visits_of({patient: COURSES[patient]})).row(0, named=True)
    assert (found["best_response"], found["first_response_day"], found["relapse_day"]) == EXPECTED[patient]


def test_blood_taken_long_before_an_image_does_not_count():
    # by hand: fifteen days apart is more than two weeks, so nobody knows the counts and the best is stable disease
    visits = visits_of({1: COURSES[1]})
    late = (pl.col("quantity") != "tumour_volume_ml") & (pl.col("day") > 0)
    found = CRITERION.judge(visits.with_columns(pl.when(late).then(pl.col("day") - 15).otherwise("day").alias("day")))
    assert found["best_response"].to_list() == ["SD"]
