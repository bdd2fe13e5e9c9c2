"""Responses of made-up patients, judged by hand with the limits quoted in clinic/response/imwg.py."""

import polars as pl
import pytest

from livingdrug.clinic.criterion import RECORDED
from livingdrug.clinic.response.imwg import CRITERION, status_at_visits

assess = CRITERION.judge

IMMUNOFIXATION, SEEN_IN_MARROW, RESIDUAL = 0.15, 0.5, 1e-5


def visits_of(patients):
    """{patient: ([(day, M-protein)], [(day, marrow %)], [(day, residual fraction)])} as a visits frame; None is missed."""
    rows = []
    for patient, measured in patients.items():
        for series, quantity, limit in zip(
            measured,
            ("m_protein_g_per_l", "marrow_plasma_percent", "mrd_fraction"),
            (IMMUNOFIXATION, SEEN_IN_MARROW, RESIDUAL),
            strict=False,
        ):
            for day, value in series:
                rows.append({
                    "arm": "a", "patient": patient, "quantity": quantity, "day_planned": float(day), "day": float(day),
                    "value": value, "below_limit": value is not None and value < limit, "missed": value is None,
                })  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"value": pl.Float64, "patient": pl.Int64})


def roster_of(patients, **columns):
    frame = pl.DataFrame(
        {"arm": ["a"] * len(patients), "patient": list(patients)}, schema_overrides={"patient": pl.Int64}
    )
    return frame.with_columns(pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items())


CLEAN, FEW, MANY = [(28, 0.1)], [(28, 4.0)], [(28, 6.0)]
COURSES = {
    1: ([(0, 30), (28, 0.1), (84, 0.1)], CLEAN),  # immunofixation negative, marrow without plasma cells
    2: ([(0, 30), (28, 0.1), (84, 0.1)], FEW),  # 4 % plasma cells: complete, not stringent
    3: ([(0, 30), (28, 0.1), (84, 0.1)], MANY),  # 6 %: not complete
    4: ([(0, 30), (28, 0.1)],),  # no marrow: not complete
    5: ([(0, 30), (28, 0.4)], CLEAN),  # immunofixation only
    6: ([(0, 30), (28, 3.0)], CLEAN),  # down to a tenth
    7: ([(0, 30), (28, 3.1)], CLEAN),  # a little more than a tenth
    8: ([(0, 30), (28, 15.0)],),  # halved
    9: ([(0, 30), (28, 15.1), (84, 20)],),  # not quite; then within 25 % + 5 g/L of the lowest? 20 is 4.9 above: stable
    10: ([(0, 30), (28, 37.5)],),  # a quarter and 7.5 g/L more
    11: ([(0, 12), (28, 16.9)],),  # 41 % but 4.9 g/L: not yet
    12: ([(0, 60), (28, 66)],),  # 6 g/L but a tenth: not yet
    13: ([(0, 30), (28, 0.1), (84, 4.9), (112, 5.2)], CLEAN),  # 4.8 g/L above the lowest, then 5.1: relapse on day 112
    14: (
        [(0, 30), (28, 10), (84, 16), (112, 0.1)],
        CLEAN,
    ),  # partial, then 6 g/L above the lowest; what follows does not count
    15: ([(0, None), (28, 10), (84, 0.4)],),  # start missed: 10 tells nothing, immunofixation only does
    16: ([(0, 30)],),  # never looked at again
    17: ([(0, 30), (28, None), (56, 10)],),  # a missed visit is no visit
    18: ([(0, 30), (28, 20), (140, 0.1)], [(150, 0.1)]),  # late; the marrow ten days after the visit counts for it
    19: ([(0, 30), (28, 0.1)], [(60, 0.1)]),  # a marrow a month later does not
    20: ([(0, 30), (28, 0.1), (56, 0.1)], [(28, 0.1), (54, 7.0)]),  # the last marrow counts for each visit
}
#     best  PR or better and CR at 3 months, first response, failure, relapse
EXPECTED = {
    1: ("sCR", (True, True), 28, None, None),
    2: ("CR", (True, True), 28, None, None),
    3: ("VGPR", (True, False), 28, None, None),
    4: ("VGPR", (True, False), 28, None, None),
    5: ("VGPR", (True, False), 28, None, None),
    6: ("VGPR", (True, False), 28, None, None),
    7: ("PR", (True, False), 28, None, None),
    8: ("PR", (True, False), 28, None, None),
    9: ("SD", (False, False), None, None, None),
    10: ("PD", (False, False), None, 28, None),
    11: ("SD", (False, False), None, None, None),
    12: ("SD", (False, False), None, None, None),
    13: ("sCR", (True, False), 28, None, 112),
    14: ("PR", (False, False), 28, None, 84),
    15: ("VGPR", (True, False), 84, None, None),
    16: ("NE", (False, False), None, None, None),
    17: ("PR", (True, False), 56, None, None),
    18: ("sCR", (False, False), 140, None, None),
    19: ("VGPR", (True, False), 28, None, None),
    20: ("sCR", (True, False), 28, None, None),
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


def test_residual_disease_is_read_from_its_own_assay():
    # expected: by hand; the last marrow until day 100 decides
    protein = [(0, 30), (28, 0.1)]
    stories = {
        1: (protein, CLEAN, [(28, 1e-6)]),
        2: (protein, CLEAN, [(28, 1e-6), (84, 1e-4)]),
        3: (protein, CLEAN, [(28, 1e-4), (112, 1e-6)]),
        4: (protein, CLEAN, [(28, None)]),
    }
    rows = assess(visits_of(stories), roster_of(stories))
    assert rows["residual_negative"].to_list() == [True, False, False, None]


def test_another_therapy_ends_the_assessment():
    # expected: by hand; the same course with therapy on day 60 has only its first visit
    stories = {1: ([(0, 30), (28, 10), (84, 0.1)], CLEAN), 2: ([(0, 30), (28, 10), (84, 0.1)], CLEAN)}
    rows = assess(visits_of(stories), roster_of(stories, subsequent_therapy_day=[None, 60.0]))
    assert rows["best_response"].to_list() == ["sCR", "PR"]


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


def test_status_of_every_visit():
    # expected: by hand, patient 13 of the table
    found = status_at_visits(visits_of({13: COURSES[13]}))
    assert found["status"].to_list() == ["sCR", "PR", "PD"]
