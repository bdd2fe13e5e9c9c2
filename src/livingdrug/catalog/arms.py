"""A treatment arm as planned: a list of givens (drugs, cells), the supply of cells, and management, in canonical numbers.

`[[arm.given]]` is the general form. `[[arm.lymphodepletion]]` and `[arm.infusion]` are the usual ones: drugs that come before
the cells, and a dose of cells. An arm without a product and an infusion is an arm without cells.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pydantic import Field, field_validator, model_validator

from livingdrug.catalog.records.base import Part
from livingdrug.catalog.records.route import INTRAVENOUS
from livingdrug.foundation.errors import CatalogError, UnitError
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.repeated import repeated
from livingdrug.foundation.units import amount, convert, read, read_one_or_range

DOSE_UNITS = {"mg/m^2": "bsa_m2", "mg/kg": "weight_kg", "mg": "patient"}
CYCLE = "cycle"
"""A whole regimen is dosed in cycles: "1 cycle", the same for everybody."""
HIGHEST_DOSE = {"mg/m^2": 1e4, "mg/kg": 5e3, "mg": 2e5, CYCLE: 4.0}
"""Beyond these a dose is a slip of the unit (assumed; high-dose methotrexate reaches 8,000 mg/m^2, immunoglobulin 2,000 mg/kg); a drug that states its usual dose has narrower ones."""
CELL_DOSES = {"cell/kg": (1e3, 1e10), "cell": (1e4, 1e13)}
"""Below and beyond these a dose of cells is a slip of the unit or a million left out (assumed; doses begin near 1e5 cells, and the largest given, of unmodified lymphocytes, are near 2e9 cell/kg)."""
LABEL_WEIGHT_KG = 50.0


MANUFACTURER = "manufacturer"


class Apheresis(Part):
    """How the starting material is taken and the lot made.

    Attributes
    ----------
    making
        Catalog name of the making process (kind ``making``); empty for the product's own.
    of_another_product
        That `making` is one of another product, and that this is meant: what if these cells were made like those?
    lead_time
        ``"manufacturer"``: the process's own clocks. A network (a file such as ``"network.toml"``, or a name of the
        catalogue): waits for a slot, a chair, a line, an analyst and a bed, and the roads, are those of the network; culture and testing
        stay the product's, and enrolment is the referral.
    """

    making: str = ""
    of_another_product: bool = False
    lead_time: str = Field(default=MANUFACTURER, min_length=1)

    @property
    def network(self) -> str:
        """Name or path of the network; empty for the product's own clocks."""
        return "" if self.lead_time == MANUFACTURER else self.lead_time


class Bridging(Part):
    """Whether therapy between apheresis and infusion is allowed.

    Attributes
    ----------
    allowed
        Whether it is.
    share
        Share of this trial's patients who are given it, a number with its origin; the making file's `bridged` when omitted,
        which may be that of another trial of the product.
    """

    allowed: bool = True
    share: Quantity | None = None

    @model_validator(mode="after")
    def _a_share_of_some(self) -> Bridging:
        if self.share is None:
            return self
        if not self.allowed:
            raise CatalogError(
                '"bridging": allowed = false, but a share of patients who are bridged is given, too.\n  Take one of them out.'
            )
        if not (0.0 <= self.share.value <= 1.0 and self.share.unit == ""):
            raise CatalogError(
                f'"bridging.share": got {self.share.value:g} "{self.share.unit}", expected a share from 0 to 1, unit "".\n'
                "  Write percent as a share: 0.59 for 59 %."
            )
        return self


EARLIEST_LYMPHODEPLETION = 60.0
"""Days before the infusion at most: two months on, lymphocytes have come back and a course counts no more (ours; trials give it in the week before)."""


def _refuse_twice(days: tuple[float, ...], place: str) -> None:
    """Stop at a day that stands twice: whether it means two doses or a slip is not known."""
    if twice := sorted(repeated(days)):
        raise CatalogError(
            f"{place}: day {twice[0]:g} stands more than once, expected each day once.\n"
            "  Correct the list, or state the dose of the whole day."
        )


