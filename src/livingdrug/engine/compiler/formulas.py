"""Formula text to graph nodes: the language of `foundation.expressions`, with the same meaning as in NumPy."""

from __future__ import annotations

import ast
from collections.abc import Callable

from livingdrug.engine.compiler.graph import Graph
from livingdrug.foundation.expressions import read_written

_BINARY = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power"}
_COMPARE = {
    ast.Gt: "greater", ast.GtE: "greater_equal", ast.Lt: "less", ast.LtE: "less_equal",
    ast.Eq: "equal", ast.NotEq: "not_equal",
}  # fmt: skip


def node_of(text: str, graph: Graph, look_up: Callable[[str], int]) -> int:
    """The graph node of a formula's value, as a number (true is 1).

    Parameters
    ----------
    text
        The formula.
    graph
        Where its nodes go.
    look_up
        The node of a name; raises when there is no such name.

    Raises
    ------
    ExpressionError
        The text is outside the formula language.

    Examples
    --------
    >>> graph = Graph()
    >>> graph.value(node_of("3 * (2 if 1 > 0 else 2)", graph, {}.__getitem__))
    6.0
    """
    return graph.number(_node(read_written(text).tree, graph, look_up))


def _node(tree: ast.expr, graph: Graph, look_up: Callable[[str], int]) -> int:
    def number(part: ast.expr) -> int:
        return graph.number(_node(part, graph, look_up))

    def truth(part: ast.expr) -> int:
        return graph.truth(_node(part, graph, look_up))

    match tree:
        case ast.Constant(value=value):
            return graph.constant(float(value))  # type: ignore[arg-type]
        case ast.Name(id=name):
            return look_up(name)
        case ast.BinOp(left=left, op=op, right=right):
            return getattr(graph, _BINARY[type(op)])(number(left), number(right))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return graph.negate(truth(operand))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return graph.negative(number(operand))
        case ast.UnaryOp(operand=operand):
            return number(operand)
        case ast.BoolOp(op=op, values=values):
            which = "and" if isinstance(op, ast.And) else "or"
            result = truth(values[0])
            for value in values[1:]:
                result = graph.join(which, result, truth(value))
            return result
        case ast.Compare(left=left, ops=ops, comparators=others):
            result, previous = None, number(left)
            for op, other in zip(ops, others, strict=True):
                here = number(other)
                held = graph.compare(_COMPARE[type(op)], previous, here)
                result = held if result is None else graph.join("and", result, held)
                previous = here
            assert result is not None
            return result
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return graph.select(truth(test), number(body), number(orelse))
        case ast.Call(func=ast.Name(id=name), args=args):
            if name not in ("min", "max"):
                return graph.apply(name, number(args[0]))
            result = number(args[0])
            for part in args[1:]:
                result = graph.extreme("minimum" if name == "min" else "maximum", result, number(part))
            return result
    raise AssertionError(f"unchecked node {tree!r}")
