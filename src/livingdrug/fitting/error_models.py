"""Residual error: how far a measurement lies from the true level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation.errors import UnknownName

Floats = NDArray[np.float64]

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


def noise_of(error: ErrorModel, sizes: Floats, level: Floats) -> tuple[Floats, dict[str, Floats]]:
    """Variance of results at these levels, shaped as `level`, and its derivatives by a and b.

    Parameters
    ----------
    sizes
        a and b; one that the error does not have counts as 0.
    level
        True levels; with a lognormal error the variance is that of the logarithm.
    """
    a, b = (float(size) if letter in error.parameters else 0.0 for letter, size in zip("ab", sizes, strict=True))
    f = np.abs(level)
    if error.code == COMBINED_ROOT:
        return a * a + (b * f) ** 2, {"a": np.full(f.shape, 2 * a), "b": 2 * b * f**2}
    spread = a + b * f
    return spread**2, {"a": 2 * spread, "b": 2 * spread * f}
