"""A comparison as planned: one trial, the same patients, two policies or more."""

from __future__ import annotations

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import CatalogRecord


class Comparison(CatalogRecord):
    """A virtual trial of policies.

    Attributes
    ----------
    question
        What is asked.
    trial
        Catalog name of the trial whose patients are treated.
    arm
        Arm of that trial; empty for the first.
    policies
        Guidelines by name or path (counted from where the command is given), the reference first.
    endpoints
        Endpoints reported; empty for the trial's own.
    """

    question: str = Field(min_length=10)
    trial: str
    arm: str = ""
    policies: tuple[str, ...] = Field(min_length=2)
    endpoints: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Comparison:
        if len(set(self.policies)) < len(self.policies):
            raise ValueError("a policy stands twice in policies: name each once")
        return self
