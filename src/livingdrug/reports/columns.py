"""Columns of a frame as plain numbers, and the share of patients for whom something is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation.as_arrays import as_numbers

if TYPE_CHECKING:
    import polars as pl


def numbers(frame: pl.DataFrame, column: str) -> NDArray[np.float64]:
    """The known values of a column, yes/no as 1/0; empty when the frame has no such column.

    Returns
    -------
    Finite floats, shaped (known values,).
    """
    if column not in frame.columns:
        return np.empty(0)
    values = as_numbers(frame[column])
    return values[np.isfinite(values)]


def share(frame: pl.DataFrame, column: str) -> float | None:
    """Share of the known values of a yes/no column that are yes; None when nothing is known."""
    values = numbers(frame, column)
    return float(values.mean()) if values.size else None


def middle(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Median, minimum, maximum of values that are not empty."""
    return float(np.median(values)), float(values.min()), float(values.max())
