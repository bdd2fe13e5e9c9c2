"""SBML mathematics as text in the formula language: MathML trees in, Python syntax out."""

from __future__ import annotations

import ast
import keyword
import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import libsbml

from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.expressions import FUNCTIONS, read_written

# The formula language has no words for these; its arithmetic is that of floating-point numbers.
INFINITY, NOT_A_NUMBER = "(1e308 * 10.0)", "(1e308 * 10.0 - 1e308 * 10.0)"
AVOGADRO = "6.02214179e23"  # the value SBML fixes (L3V1, section 3.4.6)
_RELATIONS = {
    libsbml.AST_RELATIONAL_EQ: "==", libsbml.AST_RELATIONAL_NEQ: "!=", libsbml.AST_RELATIONAL_GT: ">",
    libsbml.AST_RELATIONAL_GEQ: ">=", libsbml.AST_RELATIONAL_LT: "<", libsbml.AST_RELATIONAL_LEQ: "<=",
}  # fmt: skip
_JOINS = {libsbml.AST_LOGICAL_AND: " and ", libsbml.AST_LOGICAL_OR: " or "}
_LOGICAL = {*_RELATIONS, *_JOINS, libsbml.AST_LOGICAL_NOT, libsbml.AST_LOGICAL_XOR, libsbml.AST_LOGICAL_IMPLIES}
# Written so that no digits are lost where a textbook formula would subtract near equals or overflow on the way.
_BY_FORMULA = {
    libsbml.AST_FUNCTION_EXP: "exp({x})",
    libsbml.AST_FUNCTION_LN: "log({x})",
    libsbml.AST_FUNCTION_ABS: "abs({x})",
    libsbml.AST_FUNCTION_FLOOR: "floor({x})",
    libsbml.AST_FUNCTION_CEILING: "(-floor(-({x})))",
    libsbml.AST_FUNCTION_SIN: "sin({x})",
    libsbml.AST_FUNCTION_COS: "cos({x})",
    libsbml.AST_FUNCTION_TAN: "(sin({x})/cos({x}))",
    libsbml.AST_FUNCTION_SEC: "(1/cos({x}))",
    libsbml.AST_FUNCTION_CSC: "(1/sin({x}))",
    libsbml.AST_FUNCTION_COT: "(cos({x})/sin({x}))",
    libsbml.AST_FUNCTION_SINH: "sinh({x})",
    libsbml.AST_FUNCTION_COSH: "cosh({x})",
    libsbml.AST_FUNCTION_TANH: "tanh({x})",
    libsbml.AST_FUNCTION_SECH: "(1/cosh({x}))",
    libsbml.AST_FUNCTION_CSCH: "(1/sinh({x}))",
    libsbml.AST_FUNCTION_COTH: "(1/tanh({x}))",
    libsbml.AST_FUNCTION_ARCTAN: "atan({x})",
    libsbml.AST_FUNCTION_ARCSIN: "(2*atan(({x})/(1 + sqrt((1 - ({x}))*(1 + ({x}))))))",
    libsbml.AST_FUNCTION_ARCCOS: "(2*atan(sqrt((1 - ({x}))/(1 + ({x})))))",
    libsbml.AST_FUNCTION_ARCCOT: "atan(1/({x}))",
    libsbml.AST_FUNCTION_ARCSEC: "(2*atan(sqrt((1 - 1/({x}))/(1 + 1/({x})))))",
    libsbml.AST_FUNCTION_ARCCSC: "(2*atan((1/({x}))/(1 + sqrt((1 - 1/({x}))*(1 + 1/({x}))))))",
    libsbml.AST_FUNCTION_ARCSINH: "asinh({x})",
    libsbml.AST_FUNCTION_ARCCOSH: "acosh({x})",
    libsbml.AST_FUNCTION_ARCTANH: "atanh({x})",
    libsbml.AST_FUNCTION_ARCCOTH: "atanh(1/({x}))",
    libsbml.AST_FUNCTION_ARCSECH: "acosh(1/({x}))",
    libsbml.AST_FUNCTION_ARCCSCH: "asinh(1/({x}))",
}
# Lanczos' approximation of the gamma function with g = 7 (coefficients: P. Godfrey 2001), relative error about 1e-14.
_LANCZOS = (
    676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
    -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
)  # fmt: skip


