"""Columns as arrays, with a value in place of what is unknown.

A column's own way to fill what is unknown starts a query each time, which costs more than these small columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl


def as_numbers(column: pl.Series, unknown: float = np.nan) -> NDArray[np.float64]:
    """A column as numbers (r,): yes and no are 1 and 0; `unknown` where it is null.

    Examples
    --------
    >>> import polars as pl
    >>> as_numbers(pl.Series([1, None, 3]), unknown=0.0).tolist()
    [1.0, 0.0, 3.0]
    """
    import polars as pl

    values = column.cast(pl.Float64).to_numpy()  # null is not a number there
    missing = column.null_count()
    if not missing or np.isnan(unknown):
        return values
    nowhere = np.isnan(values)
    if int(nowhere.sum()) != missing:  # the column has values that are not a number, too
        nowhere = column.is_null().to_numpy()
    return np.where(nowhere, unknown, values)


def as_flags(column: pl.Series, unknown: bool) -> NDArray[np.bool_]:
    """A column of yes and no as flags (r,); `unknown` where it is null.

    Examples
    --------
    >>> import polars as pl
    >>> as_flags(pl.Series([True, None, False]), unknown=True).tolist()
    [True, True, False]
    """
    if not column.null_count():
        return column.to_numpy()
    return as_numbers(column, float(unknown)) > 0
