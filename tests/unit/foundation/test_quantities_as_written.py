"""Quantities as people write them: expected values from the definitions of SI and UCUM units and the rule of marks, by hand."""

from __future__ import annotations

import pytest

from livingdrug.foundation.errors import UnitError
from livingdrug.foundation.units import convert_laboratory, factor, read, read_one_or_range, read_range, unit_told
from livingdrug.model.units import parse_unit

READ = [
    # numbers: decimal commas, thousands marks
    ("1,2 mg/dL", "mg/dL", 1.2), ("0,250 mg/dL", "mg/dL", 0.25), ("1 250 U/L", "U/L", 1250), ("1\u202f250 U/L", "U/L", 1250),
    ("1'250 U/L", "U/L", 1250), ("1,250,000 U/L", "U/L", 1.25e6), ("1.250.000 U/L", "U/L", 1.25e6), ("1,250.5 U/L", "U/L", 1250.5),
    ("1.250,5 U/L", "U/L", 1250.5), ("1.250 U/L", "U/L", 1.25), ("1234,567 U/L", "U/L", 1234.567), (",5 mg", "mg", 0.5),
    ("\u22126 day", "day", -6), ("+6 day", "day", 6), ("2.5e3 mg", "mg", 2500), ("5. mg", "mg", 5),
    # UCUM: 10*3 is 10^3
    ("60 10*3/uL", "1e9/L", 60), ("60 10*9/L", "1e9/L", 60), ("300 [IU]/L", "U/L", 300), ("300 [iU]/L", "U/L", 300),
    ("80 mm[Hg]", "mmHg", 80), ("38.5 Cel", "degC", 38.5), ("212 [degF]", "degC", 100), ("7 {cells}/uL", "cell/uL", 7),
    ("60 10*3/uL{platelets}", "1e9/L", 60), ("8 mg.kg-1", "mg/kg", 8), ("90 mL/min/{1.73_m2}", "mL/min/(1.73 m^2)", 90),
    # clinical spellings
    ("60 K/µL", "1e9/L", 60), ("60 k/uL", "1e9/L", 60), ("60 K/mm3", "1e9/L", 60), ("60 G/L", "1e9/L", 60), ("60 Gpt/l", "1e9/L", 60),
    ("5 T/L", "1e9/L", 5000), ("5 M/uL", "1e9/L", 5000), ("60 thousand/uL", "1e9/L", 60), ("60 10^3/mm3", "1e9/L", 60),
    ("60 x10^9/L", "1e9/L", 60), ("60x10⁹/L", "1e9/L", 60), ("60 × 10^9 / L", "1e9/L", 60), ("60e9/L", "1e9/L", 60),
    ("60 1e9/L", "1e9/L", 60), ("60000 /cumm", "1e9/L", 60), ("60000 1/uL", "1e9/L", 60), ("80 mm Hg", "mmHg", 80),
    ("39,4 °C", "degC", 39.4), ("39.4 C", "degC", 39.4), ("212 F", "degC", 100), ("311.15 K", "degC", 38), ("10.5 G/DL", "g/dL", 10.5),
    ("12 MG/DL", "mg/dL", 12), ("300 IU/l", "U/L", 300), ("5 mcg/mL", "mg/L", 5), ("1 microgram/mL", "mg/L", 1),
    ("30 mg/m2", "mg/m^2", 30), ("30 mg/m²", "mg/m^2", 30), ("30 mg per m2", "mg/m^2", 30), ("90 mL/min/1.73 m2", "mL/min/(1.73 m^2)", 90),
    ("90 mL/min/1.73m²", "mL/min/(1.73 m^2)", 90), ("50 mg/100 mL", "mg/dL", 50), ("5 million cells/kg", "cell/kg", 5e6),
    ("2 x 10^6 cells/kg", "cell/kg", 2e6), ("0.5 mg·kg⁻¹", "mg/kg", 0.5), ("6 wks", "day", 42), ("12 hrs", "day", 0.5),
]  # fmt: skip


@pytest.mark.parametrize(("text", "to", "known"), READ, ids=[text for text, *_ in READ])
def test_read_right(text, to, known):
    assert read(text, to) == pytest.approx(known, rel=1e-12, abs=1e-9)