_ARGUMENTS = {
    **dict.fromkeys(_BY_FORMULA, (1, 1)),
    **dict.fromkeys((libsbml.AST_LOGICAL_NOT, libsbml.AST_FUNCTION_FACTORIAL, libsbml.AST_FUNCTION_RATE_OF), (1, 1)),
    **dict.fromkeys((libsbml.AST_MINUS, libsbml.AST_FUNCTION_ROOT, libsbml.AST_FUNCTION_LOG), (1, 2)),
    **dict.fromkeys((libsbml.AST_FUNCTION_MIN, libsbml.AST_FUNCTION_MAX, libsbml.AST_FUNCTION_PIECEWISE), (1, 10_000)),
    **dict.fromkeys(
        (
            libsbml.AST_DIVIDE, libsbml.AST_POWER, libsbml.AST_FUNCTION_POWER, libsbml.AST_FUNCTION_QUOTIENT,
            libsbml.AST_FUNCTION_REM, libsbml.AST_LOGICAL_IMPLIES,
        ),
        (2, 2),
    ),
}  # fmt: skip
"""Kind of node -> fewest and most arguments; libSBML lets some wrong numbers pass."""


class UnsupportedModel(BadInput):
    """An SBML model has something the engine does not do."""


class Formulas:
    """Translates the formulas of one model, giving every SBML id a name the formula language can hold.

    Parameters
    ----------
    model
        A libSBML model, Level 3.

    Attributes
    ----------
    identifiers
        Ids of everything in the model that has one, in its order.
    """

    def __init__(self, model: Any) -> None:
        self._functions = {f.getId(): f for f in model.getListOfFunctionDefinitions()}
        self._names: dict[str, str] = {}
        self.identifiers = ids = _identifiers(model)
        taken = {identifier for identifier in ids if not _reserved(identifier)}
        for identifier in ids:
            name = identifier
            while _reserved(name) or (name != identifier and name in taken):
                name += "_"
            taken.add(name)
            self._names[identifier] = name
        self._taken = taken
        self.rates_wanted: dict[str, str] = {}  # name inside a rateOf() -> name of that rate

    def name(self, identifier: str) -> str:
        """The name standing for an SBML id."""
        return self._names.get(identifier, identifier)

    def fresh(self, wish: str) -> str:
        """A name not taken yet, near the wish."""
        while wish in self._taken or _reserved(wish):
            wish += "_"
        self._taken.add(wish)
        return wish

    def text(self, node: Any, local: Mapping[str, str] | None = None) -> str:
        """A MathML tree as a formula; `local` names stand for texts (function arguments, local parameters)."""
        return self._numeric(node, local or {})

    def _numeric(self, node: Any, local: Mapping[str, str]) -> str:
        _refuse_number_of_arguments(node)
        if node.getType() in _LOGICAL:
            return f"(1.0 if {self._condition(node, local)} else 0.0)"
        return self._value(node, local)

    def _condition(self, node: Any, local: Mapping[str, str]) -> str:
        _refuse_number_of_arguments(node)
        kind, parts = node.getType(), _children(node)
        if kind in _RELATIONS:
            sides = [self._numeric(part, local) for part in parts]
            pairs = [f"({a} {_RELATIONS[kind]} {b})" for a, b in pairwise(sides)]
            return f"({' and '.join(pairs)})" if pairs else "(1 > 0)"
        if kind in _JOINS:
            pieces = [self._condition(part, local) for part in parts]
            neutral = "(1 > 0)" if kind == libsbml.AST_LOGICAL_AND else "(1 < 0)"
            return f"({_JOINS[kind].join(pieces)})" if pieces else neutral
        if kind == libsbml.AST_LOGICAL_NOT:
            return f"(not {self._condition(parts[0], local)})"
        if kind == libsbml.AST_LOGICAL_IMPLIES:
            return f"((not {self._condition(parts[0], local)}) or {self._condition(parts[1], local)})"
        if kind == libsbml.AST_LOGICAL_XOR:
            result = "(1 < 0)"
            for part in parts:
                here = self._condition(part, local)
                result = f"(({result} and (not {here})) or ((not {result}) and {here}))"
            return result
        if kind == libsbml.AST_CONSTANT_TRUE:
            return "(1 > 0)"
        if kind == libsbml.AST_CONSTANT_FALSE:
            return "(1 < 0)"
        return f"({self._value(node, local)} != 0)"

    def _value(self, node: Any, local: Mapping[str, str]) -> str:
        kind, parts = node.getType(), _children(node)
        if node.isNumber():
            return _literal(node)
        if kind == libsbml.AST_NAME:
            identifier = node.getName()
            return local.get(identifier) or self.name(identifier)
        if kind in _BY_FORMULA:
            return _BY_FORMULA[kind].format(x=self._numeric(parts[0], local))
        match kind:
            case libsbml.AST_NAME_TIME:
                return "time"
            case libsbml.AST_NAME_AVOGADRO:
                return AVOGADRO
            case libsbml.AST_CONSTANT_E:
                return repr(math.e)
            case libsbml.AST_CONSTANT_PI:
                return repr(math.pi)
            case libsbml.AST_CONSTANT_TRUE:
                return "1.0"
            case libsbml.AST_CONSTANT_FALSE:
                return "0.0"
            case libsbml.AST_FUNCTION:
                return self._call(node, local)
            case libsbml.AST_FUNCTION_PIECEWISE:
                return self._piecewise(parts, local)
            case libsbml.AST_FUNCTION_DELAY:
                raise UnsupportedModel(f'the function delay() in "{libsbml.formulaToL3String(node)}"')
            case libsbml.AST_FUNCTION_RATE_OF:
                return self._rate_of(parts[0], local)
        return _arithmetic(node, [self._numeric(part, local) for part in parts])

    def _rate_of(self, part: Any, local: Mapping[str, str]) -> str:
        """The name under which whoever collects the equations will put the rate of a quantity."""
        name = self._value(part, local).strip("()")
        if not name.isidentifier():
            raise UnsupportedModel(f'the function rateOf() of "{name}", which is not a quantity of the model')
        if name not in self.rates_wanted:
            self.rates_wanted[name] = self.fresh(f"rate_of_{name}")
        return self.rates_wanted[name]

    def _call(self, node: Any, local: Mapping[str, str]) -> str:
        """A user function, put in place."""
        name = node.getName()
        if name not in self._functions:
            raise UnsupportedModel(f'the function "{name}", which the model does not define')
        definition = self._functions[name]
        if definition.getBody() is None:
            raise UnsupportedModel(f'the function "{name}" without a body')
        bound = [definition.getArgument(i).getName() for i in range(definition.getNumArguments())]
        if len(set(bound)) < len(bound):
            raise BadInput(f'the function "{name}" has two arguments of one name.\n  Give each its own.')
        _refuse_number(node, node.getNumChildren(), len(bound), len(bound))
        given = [self._numeric(part, local) for part in _children(node)]
        return f"({self._numeric(definition.getBody(), dict(zip(bound, (f'({g})' for g in given), strict=True)))})"

    def _piecewise(self, parts: list[Any], local: Mapping[str, str]) -> str:
        result = self._numeric(parts[-1], local) if len(parts) % 2 else NOT_A_NUMBER
        last = len(parts) - len(parts) % 2
        for i in range(last - 2, -1, -2):
            result = f"({self._numeric(parts[i], local)} if {self._condition(parts[i + 1], local)} else {result})"
        return result


