"""Formulas of PEtab in our language: ^ is **, ln is log, log10 is a multiple of it."""

from __future__ import annotations

import re


def as_ours(formula: str) -> str:
    """The formula as `livingdrug.foundation.expressions.read_formula` reads it.

    >>> as_ours("ln(A)^2")
    'log(A)**2'
    """
    text = re.sub(r"\blog10\(", "(1/log(10))*log(", formula.replace("^", "**"))
    return re.sub(r"\bln\(", "log(", text)
