"""One typical patient of a trial: middle covariates, typical biology, a lot of middle size; all states over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.notebook import as_html

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.foundation.quantities import Quantity

_DRAWN = 2001
_DAYS = (0.0, 7.0, 14.0, 28.0, 90.0, 365.0)


@dataclass(frozen=True, repr=False)
class Typical:
    """A typical patient.

    Attributes
    ----------
    covariates
        Name -> value: the median of those drawn, or the more frequent of yes and no.
    lot
        Dose [cell], viability and what else was made.
    course
        One row each check: day, and every output of the model; `units` tells their units.
    units
        Output -> unit, where the model states one.
    standing
        What the numbers rest on where not all is calibrated; empty otherwise.
    """

    covariates: Mapping[str, float]
    lot: Mapping[str, float]
    course: pl.DataFrame
    units: Mapping[str, str]
    standing: str = ""

    def __repr__(self) -> str:
        last = self.course["day"].max()
        said = f"; {self.standing}" if self.standing else ""
        return f"a typical patient: {len(self.covariates)} covariates, {self.course.width - 1} outputs to day {last:g}{said}"

    def at(self, days: Sequence[float] = _DAYS) -> pl.DataFrame:
        """Every output at some days: output, unit, and a column for each day, at the check next to it.

        Parameters
        ----------
        days
            Days from infusion; those beyond the course are left out.
        """
        import polars as pl

        seen = self.course["day"].to_numpy()
        rows = {f"day {day:g}": int(np.argmin(np.abs(seen - day))) for day in days if seen[0] <= day <= seen[-1]}
        names = [name for name in self.course.columns if name != "day"]
        columns = {word: [float(self.course[name][row]) for name in names] for word, row in rows.items()}
        return pl.DataFrame({"output": names, "unit": [self.units.get(name, "") for name in names], **columns})

    def _repr_html_(self) -> str:
        """For notebooks."""
        return as_html(
            repr(self), self.at(), notes=["Its picture: livingdrug.plot.typical(patient); every day: .course"]
        )


@in_words
def typical(
    trial: Trial | str | Path,
    *,
    arm: str | None = None,
    covariates: Mapping[str, float] | None = None,
    parameters: Mapping[str, Quantity | str | float] | None = None,
    seed: int = 1,
    catalog: Catalog | None = None,
) -> Typical:
    """One typical patient of a trial, with all states over time.

    Parameters
    ----------
    trial
        A trial record, a catalogue name or a TOML file.
    arm
        Which; the first when omitted.
    covariates
        Values in place of the middle ones, by name, in the population's units; the others stay at their own middle.
    parameters
        Model parameters in place of the model's, as for `livingdrug.run`.
    seed
        Of the people whose middle is taken, and of the luck of making.
    catalog
        Where names are looked up.

    Raises
    ------
    BadInput
        Unknown names, or a covariate that is no number.

    Examples
    --------
    >>> import livingdrug as ld
    >>> patient = ld.typical("eliana", covariates={"age_years": 11})                    # doctest: +SKIP
    >>> patient.course.select("day", "car_t_effector")                            # doctest: +SKIP
    """
    from livingdrug.catalog.load import default_catalog
    from livingdrug.course.equations import equations, parameters_of
    from livingdrug.course.settings import Settings
    from livingdrug.course.simulate import simulate
    from livingdrug.manufacturing import make
    from livingdrug.population import draw
    from livingdrug.trial.door import own_parameters, planned
    from livingdrug.trial.standing import standing

    record, plans = planned(trial, catalog or default_catalog(), arms=None if arm is None else [arm])
    plan = plans[0]
    settings = Settings(sample=_DRAWN, between_patient=False, parameters=own_parameters(plans[:1], parameters))
    cohort = draw(plan.population, np.arange(1, _DRAWN + 1, dtype=np.int64), seed)
    middle = {
        name: _middle(values, plan.population.covariate[name].distribution)
        for name, values in cohort.covariates.items()
    }
    middle |= _stated(covariates or {}, cohort, plan.population)
    same = replace(cohort, covariates={name: np.full(_DRAWN, value) for name, value in middle.items()})
    numbers = parameters_of(plan, settings.parameters)
    lots = make(plan, same, numbers, seed, between_patient=False)
    treated = np.flatnonzero(lots.treated)
    if not treated.size:
        raise BadInput(
            "nobody like this is ever treated: every lot fails, or every patient is lost while waiting.\n  Give other covariates."
        )
    dose = np.nan_to_num(lots.dose_cells[treated])
    chosen = treated[[int(np.argsort(dose, kind="stable")[treated.size // 2])]]
    course = simulate(plan, same.select(chosen), lots.select(chosen), seed, quantities=numbers, settings=settings)
    frame = course.sample(_DRAWN).drop("patient", "arm", strict=False)
    model = equations(plan).model
    known = {**model.states, **model.outputs}
    units = {name: known[name].unit for name in frame.columns if name in known}
    lot = {
        name: float(getattr(lots, name)[chosen[0]])
        for name in ("dose_cells", "viability", "transduction", "memory_fraction", "enrolment_day")
    }
    return Typical(middle, lot, frame, units, "; ".join(standing(record, [plan])))


def _stated(covariates: Mapping[str, float], cohort: Any, population: Any) -> dict[str, float]:
    """A user's values of covariates: known, numbers, and such as this population has."""
    stated = {}
    for name, value in covariates.items():
        cohort[name]
        if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not np.isfinite(value):
            raise BadInput(f"covariates: {name} is {value!r}, expected a number in the population's unit.")
        low, high = _plausible(population.covariate[name])
        if not low <= value <= high:
            raise BadInput(
                f"covariates: {name} is {value:g}, expected from {low:g} to {high:g}: no more than twofold beyond this population.\n  Look at its unit."
            )
        stated[name] = float(value)
    return stated


BODIES = {"kg": (1.0, 400.0), "cm": (30.0, 260.0)}
"""Sizes of people, from newborn to the largest: charts of growth have no ends of their own."""


def _plausible(covariate: Any) -> tuple[float, float]:
    """Half of the least to twice the greatest of a population: wider is most often another unit; a share stays a share."""
    if covariate.distribution == "growth_chart":
        return BODIES.get(covariate.unit, (0.0, np.inf))
    low, high = covariate.range()
    whole = 100.0 if covariate.unit == "percent" else 1.0 if high <= 1 and not covariate.unit else np.inf
    return min(low, low / 2), min(2 * high, whole) if high > 0 else high


def _middle(values: np.ndarray, distribution: str | None) -> float:
    ordered = np.sort(values)
    if distribution == "bernoulli":
        return float(values.mean() > 0.5)
    return float(ordered[ordered.size // 2])
