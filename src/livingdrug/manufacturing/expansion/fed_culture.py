"""A fed stirred culture: cells X, glucose G and an inhibitor I that cells make and that stops them.

    dX/dt = r X G/(kp + G) [1 - s(ai (I - bi))] - rd X I/(ad + I) - rdg X [1 - s(ag (G - bg))] - dilution X
    dG/dt = -rc X G/(kgu + G) + feed (Co - G) + dilution (Cm - G)
    dI/dt = ri X - dilution I      (the second term only where I > 0)

s is the logistic function; X in 1e6 cells/mL. While I is below 0 (it begins there) cells lag: r is a fifth, and none dies of I.
Equations and constants are those of a T-cell culture in an ambr15 reactor. `dilution` is ours (0 there): fresh medium of glucose Cm that
makes the culture larger, as is done to keep about a million cells per mL. Without it the inhibitor ends growth within days. Cells in
all are X times the volume, exp(dilution t). A patient's cells grow faster or slower than the constant by their doubling time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from livingdrug.manufacturing.variation import Steps

Array = NDArray[np.float64]
HOURS, STEP_HOURS, PER_ML = 24.0, 0.2, 1e6


def rates(state: Array, haste: Array, numbers: dict[str, float], feed: float, dilution: float) -> Array:
    """Change per hour of cells [1e6/mL], glucose [mg/mL] and inhibitor [unit]; shaped (3, n) like `state`."""
    k = numbers
    cells, glucose, inhibitor = state
    lagging = inhibitor < 0.0
    growth = haste * np.where(lagging, k["growth_in_lag"], k["growth"])
    made_up = np.maximum(inhibitor, 0.0)
    grows = growth * glucose / (k["half_growth"] + glucose)
    grows = grows * (1.0 - expit(k["inhibition_slope"] * (inhibitor - k["inhibition_from"])))
    dies = np.where(lagging, 0.0, k["death"]) * made_up / (k["half_death"] + made_up)
    starves = k["starving"] * (1.0 - expit(k["starving_slope"] * (glucose - k["starving_below"])))
    uptake = k["uptake"] * cells * glucose / (k["half_uptake"] + glucose)
    return np.stack([
        (grows - dies - starves - dilution) * cells,
        -uptake + feed * (k["feed_glucose"] - glucose) + dilution * (k["glucose_start"] - glucose),
        k["inhibitor_made"] * cells - dilution * made_up,
    ])  # fmt: skip


def constants(steps: Steps) -> dict[str, float]:
    """The constants of the making file, whose names begin with ``fed_``."""
    names = ("growth", "growth_in_lag", "half_growth", "inhibition_slope", "inhibition_from", "death", "half_death", "starving",
             "starving_slope", "starving_below", "uptake", "half_uptake", "feed_glucose", "inhibitor_made", "glucose_start")  # fmt: skip
    return {name: steps.typical(f"fed_{name}") for name in names}


def expand(seeded: Array, days: Array, doubling_time: Array, steps: Steps) -> Array:
    """Living cells after so many days [cell]; see `livingdrug.manufacturing.expansion.Expand`.

    Notes
    -----
    Classical Runge-Kutta with steps of twelve minutes; an adaptive solver agrees to 1e-3 (growth jumps
    at the end of the lag, inside one step).
    """
    numbers = constants(steps)
    feed, dilution = steps.typical("fed_feed"), steps.typical("fed_dilution")
    haste = steps.typical("doubling_time") / doubling_time
    n, density = len(seeded), steps.typical("fed_seed_density") / PER_ML
    state = np.stack([
        np.full(n, density), np.full(n, numbers["glucose_start"]), np.full(n, steps.typical("fed_inhibitor_start"))
    ])  # fmt: skip
    hours = days * HOURS
    for begun in np.arange(0.0, float(hours.max(initial=0.0)), STEP_HOURS):
        h = np.clip(hours - begun, 0.0, STEP_HOURS)
        one = rates(state, haste, numbers, feed, dilution)
        two = rates(state + 0.5 * h * one, haste, numbers, feed, dilution)
        three = rates(state + 0.5 * h * two, haste, numbers, feed, dilution)
        four = rates(state + h * three, haste, numbers, feed, dilution)
        state = state + h / 6.0 * (one + 2.0 * two + 2.0 * three + four)
    return seeded * state[0] / density * np.exp(dilution * hours)
