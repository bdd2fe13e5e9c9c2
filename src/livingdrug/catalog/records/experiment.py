"""An experiment at the bench or in mice: what was put together, what was measured, and what the model is asked there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import CatalogRecord, Part
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.units import read

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup


class Readout(Part):
    """What is read off every subject.

    Attributes
    ----------
    called
        In words: "cell index", "tumour cells (light)".
    output, unit
        Output of the model, and the unit it is told in.
    floor
        Below it nothing is told apart; smaller values count as it, simulated and measured [unit].
    error
        Spread of a reading from one subject to the next that the model does not explain.
    """

    called: str = Field(min_length=3)
    output: str
    unit: str = ""
    floor: float = Field(gt=0)
    error: Quantity


class Condition(Part):
    """What one group of subjects gets.

    Attributes
    ----------
    called
        In words: "one CAR T cell to eight".
    car_t_cells
        CAR T cells given to each subject, an amount such as ``"1250 cell"``; none when left out.
    day
        When, from the start of the experiment [day].
    set
        Parameters of this group alone, amounts with their unit: ``{ steroid_here = "0.01 mg/L" }``.
    explained
        What is known of rows of this group that the model misses; the report says it beside them.
    """

    called: str = Field(min_length=3)
    car_t_cells: str = "0 cell"
    day: float = Field(default=0.0, ge=0)
    set: dict[str, str] = Field(default_factory=dict)
    explained: str = ""

    @property
    def cells(self) -> float:
        """CAR T cells given [cell]."""
        return read(self.car_t_cells, "cell", where='"car_t_cells"')

    @model_validator(mode="after")
    def _readable(self) -> Condition:
        try:
            cells = self.cells
        except BadInput as problem:
            raise ValueError(str(problem)) from None
        if cells < 0:
            raise ValueError(f'"car_t_cells" is {self.car_t_cells}: expected none or more')
        return self


class Measured(Part):
    """One measured number.

    Attributes
    ----------
    condition, day
        Which group, when [day].
    value, low, high, n
        Mean of the group (geometric where `statistic` says so), least and greatest subject, subjects.
    statistic
        What the value is.
    use
        ``"calibration"``: numbers of this experiment were set to it; ``"comparison"``: shown beside the simulation only.
    """

    condition: str
    day: float = Field(ge=0)
    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = Field(default=None, gt=0)
    statistic: str = "mean"
    use: Literal["calibration", "comparison"]

    @model_validator(mode="after")
    def _within(self) -> Measured:
        for low, high in ((self.low, self.value), (self.value, self.high)):
            if low is not None and high is not None and low > high:
                raise ValueError(f"{self.condition}, day {self.day:g}: {self.value:g} is outside its own limits")
        return self


class Experiment(CatalogRecord):
    """An experiment without patients, on the biology that patients have.

    Attributes
    ----------
    summary
        What was done, in a few sentences.
    recipe
        The model; `bench` unless an experiment needs more.
    place
        ``"dish"`` or ``"mouse"``.
    subject, subjects
        What is counted: a well, wells; a mouse, mice.
    antigen
        What the receptor sees.
    costimulation
        The receptor's domain, whose ratios act as in patients; the reference domain when left out.
    calibrated_on
        Subjects that numbers of this file were set to; 0 for none.
    calibrated
        What was set to them, in words.
    counted
        What `calibrated_on` counts, where it is not subjects: "group of mice" where its number was not told.
    until
        Length [day].
    parameter
        What is the experiment's own, in place of the patient's: name -> `Quantity`.
    readout
        What is read off.
    condition
        Groups: id -> what they get.
    source, where, seen_at, status
        Of what was measured, as for every number.
    licence
        On what terms the measured numbers stand here.
    measured
        What was measured; one row a group and day.
    assumptions
        What differs from the experiment, one sentence each.
    """

    summary: str = Field(min_length=20)
    recipe: str = "bench"
    place: Literal["dish", "mouse"]
    subject: str
    subjects: str
    antigen: str
    costimulation: str = ""
    calibrated_on: int = Field(ge=0)
    calibrated: str = ""
    counted: str = ""
    until: float = Field(gt=0, le=3650)
    parameter: dict[str, Quantity] = Field(default_factory=dict)
    readout: Readout
    condition: dict[str, Condition] = Field(min_length=1)
    source: str = Field(min_length=3)
    where: str = ""
    seen_at: str = ""
    status: Literal["read", "unverified"]
    licence: str = Field(min_length=3)
    measured: tuple[Measured, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def standing(self) -> str:
        """What the numbers rest on, for every surface.

        ``"scenario: not calibrated"`` or ``"scenario: calibrated on 4 wells (growth without CAR T cells)"``.
        """
        if not self.calibrated_on:
            return "scenario: not calibrated"
        return f"scenario: calibrated on {self.calibrated_on} {self.counted or self.subjects}" + (
            f" ({self.calibrated})" if self.calibrated else ""
        )

    @model_validator(mode="after")
    def _holds_together(self) -> Experiment:
        for row in self.measured:
            if row.condition not in self.condition:
                known = ", ".join(self.condition)
                raise ValueError(f'"measured" names the condition "{row.condition}"; this experiment has {known}')
            if row.day > self.until:
                raise ValueError(f'"measured": day {row.day:g} lies after the end, day {self.until:g}')
        if bool(self.calibrated_on) != any(row.use == "calibration" for row in self.measured):
            raise ValueError(
                '"calibrated_on" counts the subjects behind the rows with use = "calibration": 0 where there is no such row'
            )
        for name, one in self.condition.items():
            if one.day >= self.until:
                raise ValueError(f'condition "{name}": cells on day {one.day:g}, the experiment ends on {self.until:g}')
        return self

    def check_in(self, catalog: Lookup) -> None:
        """The costimulatory domain must be one of the catalogue."""
        if self.costimulation:
            catalog.load("costimulation", self.costimulation)
