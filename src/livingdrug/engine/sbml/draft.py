"""The equations of an SBML model while they are being collected.

Every quantity has the meaning it has in SBML's own formulas: a species with hasOnlySubstanceUnits is an amount, any
other a concentration. Where a compartment changes size, the amount is the state and the concentration follows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from livingdrug.engine.odes import Odes
from livingdrug.engine.sbml.formulas import INFINITY, NOT_A_NUMBER, Formulas, UnsupportedModel, substituted
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.expressions import read_written


def _number(value: float) -> str:
    if value != value:
        return NOT_A_NUMBER
    if abs(value) == float("inf"):
        return INFINITY if value > 0 else f"(-{INFINITY})"
    return repr(float(value)) if value >= 0 else f"({float(value)!r})"


@dataclass
class Draft:
    """Equations while they are being collected; names are already Python names."""

    model: Any
    formulas: Formulas
    constants: dict[str, float] = field(default_factory=dict)
    assignments: dict[str, str] = field(default_factory=dict)
    rates: dict[str, str] = field(default_factory=dict)
    initial: dict[str, str] = field(default_factory=dict)
    amounts: dict[str, str] = field(default_factory=dict)  # species -> name of its amount, where that is the state
    concentrations: list[tuple[str, str]] = field(default_factory=list)  # (state, size) in compartments that vary
    decided: set[str] = field(default_factory=set)  # by algebraic rules
    changed: frozenset[str] = frozenset()  # ids that events assign

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
            if rule.getMath() is None or rule.isAlgebraic():
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
        ruled = model.getRule(identifier) is not None or model.getInitialAssignment(identifier) is not None
        return ruled or identifier in self.changed

    def _species_constant(self, species: Any) -> None:
        """The value a species has in formulas, as a constant, until reactions or rules move it."""
        name = self.formulas.name(species.getId())
        home = species.getCompartment()
        if self.model.getCompartment(home) is None:
            raise BadInput(
                f'species "{species.getId()}" is in the compartment "{home[:80]}", which the model does not have\n'
                "  Correct its compartment."
            )
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
            if self.model.getRule(species.getId()).isRate():
                self.concentrations.append((name, home))
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
            if species is None:
                raise BadInput(
                    f'a reaction changes "{identifier}", which is no species\n  Declare it among the species.'
                )
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

    def changed_by_events(self) -> None:
        """What events assign is a state, with rate zero if nothing else moves it."""
        for identifier in sorted(self.changed):
            state = self.state(identifier)
            if state in self.rates:
                continue
            if state not in self.constants:
                raise UnsupportedModel(f'an event assigns "{identifier}", which a rule decides')
            self.rates[state] = "0.0"
            self.initial.setdefault(state, _number(self.constants.pop(state)))
            self.constants.pop(state, None)

    def state(self, identifier: str) -> str:
        """The name of the state behind an id: of the amount, where that is kept."""
        return self.amounts.get(identifier) or self.formulas.name(identifier)

    def home(self, identifier: str) -> str | None:
        """The size that turns the value of an id into its state; None where they are the same."""
        if identifier not in self.amounts:
            return None
        return self.formulas.name(self.model.getSpecies(identifier).getCompartment())

    def initial_assignments(self) -> None:
        """Starting values by formula: of states, and of constants (which become assignments when they can)."""
        for assignment in self.model.getListOfInitialAssignments():
            if assignment.getMath() is None:
                continue
            identifier = assignment.getSymbol()
            name, formula = self.formulas.name(identifier), self.formulas.text(assignment.getMath())
            if name in self.decided:  # the rule already gives its value at the start
                continue
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
        for wanted, name in self.formulas.rates_wanted.items():
            self.assignments[name] = self._rate_of(wanted, derived)
        _refuse_strangers({**self.assignments, **self.initial, **self.rates}, {*self.constants, *self.initial})
        start = {**self.assignments, **self.initial}
        expanded = _expanded(_reached(start, [*self.rates, *derived]), frozenset(self.constants))
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

    def _rate_of(self, name: str, derived: dict[str, str]) -> str:
        """How fast a quantity changes, for rateOf()."""
        if name in self.rates:
            return self.rates[name]
        if name in self.constants or name in derived:
            return "0.0"
        for identifier, kept in self.amounts.items():
            home = self.home(identifier)
            if name == self.formulas.name(identifier) and home is not None and home not in self.assignments:
                change = self.rates.get(kept, "0.0")
                return f"(({change}) - {name} * ({self.rates.get(home, '0.0')})) / {home}"
        raise UnsupportedModel(f'rateOf("{name}"), whose value an assignment decides\n  Write its rate as a formula.')


def _refuse_strangers(formulas: dict[str, str], others: set[str]) -> None:
    """Stop at a name that is no quantity: of a function, an event, or nothing."""
    known = {"time", *formulas, *others}
    for name, formula in formulas.items():
        strange = [other for other in read_written(formula).names if other not in known]
        if strange:
            raise BadInput(
                f'what decides "{name}" needs "{strange[0]}", which is no quantity of the model\n'
                "  Correct that name in the formula."
            )


def _depends(formula: str, definitions: dict[str, str], moving: set[str]) -> bool:
    """Whether a formula changes while the model runs."""
    seen: set[str] = set()
    waiting = [formula]
    while waiting:
        for name in read_written(waiting.pop()).names:
            if name in moving:
                return True
            if name in definitions and name not in seen:
                seen.add(name)
                waiting.append(definitions[name])
    return False


def _reached(definitions: dict[str, str], wanted: list[str]) -> dict[str, str]:
    """Those definitions that these names need, themselves included; what a model only tells is not put into any start."""
    seen = set(wanted)
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in definitions:
            new = set(read_written(definitions[name]).names) - seen
            seen |= new
            waiting += new
    return {name: formula for name, formula in definitions.items() if name in seen}


def _expanded(definitions: dict[str, str], constants: frozenset[str]) -> dict[str, str]:
    """Each starting formula with everything but constants put in; time is 0 at the start."""
    done: dict[str, str] = {"time": "0.0"}
    for name, formula in _ordered(definitions):
        names = read_written(formula).names
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
                for other in read_written(definitions[name]).names:
                    if other in definitions and state.get(other) == 1:
                        raise BadInput(f'the assignments of "{name}" and "{other}" need one another in a circle')
                    if other in definitions and other not in state:
                        stack.append((other, False))
    return tuple(order)
