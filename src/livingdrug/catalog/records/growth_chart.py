"""A growth chart: Box-Cox power L, median M and coefficient of variation S by age and sex."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import CatalogRecord, Part
from livingdrug.foundation.quantities import Status

Sex = Literal["male", "female"]


class ChartTable(Part):
    """One measure for one sex; each row is age [month], L, M, S.

    Attributes
    ----------
    measure
        What is measured: weight, stature …
    sex
        Whose table it is.
    unit
        Of the medians M.
    rows
        Lists of age [month], L, M and S, ages rising.
    """

    measure: str
    sex: Sex
    unit: str
    rows: tuple[tuple[float, float, float, float], ...] = Field(min_length=4)

    @model_validator(mode="after")
    def _sound(self) -> ChartTable:
        ages = [row[0] for row in self.rows]
        if any(later <= earlier for earlier, later in pairwise(ages)):
            raise ValueError(f"{self.measure}, {self.sex}: ages must rise from row to row")
        if any(row[2] <= 0.0 or not 0.0 < row[3] < 1.0 for row in self.rows):
            raise ValueError(f"{self.measure}, {self.sex}: medians must be positive and S between 0 and 1")
        return self


class GrowthChart(CatalogRecord):
    """A growth chart; the whole table has one origin.

    Attributes
    ----------
    table
        One for each measure and sex.
    """

    source: str = Field(min_length=3)
    where: str
    seen_at: str = ""
    status: Status
    note: str = ""
    table: tuple[ChartTable, ...]

    def rows(self, measure: str, sex: Sex) -> tuple[tuple[float, float, float, float], ...]:
        """Rows (age [month], L, M, S) of one measure and sex.

        Raises
        ------
        KeyError
            The chart has no such table.
        """
        for table in self.table:
            if table.measure == measure and table.sex == sex:
                return table.rows
        raise KeyError(f"{self.id}: no table for {measure}, {sex}")

    @model_validator(mode="after")
    def _both_sexes(self) -> GrowthChart:
        have = {(table.measure, table.sex) for table in self.table}
        for measure, _ in have:
            if {(measure, "male"), (measure, "female")} - have:
                raise ValueError(f'measure "{measure}" needs one table for each sex')
        return self
