"""The small formula language of catalog files: arithmetic, comparisons, and/or/not, `a if c else b`, a few functions.

Scales, guidelines and endpoints are written in it. The same formula is evaluated on whole columns (NumPy) or compiled
into a check program by the engine, so a grade on paper and a grade at the bedside are one text.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from livingdrug.foundation.errors import ExpressionError

FUNCTIONS = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "abs": np.abs, "floor": np.floor,
    "sin": np.sin, "cos": np.cos, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "expm1": np.expm1, "log1p": np.log1p,
}  # fmt: skip
VARIADIC = {"min": np.minimum, "max": np.maximum}
_BINARY = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Pow: np.power,
}  # fmt: skip
_COMPARE = {
    ast.Gt: np.greater, ast.GtE: np.greater_equal, ast.Lt: np.less, ast.LtE: np.less_equal,
    ast.Eq: np.equal, ast.NotEq: np.not_equal,
}  # fmt: skip


LONGEST, DEEPEST, LARGEST_INTEGER = 4000, 100, 2**53
"""Of formulas that people write; the package's own have at most 500 letters and are 11 deep."""
LONGEST_WRITTEN, DEEPEST_WRITTEN = 1_000_000, 700
"""Of formulas that programs write: a species of an SBML model may take part in hundreds of reactions."""


@dataclass(frozen=True)
class Formula:
    """A formula that has been read and found sound.

    Attributes
    ----------
    text
        As written.
    names
        The free names it needs, sorted.
    """

    text: str
    names: tuple[str, ...]

    @property
    def tree(self) -> ast.expr:
        """The formula as a checked syntax tree (only nodes of the language)."""
        return _tree(self.text)

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """The formula's value on columns (arrays of one length) or single numbers.

        Raises
        ------
        ExpressionError
            A name the formula needs is missing from `values`.
        """
        missing = [name for name in self.names if name not in values]
        if missing:
            raise ExpressionError(
                f'formula "{self.text}" needs {", ".join(missing)}; given: {", ".join(sorted(values))}'
            )
        with np.errstate(all="ignore"):  # what cannot be computed is NaN or infinite, and fulfils no condition
            return _value(self.tree, values)


@cache
def _tree(text: str) -> ast.expr:
    return _bounded(text, LONGEST_WRITTEN, DEEPEST_WRITTEN)


def _bounded(text: str, longest: int, deepest: int) -> ast.expr:
    """The syntax tree of a text within these bounds."""
    shown = _shown(text)
    if len(text) > longest:
        raise ExpressionError(f"the formula {shown} has {len(text)} letters, expected at most {longest}.\n  Divide it.")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as problem:
        raise ExpressionError(
            f"cannot read the formula {shown}: {getattr(problem, 'msg', problem)}\n"
            "  Correct it: names, numbers, + - * / **, comparisons, brackets, and functions such as exp(x)."
        ) from None
    except (RecursionError, MemoryError):
        raise ExpressionError(f"the formula {shown} is too deep to read.\n  Divide it.") from None
    waiting: list[tuple[ast.AST, int]] = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > deepest:
            raise ExpressionError(f"the formula {shown} is deeper than {deepest} operations.\n  Divide it.")
        waiting += [(part, depth + 1) for part in ast.iter_child_nodes(node)]
    return tree


def _shown(text: str) -> str:
    return f'"{text}"' if len(text) <= 120 else f'"{text[:60]}…"'


@cache
def read_formula(text: str) -> Formula:
    """Read a formula and check that it uses only the language.

    Raises
    ------
    ExpressionError
        Syntax error, or something outside the language (attribute, index, unknown function …).

    Examples
    --------
    >>> read_formula("3 if pressor >= 2 else 0").names
    ('pressor',)
    """
    _bounded(text, LONGEST, DEEPEST)
    return read_written(text)


@cache
def read_written(text: str) -> Formula:
    """A formula that a program wrote, checked as by `read_formula`, with wider bounds.

    Raises
    ------
    ExpressionError
        As for `read_formula`.
    """
    names: set[str] = set()
    _check(_tree(text), text, names)
    return Formula(text, tuple(sorted(names)))


