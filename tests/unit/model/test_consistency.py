"""libSBML's checks in pieces say what it says of the whole model. Expected: libSBML itself, asked once about everything."""

import libsbml
import pytest

from livingdrug.model import consistency
from livingdrug.model.consistency import objections


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(consistency, "_PASSED", set())


def _model(n=130, wrong=(), unit_of_factor="per_day", unit_of_number="per_day"):
    """n states that wane with factor_i, the numbers of `wrong` without it; an output and an initial value beside each."""
    document = libsbml.SBMLDocument(3, 1)
    model = document.createModel()
    model.setTimeUnits("day")
    for name, exponent in (("day", 1), ("per_day", -1)):
        definition = model.createUnitDefinition()
        definition.setId(name)
        unit = definition.createUnit()
        unit.setKind(libsbml.UNIT_KIND_SECOND)
        unit.setExponent(exponent)
        unit.setScale(0)
        unit.setMultiplier(86400.0)

    def parameter(name, unit, constant):
        one = model.createParameter()
        one.setId(name)
        one.setUnits(unit)
        one.setConstant(constant)
        one.setValue(1.0)

    parameter("alone", "day", True)
    for i in range(n):
        parameter(f"state_{i}", "dimensionless", False)
        parameter(f"factor_{i}", unit_of_factor if i == 70 else "per_day", True)
        parameter(f"output_{i}", "per_day", False)
        rate = f"-state_{i}" if i in wrong else f"-factor_{i} * state_{i}"
        formulas = (
            (model.createRateRule(), rate),
            (model.createAssignmentRule(), f"2 {unit_of_number if i == 90 else 'per_day'} * state_{i}"),
        )
        for rule, formula in formulas:
            rule.setVariable(f"output_{i}" if rule.isAssignment() else f"state_{i}")
            assert rule.setMath(libsbml.parseL3Formula(formula)) == libsbml.LIBSBML_OPERATION_SUCCESS
        initial = model.createInitialAssignment()
        initial.setSymbol(f"state_{i}")
        initial.setMath(libsbml.parseL3Formula("3 day" if i in wrong else "3 dimensionless"))
    return libsbml.writeSBMLToString(document)


def _at_once(sbml):
    document = libsbml.readSBMLFromString(sbml)
    document.checkConsistency()
    errors = [document.getError(i) for i in range(document.getNumErrors())]
    return sorted((error.getErrorId(), " ".join(error.getMessage().split())) for error in errors)


def _in_pieces(sbml):
    return sorted((one.code, one.message) for one in objections(sbml))


@pytest.mark.parametrize(
    ("of", "n_objections"),
    [
        ({}, 0),
        ({"wrong": (0, 49, 50, 129)}, 8),
        ({"unit_of_factor": "day"}, 1),
        ({"unit_of_number": "day"}, 1),
        ({"n": 1, "wrong": (0,)}, 2),
        ({"n": 0}, 0),
    ],
)
def test_pieces_say_what_the_whole_says(of, n_objections):
    sbml = _model(**of)
    assert _in_pieces(sbml) == _at_once(sbml)
    assert len(_in_pieces(sbml)) == n_objections  # a second time: what was objected to is not remembered as sound


def test_a_rule_that_passed_is_checked_again_with_other_units():
    assert not _in_pieces(_model())
    remembered = set(consistency._PASSED)
    assert len(remembered) == 3 * 130
    for change in ({"unit_of_factor": "day"}, {"unit_of_number": "day"}, {"wrong": (3,)}):
        assert _in_pieces(_model(**change)) == _at_once(_model(**change)) != []


def test_a_model_with_a_name_without_unit_or_with_more_than_rules_is_checked_whole():
    for change in (lambda model: model.getParameter("factor_3").unsetUnits(), _with_event):
        document = libsbml.readSBMLFromString(_model(wrong=(5,)))
        change(document.getModel())
        sbml = libsbml.writeSBMLToString(document)
        assert not consistency._is_plain(libsbml.readSBMLFromString(sbml).getModel())
        assert _in_pieces(sbml) == _at_once(sbml) != []


def _with_event(model):
    event = model.createEvent()
    event.setUseValuesFromTriggerTime(True)
    trigger = event.createTrigger()
    trigger.setInitialValue(True)
    trigger.setPersistent(True)
    trigger.setMath(libsbml.parseL3Formula("state_0 > 2 dimensionless"))
    assignment = event.createEventAssignment()
    assignment.setVariable("state_1")
    assignment.setMath(libsbml.parseL3Formula("2 day"))
