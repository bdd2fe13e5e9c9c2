"""Priors of a PEtab parameter table, as log densities."""

from __future__ import annotations

import math
from collections.abc import Callable

from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.interop.petab.files import Row

Prior = Callable[[float, float], float]
"""(value on the parameter's scale, value on a linear scale) -> log density."""


def _normal(x: float, mean: float, sd: float) -> float:
    return -0.5 * ((x - mean) / sd) ** 2 - math.log(sd * math.sqrt(2 * math.pi))


def _laplace(x: float, at: float, scale: float) -> float:
    return -abs(x - at) / scale - math.log(2 * scale)


def _uniform(x: float, low: float, high: float) -> float:
    return -math.log(high - low) if low <= x <= high else -math.inf


_KINDS: dict[str, Callable[[float, float, float, float], float]] = {
    "uniform": lambda x, v, a, b: _uniform(v, a, b),
    "normal": lambda x, v, a, b: _normal(v, a, b),
    "laplace": lambda x, v, a, b: _laplace(v, a, b),
    "logNormal": lambda x, v, a, b: _normal(math.log(v), a, b) - math.log(v),
    "logLaplace": lambda x, v, a, b: _laplace(math.log(v), a, b) - math.log(v),
    "parameterScaleUniform": lambda x, v, a, b: _uniform(x, a, b),
    "parameterScaleNormal": lambda x, v, a, b: _normal(x, a, b),
    "parameterScaleLaplace": lambda x, v, a, b: _laplace(x, a, b),
}


def prior_of(row: Row, source: str) -> Prior:
    """The prior that a row of the parameter table states; none counts nothing.

    Raises
    ------
    UnknownName
        A kind of prior that PEtab does not have.
    BadInput
        Its two numbers are missing or cannot be.
    """
    kind = row.get("objectivePriorType", "")
    if not kind:
        return lambda x, value: 0.0
    if kind not in _KINDS:
        raise UnknownName("prior", kind, _KINDS, f"{source}, {row['parameterId']}.")
    words = row.get("objectivePriorParameters", "").split(";")
    try:
        a, b = (float(word) for word in words)
        good = math.isfinite(a) and math.isfinite(b) and (b > a if kind.lower().endswith("uniform") else b > 0)
    except ValueError:
        good, a, b = False, 0.0, 0.0
    if not good:
        raise BadInput(
            f'{source}, {row["parameterId"]}: objectivePriorParameters "{row.get("objectivePriorParameters", "")}"; expected two '
            "numbers parted by ;, the second positive (or above the first, if uniform)."
        )
    density = _KINDS[kind]
    return lambda x, value: density(x, value, a, b)
