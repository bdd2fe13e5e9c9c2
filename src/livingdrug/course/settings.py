"""What a run may be asked besides trial, arm and patients."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Settings of a simulation; none of them changes who a patient is.

    Attributes
    ----------
    sample
        True courses are returned for the patients numbered 1 to `sample`.
    between_patient
        False: every patient has the typical biology (covariates, lots and luck still differ).
    rtol
        Relative tolerance of the integration.
    """

    sample: int = 40
    between_patient: bool = True
    rtol: float = 1e-4
