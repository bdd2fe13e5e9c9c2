"""Expected grades retyped by hand from the published tables: ASTCT PMC9327779 t0002; Penn and CTCAE in
doi 10.1186/s13045-018-0653-x table 1; Lee, MSKCC, CARTOX in PMC7006459 T2; T-ICAHT ash-sap.org view-large/12809257;
N-ICAHT recalled from Rejeski 2023; counts from hindawi.com/journals/jo/2019/4828563/tab1."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.signs import SHIPPED
from livingdrug.clinic.grading import days_at_or_below, formula_text, grade
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.expressions import read_formula

CATALOG = Catalog()
SCALES = {name: CATALOG.load("scale", name) for name in CATALOG.names("scale")}
WELL = {name: sign.well for name, sign in SHIPPED.items()}
HOT = {"temperature": 38.6}
CRS = ("crs_astct", "crs_penn", "crs_lee", "crs_cartox", "crs_mskcc")


def graded(scale, **signs):
    return int(grade(SCALES[scale], {**WELL, **signs}))


# what the patient has                                          ASTCT Penn Lee CARTOX MSKCC
AGREEMENT = [
    ("well", {}, (0, 0, 0, 0, 0)),
    ("37.9 degC is no fever", {"temperature": 37.9}, (0, 0, 0, 0, 0)),
    ("fever alone", HOT, (1, 1, 1, 1, 1)),
    ("exactly 38.0 degC", {"temperature": 38.0}, (1, 1, 1, 1, 1)),
    ("fever, in hospital with febrile neutropenia", {**HOT, "admitted": 1}, (1, 2, 1, 1, 1)),
    ("fever and fluid boluses", {**HOT, "pressor_level": 1}, (2, 3, 2, 2, 1)),
    ("fever and low-dose vasopressor", {**HOT, "pressor_level": 2}, (3, 3, 2, 2, 2)),
    ("the same for 30 hours", {**HOT, "pressor_level": 2, "pressor_hours": 30}, (3, 3, 2, 2, 3)),
    ("fever and high-dose vasopressor", {**HOT, "pressor_level": 3}, (3, 4, 3, 3, 2)),
    ("fever and several vasopressors", {**HOT, "pressor_level": 4}, (4, 4, 3, 3, 4)),
    ("fever and low-flow oxygen", {**HOT, "oxygen_level": 1}, (2, 3, 2, 2, 2)),
    ("fever and high-flow oxygen", {**HOT, "oxygen_level": 2}, (3, 3, 3, 3, 3)),
    ("fever and BiPAP", {**HOT, "oxygen_level": 3}, (4, 3, 3, 3, 3)),
    ("fever and ventilator", {**HOT, "oxygen_level": 4}, (4, 4, 4, 4, 4)),
    ("fever, creatinine 1.6 x", {**HOT, "creatinine_ratio": 1.6}, (1, 2, 2, 2, 1)),
    ("fever, creatinine 3.5 x", {**HOT, "creatinine_ratio": 3.5}, (1, 3, 3, 3, 1)),
    ("fever, creatinine 6.5 x", {**HOT, "creatinine_ratio": 6.5}, (1, 3, 4, 4, 1)),
    ("fever, transaminases 4 x", {**HOT, "transaminase_ratio": 4}, (1, 1, 2, 2, 1)),
    ("fever, transaminases 10 x", {**HOT, "transaminase_ratio": 10}, (1, 2, 3, 3, 1)),
    ("fever, transaminases 25 x", {**HOT, "transaminase_ratio": 25}, (1, 3, 3, 3, 1)),
    ("low-dose vasopressor, fever gone after treatment", {"pressor_level": 2, "fever_treated": 1}, (3, 3, 2, 2, 2)),
    ("treated fever, nothing else", {"fever_treated": 1}, (0, 0, 0, 0, 0)),
    ("hypotension that never had fever", {"pressor_level": 2}, (0, 3, 2, 2, 2)),
    ("liver enzymes without any sign of CRS", {"transaminase_ratio": 10}, (0, 0, 0, 0, 0)),
    ("death due to CRS", {**HOT, "died_of_toxicity": 1}, (5, 5, 5, 5, 5)),
]


@pytest.mark.parametrize(("story", "signs", "expected"), AGREEMENT, ids=[case[0] for case in AGREEMENT])
def test_one_patient_on_five_scales(story, signs, expected):
    assert tuple(graded(scale, **signs) for scale in CRS) == expected


ICANS = [
    ({"ice_score": 10}, 0), ({"ice_score": 9}, 1), ({"ice_score": 7}, 1), ({"ice_score": 6}, 2), ({"ice_score": 3}, 2),
    ({"ice_score": 2}, 3), ({"ice_score": 0}, 3), ({"ice_score": 0, "arousal": 3}, 4), ({"arousal": 1}, 2),
    ({"arousal": 2}, 3), ({"arousal": 3}, 4), ({"seizure": 1}, 3), ({"seizure": 2}, 4), ({"motor_weakness": 1}, 4),
    ({"cerebral_oedema": 1}, 3), ({"cerebral_oedema": 2}, 4), ({"ice_score": 8, "seizure": 1}, 3), ({"ice_score": 9.6}, 0),
]  # fmt: skip


@pytest.mark.parametrize(("signs", "expected"), ICANS)
def test_icans_is_the_worst_domain(signs, expected):
    assert graded("icans_astct", **signs) == expected


@pytest.mark.parametrize(
    ("scale", "sign", "values", "expected"),
    [
        (
            "ctcae_neutrophils",
            "neutrophils",
            [2.5, 2.0, 1.9, 1.5, 1.4, 1.0, 0.9, 0.5, 0.4],
            [0, 0, 1, 1, 2, 2, 3, 3, 4],
        ),
        ("ctcae_platelets", "platelets", [150, 100, 99, 75, 74, 50, 49, 25, 24], [0, 0, 1, 1, 2, 2, 3, 3, 4]),
        ("icaht_early", "days_neutrophils_at_most_500", [0, 1, 6, 7, 13, 14, 20], [0, 1, 1, 2, 2, 3, 3]),
        ("icaht_early", "days_neutrophils_at_most_100", [0, 6, 7, 13, 14], [0, 0, 3, 3, 4]),
        ("icaht_early", "neutrophils_never_above_500", [0, 1], [0, 4]),
        ("icaht_early_platelets", "days_platelets_below_50", [0, 1, 6, 7, 30], [0, 1, 1, 2, 2]),
        ("icaht_early_platelets", "days_platelets_below_20", [0, 1, 13, 14], [0, 3, 3, 4]),
    ],
)
def test_counts(scale, sign, values, expected):
    signs = {**{name: WELL[name] for name in SCALES[scale].names}, sign: np.array(values, float)}
    assert grade(SCALES[scale], signs).tolist() == expected


def test_every_scale_grades_a_well_person_zero():
    """A well person has no toxicity, whatever the scale."""
    assert {name: int(grade(scale, WELL)) for name, scale in SCALES.items()} == dict.fromkeys(SCALES, 0)


LEVELS = {"pressor_level": 4, "oxygen_level": 4, "arousal": 3, "seizure": 2, "motor_weakness": 1, "cerebral_oedema": 2}
RANGES = {
    "temperature": (35.0, 42.0), "mean_arterial_pressure": (30.0, 110.0), "creatinine_ratio": (0.3, 10.0),
    "transaminase_ratio": (0.3, 40.0), "ice_score": (0.0, 10.0), "neutrophils": (0.0, 8.0), "platelets": (0.0, 400.0),
    "igg": (0.0, 20.0), "crp": (0.0, 400.0), "ferritin": (10.0, 1e5), "il6": (1.0, 1e5), "pressor_hours": (0.0, 72.0),
}  # fmt: skip


def a_value(name):
    if name in LEVELS:
        return st.integers(0, LEVELS[name]).map(float)
    low, high = RANGES.get(name, (0.0, 31.0) if name.startswith("days") else (0.0, 1.0))
    return st.floats(low, high) if high > 1 else st.sampled_from([0.0, 1.0])


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(sorted(SCALES)))
def test_worse_signs_never_lower_the_grade(data, name):
    """Any grading of severity is monotone: by definition, not by a published number."""
    signs = {sign: data.draw(a_value(sign), label=sign) for sign in SHIPPED}
    worse = dict(signs)
    for sign, about in SHIPPED.items():
        other = data.draw(a_value(sign), label=f"other {sign}")
        worse[sign] = max(signs[sign], other) if about.worse > 0 else min(signs[sign], other)
    assert grade(SCALES[name], worse) >= grade(SCALES[name], signs)


def test_program_formula_equals_column_grade():
    """Grades of columns and of the formula given to the check program, on the agreement cases above."""
    for name in CRS:
        text = formula_text(SCALES[name], without=("died_of_toxicity",))
        assert "died_of_toxicity" not in read_formula(text).names
        for _, signs, _ in AGREEMENT[:-1]:
            at_bedside = read_formula(text).evaluate({**WELL, **signs})
            assert int(at_bedside) == graded(name, **signs)


def test_missing_sign_is_named_and_missing_flag_counts_as_no():
    """By the documentation of grade()."""
    with pytest.raises(BadInput, match="oxygen_level"):
        grade(SCALES["crs_astct"], {"temperature": 39.0, "pressor_level": 0.0})
    assert int(grade(SCALES["crs_astct"], {"temperature": 39.0, "pressor_level": 0.0, "oxygen_level": 0.0})) == 1


def test_nan_is_no_grade():
    """A sign that was not seen cannot fulfil a condition."""
    nan = np.array([np.nan, 39.0])
    assert grade(SCALES["crs_astct"], {"temperature": nan, "pressor_level": nan, "oxygen_level": nan}).tolist() == [
        0,
        4,
    ]


def test_days_at_or_below():
    """Counted by hand."""
    counts = np.array([[0.4, 0.5, 0.6, np.nan], [0.1, 0.1, 0.1, 0.1]])
    assert days_at_or_below(counts, 0.5).tolist() == [2, 4]
    assert days_at_or_below(counts, 0.5, strictly=True).tolist() == [1, 4]


def test_signs_flags_and_course_signs_do_not_overlap():
    """One name, one meaning."""
    assert len(SHIPPED) == len(SHIPPED.moment) + len(SHIPPED.flags) + len(SHIPPED.reported) + len(SHIPPED.course)
