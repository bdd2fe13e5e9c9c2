"""A CAR T-cell product: what it is; what it does follows from that, but for at most three numbers of its own."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from livingdrug.catalog.records.base import Inheriting, Part
from livingdrug.foundation.quantities import Quantity

LABEL = {
    "Approved for": "approval",
    "Doses of the label": "label_dose",
    "What the label says besides": "label",
    "Lymphodepletion of the label": "lymphodepletion",
    "Boxed warnings": "boxed_warning",
    "Programme against risks (REMS)": "rems",
    "Limits of use": "limit_of_use",
}
"""Heading -> how the names of facts begin that a label or a regulator states; they belong to one brand and are never taken over by another."""


class Fact(Part):
    """A statement with its source, for what is not a number.

    Attributes
    ----------
    text
        The statement.
    source, where
        The publication or label itself, and the place in it.
    seen_at
        Where the source was seen, when that was a copy.
    status
        ``"read"``: seen in the source; ``"unverified"``: recalled only.
    """

    text: str
    source: str
    where: str = ""
    seen_at: str = ""
    status: str = Field(pattern="^(read|unverified)$")


class Receptor(Part):
    """A further receptor of a product.

    Attributes
    ----------
    target
        Its antigen, a file of ``catalog/antigen/``.
    gate
        How it joins the first receptor, a mechanism ``gate_<name>``: ``"either"`` (bicistronic), ``"tandem"``, ``"pooled"``
        (cells with one receptor each), ``"split"`` (both signals needed), ``"inducible"`` (primes the first), ``"and_not"`` (vetoes).
    parameter
        What the gate's mechanism reads of it, without its name: ``threshold`` for ``threshold_<receptor>``.
    """

    target: str = Field(min_length=1)
    gate: str = Field(pattern="^[a-z][a-z0-9_]*$")
    parameter: dict[str, Quantity] = Field(default_factory=dict)


class Product(Inheriting):
    """A product.

    Attributes
    ----------
    generic_name, brand, manufacturer
        Names.
    target
        Antigen, e.g. ``"CD19"``.
    costimulation
        Signalling domain beside CD3 zeta, a file of ``catalog/costimulation/``: what it does is shared by all products
        that carry it.
    recipe
        Model recipe that simulates it, when it needs another than its disease's.
    making_process
        Catalog name of the usual making process, for arms that name none.
    fact
        Construct, binder, process …, and what its label says: name -> `Fact`. Names that begin with ``approval``, ``label``,
        ``lymphodepletion``, ``boxed_warning``, ``rems`` or ``limit_of_use`` are of the label; a product of another name that
        extends this one does not take them over.
    parameter
        Model parameters this product sets: name -> `Quantity`.
    making
        Numbers about its making that hold in every trial: name -> `Quantity`.
    clone
        Clones as antigen patterns, in place of the recipe's: ``[clone.dim]``, ``antigens = { CD19 = 0.1 }`` with its
        source. Empty: those of the recipe. A product's stand before a disease's.
    receptor
        Further receptors by name, in order: ``[receptor.cd22]`` with target and gate. One gate may join several.
    traits
        Files of ``catalog/trait/``: binder, edits, what the cells carry besides.
    vector
        How the receptor's gene is brought in.
    """

    generic_name: str
    brand: str = ""
    manufacturer: str = ""
    target: str
    costimulation: str
    vector: str
    recipe: str = ""
    receptor: dict[str, Receptor] = Field(default_factory=dict)
    traits: tuple[str, ...] = ()
    making_process: str = ""
    fact: dict[str, Fact] = Field(default_factory=dict)
    parameter: dict[str, Quantity] = Field(default_factory=dict)
    making: dict[str, Quantity] = Field(default_factory=dict)
    clone: dict[str, dict[str, Any]] = Field(default_factory=dict)

    chaptered: ClassVar[tuple[str, ...]] = ("fact",)

    @classmethod
    def taken_over(cls, base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
        """All but the label's facts where the other product has another name: a receptor may be the same, an approval never is."""
        facts = base.get("fact")
        same = all(own.get(key, base.get(key)) == base.get(key) for key in ("generic_name", "brand"))
        if same or not isinstance(facts, dict):
            return base
        return {
            **base,
            "fact": {name: told for name, told in facts.items() if not name.startswith(tuple(LABEL.values()))},
        }

    def chapters(self) -> dict[str, dict[str, str]]:
        """Its facts, what the label says under headings; "recalled" where nobody read it."""
        found: dict[str, dict[str, str]] = {"What it is": {}, **{heading: {} for heading in LABEL}}
        for name, fact in self.fact.items():
            heading = next((one for one, start in LABEL.items() if name.startswith(start)), "What it is")
            short = name.removeprefix(LABEL.get(heading, "")).strip("_").replace("_", " ")
            found[heading][short] = fact.text if fact.status == "read" else f"{fact.text} (Recalled, not read.)"
        return {heading: facts for heading, facts in found.items() if facts}

    @property
    def targets(self) -> tuple[str, ...]:
        """Antigens of all its receptors, the first receptor's first, each once."""
        return tuple(dict.fromkeys([self.target, *(one.target for one in self.receptor.values())]))
