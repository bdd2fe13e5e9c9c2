"""Worked examples of the catalogue, and points and cuts retyped by hand: HScore from PMC7589537 Table 4 and
PMC10101193 Table 1 (mg/dL there, mmol/L here), CAR-HEMATOTOX from five fictional test cases of a public calculator,
EASIX from PMC8525234."""

import numpy as np
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.clinic.scores import score, told_probability

CATALOG = Catalog()
SCORES = {name: CATALOG.load("score", name) for name in CATALOG.names("score")}
EXAMPLES = [(name, example) for name, record in SCORES.items() for example in record.example]
WELL = {
    "immunosuppression": 0.0, "temperature": 37.0, "organomegaly": 0.0, "cytopenias": 0.0, "ferritin": 100.0,
    "triglycerides": 1.0, "fibrinogen": 3.0, "ast": 20.0, "haemophagocytosis": 0.0,
}  # fmt: skip
CALM = {"platelets": 250.0, "neutrophils": 4.0, "hemoglobin": 12.0, "crp": 0.5, "ferritin": 100.0}


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[f"{n}: {e.title[:40]}" for n, e in EXAMPLES])
def test_a_worked_example(name, example):
    assert float(score(SCORES[name], example.inputs).value) == pytest.approx(example.expected, abs=example.tolerance)


@pytest.mark.parametrize(
    ("item", "values", "points"),
    [
        ("immunosuppression", [0, 1], [0, 18]),
        ("temperature", [38.3, 38.4, 39.4, 39.5], [0, 33, 33, 49]),
        ("organomegaly", [0, 1, 2], [0, 23, 38]),
        ("cytopenias", [0, 1, 2, 3], [0, 0, 24, 34]),
        ("ferritin", [1999, 2000, 6000, 6001], [0, 35, 35, 50]),
        ("triglycerides", [1.49, 1.5, 4.0, 4.01], [0, 44, 44, 64]),
        ("fibrinogen", [2.6, 2.5, 1.0], [0, 30, 30]),
        ("ast", [29, 30, 300], [0, 19, 19]),
        ("haemophagocytosis", [0, 1], [0, 35]),
    ],
)
def test_hscore_item_by_item(item, values, points):
    assert score(SCORES["hscore"], {**WELL, item: np.array(values, float)}).value.tolist() == points


def test_hscore_in_american_units():
    """PMC7589537 Table 4 writes the cuts as 132.7 and 354 mg/dL triglycerides and 250 mg/dL fibrinogen."""
    for milligrams, points in (("132 mg/dL", 0), ("133.5 mg/dL", 44), ("353 mg/dL", 44), ("355 mg/dL", 64)):
        assert float(score(SCORES["hscore"], {**WELL, "triglycerides": milligrams}).value) == points
    assert float(score(SCORES["hscore"], {**WELL, "fibrinogen": "250 mg/dL"}).value) == 30


def test_hscore_cut_off():
    """PMC10101193 Table 1: a cut-off of 169."""
    below = score(
        SCORES["hscore"], {**WELL, "temperature": 39.0, "ferritin": 7000.0, "triglycerides": 5.0, "ast": 50.0}
    )
    assert (float(below.value), str(below.band)) == (166, "below the cut-off")
    above = score(
        SCORES["hscore"], {**WELL, "organomegaly": 2.0, "ferritin": 7000.0, "triglycerides": 5.0, "cytopenias": 2.0}
    )
    assert (float(above.value), str(above.band)) == (176, "at or above the cut-off")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, "at most 1 %"), (90, "at most 1 %"), (95, "at most 1 %"), (100, "1 %"), (110, "3 %"), (120, "5 %"), (130, "9 %"),
        (140, "16 %"), (150, "25 %"), (160, "40 %"), (169, "40 to 54 %"), (170, "54 %"), (180, "70 %"), (190, "80 %"),
        (200, "88 %"), (210, "93 %"), (220, "96 %"), (230, "98 %"), (240, "99 %"), (245, "at least 99 %"), (250, "at least 99 %"), (337, "at least 99 %"),
    ],
)  # fmt: skip
def test_hscore_probability(value, told):
    """hindawi.com/journals/crirh/2017/5304180/tab3, copied from Fardet 2014: below 1 % at 90, above 99 % at 250."""
    assert told_probability(SCORES["hscore"], value) == told


def test_no_probability_without_a_table():
    assert told_probability(SCORES["hematotox"], 3) == ""
    assert told_probability(SCORES["hscore"], np.nan) == ""


@pytest.mark.parametrize(
    ("item", "values", "points"),
    [
        ("platelets", [176, 175, 75, 74], [0, 1, 1, 2]),
        ("neutrophils", [1.2, 1.199], [0, 1]),
        ("hemoglobin", [9.0, 8.9], [0, 1]),
        ("crp", [2.9, 3.0], [0, 1]),
        ("ferritin", [649, 650, 2000, 2001], [0, 1, 1, 2]),
    ],
)
def test_hematotox_item_by_item(item, values, points):
    assert score(SCORES["hematotox"], {**CALM, item: np.array(values, float)}).value.tolist() == points


def test_hematotox_is_high_from_two():
    """european-mcl.net: high is 2 and more, low 0 to 1; the public tool that adds up to 10 is wrong."""
    platelets = np.array([250.0, 100.0, 60.0])
    assert score(SCORES["hematotox"], {**CALM, "platelets": platelets}).band.tolist() == ["low", "low", "high"]
    worst = {"platelets": 1.0, "neutrophils": 0.0, "hemoglobin": 5.0, "crp": 30.0, "ferritin": 1e5}
    assert float(score(SCORES["hematotox"], worst).value) == 7


def test_the_three_easix_formulas_stand_in_their_relation():
    """By definition: EASIX is s-EASIX times creatinine [mg/dL], m-EASIX is s-EASIX times CRP [mg/dL]."""
    values = {"ldh": "412 U/L", "platelets": "37 1e9/L"}
    simple = float(score(SCORES["s_easix"], values).value)
    assert float(score(SCORES["easix"], {**values, "creatinine": "1.3 mg/dL"}).value) == pytest.approx(1.3 * simple)
    assert float(score(SCORES["m_easix"], {**values, "crp": "88 mg/L"}).value) == pytest.approx(8.8 * simple)


def test_what_is_not_verified_is_refused():
    """The project's rule: no formula that was not seen."""
    assert {name for name, record in SCORES.items() if record.refused} == {"easix_f", "easix_fc", "inflamix", "teachey"}
    for record in SCORES.values():
        assert record.refused or record.status == "read"
