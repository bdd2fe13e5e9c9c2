"""A disease: the model parameters it sets, and how it behaves while a patient waits for the product."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from livingdrug.catalog.records.base import Inheriting
from livingdrug.foundation.quantities import Quantity


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
