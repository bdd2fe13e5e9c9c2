"""Sums over doses of the closed forms of one and two compartments, and starting values for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from livingdrug.engine.kept import kept
from livingdrug.fitting.data import NOT_CENSORED, KineticsData


def inline(function: Callable[..., Any]) -> Any:
    """Machine code that other compiled functions call."""
    return kept(function, nogil=True, error_model="numpy")


@inline
def decay_after(since, duration, rate):
    """Share-time of a first-order loss: exp(-rate since) after an instant, its mean over a duration otherwise."""
    if since < 0.0:
        return 0.0
    if duration <= 0.0:
        return math.exp(-rate * since)
    given = min(since, duration)
    return math.exp(-rate * (since - given)) * -math.expm1(-rate * given) / (rate * duration)


@inline
def absorbed(since, ka, rate):
    """Amount that came by first-order absorption at `ka` and leaves at `rate`, for one unit of dose."""
    if since <= 0.0:
        return 0.0
    gap = ka - rate
    if abs(gap) < 1e-8 * ka:
        return ka * since * math.exp(-rate * since)
    # expm1 keeps the digits when both rates are close
    return ka * math.exp(-rate * since) * -math.expm1(-gap * since) / gap


@inline
def two_rates(clearance, v1, q, v2):
    """Both rates of a two-compartment model and the share of the fast one in the central compartment."""
    k, k12, k21 = clearance / v1, q / v1, q / v2
    total = k + k12 + k21
    root = math.sqrt(max(total * total - 4.0 * k * k21, 0.0))
    fast = 0.5 * (total + root)
    slow = k * k21 / fast
    share = (fast - k21) / (fast - slow) if fast > slow else 1.0
    return fast, slow, share


def _doses(data: KineticsData) -> np.ndarray:
    return np.array([data.doses[data.doses[:, 0] == i, 2].max(initial=0.0) for i in range(data.n_patients)])


def propose_one(data: KineticsData) -> dict[str, float]:
    """Volume, clearance and absorption from each patient's highest level and terminal slope."""
    dose = _doses(data)
    volumes, rates, peaks = [], [], []
    for i, (begin, end) in enumerate(zip(data.first[:-1], data.first[1:], strict=True)):
        ok = (data.censored[begin:end] == NOT_CENSORED) & (data.value[begin:end] > 0)
        t, y = data.time[begin:end][ok], data.value[begin:end][ok]
        if t.size < 1 or dose[i] <= 0:
            continue
        top = int(np.argmax(y))
        volumes.append(dose[i] / y[top])
        peaks.append(max(t[top], 1e-3))
        if t.size - top > 2 and t[-1] > t[top]:
            rates.append(-np.polyfit(t[top:], np.log(y[top:]), 1)[0])
    span = float(np.ptp(data.time)) or 1.0
    rate = float(np.median([r for r in rates if r > 0])) if any(r > 0 for r in rates) else 3.0 / span
    volume = float(np.median(volumes)) if volumes else 1.0
    peak = float(np.median(peaks)) if peaks else 0.1 * span
    return {"ka": max(2.0 / peak, 2.0 * rate), "V": volume, "CL": rate * volume, "Tlag": 0.2 * peak}


def propose_two(data: KineticsData) -> dict[str, float]:
    """As `propose_one`, with a second compartment as large as the first."""
    one = propose_one(data)
    return {"ka": one["ka"], "V1": one["V"], "CL": one["CL"], "Q": one["CL"], "V2": one["V"]}
