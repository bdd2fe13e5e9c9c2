"""A table of patients scored: expected values by hand from the definition of EASIX, LDH x creatinine / platelets."""

import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.foundation.errors import BadInput
from livingdrug.interop.user_tables.scoring import read_patient_table, score_table

EASIX, HSCORE = (Catalog().load("score", name) for name in ("easix", "hscore"))


def test_a_table_of_patients(tmp_path):
    file = tmp_path / "patients.csv"
    heading = "who,LDH [U/L],creatinine [umol/L],PLT [1/uL]"
    file.write_text(f"{heading}\na,300,70.72,100000\nb,,70.72,100000\n", encoding="utf-8")
    scored = score_table(file, EASIX)
    assert scored.columns == [*heading.split(","), "easix"]
    assert scored["easix"][0] == pytest.approx(2.4, rel=1e-4)
    assert scored["easix"][1] is None
    file.write_text("who,LDH [U/L],creatinine [mg/dL],PLT [K/uL]\na,300,0.8,x\nb,300,88,100\n", encoding="utf-8")
    with pytest.raises(BadInput) as told:
        score_table(file, EASIX)
    assert 'row 2, column "PLT [K/uL]": got "x"' in str(told.value)
    assert 'row 3, column "creatinine [mg/dL]": got "88", expected a number from 0.05 to 30 mg/dL' in str(told.value)
    file.write_text("who,LDH [U/L],PLT [1e9/L]\na,300,5\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"creatinine \[mg/dL\]"):
        score_table(file, EASIX)


def test_headings_state_their_units_as_values_on_the_command_line_do(tmp_path):
    # expected: every heading without a unit is named, none is guessed
    file = tmp_path / "patients.csv"
    file.write_text("patient,LDH,creatinine,PLT [G/L]\na,300,0.8,100\n", encoding="utf-8")
    with pytest.raises(BadInput) as told:
        score_table(file, EASIX)
    assert "LDH [U/L]" in str(told.value)
    assert "creatinine [mg/dL]" in str(told.value)
    assert "PLT" not in str(told.value)


def test_a_patient_who_stands_twice_is_named(tmp_path):
    file = tmp_path / "patients.csv"
    rows = "\n".join(f"{who},300,0.8,100" for who in "abca")
    file.write_text(f"USUBJID,LDH [U/L],creatinine [mg/dL],PLT [K/uL]\n{rows}\n", encoding="utf-8")
    told = str(read_patient_table(file, EASIX).understood)
    assert 'patients: 3, by "USUBJID"' in told
    assert "1 patient stands more than once: patient a (rows 2, 5)" in told


def test_yes_and_no_in_their_usual_spellings(tmp_path):
    file = tmp_path / "patients.csv"
    heading = (
        "immunosuppression,temperature [F],organomegaly,cytopenias,ferritin [ng/mL],triglycerides [mmol/L],"
        "fibrinogen [g/L],ast [U/L],haemophagocytosis"
    )
    rows = [
        f"{yes},101.12,both,1,100,1,3,20,{no}"
        for yes, no in [("Yes", "no"), ("Y", "N"), ("TRUE", "False"), ("t", "f"), ("1", "0")]
    ]
    file.write_text("\n".join([heading, *rows]), encoding="utf-8")
    # 101.12 degF is exactly 38.4 degC, the lower limit: 18 + 33 + 38
    assert score_table(file, HSCORE)["hscore"].to_list() == [89] * 5
