"""Calibration: a few typical values and spreads, moved until a simulated trial is near the published one.

The same patients (same seed) are simulated at every step, so the misfit is a smooth-enough function and a plain
simplex search does. Only rows marked ``use = "calibration"`` count; a prediction trial has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.quantities import Quantity
from livingdrug.trial.misfit import Misfit, misfits

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.evidence import Published
    from livingdrug.catalog.records.trial import Trial


@dataclass(frozen=True)
class Knob:
    """One number that may be moved.

    Attributes
    ----------
    name
        Model parameter, or an entry of the trial's `conduct`.
    low, high
        Search range, in the parameter's unit; searched on the log scale.
    part
        ``"value"``, ``"spread"`` or ``"conduct"``.
    """

    name: str
    low: float
    high: float
    part: str = "value"

    def __post_init__(self) -> None:
        if not 0 < self.low < self.high or self.part not in ("value", "spread", "conduct"):
            raise BadInput(
                f"knob {self.name}: expected 0 < low < high and part value, spread or conduct;"
                f" got {self.low:g}, {self.high:g}, {self.part}."
            )


@dataclass(frozen=True)
class Calibration:
    """The best point found.

    Attributes
    ----------
    values
        Knob name and part -> value.
    score
        Sum of squared, softened z over the calibration rows.
    misfits
        Row by row at the best point.
    n_runs
        Trials simulated.
    """

    values: dict[tuple[str, str], float]
    score: float
    misfits: list[Misfit]
    n_runs: int


def calibrate(
    trial: Trial,
    knobs: Sequence[Knob],
    start: Mapping[tuple[str, str], float],
    quantities: Mapping[str, Quantity],
    *,
    patients: int = 600,
    seed: int = 1,
    n_runs: int = 200,
    endpoints: Sequence[str] = (),
    catalog: Catalog | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> Calibration:
    """Search for the knobs' values under which the trial is nearest to its published results.

    Parameters
    ----------
    trial
        Its role must be ``"calibration"``.
    knobs
        What may move, and how far.
    start
        (name, part) -> where to begin.
    quantities
        The parameters as they are (their origin is kept, value or spread replaced).
    patients, seed
        Size and seed of each simulated trial.
    n_runs
        How many trials may be simulated.
    endpoints
        Calibrate on these endpoints only; all when empty.
    progress
        Called as progress(run number, score).

    Raises
    ------
    BadInput
        A prediction or design trial, or one without rows to calibrate on.
    """
    from scipy.optimize import minimize

    from livingdrug.catalog.load import default_catalog
    from livingdrug.trial.run import run

    catalog = catalog or default_catalog()
    rows = _published(trial, endpoints, catalog)
    best: list[Calibration] = []
    count = 0

    def score(point: np.ndarray) -> float:
        nonlocal count
        values = {
            (knob.name, knob.part): float(np.exp(np.clip(x, np.log(knob.low), np.log(knob.high))))
            for knob, x in zip(knobs, point, strict=True)
        }
        plan, parameters = applied(trial, quantities, values)
        result = run(plan, patients=patients, seed=seed, sample=0, catalog=catalog, parameters=parameters)
        found = misfits(result, rows)
        outside = sum(
            max(0.0, np.log(knob.low) - x, x - np.log(knob.high)) ** 2 for knob, x in zip(knobs, point, strict=True)
        )
        # beyond three standard errors a row pulls linearly: one wrong number must not bend all others
        total = sum(z * z if z < 3 else 6 * z - 9 for z in (abs(one.z) for one in found)) + 100.0 * outside
        count += 1
        if not best or total < best[0].score:
            best[:] = [Calibration(values, total, found, count)]
        if progress is not None:
            progress(count, total)
        return total

    first = np.log([start[knob.name, knob.part] for knob in knobs])
    simplex = np.vstack([first, *(first + step for step in np.diag(np.full(len(knobs), 0.12)))])
    minimize(
        score, first, method="Nelder-Mead", options={"maxfev": n_runs, "initial_simplex": simplex, "adaptive": True}
    )
    return Calibration(best[0].values, best[0].score, best[0].misfits, count)


def _published(trial: Trial, endpoints: Sequence[str], catalog: Catalog) -> list[Published]:
    """The rows that may be calibrated on."""
    if trial.role != "calibration":
        raise BadInput(f'trial "{trial.id}" has role "{trial.role}"; only calibration trials may be calibrated on.')
    rows = [row for row in catalog.load("evidence", trial.id).results if row.use == "calibration"]
    rows = [row for row in rows if not endpoints or row.endpoint in endpoints]
    if not rows:
        raise BadInput(f'trial "{trial.id}" has no published row marked use = "calibration" for these endpoints.')
    return rows


def applied(
    trial: Trial, quantities: Mapping[str, Quantity], values: Mapping[tuple[str, str], float]
) -> tuple[Trial, dict[str, Quantity]]:
    """A trial and parameters with these knob values put in."""
    parameters: dict[str, Quantity] = {}
    conduct = dict(trial.conduct)
    for (name, part), value in values.items():
        if part == "conduct":
            conduct[name] = conduct[name].model_copy(update={"value": value})
        else:
            old = parameters.get(name, quantities[name])
            parameters[name] = old.model_copy(update={part: value})
    return trial.model_copy(update={"conduct": conduct}), parameters
