"""Doses are held against the highest usual one of their drug. Expected: labels' doses pass, the same with a slip of the unit do not."""

from __future__ import annotations

import tomllib

import pytest

from livingdrug.catalog.load import HERE, default_catalog, load_trial
from livingdrug.catalog.records.drug import Drug
from livingdrug.catalog.usual_doses import far_from_usual
from livingdrug.foundation.errors import BadInput


@pytest.mark.parametrize(
    ("value", "unit", "told"), [(30.0, "mg/L", "expected mg/m^2 or mg/kg or mg"), (0.0, "mg/m^2", "more than 0")]
)
def test_a_highest_dose_that_is_none_is_refused(value, unit, told):
    table = tomllib.loads((HERE / "drug/fludarabine.toml").read_text(encoding="utf-8"))
    assert Drug.model_validate({"id": "mine", **table}).usual_highest is not None
    table["usual_highest"] |= {"value": value, "unit": unit}
    with pytest.raises(BadInput, match="usual_highest") as refused:
        Drug.model_validate({"id": "mine", **table})
    assert told in str(refused.value)


CATALOG = default_catalog()
IN_MILLIGRAMS = [name for name in CATALOG.names("drug") if CATALOG.load("drug", name).counted_in == "mg"]


@pytest.mark.parametrize("name", IN_MILLIGRAMS)
def test_every_drug_in_milligrams_says_what_is_usual(name):
    drug = CATALOG.load("drug", name)
    assert drug.usual_highest is not None, f"drug/{name}.toml needs [usual_highest]"
    unit = drug.usual_highest.unit
    assert far_from_usual(drug.usual_highest.value, unit, drug) == ""
    # a milligram where a microgram was meant is a thousand times too much, the other way round a thousand times too little
    for slip in (1000.0, 0.001):
        assert "Look at the unit" in far_from_usual(slip * drug.usual_highest.value, unit, drug)


# As people write them: microgram for milligram, gram for milligram, mg/kg for mg, a decimal mark lost.
SLIPS = [
    ("filgrastim", 'per_kg = "5 mg/kg"', "dose.per_kg"),
    ("filgrastim", 'fixed = "300 mg"', "dose.fixed"),
    ("dexamethasone", 'fixed = "10 ug"', "dose.fixed"),
    ("dexamethasone", 'per_kg = "10 mg/kg"', "dose.per_kg"),
    ("tocilizumab", 'per_kg = "8 ug/kg"', "dose.per_kg"),
    ("tocilizumab", 'per_kg = "8 mg/kg", at_most = "800 g"', "dose.at_most"),
    ("tocilizumab", 'per_kg = "8 mg/kg", below_weight = "30 kg", per_kg_below = "12 ug/kg"', "dose.per_kg_below"),
    ("anakinra", 'fixed = "100 mg", at_most = "100 g"', "dose.at_most"),
    ("siltuximab", 'per_kg = "11 ug/kg"', "dose.per_kg"),
    ("methylprednisolone", 'fixed = "2 ug"', "dose.fixed"),
    ("immunoglobulin", 'per_kg = "0.4 mg/kg"', "dose.per_kg"),
    ("levetiracetam", 'fixed = "0.5 mg"', "dose.fixed"),
]  # fmt: skip
SOUND = [
    ("filgrastim", 'per_kg = "5 ug/kg"'), ("filgrastim", 'fixed = "0.48 mg"'), ("dexamethasone", 'fixed = "10 mg"'),
    ("dexamethasone", 'per_kg = "0.15 mg/kg", at_most = "10 mg"'), ("methylprednisolone", 'per_kg = "30 mg/kg", at_most = "1 g"'),
    ("methylprednisolone", 'fixed = "16 mg"'), ("immunoglobulin", 'per_kg = "0.4 g/kg"'), ("immunoglobulin", 'per_kg = "2 g/kg"'),
    ("anakinra", 'fixed = "100 mg"'), ("anakinra", 'per_kg = "8 mg/kg"'), ("levetiracetam", 'fixed = "1500 mg"'),
]  # fmt: skip


def _policy(folder, drug, dose, limit="8 hour"):
    file = folder / "mine.toml"
    file.write_text(
        'title = "Mine"\nsource = "made up"\nstatus = "own"\nscales = ["crs_astct"]\n'
        f'[[rule]]\nid = "one"\ndrug = "{drug}"\nwhen = "crs_astct >= 2"\ndose = {{ {dose} }}\nreason = "grade"\n'
        f'source = "made up"\nstatus = "own"\n[limit.{drug}]\nmin_interval = "{limit}"\nsource = "made up"\nstatus = "own"\n',
        encoding="utf-8",
    )
    return file


@pytest.mark.parametrize(("drug", "dose", "key"), SLIPS)
def test_a_rule_with_a_slip_of_the_unit_is_refused(tmp_path, drug, dose, key):
    with pytest.raises(BadInput, match="Look at the unit") as refused:
        CATALOG.load("guideline", _policy(tmp_path, drug, dose))
    told = str(refused.value)
    for named in ("mine.toml", 'rule "one"', key, "highest usual dose"):
        assert named in told


@pytest.mark.parametrize(("drug", "dose"), SOUND)
def test_doses_that_are_given_pass(tmp_path, drug, dose):
    assert CATALOG.load("guideline", _policy(tmp_path, drug, dose)).rule[0].drug == drug


def test_a_limit_with_a_slip_of_the_unit_is_refused(tmp_path):
    file = _policy(tmp_path, "tocilizumab", 'per_kg = "8 mg/kg"', '8 hour"\nat_most_per_dose = "800 g')
    with pytest.raises(BadInput, match=r"limit\.tocilizumab\.at_most_per_dose"):
        CATALOG.load("guideline", file)


def test_a_rule_gives_at_most_four_cycles_at_a_time(tmp_path):
    # as in a trial's file: a regimen is given once
    with pytest.raises(BadInput, match="at most 4"):
        CATALOG.load("guideline", _policy(tmp_path, "platinum_salvage", 'fixed = "30 cycles"'))


@pytest.mark.parametrize(
    ("drug", "dose", "sound"),
    [
        ("tocilizumab", "8 mg/kg", True), ("tocilizumab", "8 ug/kg", False), ("dexamethasone", "10 mg/patient", True),
        ("dexamethasone", "10 g/patient", False), ("immunoglobulin", "1 g/kg", True), ("alemtuzumab", "13 mg/patient", True),
        ("alemtuzumab", "13 mg/kg", False), ("siltuximab", "11 mg/kg", True), ("siltuximab", "11 g/kg", False),
    ],
)  # fmt: skip
def test_a_trial_s_other_drugs_are_held_against_their_usual_dose(tmp_path, drug, dose, sound):
    text = (HERE / "trial/eliana.toml").read_text(encoding="utf-8")
    given = f'[[arm.given]]\ndrug = "{drug}"\ndose = "{dose}"\ndays = [3]\n[arm.management]'
    file = tmp_path / "mine.toml"
    file.write_text(text.replace("[arm.management]", given, 1), encoding="utf-8")
    if sound:
        assert load_trial(file, CATALOG).arms[0].drugs[-1].drug == drug
        return
    with pytest.raises(BadInput, match="Look at the unit") as refused:
        load_trial(file, CATALOG)
    assert f'given.dose" of {drug}' in str(refused.value)
