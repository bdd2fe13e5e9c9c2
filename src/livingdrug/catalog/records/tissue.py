"""A healthy tissue that may share an antigen with the tumour: a target of the same law, with a sign that tells its loss."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from livingdrug.catalog.records.base import Inheriting
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.quantities import Quantity


class Tissue(Inheriting):
    """A tissue. It joins the model of every product that aims at an antigen it carries.

    Attributes
    ----------
    called
        In words: ``"lung epithelium"``.
    organ
        The organ that fails: ``"lung"``.
    sign
        What is seen when cells are lost: ``"breathlessness and need of oxygen"``.
    summary
        A paragraph for readers.
    antigens
        Molecules per cell of each antigen it carries: ``[antigens.ERBB2]``. 0 and none are the same: no target.
    parameter
        What the mechanism ``tissues`` reads of it, without its name: ``cell_number``, ``access``, ``renewal``, ``step_1`` to
        ``step_4`` (losses at which the grades begin), ``danger``, ``blood_formation``.
    """

    appended: ClassVar[tuple[str, ...]] = ()
    called: str = Field(min_length=3)
    organ: str = Field(min_length=3)
    sign: str = Field(min_length=3)
    summary: str = ""
    antigens: dict[str, Quantity] = Field(min_length=1)
    parameter: dict[str, Quantity] = Field(default_factory=dict)

    def check_in(self, catalog: object) -> None:
        """Steps rise; what is a share lies between 0 and 1."""
        steps = [
            self.parameter[name].value for name in ("step_1", "step_2", "step_3", "step_4") if name in self.parameter
        ]
        if steps != sorted(set(steps)) or any(not 0 < step <= 100 for step in steps):
            raise CatalogError(
                f'"parameter.step_1" to "step_4": got {steps}, expected rising losses above 0 and up to 100 percent.\n'
                "  Correct the one that does not rise."
            )
        for name in ("access", "blood_formation"):
            if name in self.parameter and not 0 <= self.parameter[name].value <= 1:
                raise CatalogError(
                    f'"parameter.{name}": got {self.parameter[name].value:g}, expected 0 to 1.\n'
                    "  It is a share: 0 none, 1 all."
                )

    def carries(self, antigen: str) -> bool:
        """Whether any molecule of this antigen stands on it."""
        return antigen in self.antigens and self.antigens[antigen].value > 0
