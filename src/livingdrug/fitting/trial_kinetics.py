"""A trial's kinetics from a fit: its visits, its assay's limit and as many patients, with levels as the fitted model has them.

A fit knows how levels go in patients who were infused, and nothing else: here everybody is infused and followed to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.draws import normals, uniforms
from livingdrug.fitting.likelihood import likelihood_of
from livingdrug.fitting.simulation import drawn_thetas, with_error
from livingdrug.foundation.errors import BadInput, UnitError
from livingdrug.foundation.streams import uniform
from livingdrug.foundation.units import factor
from livingdrug.outcome.kinetics import Kinetics, non_compartmental

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.plan import Measured, Plan
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.fitting.population import Theta
    from livingdrug.fitting.result import Fit

Floats = NDArray[np.float64]
MOST_RESULTS = 300_000_000
LATER = (28.0, 90.0, 180.0, 365.0)
"""Days at which the share above the limit is told, if the trial has a visit there."""
PERCENT = 90.0


@dataclass(frozen=True)
class TrialKinetics:
    """What a trial would see of kinetics if the fit were right.

    Attributes
    ----------
    visits
        One row per patient and planned visit: arm, patient, quantity, day_planned, day, value, lower_limit, below_limit,
        missed, unit.
    kinetics
        One row per patient: arm, patient, cmax, tmax_day, auc, last_detectable_day, n_results.
    expected
        One row per arm and number: arm, what, unit, value (of this trial), low, middle, high (of trials of this size).
    draws
        Trials behind `expected`, each with population values of its own.
    notes
        What the reader must know.
    """

    visits: pl.DataFrame
    kinetics: pl.DataFrame
    expected: pl.DataFrame
    draws: int
    notes: tuple[str, ...]


def simulate_trial(
    fit: Fit,
    trial: Trial | str,
    *,
    patients: int | None = None,
    draws: int = 200,
    seed: int = 1,
    catalog: Any = None,
    done: Callable[[int, int], None] | None = None,
) -> TrialKinetics:
    """A trial's kinetics as a fit has them, and the intervals in which a trial of this size is expected.

    Parameters
    ----------
    fit
        Of cellular kinetics; its values need a unit that one of the trial's assays measures.
    trial
        A record, a name of the catalogue or a file.
    patients
        Infused in each arm with cells; by default the trial's enrolment, shared evenly by these arms.
    draws
        Trials, each under population values drawn from the uncertainty of the estimates and with patients of its own.
    seed
        The same seed gives the same trial.

    Raises
    ------
    BadInput
        The fit and the trial do not go together, or so many results are asked for that they would take days.
    """
    import polars as pl

    from livingdrug.catalog.load import default_catalog
    from livingdrug.trial.door import planned

    record, plans = planned(trial, catalog or default_catalog())
    plans = tuple(plan for plan in plans if plan.product is not None and plan.measured)
    if not plans:
        raise BadInput(f"{record.id}: no arm has cells and visits at which they are measured.")
    if patients is None and record.enrolled is None:
        raise BadInput(f"{record.id} does not say how many patients it enrols.\n  Say how many: patients=… (-n).")
    n = patients if patients is not None else max((record.enrolled or 0) // len(plans), 1)
    measured = _assay_of(fit, plans[0], record.id)
    if n < 1 or draws < 1 or n * len(measured.days) * (draws + 1) * len(plans) > MOST_RESULTS:
        raise BadInput(
            f"{n} patients, {len(measured.days)} visits and {draws} draws are refused: between 1 and {MOST_RESULTS:,} results.\n"
            "  Simulate fewer patients (-n) or fewer draws (--uncertainty)."
        )
    thetas = drawn_thetas(fit, draws, seed)
    visits, kinetics, expected = [], [], []
    for number, plan in enumerate(plans):
        arm, missed = plan.arm.name, plan.missed
        own = _one_trial(fit, fit.theta, measured, missed, n, seed, f"{number}/own")
        visits.append(_frame(own, measured).with_columns(arm=pl.lit(arm)))
        seen = _kinetics(own, measured)
        kinetics.append(pl.DataFrame({"arm": [arm] * n, "patient": np.arange(n), **vars(seen)}).fill_nan(None))
        told = _numbers(own, measured, seen)
        every = []
        for r, theta in enumerate(thetas):
            one = _one_trial(fit, theta, measured, missed, n, seed, f"{number}/{r}")
            every.append(_numbers(one, measured, _kinetics(one, measured)))
            if done is not None:
                done(number * draws + r + 1, draws * len(plans))
        expected += [
            (arm, what, unit, value, *_middle([one[what, unit] for one in every]))
            for (what, unit), value in told.items()
        ]
    names = ("arm", "what", "unit", "value", "low", "middle", "high")
    table = pl.DataFrame(
        expected, schema=list(names), schema_overrides=dict.fromkeys(names[3:], pl.Float64), orient="row"
    )
    return TrialKinetics(pl.concat(visits), pl.concat(kinetics), table, draws, _notes(fit, measured, n, len(plans)))


def _assay_of(fit: Fit, plan: Plan, trial: str) -> Measured:
    """The trial's assay whose unit is that of the fit."""
    if len(fit.data.outputs) > 1:
        raise BadInput(f"the fit has several outputs ({', '.join(fit.data.outputs)}); a trial's kinetics need one.\n  Fit one: --output.")  # fmt: skip
    unit = fit.data.value_unit
    known = ", ".join(f"{one.assay.id} [{one.assay.unit}]" for one in plan.measured)
    if not unit:
        raise BadInput(
            f"the fit does not say the unit of its values, and {trial} measures: {known}.\n"
            "  Fit again with the unit stated (--unit copy/ug, or DV [copy/ug] in the heading)."
        )
    for one in plan.measured:
        try:
            same = factor(unit, one.assay.unit)
        except UnitError:
            continue
        if one.assay.schedule == "kinetics" and same > 0:
            return one
    raise BadInput(f"{trial} measures nothing in {unit}; it has {known}.\n  Fit data in one of these units.")