def compared(text: str) -> list[tuple[str, float]]:
    """Every name that a formula compares with a number, and the number.

    Examples
    --------
    >>> compared("temperature >= 38 and (1 <= pressor_level < 3 or a + 1 > 2)")
    [('temperature', 38.0), ('pressor_level', 1.0), ('pressor_level', 3.0)]
    """
    found: list[tuple[str, float]] = []
    for node in ast.walk(read_formula(text).tree):
        if isinstance(node, ast.Compare):
            for one, other in pairwise([node.left, *node.comparators]):
                for name, number in ((one, other), (other, one)):
                    value = _number(number)
                    if isinstance(name, ast.Name) and value is not None:
                        found.append((name.id, value))
    return found


def is_condition(text: str) -> bool:
    """Whether a formula says yes or no, and is no number: a comparison, and/or/not, or True or False.

    Examples
    --------
    >>> is_condition("crs >= 3 or icans >= 3"), is_condition("max(crs, icans)"), is_condition("4 if crs > 2 else 1")
    (True, False, False)
    """
    match read_formula(text).tree:
        case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()) | ast.Constant(value=bool()):
            return True
    return False


def _number(node: ast.expr) -> float | None:
    """A number as written, with its sign; None for anything else."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -float(value)
    return None


def _check(node: ast.expr, text: str, names: set[str]) -> None:
    match node:
        case ast.Constant(value=value) if isinstance(value, (int, float)):
            if abs(value) > LARGEST_INTEGER and (isinstance(value, int) or value == np.inf):
                raise ExpressionError(
                    f"the formula {_shown(text)} has a number that is too large.\n  Write it with at most 15 digits."
                )
            return
        case ast.Name(id=name):
            names.add(name)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            _check(left, text, names)
            _check(right, text, names)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not(), operand=operand):
            _check(operand, text, names)
        case ast.BoolOp(values=values):
            for value in values:
                _check(value, text, names)
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARE for op in ops):
            for value in (left, *others):
                _check(value, text, names)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            for value in (test, body, orelse):
                _check(value, text, names)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if (name in FUNCTIONS and len(args) == 1) or (
            name in VARIADIC and len(args) >= 2
        ):
            for value in args:
                _check(value, text, names)
        case _:
            raise ExpressionError(
                f'the formula {_shown(text)} uses "{ast.unparse(node)[:80]}", which the formula language does not have.\n'
                f"  It has + - * / **, comparisons, and/or/not, a if c else b, {', '.join([*FUNCTIONS, *VARIADIC])}."
            )


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=bool(value)):
            return value
        case ast.Constant(value=int(value) | float(value)):
            return float(value)  # whole numbers overflow, floats do not
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](_value(left, values), _value(right, values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return np.logical_not(_value(operand, values))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return np.negative(_value(operand, values))
        case ast.UnaryOp(operand=operand):
            return _value(operand, values)
        case ast.BoolOp(op=op, values=parts):
            join = np.logical_and if isinstance(op, ast.And) else np.logical_or
            result = _value(parts[0], values)
            for part in parts[1:]:
                result = join(result, _value(part, values))
            return result
        case ast.Compare(left=left, ops=ops, comparators=others):
            result, previous = None, _value(left, values)
            for op, other in zip(ops, others, strict=True):
                here = _value(other, values)
                held = _COMPARE[type(op)](previous, here)
                result = held if result is None else np.logical_and(result, held)
                previous = here
            return result
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return np.where(_value(test, values), _value(body, values), _value(orelse, values))
        case ast.Call(func=ast.Name(id=name), args=args):
            parts = [_value(arg, values) for arg in args]
            if name in FUNCTIONS:
                return FUNCTIONS[name](parts[0])
            result = parts[0]
            for part in parts[1:]:
                result = VARIADIC[name](result, part)
            return result
    raise AssertionError(f"unchecked node {node!r}")