class LymphodepletionDrug(Part):
    """One drug of the lymphodepletion: e.g. 30 mg/m^2 on days -6 to -3.

    Attributes
    ----------
    drug
        Catalog name of the drug.
    dose
        Dose of one day, with unit: per body surface, per body weight, or fixed.
    days
        Days from infusion's day 0 on which it is given.
    """

    drug: str
    dose: str
    days: tuple[float, ...] = Field(min_length=1)
    _table: ClassVar[str] = "lymphodepletion"

    @model_validator(mode="after")
    def _dose_makes_sense(self) -> LymphodepletionDrug:
        _refuse_twice(self.days, f'"{self._table}.days" of {self.drug}')
        if self.dose_value <= 0:
            raise CatalogError(
                f'{self.place}: got "{self.dose}", expected more than 0.\n'
                "  Give the dose of one day, or take the drug out."
            )
        if self.dose_value > HIGHEST_DOSE[self.dose_unit]:
            raise CatalogError(
                f'{self.place}: got "{self.dose}", which is {self.dose_value:g} {self.dose_unit};'
                f" expected at most {HIGHEST_DOSE[self.dose_unit]:g}.\n  Look at the unit."
            )
        return self

    @property
    def place(self) -> str:
        """Where the dose stands in a trial file, for messages."""
        return f'"{self._table}.dose" of {self.drug}'

    @property
    def dose_unit(self) -> str:
        """``"mg/m^2"``, ``"mg/kg"``, ``"mg"`` or ``"cycle"``."""
        return _read_drug_dose(self.dose, self.place)[1]

    @property
    def is_flat(self) -> bool:
        """Whether it says that everybody gets the same amount ("100 mg/patient")."""
        return self.dose.strip().endswith(FLAT)

    @property
    def dose_value(self) -> float:
        """The dose of one day in `dose_unit`."""
        return _read_drug_dose(self.dose, self.place)[0]

    def milligrams(self, weight_kg: Any, bsa_m2: Any) -> Any:
        """One day's dose [mg; cycle for a regimen] for patients of these weights [kg] and body surfaces [m^2] (arrays or floats)."""
        return (
            self.dose_value
            * {"mg/m^2": bsa_m2, "mg/kg": weight_kg, "mg": 1.0 + 0.0 * weight_kg, CYCLE: 1.0 + 0.0 * weight_kg}[
                self.dose_unit
            ]
        )


FLAT = "/patient"
"""Behind an amount it says that everybody gets the same, whatever their size: "100 mg/patient"."""


class GivenDrug(LymphodepletionDrug):
    """A drug given besides: as lymphodepletion, under [[arm.given]]."""

    _table: ClassVar[str] = "given"


