"""A curve of one patient's story: which output of the model it follows, and what was seen of it."""

from __future__ import annotations

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import CatalogRecord

MALIGNANCY = "{Malignancy}"


class Track(CatalogRecord):
    """One curve, with its unit in the title; ``{Malignancy}`` there is what the disease is called.

    Attributes
    ----------
    order
        Its place among the curves.
    reads
        Outputs of the model; the first that a course has is drawn. A course without any has no such curve.
    quantity
        Result of an assay, in the visits frame, whose values are drawn as points; empty for none.
    logarithmic
        Whether the axis is.
    lowest, top
        Where the axis begins, and the least value at which it ends.
    drawn
        Whether a story draws it; else it is only told of, by the words below.
    peak, trough
        How the highest value of two lives is told against each other: ``"Interleukin-6 peaked"``; and the lowest: ``"Lowest IgG"``.
        Empty: not told.
    unit
        Of the values told, as it is printed.
    """

    order: int
    reads: tuple[str, ...] = Field(min_length=1)
    quantity: str = ""
    logarithmic: bool = True
    lowest: float
    top: float
    drawn: bool = True
    peak: str = ""
    trough: str = ""
    unit: str = ""

    @model_validator(mode="after")
    def _sound(self) -> Track:
        if self.top <= self.lowest:
            raise ValueError(f"top: got {self.top:g}, expected more than lowest, {self.lowest:g}")
        if self.logarithmic and self.lowest <= 0:
            raise ValueError(f"lowest: got {self.lowest:g}, expected more than 0 on a logarithmic axis")
        return self