def _one_trial(
    fit: Fit, theta: Theta, measured: Measured, missing: float, n: int, seed: int, name: str
) -> dict[str, Any]:
    """Results (n, visits) of patients of its own: day, value [unit of the assay], low, missed."""
    population, who = fit.specification.population, np.arange(n, dtype=np.int64)
    purpose, size = f"fit/trial/{name}", fit.data.n_patients
    like = np.minimum((uniform(seed, f"{purpose}/who", who) * size).astype(np.int64), size - 1)
    chance, none = uniform(seed, f"{purpose}/group", who), np.zeros(n, np.int64)
    phi = population.means(theta.beta)[like + size * (chance < theta.share)]
    z = normals(seed, f"{purpose}/people", who, none, 0, population.random.size).T
    phi[:, population.random] += z @ np.linalg.cholesky(theta.omega).T
    planned = np.array(measured.days, float)
    window = np.array([measured.window(day) for day in measured.days])
    v, flat = planned.size, np.arange(n * planned.size, dtype=np.int64)
    zero = np.zeros(flat.size, np.int64)
    u = uniforms(seed, f"{purpose}/visits", flat, zero, 0, 2).reshape(2, n, v)
    day = np.maximum(planned + (2 * u[0] - 1) * window, 0.0)
    order = np.argsort(day, axis=1, kind="stable")
    day = np.take_along_axis(day, order, axis=1)
    time = day * factor("day", fit.data.time_unit)
    level = _levels(fit, like, phi, time)
    noise = normals(seed, f"{purpose}/noise", flat, zero, 0, 1)[0]
    value = with_error(fit, theta.error, level.ravel(), noise, zero).reshape(n, v) * factor(
        fit.data.value_unit, measured.assay.unit
    )
    if measured.assay.upper_limit is not None:
        value = np.minimum(value, measured.assay.upper_limit.value)
    limit = _limit(measured)
    return {"day": day, "value": value, "low": value < limit, "missed": u[1] < missing, "planned": planned[order]}


