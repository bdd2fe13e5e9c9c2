"""Starting values for courses that rise to a peak and fall in two phases, read off the pooled data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livingdrug.fitting.data import NOT_CENSORED, KineticsData
from livingdrug.foundation.units import factor


def _peaks(data: KineticsData) -> tuple[float, float]:
    """Typical time and level of the highest measured value."""
    days, levels = [], []
    for begin, end in zip(data.first[:-1], data.first[1:], strict=True):
        measured = np.flatnonzero(data.censored[begin:end] == NOT_CENSORED) + begin
        if measured.size:
            top = measured[np.argmax(data.value[measured])]
            days.append(max(data.time[top], 0.5))
            levels.append(max(data.value[top], 1e-12))
    if not days:
        return 10.0, max(float(np.median(data.value)), 1e-12)
    return float(np.median(days)), float(np.exp(np.mean(np.log(levels))))


def _slope(data: KineticsData, begin: float, end: float, otherwise: float) -> float:
    """Pooled rate of change of the log level between two times; patients keep their own intercept."""
    inside = (data.time >= begin) & (data.time <= end) & (data.censored == NOT_CENSORED) & (data.value > 0)
    t, y, who = data.time[inside], np.log(data.value[inside]), data.patient[inside]
    top = bottom = 0.0
    for i in np.unique(who):
        mine = who == i
        if mine.sum() > 1:
            dt = t[mine] - t[mine].mean()
            top += float(dt @ y[mine])
            bottom += float(dt @ dt)
    return top / bottom if bottom > 0 else otherwise


def _decline(data: KineticsData, peak_day: float, peak: float) -> tuple[float, float, float]:
    """Fast rate, slow rate, share of the slow phase."""
    last = float(data.time.max())
    bend = min(peak_day + 21.0, 0.5 * (peak_day + last))
    fast = float(np.clip(-_slope(data, peak_day, bend, -0.15), 0.02, 2.0))
    slow = float(np.clip(-_slope(data, bend, last, -0.005), 1e-3, 0.5 * fast))
    late = (data.time > bend) & (data.censored == NOT_CENSORED) & (data.value > 0)
    if late.any():
        back = np.log(data.value[late]) + slow * (data.time[late] - peak_day)
        share = float(np.clip(np.exp(np.mean(back)) / peak, 1e-4, 0.3))
    else:
        share = 0.01
    return fast, slow, share


def _in_days(data: KineticsData) -> tuple[KineticsData, float]:
    """The data with times in days, which the rules of thumb here speak in, and days in a unit of the data's time."""
    unit = factor(data.time_unit, "day")
    return replace(data, time=data.time * unit, time_unit="day"), unit


def propose_expansion(data: KineticsData) -> dict[str, float]:
    """Typical values for `stein2019`."""
    data, unit = _in_days(data)
    day, peak = _peaks(data)
    fast, slow, share = _decline(data, day, peak)
    growth = float(np.clip(_slope(data, 0.0, day, 0.8), 0.1, 3.0))
    return {
        "foldx": float(np.clip(np.exp(growth * day), 10.0, 1e6)), "Tmax": day / unit, "Cmax": peak,
        "alpha": fast * unit, "FB": share, "beta": slow * unit,
    }  # fmt: skip


def propose_lagged(data: KineticsData) -> dict[str, float]:
    """Typical values for `ogasawara2021`."""
    data, unit = _in_days(data)
    day, peak = _peaks(data)
    fast, slow, share = _decline(data, day, peak)
    growth = float(np.clip(_slope(data, 0.3 * day, day, 0.8), 0.2, 3.0))
    return {
        "Tlag": 0.3 * day / unit, "Tdoubling": np.log(2) / growth / unit, "Tgrowth": 0.7 * day / unit, "Cmax": peak,
        "half_life_fast": np.log(2) / fast / unit, "FB": share, "half_life_slow": np.log(2) / slow / unit,
    }  # fmt: skip


def propose_pieces(data: KineticsData) -> dict[str, float]:
    """Typical values for `piecewise`: up to the peak, a fast and a slow decline."""
    data, unit = _in_days(data)
    day, peak = _peaks(data)
    fast, slow, _ = _decline(data, day, peak)
    growth = float(np.clip(_slope(data, 0.0, day, 0.8), 0.1, 3.0))
    lasts = min(21.0, max(0.5 * (float(data.time.max()) - day), 1.0))
    return {
        "C0": peak * float(np.exp(-growth * day)), "rate1": growth * unit, "turn1": day / unit, "rate2": -fast * unit,
        "lasts": lasts / unit, "rate3": -slow * unit,
    }  # fmt: skip
