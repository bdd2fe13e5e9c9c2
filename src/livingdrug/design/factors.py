"""What a sensitivity analysis turns: numbers of the model, the dose, clocks and shares of making, covariates, policies.

growth_max               a parameter of the model, with its spread between patients
dose                     the planned cells, as a factor of what the arm says
making.NAME              a number of the making process (viability, culture …), of its typical value
waiting.NAME             a number of the waiting (clocks, bridging, loss)
covariate.NAME.NUMBER    a number of a covariate's distribution (median, log_sd …)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from livingdrug.course.equations import parameters_of
from livingdrug.course.settings import Settings
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.foundation.units import read_one_or_range

if TYPE_CHECKING:
    from livingdrug.catalog.plan import Plan
    from livingdrug.foundation.quantities import Quantity

USUAL_FOLD = 1.25
"""A number whose file states no prior is turned by this factor down and up (assumed)."""
CENTRAL = 0.9
_DOSES = {
    "dose_fixed": "cell",
    "dose_per_kg": "cell/kg",
    "dose_at_most": "cell",
    "dose_above_50kg": "cell",
    "dose_at_most_50kg": "cell/kg",
}


@dataclass(frozen=True)
class Factor:
    """One number and the range in which it is turned.

    Attributes
    ----------
    address
        See the top of this file.
    value, low, high
        As it stands, and the two ends, in `unit`.
    unit
        Of all three.
    scale
        On which values are drawn evenly or normally: ``"log"``, ``"logit"`` or ``"plain"``.
    origin
        Where the range is from: ``"prior"`` (the central 90 %), ``"usual"`` (a factor of 1.25) or ``"asked"``.
    """

    address: str
    value: float
    low: float
    high: float
    unit: str
    scale: str
    origin: str

    def at(self, share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values at shares from 0 to 1 of the range; evenly on the scale, or as the prior has them (shaped like `share`)."""
        _there, low, high = _to(self.scale, np.array([self.value, self.low, self.high]))
        if self.origin == "prior":
            middle, sd = 0.5 * (low + high), (high - low) / (2 * ndtri(0.5 + CENTRAL / 2))
            return _from(self.scale, middle + sd * ndtri(np.clip(share, 1e-6, 1 - 1e-6)))
        return _from(self.scale, low + np.asarray(share) * (high - low))


def factors_of(
    plan: Plan, names: Sequence[str], ranges: Mapping[str, tuple[float, float]] | None = None
) -> list[Factor]:
    """The numbers to turn; those whose files state a prior when no names are given.

    Parameters
    ----------
    plan
        The arm; every number is looked for in it.
    names
        Addresses.
    ranges
        Address -> low and high, in the number's own unit, in place of its own.

    Raises
    ------
    UnknownName, BadInput
        No such number, or a range that does not hold its value.
    """
    known = parameters_of(plan)
    wanted = list(dict.fromkeys(names)) or [name for name, one in known.items() if one.prior is not None]
    if not wanted:
        raise BadInput(
            "no parameter of this trial states a prior, so nothing is turned by itself.\n  Name factors (--factor growth_max)."
        )
    for name in ranges or {}:
        if name not in wanted:
            raise BadInput(f'range: "{name}" is not among the factors.\n  Name it there, too.')
    return [_factor(name, _found(plan, known, name), (ranges or {}).get(name)) for name in wanted]


def _found(plan: Plan, known: Mapping[str, Quantity], address: str) -> Quantity | float:
    kind, _, rest = address.partition(".")
    if address == "dose":
        if plan.arm.infusion is None:
            raise BadInput(f'factor "dose": arm "{plan.arm.name}" gives no cells.\n  Name another factor.')
        return 1.0
    if kind in ("making", "waiting") and rest:
        table = getattr(plan.making, kind) if plan.making else {}
        if rest not in table:
            raise UnknownName(f"number of {kind} in arm {plan.arm.name}", rest, table)
        return table[rest]
    if kind == "covariate" and rest:
        name, _, number = rest.partition(".")
        if name not in plan.population.covariate:
            raise UnknownName(f'covariate of population "{plan.population.id}"', name, plan.population.covariate)
        numbers = plan.population.covariate[name].number
        if number not in numbers:
            raise UnknownName(f'number of covariate "{name}"', number, numbers, f"Write covariate.{name}.NUMBER.")
        return numbers[number]
    if address not in known:
        raise UnknownName(
            "factor", address, [*known, "dose"], "Parameters by name, dose, making.…, waiting.…, covariate.NAME.NUMBER."
        )
    return known[address]


