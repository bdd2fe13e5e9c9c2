"""What is set beside each other to see what decides: outcomes of patients, and what was known of them before."""

from __future__ import annotations

from pydantic import Field, field_validator

from livingdrug.catalog.records.base import CatalogRecord, Part
from livingdrug.foundation.expressions import read_formula


class Asked(Part):
    """A yes-or-no outcome, or something known before infusion.

    Attributes
    ----------
    name
        For a column or row.
    formula
        Over the patients' covariates, lots and outcomes.
    instead
        Formulas tried in turn where a trial has not the first.
    among
        Of an outcome: who is asked besides being treated.
    """

    name: str = Field(min_length=2)
    formula: str = Field(min_length=1)
    instead: tuple[str, ...] = ()
    among: str = "1"

    @field_validator("formula", "among")
    @classmethod
    def _readable(cls, text: str) -> str:
        read_formula(text)
        return text

    @property
    def ways(self) -> tuple[str, ...]:
        """Formulas in the order in which they are tried."""
        return (self.formula, *self.instead)


class Determinants(CatalogRecord):
    """Outcomes and covariates whose discrimination is told, trial by trial, beside that of the hidden random numbers.

    Attributes
    ----------
    outcomes, covariates
        Rows and columns of the table.
    """

    outcomes: tuple[Asked, ...] = Field(alias="outcome", min_length=1)
    covariates: tuple[Asked, ...] = Field(alias="covariate", min_length=1)
