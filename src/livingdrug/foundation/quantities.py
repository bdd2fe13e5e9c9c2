"""A number with a home: value, unit, meaning, kind, source, where."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from livingdrug.foundation.limits import beyond, too_wide
from livingdrug.foundation.numbers_alone import NumbersAlone
from livingdrug.foundation.priors import Prior

Kind = Literal["reported", "digitised", "derived", "fitted", "assumed", "input"]
Status = Literal["read", "unverified", "own"]


class Quantity(NumbersAlone):
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
        The publication or label itself, by citation or DOI, never an address alone; for `assumed` the reason; for `fitted`
        what it was fitted to.
    where
        Table, figure or section of the source.
    seen_at
        Where the source was seen, when that was a copy: a mirror, a summary, an index. Never in place of the source.
    status
        "read" when we read the number in the source, "unverified" when we only recall it, "own" for our own choices.
    spread
        Between-patient standard deviation on the scale of `spread_scale`; 0 for none. With "exponential" the value is the
        mean of an exponential distribution, whose spread is 1.
    spread_scale
        Scale on which patients differ: of the logarithm, of the logit (shares), of the value itself, or exponential.
    low, high
        Bounds that no value may leave: of physiology, or of what the equations can bear. Calibration keeps to them.
    prior
        Of a fitted number: what was believed before. A number without one is not moved by the joint calibration.
    spread_prior, spread_high
        The same of the spread, when that is fitted, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    value: float
    unit: str
    meaning: str = Field(min_length=3)
    kind: Kind
    source: str = Field(min_length=3)
    where: str = ""
    seen_at: str = ""
    status: Status = "own"
    spread: float = Field(default=0.0, ge=0.0)
    spread_scale: Literal["log", "logit", "normal", "exponential"] = "log"
    low: float | None = None
    high: float | None = None
    prior: Prior | None = None
    spread_prior: Prior | None = None
    spread_high: float | None = Field(default=None, gt=0)
    note: str = ""

    @model_validator(mode="after")
    def _of_this_world(self) -> Quantity:
        if wanted := beyond(self.value, self.unit):
            raise ValueError(f"value {self.value:g} {self.unit}".rstrip() + f" is too large: expected {wanted}")
        if wanted := too_wide(self.spread, self.spread_scale):
            raise ValueError(f"spread {self.spread:g} is too wide: expected {wanted}; no two patients differ as much")
        return self

    @model_validator(mode="after")
    def _fitted(self) -> Quantity:
        if (
            not (-math.inf if self.low is None else self.low)
            <= self.value
            <= (math.inf if self.high is None else self.high)
        ):
            raise ValueError(f"value {self.value:g} is outside its bounds, low {self.low} to high {self.high}")
        if self.spread_high is not None and self.spread > self.spread_high:
            raise ValueError(f"spread {self.spread:g} is above its bound, spread_high {self.spread_high:g}")
        if (self.prior or self.spread_prior) and self.kind != "fitted":
            raise ValueError(f'a prior belongs to a number of kind "fitted", this one is "{self.kind}"')
        if self.prior:
            self.prior.check(self.value)
        if self.spread_prior and (self.spread_prior.scale != "log" or self.spread == 0.0):
            raise ValueError("spread_prior needs a spread above 0 to begin from, and sd_log")
        return self

    @model_validator(mode="after")
    def _origin(self) -> Quantity:
        if self.kind in ("reported", "digitised", "derived") and self.status == "own":
            raise ValueError('a reported, digitised or derived number needs status = "read" or "unverified"')
        if self.kind in ("assumed", "fitted") and self.status == "read":
            raise ValueError('an assumed or fitted number has status = "own"')
        return self
