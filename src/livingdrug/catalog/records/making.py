"""How a product is made for one patient: apheresis to released lot, and the tumour that grows meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import Inheriting, Part
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.quantities import Quantity

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup

Reason = Literal["growth", "viability", "purity", "transduction", "other"]
Measured = Literal[
    "", "viable_cells", "viability", "purity", "transduction", "copies_per_car_t_cell", "potency", "tumour_share",
    "tcr_positive_fraction",
]  # fmt: skip


class QualityTest(Part):
    """One test of a lot: what is measured, what it must be, and when the answer is there.

    Attributes
    ----------
    of
        What is measured of the lot; empty where a test only passes or fails (sterility).
    least, most
        What the lot must have.
    given_from
        Of a lot that fails this test alone: the value down to which (up to which, for `most`) it may be given out of specification.
    may_be_given
        The same of a test without a number: a lot that fails it alone may be given out of specification.
    fails
        Probability of failing for a reason that no number of the lot tells.
    reason
        Under which a failure is counted.
    days
        From the sample to the answer [day].
    on_day
        Day of culture on which the sample is taken; at harvest when omitted. A lot that fails then is ended then.
    after_release
        The answer comes when the lot is given already: it can withhold nothing, and no lot waits for it.
    """

    of: Measured = ""
    least: Quantity | None = None
    most: Quantity | None = None
    given_from: Quantity | None = None
    may_be_given: bool = False
    fails: Quantity | None = None
    reason: Reason = "other"
    days: Quantity
    on_day: Quantity | None = None
    after_release: bool = False

    @model_validator(mode="after")
    def _sound(self) -> QualityTest:
        bounded = self.least is not None or self.most is not None
        if bool(self.of) != bounded:
            raise CatalogError('a test has "of" and a bound ("least" or "most"), or neither.\n  Add the other one.')
        if self.given_from and not bounded:
            raise CatalogError('"given_from" needs "least" or "most".\n  Add the bound.')
        if self.fails and not 0.0 <= self.fails.value <= 1.0:
            raise CatalogError(f'"fails": got {self.fails.value:g}, expected a probability from 0 to 1.')
        for name in ("days", "on_day"):
            quantity = getattr(self, name)
            if quantity is not None and not 0.0 <= quantity.value <= 100.0:
                raise CatalogError(f'"{name}": got {quantity.value:g} day, expected 0 to 100.\n  Look at the unit.')
        if self.on_day and self.of not in ("viable_cells", "transduction", ""):
            raise CatalogError(f'"on_day": "{self.of}" is measured at harvest only.\n  Take "on_day" out.')
        return self


EDIT = "edit_"


class Making(Inheriting):
    """One way of making a product.

    Attributes
    ----------
    product
        Catalogue id of the product.
    mechanisms
        Mechanisms that its cells bring into the model; those of the supply when omitted (donors' cells are rejected by their host). An empty
        list is an answer, too: cells that behave as the patient's own.
    loss
        Catalogue name of the law by which patients are lost while they wait; the same for all.
    also
        Other products that are made in this way.
    expansion
        Law of growth in culture: a file of `livingdrug.manufacturing.expansion`.
    cultures
        ``"together"``: CD4 and CD8 cells in one culture; ``"apart"``: each in its own, for a dose of defined composition.
    counts_from
        Event from which the clocks of this file were published: ``"enrolment"`` or ``"apheresis"``. Waiting begins with it. Where a trial tells
        its days from enrolment, what passed before apheresis is part of `slot`, and enrolment and apheresis are one day here.
    remade_from
        Of a lot that failed: from ``"frozen"`` cells that are left, or from a new ``"apheresis"``.
    making
        Apheresis, transduction, culture and dose.
    test
        Quality tests, which together are the specification.
    waiting
        Clocks and bridging between enrolment and infusion, with the numbers of the law of loss. A disease may override
        single entries.
    """

    product: str
    mechanisms: tuple[str, ...] | None = None
    loss: str = "while_waiting"
    also: tuple[str, ...] = ()
    summary: str = ""
    expansion: str = "lag_then_doubling"
    cultures: Literal["together", "apart"] = "together"
    counts_from: Literal["enrolment", "apheresis"] = "apheresis"
    remade_from: Literal["frozen", "apheresis"] = "frozen"
    making: dict[str, Quantity] = Field(min_length=1)
    test: dict[str, QualityTest] = Field(default_factory=dict)
    waiting: dict[str, Quantity] = Field(min_length=1)

    @property
    def edits(self) -> tuple[str, ...]:
        """Catalogue names of the edits that its bank makes: what stands behind ``edit_`` in ``[making]``."""
        return tuple(name.removeprefix(EDIT) for name in self.making if name.startswith(EDIT))

    def check_in(self, catalog: Lookup) -> None:
        """Every edit has a file that says what it does.

        Raises
        ------
        CatalogError
            One has none.
        """
        for name in self.edits:
            if not catalog.has("edit", name):
                raise CatalogError(
                    f'making/{self.id}.toml, "making.{EDIT}{name}": no file edit/{name}.toml says what this edit does.\n'
                    f"  Known: {', '.join(catalog.names('edit'))}. Correct the name, or add the file."
                )

    def completed(self, catalog: Lookup) -> Making:
        """With the numbers of the law of loss."""
        law = catalog.load("loss", self.loss)
        return self.model_copy(update={"waiting": {**law.numbers, **self.waiting}})
