"""What a run may be asked besides trial, arm and patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from livingdrug.foundation.quantities import Quantity

STAGES = ("cohort", "making", "courses", "visits")
"""What a group of patients goes through, in this order."""


@dataclass(frozen=True)
class Settings:
    """Settings of a simulation; none of them changes who a patient is.

    Attributes
    ----------
    sample
        True courses are returned for the patients numbered 1 to `sample`.
    between_patient
        False: every patient has the typical biology (covariates, lots and luck still differ).
    parameters
        Model parameters to use in place of the model's, the disease's and the product's: name -> `Quantity`.
    rtol
        Relative tolerance of the integration.
    first_place
        Of a group of patients: how many of their arm enrolled before the first of them; None where everyone is in the arm,
        and the number tells it. A bank's lots are used in this order.
    """

    sample: int = 40
    between_patient: bool = True
    parameters: Mapping[str, Quantity] = field(default_factory=dict)
    rtol: float = 1e-5
    first_place: int | None = None

    def told(self) -> dict[str, object]:
        """The settings as plain values, for a run's manifest."""
        replaced = {name: quantity.model_dump(mode="json") for name, quantity in sorted(self.parameters.items())}
        return {
            "sample": self.sample, "between_patient": self.between_patient, "parameters": replaced, "rtol": self.rtol,
        }  # fmt: skip
