"""Responses of made-up patients, judged by hand with the criteria quoted in clinic/response/all_marrow.py and clinic/marrow.py."""

import polars as pl
import pytest

from livingdrug.clinic.response.all_marrow import CRITERION

assess, status_at_visits = CRITERION.judge, CRITERION.status_at_visits

GOOD, LOW = (2.0, 200.0), (0.4, 30.0)


def visits_of(patients):
    """{patient: [(day, blasts %, (ANC, platelets) or None, MRD or None)]} as a visits frame."""
    rows = []
    for patient, seen in patients.items():
        for day, blasts, counts, mrd in seen:
            planned = 28.0 if day < 60 else 90.0 if day < 110 else float(day)
            values = {"blasts_percent": blasts, "mrd_fraction": mrd}
            values["anc_1e9_per_l"], values["platelets_1e9_per_l"] = counts or (None, None)
            for quantity, value in values.items():
                rows.append({
                    "arm": "a", "patient": patient, "quantity": quantity, "day_planned": planned, "day": float(day),
                    "value": value, "below_limit": False, "missed": blasts is None,
                })  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"value": pl.Float64, "patient": pl.Int64})


COURSES = {
    1: [(28, 0.5, GOOD, 1e-6), (90, 0.1, GOOD, 1e-6), (180, 0.1, GOOD, 1e-6)],
    2: [(28, 2.0, LOW, 1e-2), (90, 1.0, LOW, 1e-3), (180, 1.0, GOOD, 1e-3)],
    3: [(28, 2.0, LOW, 1e-5), (90, 1.0, GOOD, 1e-5), (180, 30.0, LOW, 0.3)],
    4: [(28, 60.0, LOW, 0.6), (90, 70.0, LOW, 0.7)],
    5: [(28, 1.0, GOOD, 1e-5), (50, 40.0, LOW, 0.4)],
    6: [(28, 20.0, LOW, 0.2), (90, 1.0, GOOD, 1e-5), (180, 0.5, GOOD, 1e-5)],
    7: [(28, 1.0, None, None), (90, 1.0, None, None)],
    8: [(28, 1.0, GOOD, 1e-5)],
    9: [(28, 50.0, LOW, 0.5), (95, 45.0, LOW, 0.5), (180, 1.0, GOOD, 1e-5)],
    10: [(28, None, None, None), (90, 3.0, GOOD, 1e-6), (180, 1.0, GOOD, 1e-6)],
    11: [(28, 4.9, GOOD, 1e-5), (90, 5.0, GOOD, 1e-2)],
}

#           best   responded first  mrd    failure relapse
EXPECTED = {
    1: ("CR", 28.0, True, None, None),
    2: ("CRi", 28.0, False, None, None),
    3: ("CR", 28.0, True, None, 180.0),
    4: ("NR", None, False, 28.0, None),
    5: ("NR", None, False, 50.0, None),
    6: ("CR", 90.0, True, None, None),
    7: ("CRi", 28.0, False, None, None),
    8: ("NR", None, False, None, None),
    9: ("NR", None, False, 28.0, None),
    10: ("CR", 90.0, True, None, None),
    11: ("CR", 28.0, True, None, 90.0),
}


@pytest.mark.parametrize("patient", sorted(COURSES))
def test_each_story(patient):
    """See the table above: written before the code, by the criteria."""
    row = assess(visits_of(COURSES)).filter(pl.col("patient") == patient).row(0, named=True)
    best, first, mrd, failure, relapse = EXPECTED[patient]
    assert row["best_response"] == best
    assert row["first_response_day"] == first
    assert row["residual_negative"] is mrd
    assert row["treatment_failure_day"] == failure
    assert row["relapse_day"] == relapse
    assert row["responded"] is (best != "NR")
    assert row["complete"] is (best == "CR")
    assert row["incomplete"] is (best == "CRi")


def test_death_or_other_therapy_within_28_days_is_no_response():
    """Remission must last 28 days; a contact after it proves life without another visit."""
    visits = visits_of({1: COURSES[8], 2: COURSES[8], 3: COURSES[8], 4: [], 5: COURSES[1]})
    patients = pl.DataFrame(
        {
            "arm": ["a"] * 5,
            "patient": [1, 2, 3, 4, 5],
            "death_day": [40.0, None, None, 10.0, None],
            "subsequent_therapy_day": [None, None, 45.0, None, 100.0],
            "last_contact_day": [40.0, 70.0, 400.0, 10.0, 400.0],
        }
    )
    result = assess(visits, patients)
    assert result["patient"].to_list() == [1, 2, 3, 4, 5]
    assert result["responded"].to_list() == [False, True, False, False, True]
    assert result["treatment_failure_day"].to_list() == [None] * 5


def test_status_at_visits_and_no_marrow():
    """CR needs both counts above their limits; without any marrow nobody has responded or failed."""
    status = status_at_visits(visits_of({1: [(28, 1.0, (1.0, 200.0), None), (90, 1.0, (1.1, 101.0), None)]}))
    assert status["status"].to_list() == ["CRi", "CR"]
    unseen = assess(visits_of(COURSES).filter(pl.col("quantity") == "mrd_fraction"))
    assert unseen["best_response"].to_list() == ["NR"] * len(COURSES)
    assert unseen["treatment_failure_day"].null_count() == len(COURSES)
    nobody = visits_of(COURSES).clear()
    assert assess(nobody).is_empty()
    assert assess(nobody, pl.DataFrame({"arm": ["a"], "patient": [1]}))["responded"].to_list() == [False]


def test_row_order_and_other_patients_do_not_matter():
    """A patient is judged alone."""
    frame = visits_of(COURSES)
    whole = assess(frame)
    assert whole.equals(assess(frame.reverse()))
    assert assess(frame.filter(pl.col("patient") == 3)).equals(whole.filter(pl.col("patient") == 3))
