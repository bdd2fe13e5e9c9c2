"""A late effect of cells or of a regimen: how often it comes, when, how often it kills, and after what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import CatalogRecord
from livingdrug.foundation.errors import CatalogError, UnitError
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.units import factor

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup

UNITS = {
    "hazard": "1/day",
    "probability": "",
    "onset_day": "day",
    "onset_log_sd": "",
    "fatal": "",
    "death_after_days": "day",
}
SHARES = ("probability", "fatal")


class LateEffect(CatalogRecord):
    """A late effect.

    Attributes
    ----------
    summary
        A paragraph for readers.
    event
        Its name among the events of a patient; the file's name when empty.
    products
        Catalogue names of the products after which it comes, and those that extend them; empty for all.
    but_not
        Products that an own file speaks of, taken out of `products`.
    drugs
        Catalogue names of drugs and regimens after which it comes, where they are planned in an arm; then no products are named.
    number
        Either ``hazard`` [1/day], the same on every day from infusion on; or ``probability`` with ``onset_day`` (median) and
        ``onset_log_sd``. With either ``fatal``, the share who die of it, and ``death_after_days``, the median until then.
    """

    summary: str = ""
    event: str = ""
    products: tuple[str, ...] = ()
    but_not: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    number: dict[str, Quantity] = Field(min_length=1)

    @model_validator(mode="after")
    def _proves_itself(self) -> LateEffect:
        strangers = sorted(set(self.number) - set(UNITS))
        if strangers:
            raise CatalogError(f'"number.{strangers[0]}": nothing reads it.\n  Known: {", ".join(UNITS)}.')
        for name, one in self.number.items():
            try:
                same = factor(one.unit, UNITS[name]) == 1.0
            except UnitError:
                same = False
            if not same:
                raise CatalogError(f'"number.{name}": got the unit "{one.unit}", expected "{UNITS[name]}".')
            if one.value < 0 or (name in SHARES and one.value > 1):
                raise CatalogError(
                    f'"number.{name}": got {one.value:g}, expected {"0 to 1" if name in SHARES else "0 or more"}.'
                )
        if self.drugs and (self.products or self.but_not):
            raise CatalogError('"drugs": a late effect comes after drugs or after products.\n  Write a file for each.')
        lasting = {"hazard", "fatal", "death_after_days"}
        early = {"probability", "onset_day", "onset_log_sd", "fatal", "death_after_days"}
        if set(self.number) not in (lasting, early):
            raise CatalogError(
                f'"number": got {", ".join(sorted(self.number))}, expected a hazard, or probability, onset_day and onset_log_sd; with either'
                " fatal and death_after_days."
            )
        return self

    def check_in(self, catalog: Lookup) -> None:
        """Its products are products, its drugs drugs."""
        for name in (*self.products, *self.but_not):
            catalog.path("product", name)
        for name in self.drugs:
            catalog.path("drug", name)

    @property
    def called(self) -> str:
        """Its name among the events of a patient."""
        return self.event or self.id

    def follows(self, lineage: tuple[str, ...], drugs: frozenset[str] = frozenset()) -> bool:
        """Whether it comes after a product, given with those it extends (none: an arm without cells), and the drugs planned."""
        if self.drugs:
            return not drugs.isdisjoint(self.drugs)
        named = not self.products or not set(self.products).isdisjoint(lineage)
        return bool(lineage) and named and set(self.but_not).isdisjoint(lineage)
