"""A bank of donors' cells: donor runs edited in several genes, depleted of cells that keep their T-cell receptor, tested, filled into doses.

donor ─► CAR and edits (TRAC, B2M, CD52) ─► depletion of TCR+ ─► tests ─► so many doses ─► stock

In a cell that took up the editor each gene is cut independently of the others with its own probability; cells that took up
nothing keep all genes. So edits of one cell go together, as they do in published double knock-outs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livingdrug.manufacturing.variation import Steps

Array = NDArray[np.float64]
GENES = ("trac", "b2m", "cd52")
AT_ONCE = 64


@dataclass(frozen=True)
class Runs:
    """Donor runs; arrays shaped (runs,).

    Attributes
    ----------
    number
        Of the run, from 1.
    released
        Whether it meets the specification.
    doses
        Doses filled; 0 of a run that is not released.
    tcr_positive, b2m_negative, cd52_negative
        Shares of its cells after depletion.
    """

    number: NDArray[np.int64]
    released: NDArray[np.bool_]
    doses: NDArray[np.int64]
    tcr_positive: Array
    b2m_negative: Array
    cd52_negative: Array


def classes(taken_up: Array, edits: dict[str, Array]) -> dict[tuple[bool, bool, bool], Array]:
    """Share of cells of each of the eight kinds (TRAC, B2M, CD52 edited), before depletion; they add up to 1.

    Parameters
    ----------
    taken_up
        Share of cells that took up the editor, shaped (runs,).
    edits
        For each of `GENES` the share of those cells in which it is cut on both alleles, shaped (runs,).

    Examples
    --------
    >>> half = np.array([0.5])
    >>> kinds = classes(np.array([0.8]), dict.fromkeys(GENES, half))
    >>> float(kinds[True, True, True][0]), float(kinds[False, False, False][0].round(3))
    (0.1, 0.3)
    """
    found = {}
    for pattern in np.ndindex(2, 2, 2):
        cut = tuple(bool(one) for one in pattern)
        share = taken_up.copy()
        for gene, edited in zip(GENES, cut, strict=True):
            share = share * (edits[gene] if edited else 1.0 - edits[gene])
        found[cut] = share + (0.0 if any(cut) else 1.0 - taken_up)
    return found


def runs(numbers: NDArray[np.int64], steps: Steps) -> Runs:
    """What each donor run gave.

    Parameters
    ----------
    numbers
        Of the runs, shaped (runs,); each has luck of its own.
    steps
        The making numbers of the bank.
    """
    luck = replace(steps, patients=numbers)
    edits = {gene: luck.drawn(f"edit_{gene}") for gene in GENES}
    kinds = classes(luck.drawn("editor_taken_up"), edits)
    # Depletion takes out cells that keep the receptor, and a part of the others.
    kept = {cut: share * (1.0 if cut[0] else 10.0 ** -luck.typical("tcr_log_removal")) for cut, share in kinds.items()}
    whole = np.sum(list(kept.values()), axis=0)
    shares = [np.sum([share for cut, share in kept.items() if cut[k]], axis=0) / whole for k in range(3)]
    tcr_positive = 1.0 - shares[0]
    released = (tcr_positive <= luck.typical("tcr_positive_most")) & ~luck.happens("run_fails")
    cells = luck.drawn("cells_per_run") * whole * luck.drawn("depletion_recovery")
    doses = np.floor(np.minimum(cells * luck.typical("formulation_recovery") / luck.typical("cells_per_vial"), 1e6))
    return Runs(
        numbers + 1, released, np.where(released, doses, 0).astype(np.int64), tcr_positive, shares[1], shares[2]
    )


def run_of(places: NDArray[np.int64], steps: Steps) -> NDArray[np.int64]:
    """The run (from 0) from which the patient at each place of the arm's order is served: doses are used up run by run.

    Places beyond ten thousand runs get -1: such a bank cannot serve them.
    """
    wanted, begun, first = int(places.max(initial=0)) + 1, 0, 0
    ends: list[int] = []
    while begun < wanted and first < 10_000:
        for doses in runs(np.arange(first, first + AT_ONCE, dtype=np.int64), steps).doses:
            begun += int(doses)
            ends.append(begun)
        first += AT_ONCE
    found = np.searchsorted(np.array(ends), places, side="right")
    return np.where(found < len(ends), found, -1).astype(np.int64)
