"""Instances: the clones, lesions, sites, receptors or tissues for which a mechanism is written once and used several times.

A recipe lists them by kind, in order:

    [instance.clone.positive]
    called = "antigen-positive"
    antigens = { CD19 = 1 }
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from livingdrug.foundation.quantities import Quantity
from livingdrug.model.names import Name, Part, Template


class OwnState(Part):
    """What differs in one instance's state: where it begins, and how it is integrated."""

    integrate: Literal["log", "linear"] | None = None
    scale: float | None = Field(default=None, gt=0)
    initial: str | None = None


class Own(Part):
    """What one instance has of its own, under the names that the sheet uses.

    Attributes
    ----------
    parameter
        Its value of a parameter: of ``density_{clone}``, or of a parameter that all instances share otherwise.
    state
        Its scale, initial value or way of integration of a state such as ``tumour_{clone}``.
    """

    parameter: dict[Template, Quantity] = Field(default_factory=dict)
    state: dict[Template, OwnState] = Field(default_factory=dict)


class Instance(Own):
    """One clone, lesion, site, receptor, tissue …

    Attributes
    ----------
    called
        In words, put for the placeholder into meanings: "antigen-positive"; its name when empty.
    antigens
        Density of each antigen relative to the sheet's: 1 as there, 0 none. A clone is such a pattern.
    factor
        Other numbers by which sheets may scale a parameter: ``{ weight = 0.3 }``.
    source
        Where the numbers of `antigens` and `factor` come from, when they are not just 0 or 1.
    """

    called: str = ""
    antigens: dict[str, float] = Field(default_factory=dict)
    factor: dict[Name, float] = Field(default_factory=dict)
    source: str = ""

    @model_validator(mode="after")
    def _origin(self) -> Instance:
        numbers = {**self.antigens, **self.factor}
        below = sorted(name for name, value in self.antigens.items() if not value >= 0)
        if below:
            raise ValueError(
                f"the density of {', '.join(below)} must be 0 (none), 1 (as in the sheet) or another factor"
            )
        told = sorted(name for name, value in numbers.items() if value not in (0, 1))
        if told and len(self.source) < 3:
            raise ValueError(f'{", ".join(told)} is neither 0 nor 1 and needs a source = "…"')
        twice = sorted(set(self.antigens) & set(self.factor))
        if twice:
            raise ValueError(f"{', '.join(twice)} stands in both antigens and factor")
        return self

    def density_of(self, antigen: str = "") -> float | None:
        """Density of an antigen; without a name, or where the pattern tells one antigen only, of that one."""
        if len(self.antigens) == 1 or (self.antigens and not antigen):
            return next(iter(self.antigens.values()))
        return self.antigens.get(antigen)


Instances = Mapping[str, Mapping[str, Instance]]
"""Kind -> name -> instance, in the order of the recipe."""


@dataclass(frozen=True)
class Clone:
    """A population of tumour cells with one antigen pattern, and where the model keeps it.

    Attributes
    ----------
    name, called
        As listed, and in words.
    antigens
        Density of each antigen relative to the mechanism's: 1 as there, 0 none.
    cells
        The state that counts its cells.
    lineage
        The state with the mean size of a surviving lineage.
    survivors
        The quantity with the expected number of surviving lineages.
    """

    name: str
    called: str
    antigens: Mapping[str, float]
    cells: str
    lineage: str
    survivors: str

    def carries(self, antigen: str) -> bool:
        """Whether more than half of the usual density is left; an antigen the pattern does not name is.

        Examples
        --------
        >>> clone = Clone("dim", "CD19-dim", {"CD19": 0.1}, "tumour_dim", "lineage_dim", "survivors_dim")
        >>> clone.carries("CD19"), clone.carries("CD22")
        (False, True)
        """
        return self.antigens.get(antigen, 1.0) > 0.5
