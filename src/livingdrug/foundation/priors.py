"""What was believed of a number before it was fitted: a normal law on the number's own scale, between bounds."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from scipy.special import expit, logit

Scale = Literal["linear", "log", "logit"]


class Prior(BaseModel):
    """A prior: ``{ sd_log = 0.5 }``, ``{ median = 2.0, sd_log = 0.3 }``, ``{ sd_logit = 1.0 }`` or ``{ sd = 0.1 }``.

    Attributes
    ----------
    median
        In the number's unit; the number as it stands in its file when omitted. Write it once fitted values have been
        taken over into the file, or the prior moves along with them.
    sd, sd_log, sd_logit
        Standard deviation on the plain, the log or the logit scale; exactly one. The number is searched on that scale.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    median: float | None = None
    sd: float | None = Field(default=None, gt=0)
    sd_log: float | None = Field(default=None, gt=0)
    sd_logit: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_scale(self) -> Prior:
        given = [name for name in ("sd", "sd_log", "sd_logit") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"a prior needs exactly one of sd, sd_log and sd_logit, got {', '.join(given) or 'none'}; e.g. {{ sd_log = 0.5 }}"
            )
        if self.median is not None:
            self.check(self.median)
        return self

    @property
    def scale(self) -> Scale:
        """The scale on which it is normal."""
        return "linear" if self.sd is not None else "log" if self.sd_log is not None else "logit"

    @property
    def width(self) -> float:
        """Standard deviation on that scale."""
        return float(self.sd or self.sd_log or self.sd_logit or math.nan)

    def check(self, value: float) -> None:
        """Stop when a value has no place on the scale.

        Raises
        ------
        ValueError
            Zero or negative on the log scale, outside 0 to 1 on the logit scale.
        """
        if self.scale == "log" and not value > 0:
            raise ValueError(f"{value:g} has no logarithm, and its prior is on the log scale; use sd or sd_logit")
        if self.scale == "logit" and not 0 < value < 1:
            raise ValueError(f"{value:g} is not between 0 and 1, and its prior is on the logit scale; use sd or sd_log")


def on_scale(value: float, scale: Scale) -> float:
    """A value on the scale where its prior is normal; infinite at the scale's ends.

    >>> on_scale(1.0, "log"), on_scale(0.5, "logit"), on_scale(3.0, "linear"), on_scale(0.0, "log")
    (0.0, 0.0, 3.0, -inf)
    """
    if scale == "log":
        return math.log(value) if value > 0 else -math.inf
    return float(logit(value)) if scale == "logit" else float(value)


def off_scale(number: float, scale: Scale) -> float:
    """The value that stands at this number of the scale; inverse of `on_scale`."""
    if scale == "log":
        return math.exp(number)
    return float(expit(number)) if scale == "logit" else float(number)
