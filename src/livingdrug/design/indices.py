"""Global sensitivity from a table of runs: Sobol indices with bootstrap intervals, and partial rank correlations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import qmc, rankdata

from livingdrug.foundation.errors import BadInput

Floats = NDArray[np.float64]
BOOTSTRAPS = 500


@dataclass(frozen=True)
class Index:
    """An index of each factor with its 95 % interval, shaped (d,)."""

    estimate: Floats
    low: Floats
    high: Floats


def sobol_points(n: int, d: int, seed: int) -> Floats:
    """Points in the unit cube, shaped (n (d + 2), d): blocks A, B, and A with one column of B for each factor.

    Notes
    -----
    Source: Saltelli et al. 2010, Computer Physics Communications 181:259-270, doi:10.1016/j.cpc.2009.09.018.
    """
    if n < 2 or n & (n - 1):
        raise BadInput(f"samples: got {n}, expected a power of two from 2, such as 64 or 256.")
    both = qmc.Sobol(2 * d, rng=np.random.default_rng(seed)).random(n)
    a, b = both[:, :d], both[:, d:]
    mixed = []
    for i in range(d):
        one = a.copy()
        one[:, i] = b[:, i]
        mixed.append(one)
    return np.concatenate([a, b, *mixed])


def sobol_indices(values: Floats, d: int, seed: int) -> tuple[Index, Index]:
    """First-order (Saltelli 2010) and total (Jansen 1999) indices from the values at `sobol_points`; NaN where nothing varies.

    Parameters
    ----------
    values
        Shaped (n (d + 2),), finite.
    """
    blocks = values.reshape(d + 2, -1)
    rng = np.random.default_rng(seed)
    n = blocks.shape[1]
    first, total = _both(blocks)
    if not np.isfinite(first).all():  # nothing varies
        none = np.full(d, np.nan)
        return Index(none, none, none), Index(none, none, none)
    draws = [_both(blocks[:, rng.integers(0, n, n)]) for _ in range(BOOTSTRAPS)]
    with np.errstate(invalid="ignore"):
        spread = [np.nanstd([one[side] for one in draws], axis=0, ddof=1) * ndtri(0.975) for side in (0, 1)]
    return (
        Index(first, first - spread[0], first + spread[0]),
        Index(total, total - spread[1], total + spread[1]),
    )


def _both(blocks: Floats) -> tuple[Floats, Floats]:
    a, b, mixed = blocks[0], blocks[1], blocks[2:]
    variance = np.concatenate([a, b]).var()
    if variance <= 0:
        return np.full(len(mixed), np.nan), np.full(len(mixed), np.nan)
    middle = 0.5 * (a.mean() + b.mean())
    first = ((b - middle) * (mixed - a)).mean(axis=1) / variance
    total = 0.5 * ((a - mixed) ** 2).mean(axis=1) / variance
    return first, total


def latin_points(n: int, d: int, seed: int) -> Floats:
    """A Latin hypercube in the unit cube (n, d)."""
    if n < d + 4:
        raise BadInput(
            f"samples: got {n}, expected at least {d + 4} for {d} factors.\n  Ten times the factors is usual."
        )
    return qmc.LatinHypercube(d, rng=np.random.default_rng(seed)).random(n)


def partial_rank_correlations(points: Floats, values: Floats) -> Index:
    """The correlation of each factor's ranks with the values' once the other factors are taken out, with Fisher's interval.

    Notes
    -----
    Source: Marino et al. 2008, Journal of Theoretical Biology 254:178-196, doi:10.1016/j.jtbi.2008.04.011.
    """
    n, d = points.shape
    ranks, answer = np.apply_along_axis(rankdata, 0, points), rankdata(values)
    found = np.full(d, np.nan)
    for i in range(d):
        others = np.column_stack([np.ones(n), np.delete(ranks, i, axis=1)])
        mine = ranks[:, i] - others @ np.linalg.lstsq(others, ranks[:, i], rcond=None)[0]
        rest = answer - others @ np.linalg.lstsq(others, answer, rcond=None)[0]
        size = float(np.sqrt((mine**2).sum() * (rest**2).sum()))
        found[i] = float(mine @ rest) / size if size > 1e-9 * n else np.nan
    z = np.arctanh(np.clip(found, -0.999999, 0.999999))
    half = ndtri(0.975) / np.sqrt(max(n - d - 2, 1))
    return Index(found, np.tanh(z - half), np.tanh(z + half))
