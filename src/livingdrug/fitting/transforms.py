"""Between a parameter as people know it and the scale on which patients vary normally: log, logit, probit or plain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr, ndtri

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Transform:
    """One scale.

    Attributes
    ----------
    forward
        Parameter -> normal scale.
    back
        Normal scale -> parameter.
    slope
        Derivative of `back`, from the normal scale.
    low, high
        Bounds of the parameter, themselves excluded.
    """

    name: str
    forward: Callable[[Floats], Floats]
    back: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    low: float
    high: float


def _normal_density(x: Floats) -> Floats:
    return np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)


TRANSFORMS = {
    "normal": Transform("normal", lambda p: p * 1.0, lambda x: x * 1.0, lambda x: np.ones_like(x), -np.inf, np.inf),
    "log": Transform("log", np.log, lambda x: np.exp(np.minimum(x, 700.0)), lambda x: np.exp(np.minimum(x, 700.0)), 0.0, np.inf),
    "logit": Transform("logit", lambda p: np.log(p / (1 - p)), expit, lambda x: expit(x) * expit(-x), 0.0, 1.0),
    "probit": Transform("probit", ndtri, ndtr, _normal_density, 0.0, 1.0),
}  # fmt: skip
CODES = {name: code for code, name in enumerate(TRANSFORMS)}
"""What the compiled kernels call each scale; the order of `kernels.from_normal_scale`."""
