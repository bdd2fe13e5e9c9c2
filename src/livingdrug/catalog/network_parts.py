"""The places, roads and rules of a network that makes cells: what a network file is made of."""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from livingdrug.catalog.clocks import Clock, in_its_place, number_within, rate_per_day
from livingdrug.catalog.records.base import Part
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.units import read

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
ZERO = Clock(at="0 day")
MOST = 10**6
MOST_SLOTS = 1000.0
"""Slots a day at most: each comes by itself, and a centre with as many has none to wait for."""


class Hours(Part):
    """When a place works.

    Attributes
    ----------
    days
        Days of the week.
    opens, closes
        Hours of the day: ``"6 hour"`` to ``"22 hour"`` are two shifts; around the clock when omitted.
    holidays
        Dates on which it is closed, each year: ``"12-25"``.
    """

    days: tuple[Day, ...] = WEEK
    opens: str = "0 hour"
    closes: str = "24 hour"
    holidays: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Hours:
        with in_its_place():
            self._check()
        return self

    def _check(self) -> None:
        if not self.days:
            raise CatalogError('"days" is empty, so nothing would ever be done.\n  Name at least one day of the week.')
        first, last = self.span
        if not 0.0 <= first < last <= 1.0:
            raise CatalogError(
                f'"opens" to "closes": got {24 * first:g} to {24 * last:g} hour, expected within 0 to 24.'
            )
        for day in self.holidays:
            _month_and_day(day)
        if len(set(self.holidays)) > 180:
            raise CatalogError(f'"holidays": {len(self.holidays)} days a year, expected at most 180.')

    @cached_property
    def span(self) -> tuple[float, float]:
        """Opening and closing as parts of a day."""
        return read(self.opens, "day", where='"opens"'), read(self.closes, "day", where='"closes"')

    @property
    def always(self) -> bool:
        """Never closed."""
        return len(set(self.days)) == 7 and self.span == (0.0, 1.0) and not self.holidays

    @property
    def closed_dates(self) -> frozenset[tuple[int, int]]:
        """Month and day of each holiday."""
        return frozenset(map(_month_and_day, self.holidays))


class Tier(Part):
    """A class of patients by how fast waiting harms them.

    Attributes
    ----------
    name, share
        The share of all patients.
    rank
        1 is served first where the policy goes by tier.
    loss
        Hazard of death or progression beyond treatment while waiting, e.g. ``"0.004 1/day"``. Not where the network names the
        patients under `Losses`: a tier is then the share of patients who are most in danger, by rank.
    spread
        Standard deviation between patients of the logarithm of the hazard.
    """

    name: str = Field(min_length=1)
    share: float = Field(gt=0.0, le=1.0)
    rank: int = Field(default=1, ge=1)
    loss: str = "0 1/day"
    spread: float = Field(default=0.0, ge=0.0, le=3.0)

    @cached_property
    def hazard(self) -> float:
        """Typical hazard of loss [1/day]."""
        return read(self.loss, "1/day", where='"loss"')

    @model_validator(mode="after")
    def _sound(self) -> Tier:
        with in_its_place():
            self._check()
        return self

    def _check(self) -> None:
        if not 0.0 <= self.hazard <= 10.0:
            raise CatalogError(f'"loss": got {self.hazard:g} 1/day, expected from 0 to 10.\n  Look at the unit.')


class Losses(Part):
    """Who waits, by which the one law of loss tells who is lost: burden, growth, age, lines and kidneys of a population.

    Attributes
    ----------
    population, disease, making
        Names of the catalogue: who is referred, with what, and the process whose bridging they get and whose law they are under.
    bridging
        Whether bridging therapy is given.
    """

    population: str = Field(min_length=1)
    disease: str = Field(min_length=1)
    making: str = Field(min_length=1)
    bridging: bool = True


