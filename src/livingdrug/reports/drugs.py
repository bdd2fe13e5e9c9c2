"""The drugs of a run, in the words of the catalogue: each drug that was given, and each class with several of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livingdrug.reports.source import Source

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog

MARKS = 3
"""Classes that a drawing tells apart; further ones share the last mark."""


@dataclass(frozen=True)
class DrugClass:
    """Drugs of one class that were given: its name (the drug's own where there is one only) and the drugs' ids."""

    name: str
    drugs: tuple[str, ...]
    supportive: bool


def title_of(drug: str, catalog: Catalog | None) -> str:
    """A drug's name in the catalogue; its id where it is not there."""
    if catalog is not None and catalog.has("drug", drug):
        return catalog.load("drug", drug).title.split(" (")[0].split(",")[0]
    return drug.replace("_", " ").capitalize()


def drug_classes(drugs: Iterable[str], catalog: Catalog | None) -> list[DrugClass]:
    """Drugs gathered by class, in the order of the first of each; what changes nothing in the model comes last.

    Examples
    --------
    >>> from livingdrug.catalog.load import Catalog
    >>> found = drug_classes(["aciclovir", "tocilizumab", "dexamethasone", "methylprednisolone"], Catalog())
    >>> [one.name for one in found]
    ['Tocilizumab', 'Glucocorticoid', 'Aciclovir']
    """
    gathered: dict[str, list[str]] = {}
    supportive: dict[str, bool] = {}
    for drug in drugs:
        record = catalog.load("drug", drug) if catalog is not None and catalog.has("drug", drug) else None
        kind = record.drug_class if record is not None else drug
        gathered.setdefault(kind, []).append(drug)
        supportive[kind] = record is not None and record.supportive
    found = [
        DrugClass(
            title_of(names[0], catalog) if len(names) == 1 else kind[0].upper() + kind[1:],
            tuple(names),
            supportive[kind],
        )
        for kind, names in gathered.items()
    ]
    return sorted(found, key=lambda one: one.supportive)


def given(source: Source, *, first_day: float = 0.0, last_day: float = float("inf")) -> list[str]:
    """Drugs of the log within some days, those given to most patients first."""
    import polars as pl

    log = source.frame("log")
    if log.height == 0:
        return []
    counts = log.filter(pl.col("day").is_between(first_day, last_day)).group_by("drug")
    table = counts.agg(pl.struct("arm", "patient").n_unique().alias("n")).sort(["n", "drug"], descending=[True, False])
    return table["drug"].to_list()
