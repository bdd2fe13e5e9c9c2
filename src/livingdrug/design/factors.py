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
from scipy.special import expit, logit, ndtr, ndtri

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
DOSE = "dose"
"""Address of the planned cells."""
SHARE_BRIDGED = "waiting.bridged"
"""A share that a trial may tell without saying that it ends at 1."""
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
        Where the range is from: ``"prior"`` (the central 90 %), ``"usual"`` (a factor of 1.25; of the odds where the number is a
        share) or ``"asked"``.
    lowest, highest
        What the number may be; a prior is cut off there.
    prior
        Middle and standard deviation on the scale, before it is cut off.
    """

    address: str
    value: float
    low: float
    high: float
    unit: str
    scale: str
    origin: str
    lowest: float = -math.inf
    highest: float = math.inf
    prior: tuple[float, float] | None = None

    def at(self, share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values at shares from 0 to 1 of the range; evenly on the scale, or as the prior has them (shaped like `share`)."""
        if self.prior is not None:
            return _quantiles(self.prior, self.scale, np.asarray(share), self.lowest, self.highest)
        low, high = _to(self.scale, np.array([self.low, self.high]))
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
        No such number, or a range outside what the number may be.
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
    if address == DOSE:
        if plan.arm.infusion is None:
            raise BadInput(f'factor "dose": arm "{plan.arm.name}" gives no cells.\n  Name another factor.')
        return 1.0
    if kind in ("making", "waiting") and rest:
        table = {**getattr(plan.making, kind), **_of_disease(plan, kind)} if plan.making else {}
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
            "factor", address, [*known, DOSE], "Parameters by name, dose, making.…, waiting.…, covariate.NAME.NUMBER."
        )
    return known[address]


def _of_disease(plan: Plan, kind: str) -> Mapping[str, Quantity]:
    """Numbers of the disease that stand in for those of the making file."""
    return plan.disease.waiting if kind == "waiting" else {}


def _range(address: str, asked: object) -> tuple[float, float]:
    """A range as its two numbers."""
    if isinstance(asked, (tuple, list)) and len(asked) == 2:
        low, high = asked
        if all(isinstance(end, int | float) and not isinstance(end, bool) for end in asked):
            return float(low), float(high)
    raise BadInput(
        f'range of "{address}": got {asked!r}, expected two numbers.\n  Write ({{low}}, {{high}}).'.format(
            low="low", high="high"
        )
    )


def _factor(address: str, found: Quantity | float, asked: tuple[float, float] | None) -> Factor:
    value, unit = (found, "") if isinstance(found, int | float) else (found.value, found.unit)
    prior = None if isinstance(found, int | float) else found.prior
    share = not isinstance(found, int | float) and (
        found.spread_scale == "logit" or (prior is not None and prior.sd_logit is not None)
    )
    scale = "logit" if share and 0 < value < 1 else "log" if value > 0 else "plain"
    lowest, highest = _allowed(address, found)
    if asked is not None:
        low, high = _range(address, asked)
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise BadInput(f'range of "{address}": got {low:g} to {high:g}, expected a low and a higher number.')
        if low < lowest or high > highest:
            raise BadInput(
                f'range of "{address}": got {low:g} to {high:g} {unit}'.rstrip()
                + f", expected a range within {lowest:g} to {highest:g}.\n  Give a narrower one."
            )
        if (scale == "log" and low <= 0) or (scale == "logit" and not 0 < low < high < 1):
            scale = "plain"
        return Factor(address, value, low, high, unit, scale, "asked", lowest, highest)
    if prior is not None:
        middle = value if prior.median is None else prior.median
        name = "logit" if prior.sd_logit else "log" if prior.sd_log else "plain"
        sd = prior.sd_logit or prior.sd_log or prior.sd or 0.0
        law = (float(_to(name, np.array([middle]))[0]), sd)
        ends = np.array([0.5 - CENTRAL / 2, 0.5 + CENTRAL / 2])
        low, high = (float(x) for x in _quantiles(law, name, ends, lowest, highest))
        return Factor(address, value, low, high, unit, name, "prior", lowest, highest, law)
    if value == 0:
        raise BadInput(
            f'factor "{address}" is 0 and has no range of its own.\n  Give one (--range "{address}=0 to 0.1").'
        )
    if scale == "logit":
        step = math.log(USUAL_FOLD)
        low, high = (float(expit(logit(value) + sign * step)) for sign in (-1, 1))
    else:
        low, high = sorted((value / USUAL_FOLD, value * USUAL_FOLD))
    low, high = max(low, lowest), min(high, highest)
    return Factor(address, value, low, high, unit, scale, "usual", lowest, highest)


def _allowed(address: str, found: Quantity | float) -> tuple[float, float]:
    """The least and the greatest that a number may be: what its file says, or else its sign; shares lie between 0 and 1."""
    if isinstance(found, int | float):
        return 1e-6, 1000.0  # the dose as a factor
    low, high = found.low, found.high
    if low is None:
        low = 0.0 if found.value >= 0 and (found.unit or not address.startswith("covariate.")) else -math.inf
    if address.startswith("covariate.") and address.rpartition(".")[2] in ("sd", "log_sd", "logit_sd"):
        low = max(low, 0.0)
    share = found.spread_scale == "logit" or address == SHARE_BRIDGED
    if high is None:
        high = 1.0 if share or address.endswith(".p") else math.inf
    if share or address.endswith(".p"):
        low, high = max(low, 0.0), min(high, 1.0)
    return low, high


def _quantiles(
    law: tuple[float, float], scale: str, share: NDArray[np.float64], lowest: float, highest: float
) -> NDArray[np.float64]:
    """Quantiles of a normal law on the scale, cut off at the least and the greatest the number may be."""
    middle, sd = law
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = [
            _to(scale, np.array([lowest if scale == "plain" else max(lowest, 0.0)]))[0],
            _to(scale, np.array([min(highest, 1.0) if scale == "logit" else highest]))[0],
        ]
    below, above = ndtr((ends[0] - middle) / sd), ndtr((ends[1] - middle) / sd)
    inside = np.clip(below + share * (above - below), max(below, 1e-6), min(above, 1 - 1e-6))
    return np.clip(_from(scale, middle + sd * ndtri(inside)), lowest, highest)


def turned(plan: Plan, settings: Settings, values: Mapping[str, float]) -> tuple[Plan, Settings]:
    """The plan and the settings with these values in place: address -> value."""
    known, own = parameters_of(plan), dict(settings.parameters)
    for address, value in values.items():
        kind, _, rest = address.partition(".")
        if address == DOSE:
            plan = replace(plan, arm=plan.arm.model_copy(update={"infusion": _scaled(plan.arm.infusion, value)}))
        elif kind in ("making", "waiting") and rest and plan.making is not None:
            found = _found(plan, known, address)
            assert not isinstance(found, (int, float))  # the dose alone is a bare factor
            now = {rest: found.model_copy(update={"value": value})}
            if rest in _of_disease(plan, kind):
                plan = replace(plan, disease=plan.disease.model_copy(update={kind: {**plan.disease.waiting, **now}}))
            else:
                table = {**getattr(plan.making, kind), **now}
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
