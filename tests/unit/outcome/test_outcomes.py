"""Outcomes of the catalogue, counted by hand in a few rows of what was seen."""

from __future__ import annotations

import math

import pytest

from livingdrug.foundation.errors import BadInput, UnknownName

COPIES, CELLS, FERRITIN = "car_t_copies_per_ug", "car_t_per_ul", "ferritin_ng_per_ml"


def results(quantity, *values, patient=1):
    """Rows of an assay from (day, value) or (day, value, below_limit)."""
    return [
        {"patient": patient, "quantity": quantity, "day": float(day), "day_planned": float(day), "value": float(value),
         "below_limit": bool(low and low[0])}
        for day, value, *low in values
    ]  # fmt: skip


# ── toxicity and support, from the ward ──


def test_dialysis_begins_above_six_times_normal(asked):
    """CTCAE 5.0, creatinine increased: grade 3 to 6 times the upper limit of normal, grade 4 above."""
    ward = [
        {"patient": 1, "day": 5, "creatinine_ratio": 6.1},
        {"patient": 2, "day": 5, "creatinine_ratio": 6.0},
        {"patient": 2, "day": 6, "creatinine_ratio": 2.5},
    ]
    assert asked(ward=ward).ask("dialysis").to_list() == [True, False, False]


@pytest.mark.parametrize(
    ("name", "sign", "least"),
    [
        ("hypotension_treated", "pressor_level", 1.0),
        ("vasopressor", "pressor_level", 2.0),
        ("vasopressor_high_dose", "pressor_level", 3.0),
        ("oxygen", "oxygen_level", 1.0),
        ("ventilation", "oxygen_level", 4.0),
        ("ventilation", "arousal", 2.0),
    ],
)
def test_support_begins_at_its_level(asked, name, sign, least):
    """Levels as the signs are defined (0 none … 4); counted from infusion through day 55, absent is no."""
    ward = [
        {"patient": 1, "day": 55, sign: least},
        {"patient": 2, "day": 55, sign: least - 1},
        {"patient": 3, "day": 56, sign: least},
    ]
    assert asked(ward=ward).ask(name).to_list() == [True, False, False]


def test_intensive_care_is_any_of_three(asked):
    # expected: by the outcome's definition, a vasopressor, high flow, or ICE 0 to 2
    ward = [
        {"patient": 1, "day": 1, "ice_score": 2.0},
        {"patient": 2, "day": 1, "oxygen_level": 2.0},
        {"patient": 3, "day": 1, "ice_score": 3.0, "oxygen_level": 1.0, "pressor_level": 1.0},
    ]
    assert asked(ward=ward).ask("icu").to_list() == [True, True, False]


# ── assays ──


@pytest.mark.parametrize(("quantity", "suffix"), [(COPIES, "_copies_per_ug"), (CELLS, "_cells_per_ul")])
def test_the_peak_is_sought_for_28_days(asked, quantity, suffix):
    """By hand: 50 on day 28 counts, 90 on day 29 does not, nor what lies below the limit."""
    visits = [*results(quantity, (7, 40), (14, 70, True), (28, 50), (29, 90)), *results(quantity, (29, 5), patient=2)]
    found = asked(visits=visits)
    assert found.ask(f"cmax{suffix}").to_list() == [50.0, None, None]
    when = "tmax_day" if quantity == COPIES else "tmax_cells_day"
    assert found.ask(when).to_list() == [28.0, None, None]
    # area to day 28 by the trapezoid from 0 on day 0, results below the limit as zero: 7*40/2 + 7*40/2 + 14*50/2
    assert found.ask(f"auc_0_28_day{suffix}").to_list()[0] == pytest.approx(140 + 140 + 350)


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        ("peak_ferritin_ng_per_ml", FERRITIN),
        ("peak_crp_mg_per_l", "crp_mg_per_l"),
        ("peak_il6_pg_per_ml", "il6_pg_per_ml"),
    ],
)
def test_peaks_in_the_blood_are_those_of_the_first_28_days(asked, name, quantity):
    """By hand: before infusion and after day 28 do not count."""
    visits = results(quantity, (-1, 99), (14.5, 5), (28, 7), (28.5, 80))
    assert asked(visits=visits).ask(name).to_list() == [7.0, None, None]