def _refuse_number_of_arguments(node: Any) -> None:
    if node.isNumber():
        return
    fewest, most = _ARGUMENTS.get(node.getType(), (0, math.inf))
    _refuse_number(node, node.getNumChildren(), fewest, most)


def _refuse_number(node: Any, n: int, fewest: int, most: float) -> None:
    if fewest <= n <= most:
        return
    said = str(libsbml.formulaToL3String(node) or node.getName() or "an operator")[:120]
    expected = str(fewest) if fewest == most else f"{fewest} to {most}" if n > most else f"at least {fewest}"
    raise BadInput(f'"{said}" has {n} argument{"" if n == 1 else "s"}, expected {expected}.\n  Correct that formula.')


def _arithmetic(node: Any, parts: list[str]) -> str:
    match node.getType():
        case libsbml.AST_PLUS:
            return f"({' + '.join(parts)})" if parts else "0.0"
        case libsbml.AST_TIMES:
            return f"({' * '.join(parts)})" if parts else "1.0"
        case libsbml.AST_MINUS:
            return f"(-{parts[0]})" if len(parts) == 1 else f"({' - '.join(parts)})"
        case libsbml.AST_DIVIDE:
            return f"({parts[0]} / {parts[1]})"
        case libsbml.AST_POWER | libsbml.AST_FUNCTION_POWER:
            return f"({parts[0]} ** {parts[1]})"
        case libsbml.AST_FUNCTION_ROOT:
            return f"sqrt({parts[-1]})" if parts[:-1] in ([], ["2.0"]) else f"({parts[1]} ** (1/{parts[0]}))"
        case libsbml.AST_FUNCTION_LOG:
            base = parts[0] if len(parts) == 2 else "10.0"
            return f"(log({parts[-1]}) / log({base}))"
        case libsbml.AST_FUNCTION_MIN | libsbml.AST_FUNCTION_MAX:
            word = "min" if node.getType() == libsbml.AST_FUNCTION_MIN else "max"
            return f"{word}({', '.join(parts)})" if len(parts) > 1 else parts[0]
        case libsbml.AST_FUNCTION_QUOTIENT:
            ratio = f"({parts[0]} / {parts[1]})"
            return f"(floor({ratio}) if {ratio} >= 0 else (-floor(-{ratio})))"
        case libsbml.AST_FUNCTION_REM:
            ratio = f"({parts[0]} / {parts[1]})"
            return f"({parts[0]} - {parts[1]} * (floor({ratio}) if {ratio} >= 0 else (-floor(-{ratio}))))"
        case libsbml.AST_FUNCTION_FACTORIAL:
            return _factorial(parts[0])
    raise UnsupportedModel(f'"{libsbml.formulaToL3String(node)}" in a formula')