class Centre(Part):
    """A hospital: its patients, its slots, its chairs and beds.

    Attributes
    ----------
    arrivals
        Patients referred: ``"4 per month"``, or a fixed number, ``"100 within 88 day"``.
    pattern
        ``"random"`` (Poisson, or uniform within the time), or ``"even"`` intervals.
    slots
        Manufacturing slots the centre is allotted, e.g. ``"1 per month"``; none is unlimited. An unused one lapses.
    slots_pattern
        ``"even"``, or ``"random"`` (Poisson).
    chairs, apheresis
        Places for leukapheresis (none is unlimited), and how long one takes.
    booking, beds, lymphodepletion, stay
        From the bag's arrival to the start of lymphodepletion, beds (none is unlimited), lymphodepletion to infusion, and the
        stay that follows.
    hours
        When apheresis and lymphodepletion may begin.
    """

    name: str = Field(min_length=1, max_length=60)
    arrivals: str
    pattern: Literal["random", "even"] = "random"
    slots: str = ""
    slots_pattern: Literal["even", "random"] = "even"
    chairs: int | None = Field(default=None, ge=1, le=MOST)
    apheresis: Clock = Clock(at="1 day")
    booking: Clock = ZERO
    beds: int | None = Field(default=None, ge=1, le=MOST)
    lymphodepletion: Clock = Clock(at="5 day")
    stay: Clock = Clock(at="14 day")
    hours: Hours = Hours()

    @model_validator(mode="after")
    def _sound(self) -> Centre:
        with in_its_place():
            if not (self.rate and self.slots_per_day):
                raise CatalogError("expected more than 0")
        if self.slots and self.slots_per_day > MOST_SLOTS:
            raise CatalogError(
                f'"slots": got "{self.slots}", expected at most {MOST_SLOTS:,.0f} per day.\n'
                "  Look at the number, or leave it out: without it slots are unlimited."
            )
        return self

    @cached_property
    def fixed_number(self) -> tuple[int, float] | None:
        """Patients and days where the number is fixed."""
        return number_within(self.arrivals, where='"arrivals"') if " within " in self.arrivals else None

    @cached_property
    def rate(self) -> float:
        """Arrivals a day."""
        if self.fixed_number:
            return self.fixed_number[0] / self.fixed_number[1]
        return rate_per_day(self.arrivals, where='"arrivals"')

    @cached_property
    def slots_per_day(self) -> float:
        """Slots a day; infinite where they are unlimited."""
        return rate_per_day(self.slots, where='"slots"') if self.slots else np.inf


class Factory(Part):
    """A place of manufacture.

    Attributes
    ----------
    lines
        Batches that can be in culture at a time.
    culture, changeover
        A batch on its line, and cleaning before the next one.
    analysts, testing
        Batches that can be tested at a time (none is unlimited), and how long release takes.
    failure
        Probability that a batch fails release.
    out_of_specification_given
        Share of the failed that is given all the same.
    remade
        Share of the other failures after which another batch is begun.
    remade_from
        ``"frozen"`` cells kept at the factory, or a new ``"apheresis"``.
    restart
        Decision to the next batch (or the next apheresis).
    attempts
        Batches for one patient, at most.
    keeps
        How long fresh material may wait for a line, e.g. ``"3 day"``; older material is collected anew. None: frozen.
    hours
        When a culture can be begun and ended, and a lot released.
    """

    name: str = Field(min_length=1, max_length=60)
    lines: int
    culture: Clock
    changeover: Clock = ZERO
    analysts: int | None = Field(default=None, ge=1, le=MOST)
    testing: Clock = ZERO
    failure: float = Field(default=0.0, ge=0.0, le=1.0)
    out_of_specification_given: float = Field(default=0.0, ge=0.0, le=1.0)
    remade: float = Field(default=0.0, ge=0.0, le=1.0)
    remade_from: Literal["frozen", "apheresis"] = "frozen"
    restart: Clock = ZERO
    attempts: int = Field(default=2, ge=1, le=6)
    keeps: str = ""
    hours: Hours = Hours()

    @field_validator("lines")
    @classmethod
    def _some(cls, lines: int) -> int:
        if not 1 <= lines <= MOST:
            raise ValueError(
                f"got {lines} lines, expected a whole number from 1.\n  A factory without lines makes nothing: take it out."
            )
        return lines

    @model_validator(mode="after")
    def _sound(self) -> Factory:
        with in_its_place():
            self._check()
        return self

    def _check(self) -> None:
        if self.keeps_days <= 0:
            raise CatalogError(f'"keeps": got "{self.keeps}", expected more than 0 day.')
        if self.culture.mean_days + self.changeover.mean_days <= 0:
            raise CatalogError('"culture" and "changeover" take no time.\n  Give the culture its days.')

    @cached_property
    def keeps_days(self) -> float:
        """How long material keeps [day]."""
        return read(self.keeps, "day", where='"keeps"') if self.keeps else np.inf

    @property
    def batches_per_day(self) -> float:
        """Batches that the lines can take a day, open hours left aside."""
        return self.lines / (self.culture.mean_days + self.changeover.mean_days)


