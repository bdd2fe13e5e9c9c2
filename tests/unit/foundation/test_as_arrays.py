"""Columns as arrays: expected values written by hand."""

import numpy as np
import polars as pl
import pytest

from livingdrug.foundation.as_arrays import as_flags, as_numbers

NAN = float("nan")


@pytest.mark.parametrize(
    ("column", "unknown", "expected"),
    [
        (pl.Series([1.5, None, 3.0]), np.inf, [1.5, np.inf, 3.0]),
        (pl.Series([1.5, None, NAN]), np.inf, [1.5, np.inf, NAN]),  # not a number is known not to be one
        (pl.Series([1.5, None, NAN]), np.nan, [1.5, NAN, NAN]),
        (pl.Series([1, None, 3]), -1.0, [1.0, -1.0, 3.0]),
        (pl.Series([True, None, False]), 0.0, [1.0, 0.0, 0.0]),
        (pl.Series([True, False]), 7.0, [1.0, 0.0]),
        (pl.Series([None, None], dtype=pl.Float64), 2.0, [2.0, 2.0]),
        (pl.Series([], dtype=pl.Int64), 2.0, []),
    ],
)
def test_numbers(column, unknown, expected):
    np.testing.assert_array_equal(as_numbers(column, unknown), expected)


@pytest.mark.parametrize("unknown", [True, False])
def test_flags(unknown):
    assert as_flags(pl.Series([True, None, False]), unknown).tolist() == [True, unknown, False]
    assert as_flags(pl.Series([True, False]), unknown).tolist() == [True, False]
    assert as_flags(pl.Series([None], dtype=pl.Boolean), unknown).tolist() == [unknown]
