"""A published or assembled SBML model as equations the engine can integrate.

    SBML ──► species, parameters, compartments, rules, reactions ──► states · parameters · assignments · rates · initial

Every quantity has the meaning it has in SBML's own formulas: a species with hasOnlySubstanceUnits is an amount, any
other a concentration. What the engine does not do (events, delays, algebraic rules …) is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import libsbml
import numpy as np

from livingdrug.engine.odes import Odes
from livingdrug.engine.sbml_formulas import Formulas, UnsupportedModel, substituted
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.expressions import read_formula

__all__ = ["UnsupportedModel", "evaluate_initial", "read_sbml"]


_HARMLESS = {"l3v2extendedmath", "layout", "render", "groups"}  # packages that do not change the mathematics


def read_sbml(text: str) -> Odes:
    """The equations of an SBML model (Level 1 to 3, core).

    Parameters
    ----------
    text
        The SBML document.

    Returns
    -------
    Odes
        Parameters are all constants: also compartments and species that never change, and local parameters of
        reactions, named ``reaction_parameter``. Reaction rates are assignments under the reaction's id. A name that is
        a word of Python gets a trailing underscore.

    Raises
    ------
    UnsupportedModel
        The model has something the engine does not do; says what and its id.
    BadInput
        Not SBML, or assignments that need one another in a circle.
    """
    document = _sound_document(text)  # owns the model: keep it alive
    model = document.getModel()
    _refuse(model)
    draft = _Draft(model, Formulas(model))
    draft.constants_and_rules()
    draft.species()
    draft.reactions()
    draft.initial_assignments()
    return draft.finished()


def evaluate_initial(odes: Odes, parameters: dict[str, float] | None = None) -> dict[str, float]:
    """Starting value of each state.

    Parameters
    ----------
    odes
        The model.
    parameters
        Values that differ from the defaults.
    """
    values = dict(zip(odes.parameters, odes.defaults, strict=True)) | (parameters or {})
    with np.errstate(all="ignore"):  # a value the model does not give is nan, said as inf - inf
        return {
            name: float(read_formula(formula).evaluate(values))
            for name, formula in zip(odes.states, odes.initial, strict=True)
        }


def _sound_document(text: str) -> Any:
    document = libsbml.readSBMLFromString(text)
    for index in range(document.getNumErrors()):
        error = document.getError(index)
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR:
            raise BadInput(f"not sound SBML, line {error.getLine()}: {' '.join(error.getMessage().split())}")
    if document.getModel() is None:
        raise BadInput("not SBML: the text has no model\n  Give the text of an SBML file.")
    for index in range(document.getNumPlugins()):
        package = document.getPlugin(index).getPackageName()
        if document.getPackageRequired(package) and package not in _HARMLESS:
            raise UnsupportedModel(
                f'the model needs the SBML package "{package}"\n  Flatten or export it as SBML core.'
            )
    if (document.getLevel(), document.getVersion()) != (3, 2) and not document.setLevelAndVersion(3, 2, False):
        raise UnsupportedModel(f"SBML Level {document.getLevel()} of this model cannot be converted to Level 3")
    return document


def _refuse(model: Any) -> None:
    """Stop at whatever the engine does not do."""
    for event in model.getListOfEvents():
        raise UnsupportedModel(f'event "{event.getId() or "without id"}"\n  Give doses and rules at checks instead.')
    for rule in model.getListOfRules():
        if rule.isAlgebraic():
            raise UnsupportedModel(f'algebraic rule "{rule.getFormula()}"\n  Solve it for one variable first.')
    for reaction in model.getListOfReactions():
        if reaction.isSetFast() and reaction.getFast():
            raise UnsupportedModel(f'fast reaction "{reaction.getId()}"')
        if reaction.getKineticLaw() is None or reaction.getKineticLaw().getMath() is None:
            raise UnsupportedModel(f'reaction "{reaction.getId()}" without kinetic law')


def _number(value: float) -> str:
    if value != value:
        return "(1e999 - 1e999)"
    if abs(value) == float("inf"):
        return "1e999" if value > 0 else "(-1e999)"
    return repr(float(value)) if value >= 0 else f"({float(value)!r})"


@dataclass
class _Draft:
    """Equations while they are being collected; names are already Python names."""

    model: Any
    formulas: Formulas
    constants: dict[str, float] = field(default_factory=dict)
    assignments: dict[str, str] = field(default_factory=dict)
    rates: dict[str, str] = field(default_factory=dict)
    initial: dict[str, str] = field(default_factory=dict)
    amounts: dict[str, str] = field(default_factory=dict)  # species -> name of its amount, where that is the state

    def constants_and_rules(self) -> None:
        """Parameters, compartments and species references as constants, then what rules make of them."""
        name = self.formulas.name
        for parameter in self.model.getListOfParameters():
            self.constants[name(parameter.getId())] = parameter.getValue()
        for compartment in self.model.getListOfCompartments():
            size = compartment.getSize() if compartment.isSetSize() else 1.0
            self.constants[name(compartment.getId())] = size
        for reaction in self.model.getListOfReactions():
            for reference in [*reaction.getListOfReactants(), *reaction.getListOfProducts()]:
                if reference.isSetId():
                    value = reference.getStoichiometry() if reference.isSetStoichiometry() else float("nan")
                    self.constants[name(reference.getId())] = value
        for species in self.model.getListOfSpecies():
            self._species_constant(species)
        for rule in self.model.getListOfRules():
            if rule.getMath() is None:
                continue
            target, formula = name(rule.getVariable()), self.formulas.text(rule.getMath())
            start = self.constants.pop(target, None)
            if start is None:  # a concentration that was to follow from an amount: the rule decides instead
                start = float("nan")
                self.assignments.pop(target, None)
            if rule.isAssignment():
                self.assignments[target] = formula
            else:
                self.rates[target] = formula
                self.initial[target] = self.initial.get(target, _number(start))

    def _varies(self, identifier: str) -> bool:
        model = self.model
        return model.getRule(identifier) is not None or model.getInitialAssignment(identifier) is not None

    def _species_constant(self, species: Any) -> None:
        """The value a species has in formulas, as a constant, until reactions or rules move it."""
        name = self.formulas.name(species.getId())
        home = species.getCompartment()
        size = self.constants[self.formulas.name(home)]
        by_amount = species.getHasOnlySubstanceUnits()
        amount, level = species.getInitialAmount(), species.getInitialConcentration()
        if by_amount:
            self.constants[name] = amount if species.isSetInitialAmount() else level * size
        elif not species.isSetInitialAmount():
            self.constants[name] = level
        else:
            self.constants[name] = amount / size if size else float("nan")
        if not by_amount and self._varies(home):
            self._follow_amount(species, name)
        elif by_amount and species.isSetInitialConcentration() and self._varies(home):
            self.initial[name] = f"{_number(level)} * {self.formulas.name(home)}"

    def _follow_amount(self, species: Any, name: str) -> None:
        """In a compartment that changes size or starts by formula, the amount is what is kept."""
        if self.model.getRule(species.getId()) is not None:
            home = self.formulas.name(species.getCompartment())
            if species.isSetInitialAmount():
                self.initial[name] = f"{_number(species.getInitialAmount())} / {home}"
            return
        home = self.formulas.name(species.getCompartment())
        kept = self.formulas.fresh(f"{name}_amount")
        self.amounts[species.getId()] = kept
        del self.constants[name]
        self.assignments[name] = f"{kept} / {home}"
        if species.isSetInitialAmount():
            self.constants[kept] = species.getInitialAmount()
        else:
            self.initial[kept] = f"{_number(species.getInitialConcentration())} * {home}"
            self.constants[kept] = float("nan")

    def species(self) -> None:
        """What reactions do to each species."""
        changes: dict[str, list[str]] = {}
        for reaction in self.model.getListOfReactions():
            rate = self.formulas.name(reaction.getId())
            for sign, references in (("-", reaction.getListOfReactants()), ("", reaction.getListOfProducts())):
                for reference in references:
                    changes.setdefault(reference.getSpecies(), []).append(
                        f"{sign}{self._stoichiometry(reference)}{rate}"
                    )
        for identifier, terms in changes.items():
            species = self.model.getSpecies(identifier)
            if species.getBoundaryCondition() or species.getConstant() or self.model.getRule(identifier) is not None:
                continue
            self._move(species, " + ".join(terms))

    def _stoichiometry(self, reference: Any) -> str:
        if reference.isSetId() and self._varies(reference.getId()):
            return f"{self.formulas.name(reference.getId())} * "
        value = reference.getStoichiometry() if reference.isSetStoichiometry() else 1.0
        return "" if value == 1 else f"{_number(value)} * "

    def _move(self, species: Any, total: str) -> None:
        name = self.formulas.name(species.getId())
        factor = species.getConversionFactor() or self.model.getConversionFactor()
        if factor:
            total = f"{self.formulas.name(factor)} * ({total})"
        target = self.amounts.get(species.getId(), name)
        if target == name and not species.getHasOnlySubstanceUnits():
            home = self.formulas.name(species.getCompartment())
            if self.constants.get(home) != 1.0 or self._varies(species.getCompartment()):
                total = f"({total}) / {home}"
        self.rates[target] = total
        start = self.constants.pop(target)
        self.initial.setdefault(target, _number(start))

    def reactions(self) -> None:
        """Reaction rates as assignments; local parameters get the reaction's name in front."""
        for reaction in self.model.getListOfReactions():
            law = reaction.getKineticLaw()
            local: dict[str, str] = {}
            for parameter in law.getListOfLocalParameters():
                own = self.formulas.fresh(f"{self.formulas.name(reaction.getId())}_{parameter.getId()}")
                local[parameter.getId()] = own
                self.constants[own] = parameter.getValue()
            self.assignments[self.formulas.name(reaction.getId())] = self.formulas.text(law.getMath(), local)

    def initial_assignments(self) -> None:
        """Starting values by formula: of states, and of constants (which become assignments when they can)."""
        for assignment in self.model.getListOfInitialAssignments():
            if assignment.getMath() is None:
                continue
            identifier = assignment.getSymbol()
            name, formula = self.formulas.name(identifier), self.formulas.text(assignment.getMath())
            if identifier in self.amounts:
                kept = self.amounts[identifier]
                home = self.formulas.name(self.model.getSpecies(identifier).getCompartment())
                self.initial[kept] = f"({formula}) * {home}"
            else:
                self.initial[name] = formula

    def finished(self) -> Odes:
        """Everything in order, starting values as formulas of parameters only."""
        for name in self.initial:
            if name not in self.rates:
                self.constants.pop(name, None)
        derived = {name: formula for name, formula in self.initial.items() if name not in self.rates}
        start = {**self.assignments, **self.initial}
        expanded = _expanded(start, frozenset(self.constants))
        moving = set(self.rates) | {"time"}
        for name, formula in derived.items():
            frozen = _depends(formula, self.assignments | derived, moving)
            self.assignments[name] = expanded[name] if frozen else formula
        return Odes(
            states=tuple(self.rates),
            parameters=tuple(self.constants),
            defaults=tuple(self.constants.values()),
            assignments=_ordered(self.assignments),
            rates=tuple(self.rates.values()),
            initial=tuple(expanded[name] for name in self.rates),
        )


