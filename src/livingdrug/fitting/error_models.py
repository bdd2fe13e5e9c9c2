"""Residual error: how far a measurement lies from the true level."""

from __future__ import annotations

from dataclasses import dataclass

from livingdrug.foundation.errors import UnknownName

ADDITIVE, PROPORTIONAL, COMBINED, COMBINED_ROOT, LOGNORMAL = range(5)


@dataclass(frozen=True)
class ErrorModel:
    """One way in which measurements scatter.

    Attributes
    ----------
    code
        What the compiled likelihood calls it.
    parameters
        Which of a and b it has.
    formula
        Standard deviation, f being the true level.
    """

    name: str
    code: int
    parameters: tuple[str, ...]
    formula: str


ERRORS = {
    error.name: error
    for error in (
        ErrorModel("additive", ADDITIVE, ("a",), "a"),
        ErrorModel("proportional", PROPORTIONAL, ("b",), "b f"),
        ErrorModel("combined", COMBINED, ("a", "b"), "a + b f"),
        ErrorModel("combined_root", COMBINED_ROOT, ("a", "b"), "sqrt(a² + b² f²)"),
        ErrorModel("lognormal", LOGNORMAL, ("a",), "a, of the natural logarithm"),
    )
}


def error_model(name: str) -> ErrorModel:
    """A residual error by name.

    Raises
    ------
    UnknownName
        None of `ERRORS`.
    """
    if name not in ERRORS:
        raise UnknownName("residual error", name, ERRORS)
    return ERRORS[name]
