"""Values at the door of a score: expected values by hand from the definitions of units and of NaN."""

import numpy as np
import pytest
from pydantic import ValidationError

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.records.score import Score
from livingdrug.clinic.scores import score
from livingdrug.foundation.errors import BadInput, UnitError, UnknownName

EASIX, HEMATOTOX, HSCORE = (Catalog().load("score", name) for name in ("easix", "hematotox", "hscore"))
GOOD = {"ldh": "300 U/L", "creatinine": "0.8 mg/dL", "platelets": "100 1e9/L"}


@pytest.mark.parametrize(
    "same",
    [
        {"platelets": "100000 cells/uL"}, {"platelets": "100 x10^9/L"}, {"platelets": "100 G/L"}, {"platelets": "100 K/µL"}, {"platelets": "100 10*3/uL"}, {"plt": "100e9 /L"}, {"creatinine": "8 mg/L"},
        {"creatinine": "70.7 umol/L"}, {"ldh": "300 IU/L"}, {"ldh": 300.0}, {"LDH": "0.3 U/mL"},
    ],
    ids=str,
)  # fmt: skip
def test_the_same_patient_in_other_units(same):
    values = {
        key: value
        for key, value in GOOD.items()
        if key not in {k.lower() for k in same} and not ("plt" in same and key == "platelets")
    }
    assert float(score(EASIX, {**values, **same}).value) == pytest.approx(2.4, rel=1e-3)


def test_many_patients_at_once_and_missing_values():
    result = score(
        HEMATOTOX, {"platelets": np.array([60.0, np.nan, 300.0]), "anc": 4.0, "hb": 12.0, "crp": 0.5, "ferritin": 50.0}
    )
    assert result.value.tolist()[::2] == [2, 0]
    assert np.isnan(result.value[1])
    assert result.band.tolist() == ["high", "", "low"]
    assert result.points["platelets"].shape == (3,)


def test_one_number_gives_one_number():
    assert np.isnan(score(EASIX, {**GOOD, "ldh": None}).value)
    assert score(EASIX, GOOD).value.shape == ()


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ({"ldh": "300"}, UnitError, "without a unit"),
        ({"ldh": "300 mg"}, UnitError, "U/L"),
        ({"platelets": "100 gr/L"}, UnitError, "gram or grain"),
        ({"ldh": "high"}, BadInput, "expected a number from 10 to 50000 U/L"),
        ({"platelets": "0 1e9/L"}, BadInput, "0.5"),
        ({"platelets": np.array([100.0, -3.0])}, BadInput, '"-3"'),
        ({"creatnine": "1 mg/dL"}, UnknownName, 'Did you mean "creatinine"'),
        ({"plt": "100 1e9/L"}, BadInput, "given twice"),
    ],
    ids=str,
)
def test_a_wrong_value_is_told(change, error, told):
    with pytest.raises(error, match=told):
        score(EASIX, {**GOOD, **change})


def test_a_missing_input_is_told():
    with pytest.raises(BadInput, match=r"also reads platelets \[1e9/L\]"):
        score(EASIX, {key: value for key, value in GOOD.items() if key != "platelets"})


@pytest.mark.parametrize("name", ["teachey", "inflamix", "easix_f", "easix_fc"])
def test_a_refused_score_tells_why(name):
    with pytest.raises(BadInput, match="not found in a source"):
        score(Catalog().load("score", name), GOOD)


def test_words_stand_for_numbers():
    values = {"immunosuppression": "Yes", "temperature": "101.12 degF", "organomegaly": "both", "cytopenias": "1",
              "ferritin": "100 ng/mL", "triglycerides": "1 mmol/L", "fibrinogen": "3 g/L", "ast": "20 U/L",
              "haemophagocytosis": "no"}  # fmt: skip
    # 101.12 degF is exactly 38.4 degC, the lower limit: 18 + 33 + 38
    assert float(score(HSCORE, values).value) == 89
    with pytest.raises(BadInput, match="expected a whole number"):
        score(HSCORE, {**values, "cytopenias": "1.5"})


BASE = {
    "id": "x", "title": "A score", "predicts": "nothing", "source": "imagination", "status": "own", "formula": "a",
    "input": {"a": {"unit": "mg", "meaning": "some amount", "low": 0, "high": 1}},
    "example": [{"title": "one", "inputs": {"a": "1 mg"}, "expected": 1, "source": "imagination"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"formula": ""}, "one of the two"),
        ({"formula": "a + b"}, "not among the inputs"),
        ({"formula": "1"}, "read by nothing"),
        ({"example": []}, "worked example"),
        ({"example": [{**BASE["example"][0], "inputs": {}}]}, "exactly the inputs"),
        ({"refused": "not verified"}, "no formula"),
    ],
    ids=[0, 1, 2, 3, 4, 5],
)
def test_a_score_file_holds_together(change, told):
    assert Score.model_validate(BASE).id == "x"
    with pytest.raises(ValidationError, match=told):
        Score.model_validate({**BASE, **change})