def _depends(formula: str, definitions: dict[str, str], moving: set[str]) -> bool:
    """Whether a formula changes while the model runs."""
    seen: set[str] = set()
    waiting = [formula]
    while waiting:
        for name in read_formula(waiting.pop()).names:
            if name in moving:
                return True
            if name in definitions and name not in seen:
                seen.add(name)
                waiting.append(definitions[name])
    return False


def _expanded(definitions: dict[str, str], constants: frozenset[str]) -> dict[str, str]:
    """Each starting formula with everything but constants put in; time is 0 at the start."""
    done: dict[str, str] = {"time": "0.0"}
    for name, formula in _ordered(definitions):
        names = read_formula(formula).names
        done[name] = substituted(formula, {other: done[other] for other in names if other not in constants})
    return done


def _ordered(definitions: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Definitions in an order in which each needs only earlier ones."""
    order: list[tuple[str, str]] = []
    state: dict[str, int] = {}
    for root in definitions:
        stack = [(root, False)]
        while stack:
            name, finished = stack.pop()
            if finished:
                state[name] = 2
                order.append((name, definitions[name]))
            elif state.get(name) is None:
                state[name] = 1
                stack.append((name, True))
                for other in read_formula(definitions[name]).names:
                    if other in definitions and state.get(other) == 1:
                        raise BadInput(f'the assignments of "{name}" and "{other}" need one another in a circle')
                    if other in definitions and other not in state:
                        stack.append((other, False))
    return tuple(order)
