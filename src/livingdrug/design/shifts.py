"""Differences between trials, added to each replicate's estimates on their own scales."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from livingdrug.foundation import streams
from livingdrug.outcome.asked import ask

if TYPE_CHECKING:
    from livingdrug.design.batch import Work

NUMBERS = ("estimate", "ci_low", "ci_high")


def shifted(estimates: pl.DataFrame, work: Work) -> pl.DataFrame:
    """Every estimate with its replicate's difference between trials: the arcsine root of a share, the logarithm of an amount.

    One difference for an endpoint and arm of a replicate, whatever the time; tests of rules do not see it, because they count
    people. Medians in time and ranges are left as they are.
    """
    if not work.layers.on("between_trials"):
        return estimates
    pieces = []
    shares = {one.id: ask(one).estimator.shares for one in work.records}
    for (endpoint, arm, measure), group in estimates.group_by(["endpoint", "arm", "measure"], maintain_order=True):
        sd = work.layers.between_trials.get(str(endpoint), 0.0)
        is_share = measure in shares.get(str(endpoint), ())
        if sd and (is_share or not shares.get(str(endpoint))):
            luck = sd * streams.normal(work.seed, f"between_trials/{arm}/{endpoint}", group["replicate"].to_numpy())
            group = group.with_columns(
                **{name: pl.Series(_moved(group[name].to_numpy(), luck, is_share)) for name in NUMBERS}
            ).with_columns(pl.col(NUMBERS).fill_nan(None))
        pieces.append(group)
    return pl.concat(pieces).sort("replicate", maintain_order=True) if pieces else estimates


def _moved(values: np.ndarray, luck: np.ndarray, share: bool) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if share:
        root = np.arcsin(np.sqrt(np.clip(values, 0.0, 1.0))) + luck
        return np.sin(np.clip(root, 0.0, math.pi / 2)) ** 2
    return values * np.exp(luck)
