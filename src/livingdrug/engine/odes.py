"""A system of ordinary differential equations, as the engine takes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

_WORD = re.compile(r"[A-Za-z_]\w*")


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


def with_numbers(odes: Odes, values: Mapping[str, float]) -> Odes:
    """The same system with some of its parameters written as numbers: compiled code is faster where it knows a power.

    Examples
    --------
    >>> decay = Odes(("x",), ("k", "n"), (0.1, 2.0), (), ("-k * x**n",), ("1",))
    >>> with_numbers(decay, {"n": 2.0}).rates
    ('-k * x**2.0',)
    """
    known = {name: repr(float(values[name])) for name in odes.parameters if name in values}
    if not known:
        return odes

    def written(formula: str) -> str:
        return _WORD.sub(lambda match: known.get(match[0], match[0]), formula)

    kept = [(name, default) for name, default in zip(odes.parameters, odes.defaults, strict=True) if name not in known]
    return replace(
        odes,
        parameters=tuple(name for name, _ in kept),
        defaults=tuple(default for _, default in kept),
        assignments=tuple((name, written(formula)) for name, formula in odes.assignments),
        rates=tuple(map(written, odes.rates)),
        initial=tuple(map(written, odes.initial)),
    )
