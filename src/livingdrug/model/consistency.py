"""What libSBML objects to in a model: all its checks, those of units in pieces.

libSBML's time for units grows with the square of a model, and each rule's units follow from its own formula and the units of the names in it.
So rules are checked some at a time beside the names they use, and a rule that passed with the same units in another model of this process
(another arm of a trial) is not checked again. A model with more than parameters and rules, or with a name without unit, is checked whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import libsbml

_RULES_AT_A_TIME = 50
_MOST_REMEMBERED = 200_000
_PASSED: set[bytes] = set()  # rules with their units, as digests
_NAMES = re.compile(r"<ci[^>]*>\s*(\w+)\s*</ci>")
_UNITS_OF_NUMBERS = re.compile(r'units="(\w+)"')
_UNITS = libsbml.LIBSBML_CAT_UNITS_CONSISTENCY
_OTHERS = (
    libsbml.LIBSBML_CAT_GENERAL_CONSISTENCY, libsbml.LIBSBML_CAT_IDENTIFIER_CONSISTENCY, libsbml.LIBSBML_CAT_MATHML_CONSISTENCY,
    libsbml.LIBSBML_CAT_SBO_CONSISTENCY, libsbml.LIBSBML_CAT_OVERDETERMINED_MODEL, libsbml.LIBSBML_CAT_MODELING_PRACTICE,
)  # fmt: skip


@dataclass(frozen=True)
class Objection:
    """One error or warning of libSBML: its number, how severe, in its words; notes are left out."""

    code: int
    severity: str
    message: str


def objections(sbml: str) -> Iterator[Objection]:
    """libSBML's errors and warnings of a whole model.

    Parameters
    ----------
    sbml
        The text of the model.
    """
    document = libsbml.readSBMLFromString(sbml)
    plain = _is_plain(document.getModel())
    document.setConsistencyChecks(_UNITS, not plain)
    document.checkConsistency()
    yield from _told(document)
    if plain:
        yield from _by_pieces(document)


def _told(document: Any) -> list[Objection]:
    errors = [document.getError(index) for index in range(document.getNumErrors())]
    return [
        Objection(error.getErrorId(), error.getSeverityAsString().lower(), " ".join(error.getMessage().split()))
        for error in errors
        if error.getSeverity() != libsbml.LIBSBML_SEV_INFO
    ]


def _of_units(document: Any) -> list[Objection]:
    document.getErrorLog().clearLog()
    document.setConsistencyChecks(_UNITS, True)
    for category in _OTHERS:
        document.setConsistencyChecks(category, False)
    document.checkConsistency()
    return _told(document)


def _is_plain(model: Any) -> bool:
    """Whether a model is parameters that have units, rules and initial values, and nothing else that has units."""
    others = (model.getNumCompartments, model.getNumSpecies, model.getNumReactions, model.getNumEvents, model.getNumConstraints,
              model.getNumFunctionDefinitions)  # fmt: skip
    return not any(number() for number in others) and all(one.isSetUnits() for one in model.getListOfParameters())


@dataclass(frozen=True)
class _Formula:
    """A rule or an initial value, the names it uses, and a digest of all that its units follow from."""

    of_sbml: Any
    initial: bool
    names: frozenset[str]
    digest: bytes


def _by_pieces(document: Any) -> Iterator[Objection]:
    model = document.getModel()
    frame = document.clone()
    for one in (frame.getModel().getListOfParameters(), frame.getModel().getListOfRules(),
                frame.getModel().getListOfInitialAssignments()):  # fmt: skip
        one.clear()
    parameters = {one.getId(): one for one in model.getListOfParameters()}
    formulas = _formulas(model, parameters, model.getTimeUnits())
    alone = parameters.keys() - {name for one in formulas for name in one.names}
    waiting = [one for one in formulas if one.digest not in _PASSED]
    for first in range(0, max(len(waiting), 1), _RULES_AT_A_TIME):
        some = waiting[first : first + _RULES_AT_A_TIME]
        piece = frame.clone()
        for name in sorted({name for one in some for name in one.names} | (set() if first else alone)):
            piece.getModel().addParameter(parameters[name])
        for one in some:
            (piece.getModel().addInitialAssignment if one.initial else piece.getModel().addRule)(one.of_sbml)
        found = _of_units(piece)
        if not found:
            _remember(one.digest for one in some)
        yield from found


def _formulas(model: Any, parameters: dict[str, Any], time: str) -> list[_Formula]:
    definitions = {one.getId(): one.toSBML() for one in model.getListOfUnitDefinitions()}
    described = {name: f"{name} {definitions.get(one.getUnits(), one.getUnits())}" for name, one in parameters.items()}
    every = [(one, False, one.getVariable()) for one in model.getListOfRules()]
    every += [(one, True, one.getSymbol()) for one in model.getListOfInitialAssignments()]
    found = []
    for one, initial, target in every:
        text = one.toSBML()
        names = frozenset({*_NAMES.findall(text), target} & parameters.keys())
        units = [definitions.get(unit, unit) for unit in (time, *_UNITS_OF_NUMBERS.findall(text))]
        all_of_it = "\n".join([text, *units, *(described[name] for name in sorted(names))])
        found.append(_Formula(one, initial, names, hashlib.sha256(all_of_it.encode()).digest()))
    return found


def _remember(digests: Iterator[bytes]) -> None:
    if len(_PASSED) > _MOST_REMEMBERED:
        _PASSED.clear()
    _PASSED.update(digests)
