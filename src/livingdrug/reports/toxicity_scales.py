"""The grading scales of a run: their names, and grades read from the frame of daily grades."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livingdrug.reports.source import Source

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.scale import Scale

SEVERE = 3


@dataclass(frozen=True)
class Graded:
    """A scale on which days were graded.

    Attributes
    ----------
    title, name
        In full, and in a word or two: ``"CRS Penn"``.
    toxicity
        What it grades: ``"CRS"``.
    of_cells
        Whether only cells can cause it: without them nobody looks for it.
    """

    id: str
    title: str
    name: str
    toxicity: str
    of_cells: bool = False


def scale_name(scale: Scale) -> str:
    """A scale in a word or two, for the head of a column.

    Examples
    --------
    >>> from types import SimpleNamespace as Scale
    >>> scale_name(Scale(title="CRS by ASTCT consensus 2019")), scale_name(Scale(title="CRS by the Penn scale"))
    ('CRS ASTCT', 'CRS Penn')
    >>> scale_name(Scale(title="Neurotoxicity by CTCAE version 4.03, as far as signs show it"))
    'Neurotoxicity CTCAE'
    """
    words = scale.title.split(" (")[0].split(",")[0]
    for gone in (" by the ", " by "):
        words = words.replace(gone, " ")
    words = re.sub(r" version [\d.]+| scale$| consensus| of any kind", "", words)
    return re.sub(r" (19|20)\d\d$", "", words)


def told_scales(names: Iterable[str], catalog: Catalog | None) -> list[Graded]:
    """Scales in the words of the catalogue; their ids where it has none."""
    found = []
    for name in names:
        if catalog is not None and catalog.has("scale", name):
            record = catalog.load("scale", name)
            found.append(Graded(name, record.title, scale_name(record), record.toxicity, record.after_infusion))
        else:
            words = name.replace("_", " ")
            found.append(Graded(name, words, words, words))
    return found


def graded_scales(source: Source) -> list[Graded]:
    """Every scale in the frame of grades: those the trial names in its order, then others."""
    seen: list[str] = source.episodes["scale"].unique().sort().to_list()
    planned = list(getattr(source.trial, "scales", ()))
    names = [name for name in planned if name in seen] + [name for name in seen if name not in planned]
    return told_scales(names, source.catalog)


def looked_for(source: Source, arm: str, scale: Graded) -> bool:
    """Whether a scale says anything of an arm: what only cells can cause is not told of an arm without them, unless it was seen."""
    import polars as pl

    if not scale.of_cells or source.has_cells(arm):
        return True
    rows = source.episodes.filter((pl.col("arm") == arm) & (pl.col("scale") == scale.id))
    return bool((rows["worst"] >= 1).any())


def leading(scales: list[Graded], n: int = 2) -> list[Graded]:
    """The first scale of each of the first toxicities: what a story is told by."""
    first: dict[str, Graded] = {}
    for scale in scales:
        first.setdefault(scale.toxicity, scale)
    return list(first.values())[:n]


def episodes_by_patient(source: Source, arm: str, scale: str) -> pl.DataFrame:
    """Patient, worst grade, first day and days from the first to the last of a grade (null without one)."""
    import polars as pl

    return source.episodes.filter((pl.col("arm") == arm) & (pl.col("scale") == scale)).drop("arm", "scale")