def _factorial(text: str) -> str:
    formula = read_written(text)
    if not formula.names:
        value = float(formula.evaluate({}))
        return repr(math.gamma(value + 1)) if value >= 0 else NOT_A_NUMBER
    terms = " + ".join(f"({factor!r})/({text} + {i})" for i, factor in enumerate(_LANCZOS, start=1))
    series = f"(0.99999999999980993 + {terms})"
    size = f"(exp(({text} + 0.5) * log({text} + 7.5) - ({text} + 7.5)) * {math.sqrt(2 * math.pi)!r} * {series})"
    return f"({size} if {text} >= 0 else {NOT_A_NUMBER})"


def _literal(node: Any) -> str:
    value = float(node.getValue())
    if value != value:
        return NOT_A_NUMBER
    if math.isinf(value):
        return INFINITY if value > 0 else f"(-{INFINITY})"
    return repr(value) if value >= 0 else f"({value!r})"


def _children(node: Any) -> list[Any]:
    return [node.getChild(i) for i in range(node.getNumChildren())]


def _identifiers(model: Any) -> list[str]:
    """Ids of all elements of a model, in its order; the list is a chain, in which the first is near and the last far."""
    elements = model.getListOfAllElements()
    near = (elements.remove(0) for _ in range(elements.getSize()))
    return [element.getId() for element in near if element.isSetIdAttribute()]


def _reserved(name: str) -> bool:
    return keyword.iskeyword(name) or name in {"time", "min", "max"} or name in FUNCTIONS


class _Put(ast.NodeTransformer):
    def __init__(self, trees: Mapping[str, ast.expr]) -> None:
        self.trees = trees

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.trees.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        return ast.Call(node.func, [self.visit(argument) for argument in node.args], [])


def substituted(formula: str, texts: Mapping[str, str]) -> str:
    """A formula with formulas put in for names.

    Examples
    --------
    >>> substituted("a * b", {"b": "c + 1"})
    'a * (c + 1)'
    """
    if not texts:
        return formula
    trees = {name: ast.parse(text, mode="eval").body for name, text in texts.items()}
    return ast.unparse(_Put(trees).visit(ast.parse(formula, mode="eval").body))
