"""A network that makes cells for patients: centres, factories, lanes between them, classes of patients, a policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from livingdrug.catalog.network_parts import Centre, Costs, Factory, Identity, Lane, Losses, Tier
from livingdrug.catalog.records.base import CatalogRecord, Part
from livingdrug.catalog.records.disease import Disease
from livingdrug.catalog.records.making import Making
from livingdrug.catalog.records.population import Population
from livingdrug.foundation.errors import CatalogError, UnknownName
from livingdrug.foundation.units import read

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup

EVERYONE = (Tier(name="everyone", share=1.0),)


class Referred(Part):
    """The records that `Losses` names."""

    population: Population
    disease: Disease
    making: Making


class Network(CatalogRecord):
    """Who needs cells, where they are made, and in which order.

    Attributes
    ----------
    patients
        Patients of one replicate; each is followed to the end of their way. Not with fixed numbers of arrivals.
    replicates
        Repetitions with other luck.
    warm_up
        Patients referred earlier are simulated, not counted: a network does not begin empty.
    begins
        Date of day 0, for days of the week and holidays.
    policy, compare
        Order of waiting: a file of `livingdrug.manufacturing.network.policies`; others compared on the same patients.
    routing
        To which factory a bag goes: the ``"nearest"`` one, or the ``"least_busy"`` of those that can be reached.
    losses
        Who is referred, under the one law of loss; without it each tier states its own hazard.
    tier, centre, factory, lane, identity, costs
        See `livingdrug.catalog.network_parts`.
    referred
        What `losses` names, found in the catalogue; not written in the file.
    """

    summary: str = ""
    patients: int = Field(default=1000, ge=1, le=10**7)
    replicates: int = Field(default=20, ge=2, le=10_000)
    warm_up: str = "0 day"
    begins: date = date(2026, 1, 5)
    policy: str = "first_come"
    compare: tuple[str, ...] = ()
    routing: Literal["nearest", "least_busy"] = "nearest"
    tiers: tuple[Tier, ...] = Field(default=EVERYONE, alias="tier", min_length=1)
    centres: tuple[Centre, ...] = Field(alias="centre", min_length=1)
    factories: tuple[Factory, ...] = Field(alias="factory", min_length=1)
    lanes: tuple[Lane, ...] = Field(alias="lane", min_length=1)
    identity: Identity = Identity()
    costs: Costs = Costs()
    losses: Losses | None = None
    referred: SkipJsonSchema[Referred | None] = None

    def completed(self, catalog: Lookup) -> Network:
        """With the records that `losses` names."""
        if self.losses is None:
            return self
        named = self.losses
        disease: Disease = catalog.load("disease", named.disease)
        population: Population = catalog.load("population", named.population)
        if disease.burden not in population.covariate:
            raise CatalogError(
                f'"losses": population "{named.population}" has no "{disease.burden}", by which the burden of {named.disease} is told.\n'
                "  Name a population of this disease."
            )
        found = Referred(population=population, disease=disease, making=catalog.load("making", named.making))
        return self.model_copy(update={"referred": found})

    @model_validator(mode="after")
    def _sound(self) -> Network:
        for kind, parts in (("tier", self.tiers), ("centre", self.centres), ("factory", self.factories)):
            twice = [name for name, n in Counter(part.name for part in parts).items() if n > 1]
            if twice:
                raise CatalogError(f'"{kind}": "{twice[0]}" is there twice.\n  Give each a name of its own.')
        if abs(sum(tier.share for tier in self.tiers) - 1.0) > 1e-6:
            raise CatalogError(f'"tier.share": the shares add up to {sum(t.share for t in self.tiers):g}, expected 1.')
        _check_lanes(self.centres, self.factories, self.lanes)
        if self.referred is not None and self.losses is None:
            raise CatalogError(
                '"referred" is found in the catalogue, by the names under "losses".\n  Write [losses] instead.'
            )
        if self.losses is not None and any(tier.loss != Tier.model_fields["loss"].default for tier in self.tiers):
            raise CatalogError(
                '"tier.loss": the network names its patients under "losses", so no tier has a hazard of its own.\n  Take "loss" out of the tiers, or [losses] out of the network.'
            )
        fixed = [centre.fixed_number is not None for centre in self.centres]
        if any(fixed) != all(fixed):
            raise CatalogError('"centre.arrivals": some are a fixed number, some a rate.\n  Write all in one way.')
        if self.warm_up_days < 0:
            raise CatalogError(f'"warm_up": got "{self.warm_up}", expected 0 or more.')
        return self

    @cached_property
    def warm_up_days(self) -> float:
        """Days before patients are counted."""
        return read(self.warm_up, "day", where='"warm_up"')

    @property
    def n_fixed(self) -> int:
        """Patients where their number is fixed by the arrivals; 0 where it is not."""
        return sum(centre.fixed_number[0] for centre in self.centres if centre.fixed_number)

    @property
    def policies(self) -> tuple[str, ...]:
        """The policy and those compared with it, each once."""
        return tuple(dict.fromkeys([self.policy, *self.compare]))

    def lane(self, centre: str, factory: str) -> Lane | None:
        """The road between the two, if there is one."""
        return next((one for one in self.lanes if (one.centre, one.factory) == (centre, factory)), None)


def _check_lanes(centres: Sequence[Centre], factories: Sequence[Factory], lanes: Sequence[Lane]) -> None:
    """Every lane leads from a known centre to a known factory, once, and every centre has one."""
    names = {"centre": [one.name for one in centres], "factory": [one.name for one in factories]}
    for i, lane in enumerate(lanes, 1):
        for kind, known in names.items():
            if getattr(lane, kind) not in known:
                raise UnknownName(f'{kind} (of "lane[{i}].{kind}")', getattr(lane, kind), known)
    twice = [pair for pair, n in Counter((lane.centre, lane.factory) for lane in lanes).items() if n > 1]
    if twice:
        raise CatalogError(f'"lane": {twice[0][0]} to {twice[0][1]} is there twice.\n  Take one out.')
    for centre in centres:
        if all(lane.centre != centre.name for lane in lanes):
            raise CatalogError(
                f'"centre" {centre.name}: no lane leads from it to a factory, so its patients would never get cells.\n'
                f'  Add a [[lane]] with centre = "{centre.name}" and factory = one of {", ".join(names["factory"])}.'
            )
