"""A trial as planned: who, which arms, what is looked at and when, for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from livingdrug.catalog.arms import Arm, duration_days
from livingdrug.catalog.records.base import CatalogRecord, Part
from livingdrug.foundation.errors import CatalogError, UnknownName
from livingdrug.foundation.quantities import Quantity

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup


class Visits(Part):
    """When the clinic looks.

    In the file each group of visits is a list of days from infusion: ``response = [28, 90]``, ``kinetics = [1, 4]``.

    Attributes
    ----------
    days
        Days of each group; what is measured at them is told by `assays`.
    assays
        Group -> catalog names of the assays done at its visits.
    window_days
        A visit may fall this many days before or after its planned day.
    missed
        Probability that a patient misses a visit, independently.
    """

    days: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    assays: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    window_days: dict[str, float] = Field(default_factory=dict)
    missed: Quantity | None = None

    @model_validator(mode="before")
    @classmethod
    def _gather_groups(cls, table: Any) -> Any:
        """Lists written directly in the table are groups of days."""
        if not isinstance(table, dict):
            return table
        lists = {name: value for name, value in table.items() if isinstance(value, list)}
        rest = {name: value for name, value in table.items() if name not in lists}
        return {**rest, "days": {**rest.get("days", {}), **lists}} if lists else rest

    @model_validator(mode="after")
    def _sound(self) -> Visits:
        for table, name in ((self.assays, "assays"), (self.window_days, "window_days")):
            strangers = sorted(set(table) - set(self.days))
            if strangers:
                raise UnknownName(f'group of visits in "visits.{name}"', strangers[0], self.days)
        for group, days in self.days.items():
            if list(days) != sorted(set(days)):
                raise CatalogError(f'"visits.{group}": days are not ascending, each once.\n  Sort the list.')
        for group, window in self.window_days.items():
            if window < 0:
                raise CatalogError(f'"visits.window_days.{group}": got {window:g} day, expected 0 or more.')
        if self.missed is not None and not (0.0 <= self.missed.value < 1.0 and self.missed.unit == ""):
            raise CatalogError('"visits.missed": expected a probability from 0 to below 1, with unit = "".')
        return self


class EndpointUse(Part):
    """An endpoint this trial reports; optionally at its own times [month]."""

    id: str
    at_months: tuple[float, ...] = ()


class Record(CatalogRecord):
    """A trial.

    Attributes
    ----------
    role
        ``"calibration"``: its outcomes may be fitted to. ``"prediction"``: its outcomes were never used, and no
        evidence file of its name may exist. ``"design"``: a trial of one's own, with no published outcome.
    population, disease
        Catalog names: who enrols, and with what.
    follow_up
        Planned follow-up from infusion, e.g. ``"5 year"``; `follow_up_days` gives days.
    scales
        Catalog names of the grading scales recorded.
    infections
        Catalog name of the infection pattern; empty for none.
    arms, visits, endpoints
        In the file: ``[[arm]]``, ``[visits]``, ``[[endpoint]]``.
    conduct
        Open table of numbers about how the trial was run (dropout, further therapy …), each with its origin.
    """

    role: Literal["calibration", "prediction", "design"]
    population: str
    disease: str
    follow_up: str
    summary: str = ""
    registration: str = ""
    sources: tuple[str, ...] = ()
    enrolled: int | None = Field(default=None, gt=0)
    scales: tuple[str, ...] = ()
    infections: str = ""
    arms: tuple[Arm, ...] = Field(alias="arm", min_length=1)
    visits: Visits
    endpoints: tuple[EndpointUse, ...] = Field(alias="endpoint", default=())
    conduct: dict[str, Quantity] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _holds_together(self) -> Record:
        names = [arm.name for arm in self.arms]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise CatalogError(f'"arm.name": two arms are called "{twice[0]}".\n  Give each arm its own name.')
        if self.follow_up_days <= 0:
            raise CatalogError(f'"follow_up": got "{self.follow_up}", expected more than 0 days.')
        begun = min(arm.first_day for arm in self.arms)
        for group, days in self.visits.days.items():
            if days and days[0] < begun:
                raise CatalogError(
                    f'"visits.{group}": day {days[0]:g} is before the first day of treatment, day {begun:g}.\n'
                    "  Visits are counted from infusion; what is known before treatment belongs to the population."
                )
            if days and days[-1] > self.follow_up_days:
                raise CatalogError(
                    f'"visits.{group}": day {days[-1]:g} is after the end of follow-up, "{self.follow_up}".\n'
                    "  Take the visit out, or lengthen the follow-up."
                )
        ids = [endpoint.id for endpoint in self.endpoints]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise CatalogError(f'"endpoint": "{twice[0]}" is listed twice.\n  Keep one.')
        return self

    @property
    def follow_up_days(self) -> float:
        """Planned follow-up [day]."""
        return duration_days(self.follow_up, "follow_up")

    def arm(self, name: str) -> Arm:
        """The arm of this name.

        Raises
        ------
        UnknownName
            The trial has no such arm.
        """
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise UnknownName(f'arm of trial "{self.id}"', name, [arm.name for arm in self.arms])

    def check_in(self, catalog: Lookup) -> None:
        """A prediction trial must not have its outcomes in the catalogue."""
        if self.role == "prediction" and catalog.has("evidence", self.id):
            raise CatalogError(
                f'trial "{self.id}" has role "prediction", yet there is an evidence file of its name.\n'
                f"  Remove evidence/{self.id}.toml: nothing may be calibrated on what is to be predicted."
            )
