"""Responses of made-up patients, judged by hand with the limits quoted in clinic/response/lugano.py."""

import polars as pl
import pytest

from livingdrug.clinic.criterion import RECORDED
from livingdrug.clinic.response.lugano import CRITERION, status_at_visits

assess = CRITERION.judge

LIMIT = 0.5


def visits_of(patients):
    """{patient: [(day, living mL, whole mL)]} as a visits frame; None is a missed visit."""
    rows = []
    for patient, seen in patients.items():
        for day, living, whole in seen:
            for quantity, value in (("metabolic_volume_ml", living), ("tumour_volume_ml", whole)):
                rows.append({
                    "arm": "a", "patient": patient, "quantity": quantity, "day_planned": float(day), "day": float(day),
                    "value": value, "below_limit": value is not None and value < LIMIT, "missed": value is None,
                })  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"value": pl.Float64, "patient": pl.Int64})


def roster_of(patients, **columns):
    frame = pl.DataFrame(
        {"arm": ["a"] * len(patients), "patient": list(patients)}, schema_overrides={"patient": pl.Int64}
    )
    return frame.with_columns(pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items())


# size = volume ** (2/3): halved at 0.3536 of the volume, half more at 1.837 times it
COURSES = {
    1: [(0, 100, 100), (28, 0.1, 5), (90, 0.1, 0.1)],  # nothing visible: complete, whatever scar is left
    2: [(0, 100, 100), (28, 35, 35), (90, 30, 30)],  # 35 % of the volume is half the size: partial
    3: [(0, 100, 100), (28, 36, 36), (90, 40, 40)],  # 36 % is a little more than half the size: stable
    4: [(0, 100, 100), (28, 185, 185)],  # 1.85 times the volume: progression
    5: [(0, 100, 100), (28, 182, 182), (90, 180, 180)],  # 1.82 times: not yet
    6: [(0, 100, 100), (28, 20, 20), (90, 40, 40)],  # partial, then twice the smallest: progression after response
    7: [(0, 100, 100), (28, 0.1, 0.1), (90, 0.1, 0.1), (180, 1.8, 1.8), (270, 3, 3)],  # grown from what can be seen
    8: [(0, 100, 100), (28, 20, 20), (90, 0.9, 0.9)],  # partial, complete later: 0.9 mL is under 1 mL and 2 %
    9: [(0, 20, 20), (28, 0.9, 0.9), (90, 0.9, 0.9)],  # under 1 mL, but 4.5 % of the start and visible: partial
    10: [(0, None, None), (28, 10, 10), (90, 9, 9)],  # start missed: no partial response can be told
    11: [(0, None, None), (28, 0.1, 0.1)],  # complete response needs no start
    12: [(0, 100, 100)],  # never looked at again
    13: [(0, 100, 100), (28, 50, 50), (150, 10, 10)],  # partial after three months only
    14: [(0, 100, 100), (28, 400, 400), (90, 0.1, 0.1)],  # what follows progression does not count
    15: [(0, 100, 100), (28, None, None), (90, 0.1, 0.1)],  # a missed visit is no visit
}
#     best  at 3 months     first  failure relapse
EXPECTED = {
    1: ("CR", (True, True), 28, None, None),
    2: ("PR", (True, False), 28, None, None),
    3: ("SD", (False, False), None, None, None),
    4: ("PD", (False, False), None, 28, None),
    5: ("SD", (False, False), None, None, None),
    6: ("PR", (False, False), 28, None, 90),
    7: ("CR", (True, True), 28, None, 270),
    8: ("CR", (True, True), 28, None, None),
    9: ("PR", (True, False), 28, None, None),
    10: ("SD", (False, False), None, None, None),
    11: ("CR", (True, True), 28, None, None),
    12: ("NE", (False, False), None, None, None),
    13: ("PR", (False, False), 150, None, None),
    14: ("PD", (False, False), None, 28, None),
    15: ("CR", (True, True), 90, None, None),
}


@pytest.mark.parametrize("patient", sorted(COURSES))
def test_each_story(patient):
    # expected: the table above, worked by hand from the limits in the module's own first lines
    row = assess(visits_of(COURSES), roster_of(COURSES)).filter(pl.col("patient") == patient).row(0, named=True)
    best, three_months, first, failure, relapse = EXPECTED[patient]
    assert row["best_response"] == best
    assert (row["responded"], row["complete"]) == three_months
    assert (row["first_response_day"], row["treatment_failure_day"], row["relapse_day"]) == (first, failure, relapse)
    assert row["residual_negative"] is None
    assert row["incomplete"] is False


def test_another_therapy_ends_the_assessment():
    # expected: by hand; the same course with therapy on day 60 has only its first imaging
    stories = {1: COURSES[8], 2: COURSES[8]}
    rows = assess(visits_of(stories), roster_of(stories, subsequent_therapy_day=[None, 60.0]))
    assert rows["best_response"].to_list() == ["CR", "PR"]


def test_one_row_for_everyone_in_order_with_the_shared_columns():
    # expected: the columns every way to judge response returns
    rows = assess(visits_of(COURSES), roster_of([*reversed(COURSES), 99]))
    assert rows["patient"].to_list() == [*COURSES, 99]
    assert rows.columns == ["arm", "patient", *RECORDED]
    assert rows.row(-1, named=True)["best_response"] == "NE"


def test_patients_do_not_depend_on_their_company():
    # expected: the same rows alone and together
    together = assess(visits_of(COURSES), roster_of(COURSES))
    for patient, story in COURSES.items():
        alone = assess(visits_of({patient: story}), roster_of([patient]))
        assert alone.equals(together.filter(pl.col("patient") == patient))


def test_dead_lymphoma_hides_a_partial_response_but_not_a_complete_one():
    # expected: by hand; CT still sees the scar, PET does not
    found = status_at_visits(visits_of({1: [(0, 100, 100), (28, 10, 90), (90, 0.1, 60)]}))
    assert found["status"].to_list() == ["SD", "CR"]
