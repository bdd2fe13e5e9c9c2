"""A system of ordinary differential equations, as the engine takes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Odes:
    """States, parameters and formulas; the engine knows nothing else about a model.

    Formulas are text in the language of `foundation.expressions`; the name `time` is the model's time.

    Attributes
    ----------
    states
        State names; `rates` and `initial` are in the same order.
    parameters, defaults
        Names of the constants a caller may set for each patient, and their default values.
    assignments
        (name, formula) of algebraic quantities, in an order in which each needs only earlier ones.
    rates
        Time derivative of each state.
    initial
        Starting value of each state, a formula of parameters only.
    """

    states: tuple[str, ...]
    parameters: tuple[str, ...]
    defaults: tuple[float, ...]
    assignments: tuple[tuple[str, str], ...]
    rates: tuple[str, ...]
    initial: tuple[str, ...]
