"""Refuses triggers that would be true only at a single moment that no step can be sure to hit."""

from __future__ import annotations

import ast

from livingdrug.engine.sbml.formulas import UnsupportedModel
from livingdrug.engine.with_events.events import EventModel
from livingdrug.foundation.expressions import read_written


def refuse_fleeting_triggers(model: EventModel) -> None:
    """Stop at == and != between quantities that move, in whatever a trigger needs.

    ``time == 5`` is kept: that moment is met exactly. So is a comparison of quantities that only events change.

    Raises
    ------
    UnsupportedModel
        With the event's id and the comparison.
    """
    definitions = {name: read_written(formula).tree for name, formula in model.odes.assignments}
    moving = {name for name, rate in zip(model.odes.states, model.odes.rates, strict=True) if rate != "0.0"}
    moving.add("time")
    for name, tree in definitions.items():  # in order: each needs only earlier ones
        if _flowing(tree) & moving:
            moving.add(name)
    for event in model.events:
        waiting, seen = [read_written(event.trigger).tree], set()
        while waiting:
            tree = waiting.pop()
            for part in ast.walk(tree):
                if isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Eq | ast.NotEq):
                    sides = [part.left, part.comparators[0]]
                    if _is_moment(sides, moving):
                        continue
                    if any(_flowing(side) & moving for side in sides):
                        raise UnsupportedModel(
                            f'event "{event.id}": its trigger compares "{ast.unparse(part)}", which holds at single '
                            "moments only\n  Write it with <, <=, > or >=."
                        )
                elif isinstance(part, ast.Name) and part.id in definitions and part.id not in seen:
                    seen.add(part.id)
                    waiting.append(definitions[part.id])


def _is_moment(sides: list[ast.expr], moving: set[str]) -> bool:
    """Whether this is time compared with something that stands still."""
    for this, other in (sides, sides[::-1]):
        if isinstance(this, ast.Name) and this.id == "time" and not _flowing(other) & moving:
            return True
    return False


def _flowing(tree: ast.expr) -> set[str]:
    """Names a value follows continuously; truth values and whole numbers only jump."""
    match tree:
        case ast.Name(id=name):
            return {name}
        case ast.IfExp(body=body, orelse=orelse):
            return _flowing(body) | _flowing(orelse)
        case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return set()
        case ast.Call(func=ast.Name(id="floor")):
            return set()
        case ast.Call(args=parts):
            return set().union(*map(_flowing, parts))
    return set().union(*(_flowing(part) for part in ast.iter_child_nodes(tree) if isinstance(part, ast.expr)))
