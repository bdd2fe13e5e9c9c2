"""A myeloma trial runs through the same line as tumour; expected values: the catalogue's own files."""

import numpy as np
import polars as pl
import pytest

PATIENTS = 40
TRIALS = ("cartitude_1", "karmma")


@pytest.fixture(scope="module", params=TRIALS)
def result(request):
    from livingdrug.trial.run import run

    return run(request.param, patients=PATIENTS, seed=2, sample=PATIENTS, threads=1)


def infused(result):
    return result.patients.filter(pl.col("status") == "infused")


def first_day(result):
    return result.courses.sort("patient", "day").group_by("patient", maintain_order=True).first()


def test_growth_while_waiting_is_the_disease_s():
    # expected: one number in one place: the disease states the growth, no way of making does
    from livingdrug.catalog.load import default_catalog

    catalog = default_catalog()
    assert "tumour_growth" in catalog.load("disease", "multiple_myeloma").parameter
    for name in catalog.names("making"):
        assert "tumour_growth" not in catalog.load("making", name).waiting, name


def test_every_course_finishes_and_responses_are_those_of_myeloma(result):
    # expected: the words of the IMWG table
    assert result.failed.is_empty(), result.notes()
    words = set(infused(result)["best_response"].drop_nulls().to_list())
    assert words <= {"sCR", "CR", "VGPR", "PR", "SD", "PD", "NE"}
    assert words & {"sCR", "CR"}


def test_m_protein_begins_in_proportion_to_the_marrow(result):
    # expected: M-protein at enrolment over marrow plasma cells at enrolment is the patient's own ratio, kept at the start
    both = first_day(result).join(result.patients, on="patient", suffix="_enrolled")
    ratio = (both["m_protein"] / (100 * both["mrd_fraction"])).to_numpy()
    wanted = (both["m_protein_g_per_l"] / both["marrow_plasma_percent_enrolled"]).to_numpy()
    np.testing.assert_allclose(ratio, wanted, rtol=1e-3)


def test_plasma_cells_are_killed_and_b_cells_come_back(result):
    # expected: BCMA is on plasma cells and, less, on B cells, which are lost for about 70 days (doi:10.1182/bloodadvances.2021004603)
    at = {day: result.courses.filter(pl.col("day") == day) for day in (0.0, 28.0, 180.0)}
    plasma = {day: dict(frame.select("patient", "plasma_cells").iter_rows()) for day, frame in at.items()}
    lost = [plasma[28.0][who] / plasma[0.0][who] for who in plasma[28.0]]
    assert np.median(lost) < 0.2
    b_cells = {day: dict(frame.select("patient", "b_cells").iter_rows()) for day, frame in at.items()}
    kept = [b_cells[180.0][who] / b_cells[0.0][who] for who in b_cells[180.0]]
    assert np.median(kept) > 0.5


def test_soluble_bcma_and_m_protein_follow_the_myeloma_down(result):
    # expected: whoever responds completely has little of either
    late = result.courses.filter(pl.col("day") == 112.0).join(infused(result), on="patient", suffix="_row")
    clear = late.filter(pl.col("best_response") == "sCR")
    assert clear.height > 3
    assert clear["m_protein"].median() < 1.0
    assert clear["soluble_bcma"].median() < 60.0


def test_movement_events_are_recorded_beyond_the_acute_weeks(result):
    # expected: the grade is the worst sign of the whole course, and there is a day where there is a grade
    worst = result.courses.group_by("patient").agg(pl.col("movement_sign").max())
    both = infused(result).join(worst, on="patient")
    # a sign after another therapy or the last contact is not seen
    assert (both["mnt_max"] <= both["movement_sign"]).all()
    assert (both["mnt_onset_day"].is_not_null() == (both["mnt_max"] >= 1)).all()
    told = result.events.filter(pl.col("event") == "delayed_neurotoxicity").sort("patient")
    seen = both.filter(pl.col("mnt_max") >= 1).sort("patient")
    assert told.select("patient", "day", "grade").rows() == seen.select("patient", "mnt_onset_day", "mnt_max").rows()
