"""Strata in tests between groups: which patients are held against each other, and what the test is then called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

STRATUM = "stratum"
"""Column of the patients given to a test, in a trial randomised within strata."""


def strata_of(patients: pl.DataFrame) -> NDArray[np.int64] | None:
    """Each patient's stratum, shaped (n,); None in a trial without strata."""
    return patients[STRATUM].to_numpy() if STRATUM in patients.columns else None


def stratified(name: str, patients: pl.DataFrame) -> str:
    """The name of a test that compares within strata where there are some."""
    return f"stratified {name}" if STRATUM in patients.columns else name


def not_stratified(name: str, patients: pl.DataFrame) -> str:
    """The name of a test that has no form within strata: it says so where there are some."""
    return f"{name}, not stratified" if STRATUM in patients.columns else name
