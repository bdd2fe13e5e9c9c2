"""One file for each integration method, found by its name: `ros4.py` holds `ROS4`, and is stepper "ros4"."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from livingdrug.foundation.errors import BadInput

if TYPE_CHECKING:
    from livingdrug.engine.rosenbrock import Rosenbrock


def steppers() -> tuple[str, ...]:
    """Names of all steppers, sorted."""
    return tuple(sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_")))


def find_stepper(name: str) -> Rosenbrock:
    """The coefficients of one.

    Raises
    ------
    BadInput
        No file of that name.
    """
    if name not in steppers():
        raise BadInput(f'no stepper "{name}". Steppers: {", ".join(steppers())}')
    return getattr(import_module(f"{__name__}.{name}"), name.upper())