def _levels(fit: Fit, like: NDArray[np.int64], phi: Floats, time: Floats) -> Floats:
    n, v = time.shape
    names = tuple(str(i) for i in range(n))
    data = KineticsData(
        names, np.repeat(np.arange(n, dtype=np.int64), v), time.ravel(), np.ones(n * v), np.zeros(n * v, np.int64),
        outputs=fit.data.outputs, **fit.data.brought(like),
    )  # fmt: skip
    known = fit.specification.occasions
    known = replace(known, number=np.zeros(n * v, np.int64)) if known.n else known
    likelihood = likelihood_of(fit.model, data, 1, known)
    return likelihood.levels(fit.specification.population.natural(phi), np.arange(n, dtype=np.int64))[1].reshape(n, v)


def _limit(measured: Measured) -> float:
    return float(measured.assay.lower_limit.value)


def _frame(own: Mapping[str, Any], measured: Measured) -> pl.DataFrame:
    import polars as pl

    n, v = own["day"].shape
    gone = own["missed"].ravel()
    return pl.DataFrame(
        {
            "patient": np.repeat(np.arange(n), v), "quantity": [measured.assay.quantity] * (n * v),
            "day_planned": own["planned"].ravel(), "day": own["day"].ravel(), "value": np.where(gone, np.nan, own["value"].ravel()),
            "lower_limit": np.full(n * v, _limit(measured)), "below_limit": own["low"].ravel() & ~gone, "missed": gone,
            "unit": [measured.assay.unit] * (n * v),
        }
    ).fill_nan(None)  # fmt: skip


def _kinetics(own: Mapping[str, Any], measured: Measured) -> Kinetics:
    """Non-compartmental numbers of each patient."""
    day = np.where(own["missed"], np.nan, own["day"])
    # results that were not there move to the end, as the analysis wants ascending days
    order = np.argsort(day, axis=1, kind="stable")
    sorted_ = [np.take_along_axis(x, order, axis=1) for x in (day, own["value"], own["low"])]
    return non_compartmental(*sorted_, until=28.0)


def _numbers(own: Mapping[str, Any], measured: Measured, seen: Kinetics) -> dict[tuple[str, str], float]:
    """What a publication would tell: (what, unit) -> value; NaN where there is none."""
    unit = measured.assay.unit
    peak, area = seen.cmax[seen.cmax > 0], seen.auc[seen.auc > 0]
    spread = float(np.var(np.log(peak), ddof=1)) if peak.size > 1 else float("nan")
    told = {
        ("Cmax, geometric mean", unit): _geometric(peak),
        ("Cmax, geometric CV", "%"): 100 * float(np.sqrt(np.expm1(spread))),
        ("Tmax, median", "day"): _median(seen.tmax_day),
        ("AUC to day 28, geometric mean", f"{unit} day"): _geometric(area),
        ("last day above the limit, median", "day"): _median(seen.last_detectable_day),
    }
    for day in LATER:
        here = (own["planned"] == day) & ~own["missed"]
        if here.any():
            told[f"above the limit on day {day:g}", "%"] = 100 * float((~own["low"])[here].mean())
    return told


def _geometric(values: Floats) -> float:
    return float(np.exp(np.log(values).mean())) if values.size else float("nan")


def _median(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")


def _middle(values: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    known = np.array([value for value in values if np.isfinite(value)])
    if not known.size:
        return None, None, None
    tail = (100 - PERCENT) / 200
    low, middle, high = np.quantile(known, (tail, 0.5, 1 - tail))
    return float(low), float(middle), float(high)


def _notes(fit: Fit, measured: Measured, n: int, arms: int) -> tuple[str, ...]:
    last = float(fit.data.time.max()) * factor(fit.data.time_unit, "day")
    late = sum(day > last for day in measured.days)
    notes = [
        f"{n} patients{' in each arm' if arms > 1 else ''}, all taken as infused and followed to the end: the fit knows no response, relapse or death.",
        "Covariates and doses are those of the fitted patients, drawn with replacement.",
    ]
    if arms > 1:
        notes.append("Arms differ by chance alone: the fit knows nothing of what they differ in.")
    if late:
        notes.append(
            f"{late} visits lie beyond day {last:g}, the last of the fitted data: their levels are extrapolated."
        )
    if not fit.converged:
        notes.append("Not every check of the fit's convergence passed; look at its summary.")
    return tuple(notes)
