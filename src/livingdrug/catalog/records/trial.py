"""A trial as planned: who, which arms, what is looked at and when, for how long."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from livingdrug.catalog.arms import Arm, duration_days
from livingdrug.catalog.calendar import DataCutoff, Enrolment
from livingdrug.catalog.records.base import CatalogRecord, Part
from livingdrug.foundation.errors import CatalogError, UnknownName
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.repeated import repeated

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from livingdrug.catalog.lookup import Lookup


WIDEST_WINDOW_DAYS = 31.0
"""A visit that may lie further off than this has no planned day (assumed)."""
LONGEST_FOLLOW_UP_DAYS = 36525.0
MOST_OF_A_BLOCK = 10_000
"""Patients of a block at most: its random order is held in memory, and no list of a trial is as long."""
MOST_ENDPOINTS = 1_000
"""Of a trial: each is read, asked and told."""


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
                raise CatalogError(
                    f'"visits.window_days.{group}": got {window:g} day, expected 0 or more.\n'
                    "  Write 0 for visits on their day."
                )
            widest = min((0.5 * (b - a) for a, b in pairwise(self.days[group])), default=WIDEST_WINDOW_DAYS)
            if window > min(widest, WIDEST_WINDOW_DAYS):
                why = "half of the least distance of two visits" if widest < WIDEST_WINDOW_DAYS else "a month"
                raise CatalogError(
                    f'"visits.window_days.{group}": got {window:g} day, expected at most'
                    f" {min(widest, WIDEST_WINDOW_DAYS):g}, {why}.\n"
                    "  Give a smaller window, or visits that lie further apart: a visit keeps its place among the others."
                )
        if self.missed is not None and not (0.0 <= self.missed.value < 1.0 and self.missed.unit == ""):
            raise CatalogError(
                f'"visits.missed": got {self.missed.value:g} "{self.missed.unit}", expected a probability from 0 to below 1,'
                ' with unit = "".\n  Write 0.05 for 5 %.'
            )
        return self


class Stratum(Part):
    """A covariate within whose classes patients are randomised: above none, one, two … of these values.

    Attributes
    ----------
    covariate
        Of the population; a yes or no is 1 or 0.
    above
        Limits of the classes, ascending: ``[0.5]`` parts yes from no, ``[2]`` parts three lines and more from fewer.
    """

    covariate: str
    above: tuple[float, ...] = Field(min_length=1)


class Design(Part):
    """How patients come to their arms.

    Attributes
    ----------
    kind
        ``"randomised"``: each person is in one arm; groups are independent. ``"paired"``: the same people in every arm
        (what would this patient have had?); only paired analyses. ``"single_arm"``: one arm.
    ratio
        Randomised: patients of each arm in a block, in the order of the arms; equal when omitted.
    strata
        Randomised: covariates within whose classes blocks are kept.
    block
        Randomised: patients in a block, a multiple of the ratio's sum; twice that sum when omitted.
    """

    kind: Literal["randomised", "paired", "single_arm"]
    ratio: tuple[int, ...] = ()
    strata: tuple[Stratum, ...] = ()
    block: int = Field(default=0, ge=0, le=MOST_OF_A_BLOCK)

    @model_validator(mode="after")
    def _sound(self) -> Design:
        if self.kind != "randomised" and (self.ratio or self.strata or self.block):
            raise CatalogError(
                f'"design": ratio, strata and block belong to a randomised trial, this is "{self.kind}".\n'
                '  Take them out, or write kind = "randomised".'
            )
        if any(part < 1 for part in self.ratio):
            raise CatalogError(
                f'"design.ratio": got {list(self.ratio)}, expected whole numbers from 1.\n'
                "  Write one for each arm, such as [2, 1]; an arm that nobody is to enter is taken out."
            )
        if sum(self.ratio) > MOST_OF_A_BLOCK // 2:
            raise CatalogError(
                f'"design.ratio": got {list(self.ratio)}, expected a sum of at most {MOST_OF_A_BLOCK // 2:,}: a block holds them all.\n'
                "  Write the ratio in small numbers, such as [2, 1]."
            )
        if self.ratio and self.block % sum(self.ratio):
            raise CatalogError(
                f'"design.block": got {self.block}, expected a multiple of {sum(self.ratio)}, the sum of the ratio.\n'
                f"  Write {sum(self.ratio)} or {2 * sum(self.ratio)}, or leave it out."
            )
        for one in self.strata:
            if list(one.above) != sorted(set(one.above)):
                raise CatalogError(
                    f'"design.strata" of {one.covariate}: "above" must rise, got {list(one.above)}.\n'
                    "  Sort the limits, each once."
                )
        names = [one.covariate for one in self.strata]
        twice = sorted(repeated(names))
        if twice:
            raise CatalogError(
                f'"design.strata": {twice[0]} stands there twice.\n'
                '  Keep one, with all limits of its classes in "above": above = [2, 4].'
            )
        return self

    def stratum_of(self, values: Mapping[str, NDArray[np.float64]]) -> NDArray[np.int64]:
        """Each patient's stratum: one number for the classes of all stratifying covariates together, shaped (n,).

        Parameters
        ----------
        values
            The covariates named in `strata`, each shaped (n,).

        Examples
        --------
        >>> import numpy as np
        >>> design = Design(kind="randomised", strata=({"covariate": "prior_lines", "above": (2, 4)},))
        >>> design.stratum_of({"prior_lines": np.array([1.0, 2.0, 3.0, 5.0])}).tolist()
        [0, 0, 1, 2]
        """
        import numpy as np

        together = np.zeros(len(next(iter(values.values()))), dtype=np.int64)
        for one in self.strata:
            above = values[one.covariate][:, None] > np.asarray(one.above)
            together = together * (len(one.above) + 1) + above.sum(axis=1)
        return together


class EndpointUse(Part):
    """An endpoint this trial reports; optionally at its own times [month].

    Attributes
    ----------
    id
        Catalog name of the endpoint.
    at_months
        Times of this trial [month], in place of the endpoint's own.
    """

    id: str
    at_months: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> EndpointUse:
        if any(time < 0 for time in self.at_months) or list(self.at_months) != sorted(set(self.at_months)):
            raise CatalogError(
                f'"endpoint.at_months" of {self.id}: got {[float(f"{time:g}") for time in self.at_months]}, expected months'
                " from 0 in rising order, each once.\n  Write for example [6, 12, 24]."
            )
        return self


class Trial(CatalogRecord):
    """A trial.

    Attributes
    ----------
    role
        ``"calibration"``: its outcomes may be fitted to. ``"prediction"``: its outcomes were never used, and no
        evidence file of its name may exist. ``"design"``: a trial of one's own, with no published outcome.
        ``"scenario"``: a treatment that the biology was not calibrated on, or on few; every surface says so.
    calibrated_on
        Of a scenario: patients whose outcomes its disease's or product's numbers were fitted to; 0 for none.
    family
        Trials that share patients, or product and use: cohorts, pools, registries. They are left out together when it is
        asked how well a trial is predicted by the others; a trial without one stands alone.
    population, disease
        Catalog names: who enrols, and with what.
    follow_up
        Planned follow-up from infusion, e.g. ``"5 year"``; `follow_up_days` gives days.
    scales
        Catalog names of the grading scales recorded.
    infections
        Catalog name of the infection pattern; empty for none.
    enrolled
        Patients enrolled: how many a run has, unless it is told otherwise.
    design
        How patients come to their arms; without it one arm is a single arm, and several hold the same people (paired).
    enrolment
        How patients come in over calendar time: ``"18 month"``, or a table with a rate; all on day 0 when omitted.
    data_cutoff
        When the data are cut: ``"24 month"`` from the first patient, so long after the last, or at so many events; what
        happens later is not seen. Without it everyone is followed to the end of `follow_up`.
    arms, visits, endpoints
        In the file: ``[[arm]]``, ``[visits]``, ``[[endpoint]]``.
    conduct
        Open table of numbers about how the trial was run (dropout, further therapy …), each with its origin.
    registration
        Number in a register of trials.
    sources
        Publications the plan is taken from.
    """

    role: Literal["calibration", "prediction", "design", "scenario"]
    calibrated_on: int | None = Field(default=None, ge=0)
    family: str = ""
    population: str
    disease: str
    follow_up: str
    summary: str = ""
    registration: str = ""
    sources: tuple[str, ...] = ()
    seen_at: tuple[str, ...] = ()
    enrolled: int | None = Field(default=None, gt=0, le=10_000_000)
    design: Design | None = None
    enrolment: Enrolment | None = None
    data_cutoff: DataCutoff | None = None
    scales: tuple[str, ...] = ()
    infections: str = ""
    arms: tuple[Arm, ...] = Field(alias="arm", min_length=1)
    visits: Visits
    endpoints: tuple[EndpointUse, ...] = Field(alias="endpoint", default=())
    conduct: dict[str, Quantity] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_what_it_rests_on(self) -> Trial:
        if (self.role == "scenario") != (self.calibrated_on is not None):
            raise CatalogError(
                '"calibrated_on" belongs to a scenario, and every scenario has one: the number of patients, 0 for none.\n'
                f"  {'Add it' if self.role == 'scenario' else 'Take it out'}."
            )
        return self

    @property
    def standing(self) -> str:
        """What a scenario's numbers rest on, for every surface; empty for other trials.

        ``"scenario: not calibrated"`` or ``"scenario: calibrated on 11 patients"``.
        """
        if self.calibrated_on is None:
            return ""
        return (
            f"scenario: calibrated on {self.calibrated_on} patients"
            if self.calibrated_on
            else "scenario: not calibrated"
        )

    @model_validator(mode="after")
    def _holds_together(self) -> Trial:
        names = [arm.name for arm in self.arms]
        twice = sorted(repeated(names))
        if twice:
            raise CatalogError(f'"arm.name": two arms are called "{twice[0]}".\n  Give each arm its own name.')
        if self.follow_up_days <= 0:
            raise CatalogError(f'"follow_up": got "{self.follow_up}", expected more than 0 days.')
        if self.follow_up_days > LONGEST_FOLLOW_UP_DAYS:
            raise CatalogError(f'"follow_up": got "{self.follow_up}", expected at most 100 years.\n  Look at the unit.')
        if self.design is not None:
            self._design_fits()
        if self.data_cutoff is not None and self.enrolment is None:
            raise CatalogError(
                '"data_cutoff": a cut on a calendar day needs to know when patients enrol.\n'
                '  Write enrolment = "18 month" beside it (or take the cut-off out: follow_up counts from infusion).'
            )
        for arm in self.arms:
            if arm.last_day > self.follow_up_days:
                raise CatalogError(
                    f'arm "{arm.name}": day {arm.last_day:g} is after the end of follow-up, "{self.follow_up}".\n'
                    "  Take what is given then out, or lengthen the follow-up."
                )
        begun = min(arm.first_day for arm in self.arms)
        for group, days in self.visits.days.items():
            if days and days[0] < begun:
                raise CatalogError(
                    f'"visits.{group}": day {days[0]:g} is before the first day of treatment, day {begun:g}.\n'
                    "  Visits are counted from infusion; what is known before treatment belongs to the population."
                )
        length = self.follow_up_days
        late = {name: [day for day in days if day > length] for name, days in self.visits.days.items()}
        late = {name: days for name, days in late.items() if days}
        if late:
            group, days = next(iter(late.items()))
            others = "".join(
                f'; "visits.{name}": from day {more[0]:g} on' for name, more in late.items() if name != group
            )
            said = f"day {days[0]:g} is" if len(days) == 1 else f"days {days[0]:g} to {days[-1]:g} are"
            raise CatalogError(
                f'"visits.{group}": {said} after the end of follow-up, "{self.follow_up}"{others}.\n'
                f"  Take the visit{'s' if len(days) > 1 or others else ''} out, or lengthen the follow-up."
            )
        ids = [endpoint.id for endpoint in self.endpoints]
        if len(ids) > MOST_ENDPOINTS:
            raise CatalogError(
                f'"endpoint": got {len(ids):,}, expected at most {MOST_ENDPOINTS:,}.\n'
                "  Leave some out; a finished run answers others: livingdrug endpoints RUN --add ID."
            )
        twice = sorted(repeated(ids))
        if twice:
            raise CatalogError(f'"endpoint": "{twice[0]}" is listed twice.\n  Keep one.')
        return self

    def _design_fits(self) -> None:
        design, n = self.planned_design, len(self.arms)
        if design.kind == "single_arm" and n > 1:
            raise CatalogError(
                f'"design.kind": got "single_arm", but the trial has {n} arms.\n  Use "randomised" or "paired".'
            )
        if design.kind == "randomised" and n < 2:
            raise CatalogError(
                '"design.kind": got "randomised", but the trial has one arm.\n  Add an arm, or use "single_arm".'
            )
        if design.ratio and len(design.ratio) != n:
            raise CatalogError(
                f'"design.ratio": got {len(design.ratio)} numbers for {n} arms.\n  Give one for each arm.'
            )
        if design.kind == "randomised" and design.block % sum(design.ratio or (1,) * n):
            raise CatalogError(
                f'"design.block": got {design.block}, expected a multiple of {n}, one for each arm.\n'
                f"  Write {n} or {2 * n}, or leave it out."
            )

    @property
    def planned_design(self) -> Design:
        """The design as stated, or as the number of arms implies."""
        return self.design or Design(kind="paired" if len(self.arms) > 1 else "single_arm")

    def share_of(self, arm: str) -> float:
        """The part of those enrolled who are in an arm: by the design's ratio, or everyone where all are in every arm."""
        design, names = self.planned_design, [one.name for one in self.arms]
        if design.kind != "randomised":
            return 1.0
        ratio = design.ratio or (1,) * len(names)
        return ratio[names.index(arm)] / sum(ratio)

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
