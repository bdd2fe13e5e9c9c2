"""A number with a home: value, unit, meaning, kind, source, where."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["reported", "digitised", "derived", "fitted", "assumed", "input"]
Status = Literal["read", "unverified", "own"]


class Quantity(BaseModel):
    """One number that says where it comes from.

    Attributes
    ----------
    value
        In `unit`.
    unit
        Parsed and checked by whoever uses the number; ``""`` for a plain number.
    meaning
        One phrase a pharmacologist understands.
    kind
        How we came by it: reported, digitised, derived, fitted, assumed or input.
    source
        A citation key, DOI or address; for `assumed` the reason; for `fitted` what it was fitted to.
    where
        Table, figure or section of the source.
    status
        "read" when we read the number in the source, "unverified" when we only recall it, "own" for our own choices.
    spread
        Between-patient standard deviation on the log scale (or logit scale, see `spread_scale`); 0 for none.
    spread_scale
        Scale on which patients differ: of the logarithm, of the logit (shares), or of the value itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    value: float
    unit: str
    meaning: str = Field(min_length=3)
    kind: Kind
    source: str = Field(min_length=3)
    where: str = ""
    status: Status = "own"
    spread: float = Field(default=0.0, ge=0.0)
    spread_scale: Literal["log", "logit", "normal"] = "log"
    note: str = ""

    @model_validator(mode="after")
    def _origin(self) -> Quantity:
        if self.kind in ("reported", "digitised", "derived") and self.status == "own":
            raise ValueError('a reported, digitised or derived number needs status = "read" or "unverified"')
        if self.kind in ("assumed", "fitted") and self.status == "read":
            raise ValueError('an assumed or fitted number has status = "own"')
        return self
