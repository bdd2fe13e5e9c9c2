"""The model's equations as source of other languages: a Numba function for compiled peers, a JAX function for diffrax."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from typing import Any

from livingdrug.engine.odes import Odes


def _names(odes: Odes) -> dict[str, str]:
    names = {name: f"y[{i}]" for i, name in enumerate(odes.states)}
    names |= {name: f"p[{i}]" for i, name in enumerate(odes.parameters)}
    return names | {name: f"a_{name}" for name, _ in odes.assignments} | {"time": "t"}


def _needed(odes: Odes) -> list[tuple[str, str]]:
    """Assignments the rates need: a peer does not pay for the others."""
    texts = {name: set(re.findall(r"[A-Za-z_]\w*", text)) for name, text in odes.assignments}
    wanted = set().union(*(re.findall(r"[A-Za-z_]\w*", text) for text in odes.rates))
    for name, _ in reversed(odes.assignments):
        if name in wanted:
            wanted |= texts[name]
    return [(name, text) for name, text in odes.assignments if name in wanted]


def numba_rhs(odes: Odes) -> Any:
    """f(t, y, yp, p), compiled."""
    from numba import njit

    names = _names(odes)

    def placed(text: str) -> str:
        return re.sub(r"\b[A-Za-z_]\w*\b", lambda match: names.get(match[0], match[0]), text)

    lines = ["def f(t, y, yp, p):"]
    lines += [f"    a_{name} = {placed(text)}" for name, text in _needed(odes)]
    lines += [f"    yp[{i}] = {placed(text)}" for i, text in enumerate(odes.rates)]
    space: dict[str, Any] = {name: getattr(math, name) for name in ("exp", "log", "sqrt", "floor")}
    exec("\n".join(lines), space)
    return njit(error_model="numpy")(space["f"])


class _ToJax(ast.NodeTransformer):
    """`a if c else b` to where(c, a, b); names to places; and, or, not to their element-wise forms."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.parse(self.names.get(node.id, node.id), mode="eval").body

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        parts = [self.visit(part) for part in (node.test, node.body, node.orelse)]
        return ast.Call(ast.Name("where"), parts, [])

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        which = "logical_and" if isinstance(node.op, ast.And) else "logical_or"
        result = self.visit(node.values[0])
        for value in node.values[1:]:
            result = ast.Call(ast.Name(which), [result, self.visit(value)], [])
        return result

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        operand = self.visit(node.operand)
        return (
            ast.Call(ast.Name("logical_not"), [operand], [])
            if isinstance(node.op, ast.Not)
            else ast.UnaryOp(node.op, operand)
        )

    def visit_Call(self, node: ast.Call) -> ast.expr:
        assert isinstance(node.func, ast.Name)
        known = {"min": "minimum", "max": "maximum"}
        result = [self.visit(argument) for argument in node.args]
        if node.func.id not in known:
            return ast.Call(ast.Name(node.func.id), result, [])
        value = result[0]
        for other in result[1:]:
            value = ast.Call(ast.Name(known[node.func.id]), [value, other], [])
        return value


def jax_source(odes: Odes) -> str:
    """Source of ``f(t, y, p)`` that returns the list of rates, for a namespace that has jax.numpy's functions."""
    transform: Callable[[str], str] = lambda text: ast.unparse(  # noqa: E731
        ast.fix_missing_locations(_ToJax(_names(odes)).visit(ast.parse(text, mode="eval").body))
    )
    lines = ["def f(t, y, p):"]
    lines += [f"    a_{name} = {transform(text)}" for name, text in _needed(odes)]
    return "\n".join([*lines, f"    return [{', '.join(transform(text) for text in odes.rates)}]"])