REFUSED = [
    # what may mean two things, with both readings
    ("1,250 U/L", "U/L", ["1250", "1.25"]), ("1,500 mg/m^2", "mg/m^2", ["1500", "1.5"]), ("10e6 cell/kg", "cell/kg", ["10^6", "1e7"]),
    ("60 10E3/uL", "1e9/L", ["10^3", "10 × 10^3"]), ("10.5 gr/dL", "g/dL", ["gram or grain"]),
    # more than a number and a unit, with what was understood
    ("60–80 1e9/L", "1e9/L", ["a range that begins at 60"]), ("60-80 1e9/L", "1e9/L", ["range"]), ("60 to 80 1e9/L", "1e9/L", ["range"]),
    ("60 1e9/L to 80 1e9/L", "1e9/L", ["range"]), ("5 ± 1 mg", "mg", ["spread"]), ("5 mg +/- 1", "mg", ["spread"]), ("<5 mg", "mg", ["limit"]),
    ("≥5 mg", "mg", ["limit"]), ("up to 5 mg", "mg", ["limit"]), ("5 6 mg", "mg", ["two numbers, 5"]), ("60 1000/uL", "1e9/L", ["two numbers, 60"]),
    ("5 mg/L (high)", "mg/L", ["5", "(high)"]), ("5 mg mg", "mg", ["left over"]), ("1/2 day", "day", ["1/(2 day)"]), ("1,00,000 mg", "mg", ["marks"]),
    ("1,,2 mg", "mg", ["marks"]), ("1 25 mg", "mg", ["two numbers"]), ("mg", "mg", ["begin with a number"]), ("nan mg", "mg", ["begin with a number"]),
    ("inf mg", "mg", ["begin with a number"]), ("0x10 mg", "mg", ["x10"]), ("٣ mg", "mg", ["begin with a number"]), ("5 G/L", "g/L", ["10^9/L"]),
    # bombs and excess
    ("9**9**9 mg", "mg", ["9"]), ("1 9**9**9 mg", "mg", ["two numbers"]), ("5 mg**9**9", "mg", ["beyond"]), ("5 10*9*9*9/L", "1/L", ["power"]),
    ("5 10^99/L", "1/L", ["10^99"]), ("1e400 mg", "mg", ["too large"]), ("1" * 60 + " mg", "mg", ["digits"]), ("5 " + "m" * 200, "mg", ["letters"]),
    ("5 " + "(" * 30 + "mg" + ")" * 30, "mg", ["brackets"]), ("5 __import__('os')", "mg", ["no unit"]), ("5 mg/0 L", "mg/L", ["no place"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "to", "told"), REFUSED, ids=[text[:24] for text, *_ in REFUSED])
def test_refused_with_what_was_understood(text, to, told):
    with pytest.raises(UnitError, match=r"trial\.toml") as caught:
        read(text, to, where='trial.toml, "dose"')
    for part in told:
        assert part in str(caught.value)


RANGES = [
    ("0.2e6 to 5.0e6 cell/kg", 2e5, 5e6), ("0.2e6–5.0e6 cell/kg", 2e5, 5e6), ("0.2e6-5.0e6 cell/kg", 2e5, 5e6),
    ("0.2 to 5.0 10*6 cell/kg", 2e5, 5e6), ("0.2–5.0 x 10^6 cells/kg", 2e5, 5e6), ("0.2e6 cell/kg to 5e6 cell/kg", 2e5, 5e6),
    ("0,2 to 5,0 10^6 cells/kg", 2e5, 5e6), ("0 to 5e6 cell/kg", 0, 5e6),
]  # fmt: skip


@pytest.mark.parametrize(("text", "low", "high"), RANGES, ids=[text for text, *_ in RANGES])
def test_ranges_with_hyphen_dash_and_to(text, low, high):
    assert read_range(text, "cell/kg") == pytest.approx((low, high))
    assert read_one_or_range(text, "cell/kg") == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("text", "told"),
    [("0.2 to 5.0e6 cell/kg", "both numbers"), ("5e6 to 1e6 cell/kg", "begins above its end"), ("1 to 5 9**9**9 cell/kg", "two numbers"),
     ("1 to 2 to 3 cell/kg", "range"), ("0.2e6 to 5.0 10*6 cell/kg", "begins above its end"), ("1 to 5", "without a unit")],
)  # fmt: skip
def test_a_range_that_may_mean_two_things_is_refused(text, told):
    with pytest.raises(UnitError, match=told):
        read_one_or_range(text, "cell/kg")


def test_a_negative_range():
    assert read_range("-10 - -5 day", "day") == (-10, -5)
    assert read_range("5 -10 day", "day") == (5, 10)


def test_the_unit_is_shown_in_one_spelling():
    for text in ("K/µL", "x10^3/uL", "10*3/UL", "1e3/uL", "thousand/uL"):
        assert unit_told(text) == "10^3/uL"


def test_a_laboratory_value_in_cells_or_in_moles():
    # creatinine: 113.12 g/mol, so 1 mg/dL is 10 mg/L / 113.12 g/mol = 88.40 umol/L
    assert convert_laboratory(800.0, "cells/uL", "1e9/L") == pytest.approx(0.8)
    assert convert_laboratory(88.4017, "umol/L", "mg/dL", molar_mass=113.12) == pytest.approx(1.0, rel=1e-5)
    with pytest.raises(UnitError):
        convert_laboratory(1.0, "umol/L", "mg/dL")


@pytest.mark.parametrize(
    "bomb", ["9**9**9", "9**9**9 mg", "2^2^2^2^2^2", "(" * 5000, "mg" * 5000, "1e9999999/L", "mg^9999999"]
)
def test_units_are_never_evaluated(bomb):
    # expected: refused; each of these would take for ever, or all memory, if it were computed
    with pytest.raises(UnitError):
        factor(bomb, "mg")
    with pytest.raises(UnitError):
        parse_unit(bomb)


@pytest.mark.parametrize("text", ["200.000 cell/kg", "200.000 to 5.000.000 cell/kg", "1.250 to 1.250.000 cell/kg"])
def test_thousands_points_are_asked_about(text):
    # two hundred thousand in much of Europe, two hundred elsewhere
    with pytest.raises(UnitError, match=r"may be 200000 or 200|points are thousands"):
        read_one_or_range(text, "cell/kg")


@pytest.mark.parametrize(
    ("text", "value"), [("1.250 mg", 1.25), ("0.000 mg", 0.0), ("2.000e6 mg", 2e6), ("1.000.000 mg", 1e6)]
)
def test_points_that_mean_one_thing(text, value):
    assert read(text, "mg") == value
