"""Parameters as callers give them: a table, or values by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from livingdrug.engine.odes import Odes
from livingdrug.foundation.errors import BadInput, UnknownName

Floats = NDArray[np.float64]
Parameters = ArrayLike | Mapping[str, ArrayLike] | Sequence[Mapping[str, float]]


def parameter_table(given: Any, odes: Odes) -> Floats:
    """Parameters of n patients, shaped (n, P): always a fresh, writable array.

    Parameters
    ----------
    given
        A table shaped (n, P) in the order of `Odes.parameters`; or a mapping of names to a number for all patients or an
        array of one for each; or one mapping for each patient. Names left out keep their default.
    odes
        The model.

    Raises
    ------
    BadInput
        A name the model does not have, values that are not numbers, arrays of different lengths, a table of another shape.

    Examples
    --------
    >>> decay = Odes(("x",), ("k", "size"), (0.5, 1.0), (), ("-k * x",), ("size",))
    >>> parameter_table({"k": [0.1, 0.2]}, decay)
    array([[0.1, 1. ],
           [0.2, 1. ]])
    """
    if isinstance(given, Mapping):
        return _by_name(given, odes)
    if isinstance(given, Sequence) and len(given) and all(isinstance(row, Mapping) for row in given):
        return np.concatenate([_by_name(row, odes) for row in given])
    table = _numbers("parameters", given)
    if table.ndim == 1 and table.size == len(odes.parameters):
        table = table[None]
    if table.ndim != 2 or table.shape[1] != len(odes.parameters):
        raise BadInput(
            f"parameters: got an array shaped {table.shape}, expected (patients, {len(odes.parameters)}), "
            'or values by name such as {"k": 0.1}'
        )
    return np.array(table, order="C")


def _by_name(given: Mapping[Any, Any], odes: Odes) -> Floats:
    for name in given:
        if name not in odes.parameters:
            raise UnknownName("parameter", str(name), odes.parameters, "Parameters are the model's constants.")
    columns = {name: _numbers(f'parameter "{name}"', value) for name, value in given.items()}
    sizes = {name: column.size for name, column in columns.items() if column.ndim}
    if len({*sizes.values()} - {1}) > 1 or any(column.ndim > 1 for column in columns.values()):
        listed = ", ".join(f"{name}: {column.shape}" for name, column in columns.items())
        raise BadInput(f"parameters: values of different lengths ({listed}); give one number, or one for each patient")
    n = max(sizes.values(), default=1)
    table = np.tile(np.array(odes.defaults, dtype=np.float64), (n, 1))
    for name, column in columns.items():
        table[:, odes.parameters.index(name)] = column
    return table


def _numbers(what: str, given: Any) -> Floats:
    try:
        return np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(f"{what}: got {str(given)[:60]!r}, expected numbers") from None