def as_cycles(text: str) -> float | None:
    """The number of a dose told in cycles; None for one told in milligrams.

    >>> as_cycles("1 cycle"), as_cycles("0.75 cycles"), as_cycles("30 mg/m^2")
    (1.0, 0.75, None)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*cycles?\s*", text)
    return float(found[1]) if found else None


def _read_drug_dose(text: str, place: str) -> tuple[float, str]:
    advice = '\n  Write number and unit in quotes, such as "30 mg/m^2", "2 mg/kg", or "40 mg/patient" for a flat dose; a regimen is dosed in cycles, "1 cycle".'
    if (cycles := as_cycles(text)) is not None:
        return cycles, CYCLE
    try:
        given = amount(text.strip().removesuffix(FLAT), "mg/m^2", where=place)
    except UnitError as problem:
        raise UnitError(f"{problem}{advice}") from None
    for unit in ("mg",) if text.strip().endswith(FLAT) else DOSE_UNITS:
        try:
            return float(convert(given.value, given.unit, unit)), unit
        except UnitError:
            continue
    raise UnitError(f'{place}: got "{text}", expected a dose such as "30 mg/m^2".{advice}')


class AboveBurden(Part):
    """Another part of the dose for those with much disease before lymphodepletion: a split guided by burden.

    Attributes
    ----------
    burden
        Above this the other part counts: burden just before lymphodepletion, relative to the disease's greatest: ``"20 percent"``.
        In leukaemia it is the share of blasts in marrow.
    share
        The part of the dose given to them on this day.
    """

    burden: str
    share: float = Field(gt=0.0, le=1.0)

    @model_validator(mode="after")
    def _sound(self) -> AboveBurden:
        if not 0.0 < self.burden_percent < 100.0:
            raise CatalogError(f'"above.burden": got "{self.burden}", expected more than 0 and less than 100 percent.')
        return self

    @property
    def burden_percent(self) -> float:
        """The limit [percent]."""
        return read(self.burden, "percent", where='"above.burden"')


class Infusion(Part):
    """The CAR T-cell dose allowed: by weight as in the label, per kg, or fixed. CAR-positive viable T cells.

    Attributes
    ----------
    day
        Day of infusion (day 0 by convention).
    share
        Part of the dose given on this day; the rest of a split dose stands under `given`.
    above
        Another part for those with much disease.
    dose_at_most_50kg, dose_above_50kg
        Ranges, e.g. ``"0.2e6 to 5.0e6 cell/kg"`` and ``"0.1e8 to 2.5e8 cell"``; both or neither.
    dose_per_kg
        Range or single value per body weight for everyone.
    dose_fixed
        Range or single value for everyone.
    dose_at_most
        Ceiling in cells, e.g. ``"2e8 cell"``.
    route
        Catalogue name of the route by which these cells are given.
    """

    day: float = 0.0
    share: float = Field(default=1.0, gt=0.0, le=1.0)
    above: AboveBurden | None = None
    dose_at_most_50kg: str = ""
    dose_above_50kg: str = ""
    dose_per_kg: str = ""
    dose_fixed: str = ""
    dose_at_most: str = ""
    route: str = INTRAVENOUS

    @model_validator(mode="after")
    def _one_way_to_dose(self) -> Infusion:
        if bool(self.dose_at_most_50kg) != bool(self.dose_above_50kg):
            raise CatalogError(
                '"infusion": "dose_at_most_50kg" and "dose_above_50kg" go together.\n  Add the other one.'
            )
        ways = [way for way in (self.dose_at_most_50kg, self.dose_per_kg, self.dose_fixed) if way]
        if len(ways) != 1:
            raise CatalogError(
                f'"infusion": got {len(ways)} ways to dose, expected exactly one of dose_at_most_50kg with'
                " dose_above_50kg, dose_per_kg, dose_fixed."
            )
        for key, unit in (
            ("dose_at_most_50kg", "cell/kg"),
            ("dose_above_50kg", "cell"),
            ("dose_per_kg", "cell/kg"),
            ("dose_fixed", "cell"),
        ):
            if text := getattr(self, key):
                _refuse_absurd(_one_or_range(text, unit, key), unit, text, f'"infusion.{key}"')
        if self.dose_at_most:
            _refuse_absurd((self._ceiling,), "cell", self.dose_at_most, '"infusion.dose_at_most"')
        return self

    @property
    def _light(self) -> tuple[float, float]:
        """Up to 50 kg: [cell/kg], or [cell] when fixed."""
        text, unit, key = (
            (self.dose_at_most_50kg, "cell/kg", "dose_at_most_50kg")
            if self.dose_at_most_50kg
            else (self.dose_per_kg, "cell/kg", "dose_per_kg")
            if self.dose_per_kg
            else (self.dose_fixed, "cell", "dose_fixed")
        )
        return _one_or_range(text, unit, key)

    @property
    def _heavy(self) -> tuple[float, float]:
        if self.dose_above_50kg:
            return _one_or_range(self.dose_above_50kg, "cell", "dose_above_50kg")
        return self._light

    @property
    def _ceiling(self) -> float:
        return read(self.dose_at_most, "cell", where='"infusion.dose_at_most"') if self.dose_at_most else float("inf")

    def dose_limits(self, weight_kg: Any) -> tuple[Any, Any]:
        """Lowest and highest dose allowed [cell] for patients of these weights [kg].

        Parameters
        ----------
        weight_kg
            Shaped (n,), or one number.

        Returns
        -------
        Two arrays of the same shape.
        """
        import numpy as np

        weight = np.asarray(weight_kg, dtype=np.float64)
        limits = []
        for light, heavy in zip(self._light, self._heavy, strict=True):
            below = light if self.dose_fixed else light * weight
            above = heavy if (self.dose_above_50kg or self.dose_fixed) else heavy * weight
            amount = np.where(weight <= LABEL_WEIGHT_KG, below, above)
            limits.append(np.minimum(amount, self._ceiling))
        return limits[0], limits[1]


def _refuse_absurd(doses: tuple[float, ...], unit: str, text: str, place: str) -> None:
    """Stop at a dose of cells that nobody gives."""
    low, high = CELL_DOSES[unit]
    for dose in doses:
        if not low <= dose <= high:
            raise CatalogError(
                f'{place}: got "{text}", which is {dose:g} {unit}; expected {low:g} to {high:g} {unit}.\n  Look at the unit.'
            )


def _one_or_range(text: str, unit: str, key: str) -> tuple[float, float]:
    place = f'"infusion.{key}"'
    try:
        return read_one_or_range(text, unit, where=place)
    except UnitError as problem:
        other = {"cell": "cell/kg", "cell/kg": "cell"}[unit]
        advice = (
            f'\n  A dose in "{other}" belongs in another key: dose_per_kg, dose_at_most_50kg [cell/kg];'
            " dose_fixed, dose_above_50kg [cell]."
        )
        raise UnitError(f"{problem}{advice if 'converts to' in str(problem) else ''}") from None


class Given(Part):
    """Something given besides the usual: a drug on a schedule, or cells (a second infusion, a part of a split dose).

    Attributes
    ----------
    drug, dose
        Catalog name of the drug, and its dose of one day, as in lymphodepletion.
    cells
        The arm's product, for a further infusion.
    share
        The infusion as a part of the dose; 1 for a second whole dose.
    dose_fixed
        Of cells: the same number for everybody in place of a share, as far as the lot has it: ``"3e7 cell"``.
    route
        Of cells: catalogue name of their route.
    above
        Another part for those with much disease.
    days
        Days on which it is given, counted as everywhere.
    """

    drug: str = ""
    dose: str = ""
    cells: str = ""
    share: float = Field(default=1.0, gt=0.0, le=1.0)
    dose_fixed: str = ""
    route: str = INTRAVENOUS
    above: AboveBurden | None = None
    days: tuple[float, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_thing(self) -> Given:
        if bool(self.drug) == bool(self.cells):
            raise CatalogError('"given": got neither or both of "drug" and "cells".\n  Name the one that is given.')
        _refuse_twice(self.days, f'"given.days" of {self.drug or self.cells}')
        if self.drug and self.above is not None:
            raise CatalogError('"given.above" is said of cells.\n  Take it out, or name cells in place of the drug.')
        if self.drug:
            self.as_drug()
        elif self.dose:
            raise CatalogError(
                '"given.dose": cells are given as a "share" of the dose under [arm.infusion], or as "dose_fixed".\n  Use one of these.'
            )
        if self.drug and (self.dose_fixed or self.route != INTRAVENOUS):
            raise CatalogError('"given": "dose_fixed" and "route" are said of cells.\n  Take them out, or name cells.')
        if self.dose_fixed and (self.above is not None or self.share != 1.0):
            raise CatalogError('"given.dose_fixed" stands in place of "share" and "above".\n  Keep one of them.')
        if self.dose_fixed:
            _refuse_absurd((self.fixed_cells,), "cell", self.dose_fixed, '"given.dose_fixed"')
        return self

    @property
    def fixed_cells(self) -> float:
        """The cells of `dose_fixed`; 0 where a share is given [cell]."""
        return read(self.dose_fixed, "cell", where='"given.dose_fixed"') if self.dose_fixed else 0.0

    def as_drug(self) -> LymphodepletionDrug:
        """A drug on days, as lymphodepletion is."""
        return GivenDrug(drug=self.drug, dose=self.dose, days=self.days)


class Portion(Part):
    """One infusion: its day, and its part of the dose.

    Attributes
    ----------
    day
        Day from infusion.
    share
        Part of the whole dose.
    above
        Another part for those with much disease.
    route
        Catalogue name of the route.
    fixed_cells
        So many cells for everybody in place of a part; 0 for none [cell].
    """

    day: float
    share: float
    above: AboveBurden | None = None
    route: str = INTRAVENOUS
    fixed_cells: float = 0.0

    def share_of(self, burden_percent: Any) -> Any:
        """Each patient's part of the dose, shaped as their burden before lymphodepletion [percent]; unknown burden counts as high.

        >>> import numpy as np
        >>> split = Portion(day=0, share=0.25, above=AboveBurden(burden="20 percent", share=0.025))
        >>> split.share_of(np.array([5.0, 60.0, np.nan])).tolist()
        [0.25, 0.025, 0.025]
        """
        import numpy as np

        burden = np.asarray(burden_percent, dtype=np.float64)
        if self.above is None:
            return np.full(burden.shape, self.share)
        return np.where(burden <= self.above.burden_percent, self.share, self.above.share)


class Management(Part):
    """How toxicity is treated: catalog name of the guideline, or the path of a policy of one's own.

    Attributes
    ----------
    guideline
        Catalog name of a guideline, or the path of a policy file, counted from the trial's file.
    """

    guideline: str


class Arm(Part):
    """One arm.

    Attributes
    ----------
    name
        Its name in tables.
    product
        Catalog name of the cells; empty in an arm without cells.
    supply
        Where cells come from: a file of `livingdrug.manufacturing.supply`. Empty: ``"autologous"`` with a product,
        ``"none"`` without.
    apheresis, bridging
        How cells are made, and whether therapy is allowed meanwhile.
    lymphodepletion, infusion
        The usual givens; no infusion in an arm without cells.
    given
        Any other drug or infusion on any schedule.
    management
        How toxicity is treated.
    """

    name: str = Field(min_length=1)
    product: str = ""
    supply: str = ""
    apheresis: Apheresis = Apheresis()
    bridging: Bridging = Bridging()
    lymphodepletion: tuple[LymphodepletionDrug, ...] = ()
    infusion: Infusion | None = None
    given: tuple[Given, ...] = ()
    management: Management

    @field_validator("name")
    @classmethod
    def _no_blank_ends(cls, name: str) -> str:
        if name != name.strip():
            raise ValueError(f'got "{name}", expected a name without blanks at its ends')
        return name

    @model_validator(mode="after")
    def _cells_or_none(self) -> Arm:
        if bool(self.product) != (self.infusion is not None):
            lacking = '"infusion"' if self.product else '"product"'
            raise CatalogError(
                f'arm "{self.name}": {lacking} is missing; an arm with cells has a product and an infusion.\n'
                "  Add it, or take out the other for an arm without cells."
            )
        if self.supply and (self.supply == "none") == bool(self.product):
            raise CatalogError(
                f'arm "{self.name}", "supply": got "{self.supply}" {"with" if self.product else "without"} a product.\n'
                '  "none" is for an arm without cells; name a supply for one with cells.'
            )
        if self.bridging.share and not self.product:
            raise CatalogError(
                f'arm "{self.name}", "bridging.share": nobody waits for cells in an arm without a product.\n  Take it out.'
            )
        strangers = sorted({one.cells for one in self.given if one.cells} - {self.product})
        if strangers:
            raise CatalogError(
                f'arm "{self.name}", "given.cells": got "{strangers[0]}", expected the arm\'s product "{self.product}".\n'
                "  One arm gives one product."
            )
        if self.infusion is not None and self.infusion.day != 0:
            raise CatalogError(
                f'arm "{self.name}", "infusion.day": got {self.infusion.day:g}, expected 0: days are counted from the infusion.\n'
                "  Write day = 0 and count the other days from there."
            )
        if self.infusion is None and self.drugs and self.first_day != 0:
            raise CatalogError(
                f'arm "{self.name}", "given.days": treatment begins on day {self.first_day:g}, expected day 0: without cells days are'
                " counted from the first drug.\n  Shift the days so that the first is 0."
            )
        early = [portion.day for portion in self.infusions if portion.day < 0]
        if early:
            raise CatalogError(
                f'arm "{self.name}", "given.days": cells on day {early[0]:g} come before the infusion on day 0.\n'
                "  Day 0 is that of the first cells."
            )
        if not self.product and not self.drugs:
            raise CatalogError(f'arm "{self.name}": nothing is given.\n  Add [[arm.given]] with a drug, or a product.')
        return self

    @model_validator(mode="after")
    def _order_of_days(self) -> Arm:
        if self.infusion is None:
            return self
        for given in self.lymphodepletion:
            late = [day for day in given.days if day >= self.infusion.day]
            if late:
                raise CatalogError(
                    f'arm "{self.name}", "lymphodepletion.days" of {given.drug}: day {late[0]:g} is not before the'
                    f" infusion on day {self.infusion.day:g}.\n  Lymphodepletion comes first: use negative days."
                )
            early = [day for day in given.days if day < self.infusion.day - EARLIEST_LYMPHODEPLETION]
            if early:
                raise CatalogError(
                    f'arm "{self.name}", "lymphodepletion.days" of {given.drug}: got day {early[0]:g}, expected no more than'
                    f" {EARLIEST_LYMPHODEPLETION:g} days before the infusion.\n  Lymphocytes have come back by then: correct the day."
                )
        return self

    @property
    def last_day(self) -> float:
        """Last day on which the plan gives anything."""
        days = [day for given in self.drugs for day in given.days]
        return max([*(portion.day for portion in self.infusions), *days])

    def with_policy(self, guideline: str, name: str = "") -> Arm:
        """This arm under another guideline, and another name if one is given."""
        return self.model_copy(update={"management": Management(guideline=guideline), "name": name or self.name})

    def with_network(self, network: str) -> Arm:
        """This arm with its lead times from another network."""
        return self.model_copy(update={"apheresis": self.apheresis.model_copy(update={"lead_time": network})})

    @property
    def supplied_by(self) -> str:
        """The supply of cells: ``"autologous"``, ``"off_the_shelf"``, ``"none"`` …"""
        return self.supply or ("autologous" if self.product else "none")

    @property
    def drugs(self) -> tuple[LymphodepletionDrug, ...]:
        """Every drug planned: lymphodepletion first, then the other givens."""
        return (*self.lymphodepletion, *(one.as_drug() for one in self.given if one.drug))

    @property
    def infusions(self) -> tuple[Portion, ...]:
        """Every infusion of cells, by day."""
        first = (
            [
                Portion(
                    day=self.infusion.day,
                    share=self.infusion.share,
                    above=self.infusion.above,
                    route=self.infusion.route,
                )
            ]
            if self.infusion
            else []
        )
        more = [
            Portion(day=day, share=one.share, above=one.above, route=one.route, fixed_cells=one.fixed_cells)
            for one in self.given
            if one.cells
            for day in one.days
        ]
        return tuple(sorted([*first, *more], key=lambda portion: portion.day))

    @property
    def day_zero(self) -> float:
        """The day from which response and toxicity are counted: of the first infusion; 0 without cells."""
        return self.infusion.day if self.infusion else 0.0

    @property
    def first_day(self) -> float:
        """First day of treatment: the first drug, or the infusion."""
        days = [day for given in self.drugs for day in given.days]
        return min([*(portion.day for portion in self.infusions), *days])


def duration_days(text: str, key: str) -> float:
    """A duration such as ``"5 year"`` in days (a year is 365.25 days, a month a twelfth of it)."""
    return read(text, "day", where=f'"{key}"')


__all__ = [
    "AboveBurden", "Apheresis", "Arm", "Bridging", "Given", "Infusion", "LymphodepletionDrug", "Management", "Portion", "duration_days",
]  # fmt: skip
