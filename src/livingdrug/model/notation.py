"""Formulas as a reader wants to see them: presentation MathML, which browsers draw without any script."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import libsbml

from livingdrug.model.fragment import Statement

_SPACE = "\u00a0"  # no-break space
_COMPARE = {
    libsbml.AST_RELATIONAL_EQ: "=", libsbml.AST_RELATIONAL_NEQ: "≠", libsbml.AST_RELATIONAL_GT: ">",
    libsbml.AST_RELATIONAL_GEQ: "≥", libsbml.AST_RELATIONAL_LT: "<", libsbml.AST_RELATIONAL_LEQ: "≤",
}  # fmt: skip
_MINUS = "<mo form='prefix'>−</mo>"
_LONG = 90  # characters of formula text after which a sum is written one term to a line
_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = 1, 2, 3, 4, 5  # how tightly things bind


def equation(statement: Statement, roles: Mapping[str, str]) -> str:
    """A rule as one ``<math>`` element.

    Parameters
    ----------
    statement
        The rule.
    roles
        Class of each name for colouring: "state", "parameter" or "output".

    Examples
    --------
    >>> "<mfrac>" in equation(Statement("cells", True, "-rate*cells", 1), {"cells": "state"})
    True
    """
    writer = _Writer(roles)
    left = writer.name(statement.target)
    if statement.is_rate:
        left = f"<mfrac><mrow><mo>d</mo>{left}</mrow><mrow><mo>d</mo><mi>t</mi></mrow></mfrac>"
    tree = libsbml.parseL3Formula(statement.formula)
    terms = writer.terms(tree) if len(statement.formula) > _LONG else []
    if len(terms) < 2:
        right = f"{left}<mo>=</mo>{writer.write(tree)[0]}"
        return f'<math display="block"><mrow>{right}</mrow></math>'
    rows = [f"<mtr><mtd>{left}</mtd><mtd><mo>=</mo></mtd><mtd>{terms[0]}</mtd></mtr>"]
    rows += [f"<mtr><mtd></mtd><mtd></mtd><mtd>{term}</mtd></mtr>" for term in terms[1:]]
    return f'<math display="block"><mtable class="lines" displaystyle="true" columnalign="right center left">{"".join(rows)}</mtable></math>'


class _Writer:
    def __init__(self, roles: Mapping[str, str]) -> None:
        self.roles = roles

    def name(self, text: str) -> str:
        """A name of the model, its underscores as spaces."""
        role = self.roles.get(text, "output")
        return f'<mi mathvariant="normal" class="{role}">{escape(text.replace("_", _SPACE))}</mi>'

    def terms(self, node: Any) -> list[str]:
        """The terms of a sum, each with its sign, or nothing when the formula is no sum."""
        if node.getType() not in (libsbml.AST_PLUS, libsbml.AST_MINUS) or node.getNumChildren() < 2:
            return []
        found: list[str] = []
        self._collect(node, 1, found)
        return [found[0].removeprefix("<mo form='infix'>+</mo>"), *found[1:]]

    def _collect(self, node: Any, sign: int, found: list[str]) -> None:
        kind, children = node.getType(), _children(node)
        if kind == libsbml.AST_PLUS:
            for child in children:
                self._collect(child, sign, found)
        elif kind == libsbml.AST_MINUS and len(children) == 2:
            self._collect(children[0], sign, found)
            self._collect(children[1], -sign, found)
        elif kind == libsbml.AST_MINUS:
            self._collect(children[0], -sign, found)
        else:
            text, binds = self.write(node)
            if text.startswith(_MINUS):  # a product with a minus in front
                text, binds, sign = text.removeprefix(_MINUS), _PRODUCT, -sign
            text = text if binds >= _PRODUCT else f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"
            found.append(f"<mo form='infix'>{'+' if sign > 0 else '−'}</mo>{text}")

    def inside(self, node: Any, at_least: int) -> str:
        """A formula, in brackets when it binds less tightly than its surroundings need."""
        text, binds = self.write(node)
        return text if binds >= at_least else f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"

    def write(self, node: Any) -> tuple[str, int]:
        """MathML of a formula, and how tightly it binds."""
        kind, children = node.getType(), _children(node)
        if node.isNumber():
            return _number(node), _ATOM
        if kind == libsbml.AST_NAME:
            return self.name(node.getName()), _ATOM
        if kind in _COMPARE:
            sides = [self.inside(child, _SUM) for child in children]
            return f"<mo>{escape(_COMPARE[kind])}</mo>".join(sides), 0
        match kind:
            case libsbml.AST_NAME_TIME:
                return "<mi>t</mi>", _ATOM
            case libsbml.AST_PLUS:
                return "<mo>+</mo>".join(self.inside(child, _SUM) for child in children), _SUM
            case libsbml.AST_MINUS if len(children) == 1:
                return f"<mo>−</mo>{self.inside(children[0], _PRODUCT)}", _SUM
            case libsbml.AST_MINUS:
                return f"{self.inside(children[0], _SUM)}<mo>−</mo>{self.inside(children[1], _PRODUCT)}", _SUM
            case libsbml.AST_TIMES:
                return self._product(children)
            case libsbml.AST_DIVIDE:
                above, below = (self.write(child)[0] for child in children)
                return f"<mfrac><mrow>{above}</mrow><mrow>{below}</mrow></mfrac>", _POWER
            case libsbml.AST_POWER | libsbml.AST_FUNCTION_POWER:
                base, exponent = self.inside(children[0], _ATOM), self.write(children[1])[0]
                return f"<msup><mrow>{base}</mrow><mrow>{exponent}</mrow></msup>", _POWER
            case libsbml.AST_FUNCTION_FLOOR:
                return f"<mrow><mo>⌊</mo>{self.write(children[0])[0]}<mo>⌋</mo></mrow>", _ATOM
            case libsbml.AST_FUNCTION_ABS:
                return f"<mrow><mo>|</mo>{self.write(children[0])[0]}<mo>|</mo></mrow>", _ATOM
            case libsbml.AST_FUNCTION_ROOT:
                return f"<msqrt>{self.write(children[-1])[0]}</msqrt>", _ATOM
            case libsbml.AST_FUNCTION_PIECEWISE:
                return self._cases(children), _ATOM
            case libsbml.AST_LOGICAL_AND | libsbml.AST_LOGICAL_OR:
                word = "and" if kind == libsbml.AST_LOGICAL_AND else "or"
                return f"<mtext>&#160;{word}&#160;</mtext>".join(self.inside(child, 0) for child in children), 0
        inner = "<mo>,</mo>".join(self.write(child)[0] for child in children)
        return (
            f'<mi mathvariant="normal">{escape(node.getName() or "not")}</mi><mrow><mo>(</mo>{inner}<mo>)</mo></mrow>',
            _ATOM,
        )

    def _product(self, children: list[Any]) -> tuple[str, int]:
        """Factors; the minus of a first factor goes in front of all of them."""
        first, rest = children[0], children[1:]
        negative = first.getType() == libsbml.AST_MINUS and first.getNumChildren() == 1
        factors = [first.getChild(0) if negative else first, *rest]
        text = "<mo>·</mo>".join(self.inside(factor, _PRODUCT) for factor in factors)
        return (f"{_MINUS}{text}", _SUM) if negative else (text, _PRODUCT)

    def _cases(self, children: list[Any]) -> str:
        rows = [
            f"<mtr><mtd>{self.write(value)[0]}</mtd><mtd><mtext>if&#160;</mtext>{self.write(condition)[0]}</mtd></mtr>"
            for value, condition in zip(children[:-1:2], children[1::2], strict=False)
        ]
        if len(children) % 2:
            rows.append(f"<mtr><mtd>{self.write(children[-1])[0]}</mtd><mtd><mtext>otherwise</mtext></mtd></mtr>")
        return f'<mrow><mo>{{</mo><mtable columnalign="left left">{"".join(rows)}</mtable></mrow>'


def _number(node: Any) -> str:
    value = f"{node.getValue():g}"
    mantissa, _, exponent = value.partition("e")
    text = f"<mn>{mantissa}</mn>"
    if exponent:
        text = f"<mrow>{text}<mo>·</mo><msup><mn>10</mn><mn>{int(exponent)}</mn></msup></mrow>"
    return f"<mrow>{text}<mtext>&#160;{escape(node.getUnits())}</mtext></mrow>" if node.isSetUnits() else text


def _children(node: Any) -> list[Any]:
    return [node.getChild(i) for i in range(node.getNumChildren())]
