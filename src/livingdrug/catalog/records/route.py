"""A route: where infused cells are put, and what becomes of them there."""

from __future__ import annotations

from pydantic import Field

from livingdrug.catalog.records.base import Inheriting
from livingdrug.foundation.quantities import Quantity

INTRAVENOUS = "intravenous"
"""What a trial means that names no route."""


class Route(Inheriting):
    """A route.

    Attributes
    ----------
    called
        How cells are given, in words: ``"into the ventricles"``.
    summary
        A paragraph for readers.
    enters
        State of the model that cells enter; empty for a cavity of their own, ``car_t_in_<name of the file>``.
    parameter
        Of the cavity, as the mechanism ``cavity`` names them: ``"drain_{cavity}"`` -> `Quantity`.
    """

    called: str = Field(min_length=3)
    summary: str = ""
    enters: str = ""
    parameter: dict[str, Quantity] = Field(default_factory=dict)

    @property
    def state(self) -> str:
        """The state that cells enter."""
        return self.enters or f"car_t_in_{self.id}"
