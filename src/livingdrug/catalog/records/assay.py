"""How something is measured: what it reads, its limit of quantification and its error."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import CatalogRecord, Part
from livingdrug.foundation.quantities import Quantity


class Band(Part):
    """How the results are drawn over time in a section of the report; without it they stand among the other measurements.

    Attributes
    ----------
    section
        Which section: ``"marrow"``, ``"b_cells"``.
    order
        Its place there.
    title, short
        Over the figure, and in a word or two.
    axis
        The unit as it is printed.
    logarithmic
        Whether the axis is.
    lines
        Borders worth a line: words -> value, in the assay's unit.
    lowest
        Whether the lowest of each patient stands in the section's table.
    """

    section: str
    order: int = 0
    title: str
    short: str
    axis: str
    logarithmic: bool = True
    lines: dict[str, float] = Field(default_factory=dict)
    lowest: bool = False


class Assay(CatalogRecord):
    """One assay.

    Attributes
    ----------
    quantity
        Name of the result in the visits frame, e.g. ``car_t_copies_per_ug``.
    reads
        Name of the model output that is measured.
    unit
        Unit of the result.
    sample
        What is drawn: blood, marrow or serum.
    lower_limit
        Lower limit of quantification, in `unit`; results below are kept and flagged.
    upper_limit
        Results above are reported as this, in `unit`; absent for none.
    error_log_sd
        Proportional error: standard deviation of the natural logarithm of the result.
    factor
        Result = reading x factor, when model output and result differ by a unit (e.g. percent from a fraction).
    schedule
        Which visit list of the trial this assay is drawn at: ``kinetics``, ``response``, ``safety`` ….
    on_relapse
        Also done on the day on which relapse is seen.
    band
        How it is drawn in a section of the report.
    """

    quantity: str = Field(min_length=1)
    reads: str = Field(min_length=1)
    unit: str
    sample: Literal["blood", "marrow", "serum"]
    lower_limit: Quantity
    upper_limit: Quantity | None = None
    error_log_sd: Quantity
    factor: float = Field(default=1.0, gt=0.0)
    schedule: str = "kinetics"
    on_relapse: bool = False
    band: Band | None = None
    note: str = ""

    @model_validator(mode="after")
    def _sound(self) -> Assay:
        for name in ("lower_limit", "upper_limit"):
            limit = getattr(self, name)
            if limit is not None and limit.unit != self.unit:
                raise ValueError(f'{name} is in "{limit.unit}", the assay reports "{self.unit}"')
        if self.lower_limit.value < 0:
            raise ValueError(f"lower_limit is negative: {self.lower_limit.value}")
        if not 0 <= self.error_log_sd.value < 3:
            raise ValueError(f"error_log_sd must lie between 0 and 3, got {self.error_log_sd.value}")
        return self
