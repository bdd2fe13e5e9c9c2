"""Reading the rarer parts of SBML, against values by hand, and refusing by name what is not done."""

import math

import antimony
import numpy as np
import pytest

from livingdrug.engine.sbml.model import read_sbml_model
from livingdrug.engine.sbml.read import UnsupportedModel, evaluate_initial, read_sbml
from livingdrug.engine.with_events.driver import run_with_events

MATH = "http://www.w3.org/1998/Math/MathML"


def _sbml(text):
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(text) >= 0, antimony.getLastError()
    return antimony.getSBMLString(antimony.getMainModuleName()) or ""


def _course(text, times, *outputs):
    model = read_sbml_model(text)
    found = run_with_events(model, np.array([model.odes.defaults]), times, 1e-9, 1e-12, outputs=outputs)
    assert found.status.tolist() == [0]
    return found.outputs[0]


def _raw(parameters, rules, level='level="3" version="1"', name="level3/version1/core"):
    listed = "".join(f'<parameter id="{p}" value="{v}" constant="false"/>' for p, v in parameters.items())
    return (
        f'<sbml xmlns="http://www.sbml.org/sbml/{name}" {level}><model id="m"><listOfParameters>{listed}'
        f"</listOfParameters><listOfRules>{rules}</listOfRules></model></sbml>"
    )


def _algebraic(infix):
    import libsbml

    return (
        f"<algebraicRule>{libsbml.writeMathMLToString(libsbml.parseL3Formula(infix)).split('?>')[-1]}</algebraicRule>"
    )


@pytest.mark.parametrize(
    ("x", "expected"), [(0.0, 1.0), (4.0, 24.0), (20.0, math.factorial(20)), (2.5, math.gamma(3.5))]
)
def test_factorial_of_a_quantity(x, expected):
    # expected: Python's math module
    course = _course(_sbml(f"model m\n x = {x}; x' = 0*x; y := factorial(x);\nend"), [0.0], "y")
    assert course[0, 0] == pytest.approx(expected, rel=1e-12)


def test_rate_of_state_parameter_and_concentration():
    # expected: by hand; d(10/V)/dt = -10 V'/V^2 at V = 2, V' = 1
    text = _sbml(
        "model m\n compartment V = 2; V' = 1;\n species A in V; A = 5;\n J: A -> ; 0*A;\n k = 3;\n"
        "a := rateOf(A); v := rateOf(V); c := rateOf(k);\nend"
    )
    assert _course(text, [0.0], "a", "v", "c")[0].tolist() == [-2.5, 1.0, 0.0]


def test_algebraic_rule_linear_in_one_quantity():
    # expected: by hand; 0 = 2 y + x - 10 with x = 4 exp(-t)
    rules = (
        f'<rateRule variable="x"><math xmlns="{MATH}"><apply><minus/><ci>x</ci></apply></math></rateRule>'
        + _algebraic("2*y + x - 10")
    )
    course = _course(_raw({"x": 4, "y": 0}, rules), [0.0, 1.0], "y")
    np.testing.assert_allclose(course[:, 0], [3.0, 5 - 2 * math.exp(-1)], rtol=1e-8)


def test_event_on_a_concentration_where_the_compartment_changes_too():
    # expected: SBML Test Suite case 01779: an assigned concentration is times the size before the event's changes
    text = _sbml("model m\n compartment V = 0.5; species A in V; A = 2;\n E: at time >= 1: A = 0.2, V = 0.2;\nend")
    assert _course(text, [0.0, 2.0], "A", "V").tolist() == [[2.0, 0.5], [0.5, 0.2]]


def test_what_an_event_changes_is_a_state():
    # expected: parameters and compartments that an event assigns are states with rate zero
    model = read_sbml_model(_sbml("model m\n k = 2; x = 1; x' = -k*x; E: at time > 1: k = 0;\nend"))
    assert dict(zip(model.odes.states, model.odes.rates, strict=True))["k"] == "0.0"
    assert evaluate_initial(model.odes)["k"] == 2.0
    (event,) = model.events
    assert (event.id, event.assignments[0].state, event.delay, event.priority) == ("E", "k", None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_raw({"x": 1, "y": 1}, _algebraic("x + y - 2")), "algebraic rule.*not clear which"),
        (_raw({"y": 1}, _algebraic("y*y - 2")), 'algebraic rule.*not linear in "y"'),
        (_sbml("model m\n x = 1; x' = -x; E1: at x == 0.5: x = 1;\nend"), 'event "E1".*single moments'),
        (_sbml("model m\n x = 1; x' = -delay(x, 2);\nend"), "delay"),
    ],
)
def test_what_is_not_done_is_refused_by_name(text, said):
    # expected: the thing planted
    with pytest.raises(UnsupportedModel, match=said):
        read_sbml_model(text)


@pytest.mark.parametrize(
    ("reaction", "law", "said"),
    [(' fast="true"', "", 'fast reaction "J"'), ("", ' timeUnits="second"', 'reaction "J" with units of its own')],
)
def test_what_a_conversion_would_lose_is_refused_before(reaction, law, said):
    # expected: the thing planted; Level 3 Version 2 has no word for either
    text = (
        '<sbml xmlns="http://www.sbml.org/sbml/level2" level="2" version="1"><model id="m"><listOfCompartments>'
        '<compartment id="V" size="1"/></listOfCompartments><listOfSpecies><species id="A" compartment="V" '
        f'initialAmount="1"/></listOfSpecies><listOfReactions><reaction id="J"{reaction} reversible="false">'
        '<listOfReactants><speciesReference species="A"/></listOfReactants>'
        f'<kineticLaw{law}><math xmlns="{MATH}"><ci>A</ci></math></kineticLaw></reaction></listOfReactions></model></sbml>'
    )
    with pytest.raises(UnsupportedModel, match=said):
        read_sbml(text)


def test_a_moment_may_be_compared_for_equality():
    # expected: by hand; time == 1 is met exactly
    text = _sbml("model m\n n = 0; E: at time == 1: n = n + 1;\nend")
    assert _course(text, [0.0, 0.7, 1.3, 2.0], "n")[:, 0].tolist() == [0.0, 0.0, 1.0, 1.0]
