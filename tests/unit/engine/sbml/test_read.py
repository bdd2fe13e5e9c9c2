"""SBML as equations: names, starting values, reactions, and what is refused."""

from __future__ import annotations

import math

import antimony
import numpy as np
import pytest

from livingdrug.engine.odes import Odes
from livingdrug.engine.sbml.read import UnsupportedModel, evaluate_initial, read_sbml
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.expressions import read_formula


def _read(body: str) -> Odes:
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(f"{body}") >= 0, antimony.getLastError()
    return read_sbml(antimony.getSBMLString(antimony.getMainModuleName()))


def _values(odes: Odes, **given: float) -> dict[str, float]:
    values = dict(zip(odes.parameters, odes.defaults, strict=True)) | evaluate_initial(odes) | {"time": 0.0} | given
    for name, formula in odes.assignments:
        values[name] = float(read_formula(formula).evaluate(values))
    for name, formula in zip(odes.states, odes.rates, strict=True):
        values[f"{name} rate"] = float(read_formula(formula).evaluate(values))
    return values


def test_reaction_in_a_compartment_of_two_litres():
    # expected: by hand; concentration falls by k A / V, B rises by 3 times that
    odes = _read(
        "model m\n compartment V = 2;\n species A in V, B in V;\n J: A -> 3 B; k*A;\n A = 5; B = 0; k = 0.2;\nend"
    )
    values = _values(odes)
    assert values["A"] == 5.0
    assert values["A rate"] == pytest.approx(-0.2 * 5 / 2)
    assert values["B rate"] == pytest.approx(3 * 0.2 * 5 / 2)
    assert values["J"] == pytest.approx(1.0)


def test_initial_assignments_become_formulas_of_parameters():
    # expected: by hand; start = 2 p^2, and a constant from a state's start keeps that value
    odes = _read("model m\n p = 3; q := 2*p; x = q*p; x' = -x; c = x + 1; y := x + c; const c;\nend")
    assert read_formula(odes.initial[0]).names == ("p",)
    values = _values(odes, x=0.0)
    assert values["c"] == 19.0
    assert values["y"] == 19.0


def test_assignments_come_in_order():
    # expected: c needs b needs a
    odes = _read("model m\n c := b + 1; b := a*2; a := time + x; x = 1; x' = c;\nend")
    assert [name for name, _ in odes.assignments] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("piecewise(1, x < 1, 2, x < 3, 5)", 2.0),
        ("piecewise(1, x < 1, 5)", 5.0),
        ("x^3 + root(3, 27) + sqrt(16)", 8 + 3 + 4),
        ("log10(1000) + ln(exp(2)) + log(2, 8)", 3 + 2 + 3),
        ("tanh(0.3) + sinh(0.3)*cosh(0.3)", math.tanh(0.3) + math.sinh(0.3) * math.cosh(0.3)),
        ("sin(1) + cos(1) + tan(1) + arctan(2)", math.sin(1) + math.cos(1) + math.tan(1) + math.atan(2)),
        ("arcsin(0.3) + arccos(-0.4)", math.asin(0.3) + math.acos(-0.4)),
        ("arcsinh(2) + arccosh(3) + arctanh(0.2)", math.asinh(2) + math.acosh(3) + math.atanh(0.2)),
        ("ceil(1.2) + floor(-1.2) + abs(-3)", 2 - 2 + 3),
        ("max(x, 1, 3) - min(x, 7)", 1.0),
        ("factorial(4) + (x > 1) + (x > 5)", 25.0),
        ("hill(x, 2)", 0.8),
        ("piecewise(1, (x > 1) && !(x > 3) || (x == 9), 0)", 1.0),
        ("quotient(7, 2) + rem(7, 2)", 4.0),
    ],
)
def test_formula_has_its_value(formula, expected):
    # expected: Python's math module, or by hand, at x = 2
    odes = _read(f"function hill(s, n) s^n/(1 + s^n) end\nmodel *m()\n x = 2; x' = 0*x; y := {formula};\nend")
    assert _values(odes)["y"] == pytest.approx(expected, rel=1e-12)


def test_words_of_python_get_an_underscore():
    # expected: "lambda" cannot be a name of the formula language
    text = """<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model>
      <listOfParameters><parameter id="lambda" value="2" constant="true"/><parameter id="x" value="1" constant="false"/>
      </listOfParameters><listOfRules><rateRule variable="x"><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><minus/>
      <ci>lambda</ci></apply></math></rateRule></listOfRules></model></sbml>"""
    odes = read_sbml(text)
    assert odes.parameters == ("lambda_",)
    assert _values(odes)["x rate"] == -2.0


def test_species_that_never_change_are_parameters():
    # expected: a boundary species is not moved by its reaction
    odes = _read(
        "model m\n compartment V = 1;\n species $A in V, B in V;\n J: $A -> B; k*A;\n A = 5; B = 0; k = 1;\nend"
    )
    assert "A" in odes.parameters
    assert odes.states == ("B",)


def test_amounts_are_kept_when_the_compartment_grows():
    # expected: amount constant while V' = 1, so concentration is 10/V
    odes = _read("model m\n compartment V = 2; V' = 1;\n species A in V; A = 5;\n J: A -> ; 0*A;\nend")
    assert _values(odes)["A"] == 5.0
    assert _values(odes, V=4.0)["A"] == 2.5


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("model m\n x = 1; x' = -x; E1: at x < 0.5: x = 1;\nend", 'event "E1"'),
        ("model m\n x = 1; x' = -delay(x, 2);\nend", "delay"),
    ],
)
def test_what_is_not_done_is_refused_by_name(body, said):
    # expected: the thing planted
    with pytest.raises(UnsupportedModel, match=said):
        _read(body)


