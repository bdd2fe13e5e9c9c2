"""Algebraic rules (0 = formula) that are linear in the one quantity they decide become assignments."""

from __future__ import annotations

from typing import Any

from livingdrug.engine.compiler.formulas import node_of
from livingdrug.engine.compiler.switches import SwitchGraph
from livingdrug.engine.sbml.draft import Draft
from livingdrug.engine.sbml.formulas import UnsupportedModel, substituted
from livingdrug.foundation.expressions import read_written


def solve_algebraic_rules(draft: Draft) -> None:
    """Put an assignment in the place of each algebraic rule.

    Raises
    ------
    UnsupportedModel
        A rule that leaves open which quantity it decides, or decides it other than linearly.
    """
    waiting = {
        f'algebraic rule "0 = {rule.getFormula()}"': draft.formulas.text(rule.getMath())
        for rule in draft.model.getListOfRules()
        if rule.isAlgebraic() and rule.getMath() is not None
    }
    while waiting:
        open_names = _undecided(draft)
        free = {
            said: [name for name in read_written(text).names if name in open_names] for said, text in waiting.items()
        }
        clear = [said for said, names in free.items() if len(names) == 1]
        if not clear:
            raise UnsupportedModel(
                f"{next(iter(waiting))}: not clear which one quantity it decides\n  Write an assignment rule instead."
            )
        _decide(draft, free[clear[0]][0], waiting.pop(clear[0]), clear[0])


def _undecided(draft: Draft) -> set[str]:
    """Quantities that may change but that nothing changes so far."""
    model, formulas = draft.model, draft.formulas
    elements: list[Any] = [*model.getListOfParameters(), *model.getListOfCompartments(), *model.getListOfSpecies()]
    for reaction in model.getListOfReactions():
        elements += [e for e in (*reaction.getListOfReactants(), *reaction.getListOfProducts()) if e.isSetId()]
    return {
        formulas.name(element.getId())
        for element in elements
        if not element.getConstant()
        and element.getId() not in draft.changed
        and (draft.state(element.getId()) in draft.constants)
    }


def _decide(draft: Draft, name: str, formula: str, said: str) -> None:
    if not _is_linear(formula, name):
        raise UnsupportedModel(f'{said}: not linear in "{name}"\n  Solve it and write an assignment rule instead.')
    at_zero, at_one = (substituted(formula, {name: value}) for value in ("0.0", "1.0"))
    for identifier, kept in list(draft.amounts.items()):
        if draft.formulas.name(identifier) == name:  # its amount was to be the state; now it follows
            draft.constants.pop(kept, None)
            draft.initial.pop(kept, None)
            del draft.amounts[identifier]
    draft.constants.pop(name, None)
    draft.initial.pop(name, None)
    draft.decided.add(name)
    draft.assignments[name] = f"-({at_zero}) / (({at_one}) - ({at_zero}))"


def _is_linear(formula: str, name: str) -> bool:
    graph = SwitchGraph()
    places: dict[str, int] = {}

    def look_up(other: str) -> int:
        return graph.input("x", places.setdefault(other, len(places)))

    value, variable = node_of(formula, graph, look_up), look_up(name)
    (slope,) = graph.derivatives([value], {variable: 0})
    if 0 not in slope or any(variable in graph.order([switch]) for switch in graph.switches):
        return False
    return variable not in graph.order([slope[0]])
