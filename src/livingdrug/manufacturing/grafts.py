"""Kinds of donors' cells as a host tells them apart: those that its T cells, its NK cells and alemtuzumab treat alike are one kind.

edits of the bank ──► every pattern of cut and uncut genes ──► kinds, each with what sees it
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.catalog.records.edit import Edit, cell_with

TOLD_APART_BY = ("seen_by_t_cells", "seen_by_nk_cells", "seen_by_cd52_antibody")
Pattern = tuple[bool, ...]


@dataclass(frozen=True)
class Graft:
    """One kind of donors' cells.

    Attributes
    ----------
    name
        `graft_1`, `graft_2` … in the order in which patterns come, the unedited first.
    called
        In words.
    seen
        By whom, relative to an unedited cell: a number for each of `TOLD_APART_BY`.
    patterns
        Edits complete (True) or not in its cells, each in the order of the bank's edits.
    """

    name: str
    called: str
    seen: dict[str, float]
    patterns: tuple[Pattern, ...]


def patterns(n_edits: int) -> list[Pattern]:
    """Every way in which the edits of a cell can be complete or not; the unedited first.

    >>> patterns(1)
    [(False,), (True,)]
    """
    return [tuple(bool(one) for one in pattern) for pattern in np.ndindex(*(2,) * n_edits)]


def properties(edits: Sequence[Edit], pattern: Pattern) -> dict[str, float]:
    """What a cell with this pattern is."""
    return cell_with([edit for edit, cut in zip(edits, pattern, strict=True) if cut])


def grafts(edits: Sequence[Edit]) -> tuple[Graft, ...]:
    """The kinds that a host tells apart among cells with these edits.

    Parameters
    ----------
    edits
        Of the bank, in order; none gives the one kind of unedited cells.
    """
    found: dict[tuple[float, ...], list[Pattern]] = {}
    for pattern in patterns(len(edits)):
        cell = properties(edits, pattern)
        found.setdefault(tuple(cell[name] for name in TOLD_APART_BY), []).append(pattern)
    return tuple(
        Graft(f"graft_{k}", _called(edits, several[0]), dict(zip(TOLD_APART_BY, seen, strict=True)), tuple(several))
        for k, (seen, several) in enumerate(found.items(), 1)
    )


def _called(edits: Sequence[Edit], pattern: Pattern) -> str:
    cut = [edit.gene for edit, is_cut in zip(edits, pattern, strict=True) if is_cut]
    return f"edited in {', '.join(cut)}" if cut else "as unedited ones"