def test_highest_lowest_first_last_and_area_of_any_assay(asked):
    """By hand, through families of outcomes; from infusion on."""
    found = asked(visits=results(FERRITIN, (-2, 1), (0, 300), (4, 700), (40, 900), (50, 100)))
    told = {
        f"highest_{FERRITIN}": 900.0, f"highest_{FERRITIN}_by_day_28": 700.0, f"lowest_{FERRITIN}": 100.0,
        f"first_{FERRITIN}": 300.0, f"last_{FERRITIN}": 100.0,
    }  # fmt: skip
    assert {name: found.ask(name)[0] for name in told} == told
    # linear up, logarithmic down (here only up): 4 * 500
    assert found.ask(f"area_{FERRITIN}_by_day_4")[0] == pytest.approx(4 * 500)


def test_missed_visits_are_no_results(asked):
    # expected: the same as without the row
    rows = results(FERRITIN, (3, 500), (5, 900))
    rows[1]["missed"] = True
    assert asked(visits=rows).ask(f"highest_{FERRITIN}")[0] == 500.0


def test_relapse_lacks_the_antigen_when_half_of_the_tumour_does(asked):
    """By hand: flow cytometry reads 50 percent or more without the antigen; without a biopsy nobody knows."""
    visits = [
        *results("antigen_negative_percent", (200, 96), patient=1),
        *results("antigen_negative_percent", (150, 4), patient=2),
    ]
    assert asked(visits=visits).ask("relapse_antigen_negative").to_list() == [True, False, None]


def test_counts_of_day_28_are_graded(asked):
    """CTCAE 5.0, neutrophil count decreased: below 0.5e9/L is grade 4, 0.5 to 1.0 is grade 3; the visit planned on day 28."""
    anc = "anc_1e9_per_l"
    rows = [*results(anc, (14, 0.1), (30, 0.4)), *results(anc, (28, 0.7), patient=2)]
    rows[1]["day_planned"] = 28.0
    assert asked(visits=rows).ask("neutropenia_grade_day28").to_list() == [4, 3, None]


def test_days_and_grades_of_a_whole_course(asked):
    """By hand from the ICAHT table: 0.3 on days 0 to 8 is nine days: early grade 2; platelets 15 on one day: grade 3."""
    anc = results("anc_1e9_per_l", *((day, 0.3 if day < 9 else 2.0) for day in range(31)))
    platelets = results("platelets_1e9_per_l", *((day, 15.0 if day == 4 else 120.0) for day in range(31)))
    found = asked(visits=[*anc, *platelets])
    assert found.ask("days_anc_below_500").to_list() == [9.0, None, None]
    assert found.ask("icaht_early").to_list() == [2, None, None]
    assert found.ask("icaht_platelets_early").to_list() == [3, None, None]
    assert found.ask("icaht_late").to_list() == [None, None, None]


def test_score_before_treatment(asked):
    """By hand: platelets 60 (2), neutrophils 0.7 (1), haemoglobin 8.5 (1), CRP 24 mg/L (0), ferritin 1400 (1): 5."""
    blood = {
        "platelets_1e9_per_l": 60.0, "anc_1e9_per_l": 0.7, "haemoglobin_g_per_dl": 8.5, "crp_mg_per_l": 24.0, FERRITIN: 1400.0,
    }  # fmt: skip
    before = [row for name, value in blood.items() for row in results(name, (-7, value), (3, 1000 * value))]
    lacking = [row for name, value in blood.items() for row in results(name, (-7, value), patient=2)][1:]
    late = [row for name, value in blood.items() for row in results(name, (1, value), patient=3)]
    assert asked(visits=[*before, *lacking, *late]).ask("car_hematotox").to_list() == [5, None, None]


def test_b_cells_are_back_from_day_28_on(asked, questions):
    # expected: the trial's own limit; earlier results are cells not yet killed
    limit = questions.conduct["b_cell_recovery"]
    rows = [
        *results("b_cells_per_ul", (14, limit), (60, limit - 0.1), (90, limit)),
        *results("b_cells_per_ul", (14, limit), patient=2),
    ]
    assert asked(visits=rows).ask("b_cell_recovery_day").to_list() == [90.0, None, None]