def _factor(address: str, found: Quantity | float, asked: tuple[float, float] | None) -> Factor:
    value, unit = (found, "") if isinstance(found, int | float) else (found.value, found.unit)
    prior = None if isinstance(found, int | float) else found.prior
    share = not isinstance(found, int | float) and (
        found.spread_scale == "logit" or (prior is not None and prior.sd_logit is not None)
    )
    scale = "logit" if share and 0 < value < 1 else "log" if value > 0 else "plain"
    if asked is not None:
        low, high = asked
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise BadInput(f'range of "{address}": got {low:g} to {high:g}, expected a low and a higher number.')
        if (scale == "log" and low <= 0) or (scale == "logit" and not 0 < low < high < 1):
            scale = "plain"
        return Factor(address, value, low, high, unit, scale, "asked")
    z = float(ndtri(0.5 + CENTRAL / 2))
    if prior is not None:
        middle = value if prior.median is None else prior.median
        name = "logit" if prior.sd_logit else "log" if prior.sd_log else "plain"
        sd = prior.sd_logit or prior.sd_log or prior.sd or 0.0
        at = float(_to(name, np.array([middle]))[0])
        low, high = (float(x) for x in _from(name, np.array([at - z * sd, at + z * sd])))
        return Factor(address, value, low, high, unit, name, "prior")
    if value == 0:
        raise BadInput(
            f'factor "{address}" is 0 and has no range of its own.\n  Give one (--range "{address}=0 to 0.1").'
        )
    if scale == "logit":
        step = math.log(USUAL_FOLD)
        low, high = (float(expit(logit(value) + sign * step)) for sign in (-1, 1))
        return Factor(address, value, low, high, unit, scale, "usual")
    low, high = sorted((value / USUAL_FOLD, value * USUAL_FOLD))
    return Factor(address, value, low, high, unit, scale, "usual")


def turned(plan: Plan, settings: Settings, values: Mapping[str, float]) -> tuple[Plan, Settings]:
    """The plan and the settings with these values in place: address -> value."""
    known, own = parameters_of(plan), dict(settings.parameters)
    for address, value in values.items():
        kind, _, rest = address.partition(".")
        if address == "dose":
            plan = replace(plan, arm=plan.arm.model_copy(update={"infusion": _scaled(plan.arm.infusion, value)}))
        elif kind in ("making", "waiting") and rest and plan.making is not None:
            table = {**getattr(plan.making, kind)}
            table[rest] = table[rest].model_copy(update={"value": value})
            plan = replace(plan, making=plan.making.model_copy(update={kind: table}))
        elif kind == "covariate" and rest:
            name, _, number = rest.partition(".")
            one = plan.population.covariate[name]
            drawn = one.model_copy(
                update={"number": {**one.number, number: one.number[number].model_copy(update={"value": value})}}
            )
            covariates = {**plan.population.covariate, name: drawn}
            plan = replace(plan, population=plan.population.model_copy(update={"covariate": covariates}))
        else:
            own[address] = known[address].model_copy(update={"value": value})
    return plan, replace(settings, parameters=own)


def _scaled(infusion, factor: float):
    """The infusion with every dose multiplied."""
    found = {}
    for key, unit in _DOSES.items():
        text = getattr(infusion, key, "")
        if text:
            low, high = read_one_or_range(text, unit, where=f'"{key}"')
            found[key] = (
                f"{low * factor:.10g} {unit}" if low == high else f"{low * factor:.10g} to {high * factor:.10g} {unit}"
            )
    return type(infusion).model_validate({**infusion.model_dump(exclude_defaults=True), **found})


def _to(scale: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(values) if scale == "log" else logit(values) if scale == "logit" else values


def _from(scale: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(values) if scale == "log" else expit(values) if scale == "logit" else values
