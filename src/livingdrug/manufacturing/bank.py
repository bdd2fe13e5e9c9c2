"""A bank of donors' cells: donor runs edited in several genes, depleted of cells that keep their T-cell receptor, tested, filled into doses.

donor ─► CAR and edits (TRAC, B2M …) ─► depletion of TCR+ ─► tests ─► so many doses ─► stock

Which edits there are, the making file says (`edit_trac` …: completeness); what each does, its file in ``catalog/edit/``. In a cell that took up the editor each gene is cut independently of the others with its own probability; cells that took up
nothing keep all genes. So edits of one cell go together, as they do in published double knock-outs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.records.edit import Edit
from livingdrug.manufacturing.grafts import Pattern, grafts, patterns, properties
from livingdrug.manufacturing.variation import Steps

Array = NDArray[np.float64]
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
    tcr_positive
        Share of its cells with a T-cell receptor after depletion.
    edited
        Share of its cells in which each edit is complete, after depletion.
    graft_shares
        Shares of the kinds that a host tells apart (`grafts`), shaped (runs, kinds).
    wear
        How its cells wear out, relative to unedited ones.
    """

    number: NDArray[np.int64]
    released: NDArray[np.bool_]
    doses: NDArray[np.int64]
    tcr_positive: Array
    edited: Mapping[str, Array]
    graft_shares: Array
    wear: Array


def classes(taken_up: Array, complete: Sequence[Array]) -> dict[Pattern, Array]:
    """Share of cells with each pattern of edits, before depletion; they add up to 1.

    Parameters
    ----------
    taken_up
        Share of cells that took up the editor, shaped (runs,).
    complete
        For each edit the share of those cells in which it is complete (cut on both alleles), shaped (runs,).

    Examples
    --------
    >>> half = np.array([0.5])
    >>> kinds = classes(np.array([0.8]), [half, half, half])
    >>> float(kinds[True, True, True][0]), float(kinds[False, False, False][0].round(3))
    (0.1, 0.3)
    """
    found = {}
    for pattern in patterns(len(complete)):
        share = taken_up.copy()
        for edited, cut in zip(complete, pattern, strict=True):
            share = share * (edited if cut else 1.0 - edited)
        found[pattern] = share + (0.0 if any(pattern) else 1.0 - taken_up)
    return found


def runs(numbers: NDArray[np.int64], steps: Steps, edits: Sequence[Edit]) -> Runs:
    """What each donor run gave.

    Parameters
    ----------
    numbers
        Of the runs, shaped (runs,); each has luck of its own.
    steps
        The making numbers of the bank.
    edits
        Its edits, in order.
    """
    luck = replace(steps, patients=numbers)
    kinds = classes(luck.drawn("editor_taken_up"), [luck.drawn(f"edit_{edit.id}") for edit in edits])
    cell = {cut: properties(edits, cut) for cut in kinds}
    # Depletion takes out cells that keep the receptor, and a part of the others.
    removal = 10.0 ** -luck.typical("tcr_log_removal")
    kept = {cut: share * (removal if cell[cut]["t_cell_receptor"] > 0.0 else 1.0) for cut, share in kinds.items()}
    whole = np.sum(list(kept.values()), axis=0)

    def of_all(weight: Mapping[Pattern, float]) -> Array:
        return np.sum([weight[cut] * share for cut, share in kept.items()], axis=0) / whole

    tcr_positive = of_all({cut: cell[cut]["t_cell_receptor"] for cut in kept})
    released = (tcr_positive <= luck.typical("tcr_positive_most")) & ~luck.happens("run_fails")
    cells = luck.drawn("cells_per_run") * whole * luck.drawn("depletion_recovery")
    doses = np.floor(np.minimum(cells * luck.typical("formulation_recovery") / luck.typical("cells_per_vial"), 1e6))
    told_apart = [of_all({cut: float(cut in graft.patterns) for cut in kept}) for graft in grafts(edits)]
    return Runs(
        number=numbers + 1,
        released=released,
        doses=np.where(released, doses, 0).astype(np.int64),
        tcr_positive=tcr_positive,
        edited={edit.id: of_all({cut: float(cut[k]) for cut in kept}) for k, edit in enumerate(edits)},
        graft_shares=np.stack(told_apart, axis=1),
        wear=of_all({cut: cell[cut]["wear"] for cut in kept}),
    )


def run_of(places: NDArray[np.int64], steps: Steps, edits: Sequence[Edit]) -> NDArray[np.int64]:
    """The run (from 0) from which the patient at each place of the arm's order is served: doses are used up run by run.

    Places beyond ten thousand runs get -1: such a bank cannot serve them.
    """
    wanted, begun, first = int(places.max(initial=0)) + 1, 0, 0
    ends: list[int] = []
    while begun < wanted and first < 10_000:
        for doses in runs(np.arange(first, first + AT_ONCE, dtype=np.int64), steps, edits).doses:
            begun += int(doses)
            ends.append(begun)
        first += AT_ONCE
    found = np.searchsorted(np.array(ends), places, side="right")
    return np.where(found < len(ends), found, -1).astype(np.int64)