# ── grades ──

EPISODE = [
    {"day": 0, "grade": 0}, {"day": 3, "grade": 1}, {"day": 4, "grade": 3}, {"day": 6, "grade": 2},
    {"day": 9, "grade": 0}, {"patient": 2, "day": 5, "grade": 0},
]  # fmt: skip


def test_worst_grade_onset_and_duration_of_any_scale(asked):
    """By hand: grades 1, 3, 2 on days 3, 4, 6: worst 3, onset 3, three to six is four days, two days at grade 2."""
    found = asked(grades=EPISODE)
    assert found.ask("crs_penn_max").to_list() == [3, 0, None]
    assert found.ask("crs_penn_onset_day").to_list() == [3.0, None, None]
    assert found.ask("crs_penn_duration_days").to_list() == [4.0, None, None]
    assert found.ask("days_crs_penn_grade_2").to_list() == [2, 0, None]
    assert found.ask("crs_onset_day").to_list() == [3.0, None, None], "the first scale of CRS is the trial's"


def test_a_scale_that_was_not_graded_is_refused_with_the_next_step(asked):
    # expected: an error; an ungraded scale would read as nobody having had anything
    with pytest.raises(BadInput, match=r'crs_cartox_max: .*does not grade scale "crs_cartox"(.|\n)*Add "crs_cartox"'):
        asked(grades=EPISODE).ask("crs_cartox_max")
    with pytest.raises(BadInput, match=r'measures no "m_protein_g_per_l"'):
        asked().ask("highest_m_protein_g_per_l")
    with pytest.raises(UnknownName, match='Did you mean "crs_penn_max"'):
        asked().ask("crs_pen_max")


# ── drugs, events, exits ──


def test_doses_of_every_drug_and_class(asked):
    """By hand from the log; nobody's log is unknown, so without a row there was no dose."""
    log = [
        {"drug": "tocilizumab"}, {"drug": "tocilizumab"}, {"drug": "dexamethasone"}, {"drug": "methylprednisolone"},
        {"patient": 2, "drug": "dexamethasone"},
    ]  # fmt: skip
    found = asked(log=log)
    assert found.ask("doses_tocilizumab").to_list() == found.ask("n_tocilizumab").to_list() == [2, 0, 0]
    assert found.ask("doses_anakinra").to_list() == [0, 0, 0]
    assert found.ask("doses_of_glucocorticoid").to_list() == found.ask("n_steroid").to_list() == [2, 1, 0]


def test_infections_are_counted_to_eight_weeks(asked):
    # expected: by hand, 56 days included
    events = [{"event": "infection", "day": day, "grade": grade} for day, grade in ((3, 2), (56, 3), (57, 4), (300, 3))]
    found = asked(events=[*events, {"event": "relapse", "day": 5}])
    assert found.ask("n_infections_8wk").to_list() == [2, 0, 0]
    assert found.ask("n_severe_infections_8wk").to_list() == [1, 0, 0]
    assert found.ask("n_infections").to_list() == [4, 0, 0]


def test_only_courses_that_finished_have_outcomes(asked):
    # expected: a failed course has no row, one that ended in death has
    exits = [
        {"patient": 1, "last_contact_day": 30.0, "course_status": "died"},
        {"patient": 2, "last_contact_day": None, "course_status": "step became too small"},
        {"patient": 3, "last_contact_day": 400.0, "course_status": "finished"},
    ]
    found = asked(exits=exits, log=[{"patient": 2, "drug": "tocilizumab"}])
    assert found.patients.tolist() == [1, 3]
    assert found.table(["last_contact_day", "doses_tocilizumab"]).rows() == [(1, 30.0, 0), (3, 400.0, 0)]


def test_days_that_never_came_are_null_and_numbers_stay_finite(asked, questions):
    # expected: no infinity or NaN in any listed outcome, whatever is missing
    table = asked(grades=EPISODE).table(questions.listed())
    assert table.height == 3
    for name in table.columns:
        assert all(value is None or not isinstance(value, float) or math.isfinite(value) for value in table[name]), name