def test_text_that_is_not_sbml():
    # expected: an explanation, no crash
    with pytest.raises(BadInput, match="SBML"):
        read_sbml("title = 'no'")
    with pytest.raises(BadInput, match="SBML"):
        read_sbml("<html></html>")


def test_defaults_are_finite_for_a_complete_model():
    # expected: every value given
    odes = _read("model m\n x = 1; k = 2; x' = -k*x;\nend")
    assert np.all(np.isfinite(odes.defaults))


@pytest.mark.parametrize("formula", ["<minus/>", "<divide/><cn>1</cn>", "<divide/><cn>1</cn><cn>2</cn><cn>3</cn>", "<min/>", "<log/>", "<root/>", "<exp/>", "<piecewise/>", "<not/>"])  # fmt: skip
def test_a_wrong_number_of_arguments_is_refused(formula):
    # expected: MathML gives each operator its arguments; some wrong numbers pass libSBML
    whole = f"<apply>{formula}</apply>" if formula != "<piecewise/>" else formula
    text = f"""<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model>
      <listOfParameters><parameter id="x" value="1" constant="false"/></listOfParameters>
      <listOfRules><rateRule variable="x"><math xmlns="http://www.w3.org/1998/Math/MathML">{whole}</math></rateRule></listOfRules>
      </model></sbml>"""
    with pytest.raises(BadInput):
        read_sbml(text)


_MATH = """<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model id="m">
<listOfFunctionDefinitions><functionDefinition id="f"><math xmlns="http://www.w3.org/1998/Math/MathML"><lambda>
<bvar><ci>a</ci></bvar><bvar><ci>b</ci></bvar><apply><minus/><ci>a</ci><ci>b</ci></apply></lambda></math></functionDefinition>
</listOfFunctionDefinitions><listOfParameters><parameter id="x" value="1" constant="false"/></listOfParameters><listOfRules>
<rateRule variable="x"><math xmlns="http://www.w3.org/1998/Math/MathML">{}</math></rateRule></listOfRules></model></sbml>"""


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("<cn>1.5</cn>", 1.5), ("<cn> -.5e3 </cn>", -500.0), ("<cn>5.</cn>", 5.0), ('<cn type="integer">15</cn>', 15.0),
        ('<cn type="integer">15.0</cn>', 15.0), ('<cn type="e-notation">1.5<sep/>-2</cn>', 0.015),
        ('<cn type="rational">1<sep/>4</cn>', 0.25), ('<cn type="integer" base="10">10</cn>', 10.0),
        ("<apply><ci>f</ci><cn>3</cn><cn>1</cn></apply>", 2.0),
    ],
)  # fmt: skip
def test_numbers_of_mathml_have_their_value(written, value):
    # expected: MathML 2.0, section 4.4.1
    assert _values(read_sbml(_MATH.format(written)))["x rate"] == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    "written",
    [
        "<cn>1,5</cn>", "<cn>1 500</cn>", "<cn>1d3</cn>", "<cn>0x10</cn>", "<cn>1_000</cn>", "<cn>1.5f</cn>", "<cn>\u0661\u0665</cn>",
        '<cn type="integer">1.5</cn>', '<cn type="integer">1e3</cn>', '<cn type="integer" base="2">10</cn>',
        '<cn type="e-notation">1,5<sep/>3</cn>', '<cn type="e-notation">1.5<sep/>3.5</cn>', '<cn type="rational">1.5<sep/>3</cn>',
        "<cn>1<sep/>3</cn>",
    ],
)  # fmt: skip
def test_a_number_of_mathml_that_is_none_is_refused_with_its_line(written):
    # libSBML makes of each the first digits that it understands: 1 of "1,5" and of "1d3"
    with pytest.raises(BadInput, match=r"line 5, <cn>"):
        read_sbml(_MATH.format(written))


def test_what_stands_in_notes_is_no_mathematics():
    text = _MATH.format("<cn>2</cn>").replace(
        '<model id="m">', '<model id="m"><annotation><cn xmlns="http://example.org">1,5</cn></annotation>'
    )
    assert _values(read_sbml(text))["x rate"] == 2.0


@pytest.mark.parametrize("given", ["<cn>3</cn>", "<cn>3</cn><cn>2</cn><cn>1</cn>", "<cn>3</cn><ci></ci><cn>1</cn>"])
def test_a_function_is_given_as_many_arguments_as_it_has(given):
    with pytest.raises(BadInput, match=r"function|argument|not sound SBML"):
        read_sbml(_MATH.format(f"<apply><ci>f</ci>{given}</apply>"))


def test_arguments_of_one_name_are_refused():
    twice = _MATH.format("<apply><ci>f</ci><cn>3</cn><cn>1</cn></apply>").replace(
        "<bvar><ci>b</ci>", "<bvar><ci>a</ci>"
    )
    with pytest.raises(BadInput, match=r"argument|ci"):
        read_sbml(twice.replace("<ci>b</ci>", "<ci>a</ci>"))
