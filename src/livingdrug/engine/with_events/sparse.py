"""Which places of a Jacobian's factors can be filled, when rows are never exchanged: worked out once for a model.

The matrix of a step is eliminated in the order of its states. What is not listed here is 0 in every step, whatever the numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
FEWEST_STATES = 40
"""Below, looking at every place costs less than a list of places."""
MOST_FILLED = 0.3
"""Of all places; where more are filled a list gains nothing."""
LONGEST_LIST = 1_000_000
"""Places; a longer list takes long to make."""


@dataclass(frozen=True)
class Pattern:
    """Places of the factors, as lists; empty where every place is looked at.

    Attributes
    ----------
    columns
        Of row after row, ascending, the diagonal among them.
    rows
        (2, n + 1): where a row's columns begin, and where among them its diagonal is.
    below
        Of column after column, the rows below the diagonal, ascending.
    first
        (n + 1,) where a column's rows begin.
    """

    columns: Places
    rows: Places
    below: Places
    first: Places


def pattern_of(n: int, entries: Iterable[tuple[int, int]]) -> Pattern:
    """The pattern of a Jacobian.

    Parameters
    ----------
    n
        States.
    entries
        (row, column) of every derivative that is not always 0.

    Examples
    --------
    >>> pattern_of(2, [(0, 1)]).columns.size  # too small for lists
    0
    """
    if n < FEWEST_STATES:
        return _nothing(n)
    filled = [{i} for i in range(n)]
    for i, j in entries:
        filled[i].add(j)
    below: list[list[int]] = [[] for _ in range(n)]
    for i, row in enumerate(filled):
        for j in row:
            if j < i:
                below[j].append(i)
    n_filled, most = sum(map(len, filled)), min(MOST_FILLED * n * n, LONGEST_LIST)
    for k in range(n):
        right = {j for j in filled[k] if j > k}
        for i in below[k]:
            new = right - filled[i]
            filled[i] |= new
            n_filled += len(new)
            for j in new:
                if j < i:
                    below[j].append(i)
        if n_filled > most:
            return _nothing(n)
    rows = np.zeros((2, n + 1), np.int64)
    columns = [sorted(row) for row in filled]
    rows[0, 1:] = np.cumsum([len(row) for row in columns])
    rows[1, :n] = [rows[0, i] + row.index(i) for i, row in enumerate(columns)]
    first = np.cumsum([0, *map(len, below)])
    return Pattern(_joined(columns), rows, _joined([sorted(one) for one in below]), first.astype(np.int64))


def _nothing(n: int) -> Pattern:
    return Pattern(
        np.zeros(0, np.int64), np.zeros((2, n + 1), np.int64), np.zeros(0, np.int64), np.zeros(n + 1, np.int64)
    )


def _joined(lists: list[list[int]]) -> Places:
    return np.array([place for one in lists for place in one], dtype=np.int64)
