"""A disease: the model parameters it sets, and how it behaves while a patient waits for the product."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from livingdrug.catalog.records.base import Inheriting, Part
from livingdrug.foundation.quantities import Quantity


class LesionUse(Part):
    """One lesion of a disease.

    Attributes
    ----------
    kind
        Catalogue name of the kind of lesion.
    share
        Its share of the tumour; the first lesion has what the others leave, and none of its own.
    """

    kind: str
    share: Quantity | None = None


class Strain(Part):
    """Cells of one antigen pattern.

    Attributes
    ----------
    called
        In words: ``"antigen-negative"``.
    antigens
        Density of each antigen relative to `Disease.density`; 0 for none.
    share
        Their share of every lesion; the first strain has what the others leave.
    source, seen_at
        Where densities other than 0 and 1 come from; where a copy of that was seen.
    """

    called: str = Field(min_length=3)
    antigens: dict[str, float]
    share: Quantity | None = None
    source: str = ""
    seen_at: str = ""


class Disease(Inheriting):
    """A disease.

    Attributes
    ----------
    antigens
        Antigens a product may aim at, e.g. ``["CD19", "CD22"]``.
    summary
        A paragraph for readers.
    parameter
        Model parameters it sets: name -> `Quantity`.
    waiting
        Growth, bridging and hazards between apheresis and infusion: name -> `Quantity`.
    response
        How response is judged: a file of `clinic/response/`, which carries the words for it.
    aftermath
        What follows relapse or failure: catalogue name of an aftermath.
    called
        The malignancy in one word, for stories and reports: ``"lymphoma"``.
    burden
        Covariate that tells the burden of disease at enrolment, in percent of `tumour_capacity`.
    recipe
        Model recipe that simulates it in an arm without cells.
    clone
        Clones as antigen patterns, in place of the recipe's: ``[clone.dim]``, ``antigens = { CD19 = 0.1 }`` with its
        source. Empty: those of the recipe.
    lesion
        Lesions of a solid tumour, in order: ``[lesion.primary]`` with its `kind` and its share of the tumour.
    shells
        Concentric shells of each lesion; 1 is a well-mixed lesion.
    strain
        Cells of one antigen pattern within every lesion: ``[strain.dim]``, ``antigens = { GD2 = 0.1 }`` and their share.
    density
        Antigen -> molecules on a cell whose pattern says 1.
    surroundings
        Catalogue names of what surrounds the cells.
    """

    antigens: tuple[str, ...] = ()
    summary: str = ""
    parameter: dict[str, Quantity] = Field(default_factory=dict)
    waiting: dict[str, Quantity] = Field(default_factory=dict)
    response: str = Field(min_length=1)
    aftermath: str = Field(min_length=1)
    called: str = "tumour"
    burden: str = Field(min_length=1)
    recipe: str = ""
    clone: dict[str, dict[str, Any]] = Field(default_factory=dict)
    lesion: dict[str, LesionUse] = Field(default_factory=dict)
    shells: int = Field(default=3, ge=1, le=200)
    strain: dict[str, Strain] = Field(default_factory=dict)
    density: dict[str, Quantity] = Field(default_factory=dict)
    surroundings: tuple[str, ...] = ()