class Lane(Part):
    """A road between a centre and a factory, both ways.

    Attributes
    ----------
    centre, factory
        Their names.
    out, back
        Centre to factory, and factory to centre; the same when `back` is omitted.
    lost
        Probability that a shipment is lost.
    """

    centre: str
    factory: str
    out: Clock
    back: Clock | None = None
    lost: float = Field(default=0.0, ge=0.0, lt=1.0)

    @property
    def home(self) -> Clock:
        """Factory to centre."""
        return self.back or self.out


class Identity(Part):
    """The chain of identity: who checks whose bag it is at each hand-over, and how often something goes wrong.

    Attributes
    ----------
    swap
        Probability that at a hand-over a bag is exchanged with another one waiting at the same place.
    readers
        Each check's probability of missing a wrong bag.
    all_miss
        Probability that all checks miss it together; their product when omitted (independent checks). 0: they cannot.
    """

    swap: float = Field(default=0.0, ge=0.0, le=1.0)
    readers: tuple[float, ...] = (0.0,)
    all_miss: float | None = Field(default=None, ge=0.0, le=1.0)

    @model_validator(mode="after")
    def _sound(self) -> Identity:
        with in_its_place():
            self._check()
        return self

    def _check(self) -> None:
        if not all(0.0 <= one <= 1.0 for one in self.readers):
            raise CatalogError(f'"readers": got {list(self.readers)}, expected probabilities from 0 to 1.')
        if self.all_miss is not None and self.readers and self.all_miss > min(self.readers):
            raise CatalogError(
                f'"all_miss": got {self.all_miss:g}, more than the best reader misses alone ({min(self.readers):g}).'
            )

    @property
    def miss(self) -> float:
        """Probability that no check notices a wrong bag.

        >>> Identity(readers=(0.1, 0.2)).miss, Identity(readers=(0.1, 0.2), all_miss=0).miss, Identity(readers=()).miss
        (0.020000000000000004, 0.0, 1.0)
        """
        return float(np.prod(self.readers)) if self.all_miss is None else self.all_miss


class Costs(Part):
    """What things cost, in one currency; nothing where omitted.

    Attributes
    ----------
    currency
        A word for tables.
    apheresis, batch, testing, shipment
        Each.
    line_year
        One line for one year, used or not.
    """

    currency: str = Field(default="USD", min_length=1, max_length=12)
    apheresis: float = Field(default=0.0, ge=0.0, le=1e12)
    batch: float = Field(default=0.0, ge=0.0, le=1e12)
    testing: float = Field(default=0.0, ge=0.0, le=1e12)
    shipment: float = Field(default=0.0, ge=0.0, le=1e12)
    line_year: float = Field(default=0.0, ge=0.0, le=1e12)

    @property
    def any(self) -> bool:
        """Whether there are costs at all."""
        return any((self.apheresis, self.batch, self.testing, self.shipment, self.line_year))


def _month_and_day(text: Any) -> tuple[int, int]:
    found = re.fullmatch(r"(\d\d)-(\d\d)", str(text))
    try:
        if not found:
            raise ValueError
        day = date(2000, int(found[1]), int(found[2]))
    except ValueError:
        raise CatalogError(f'"holidays": got "{str(text)[:40]}", expected month and day such as "12-25".') from None
    return day.month, day.day
