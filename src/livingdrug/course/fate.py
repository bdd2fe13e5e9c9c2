"""Fate at checks: when a clone is extinct, and when toxicity kills.

A clone of mean size T whose surviving lineages have mean size g holds T/g expected lineages, and is extinct with
probability exp(-T/g) (Kendall 1948, doi:10.1214/aoms/1177730285: the time-inhomogeneous birth-death process; g obeys
g' = death + (birth - death) g and is a state of the model). One exponential number e per clone and window decides:
extinct at the first check where T/g <= e. A clone that survives has the larger mean size T / (1 - exp(-T/g)); when that
passes `SETTLED` cells, chance no longer matters, the clone takes this size and a new window begins.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.program import CheckProgram
from livingdrug.foundation import streams

CLONES = ("positive", "negative")
WINDOWS = 4
SETTLED = 1e6
"""Cells above which a clone's growth is taken as deterministic: its relative noise is below one in a thousand."""
NEVER = 1e6
"""A day that never comes."""


def fate_program() -> CheckProgram:
    """Extinction of each clone and death from toxicity, as a check program.

    It owns `dead` (nonzero ends the course), `toxicity_death_day` and, for each clone, `<clone>_extinct_day`.
    """
    statements: list[tuple[str, str]] = []
    memory: dict[str, float] = {
        "dead": 0.0,
        "toxicity_death_day": NEVER,
        "toxicity_exposure_before": 0.0,
        "check_before": NEVER,
    }
    for clone in CLONES:
        cells, lineage, survivors = f"leukaemia_{clone}", f"lineage_{clone}", f"survivors_{clone}"
        threshold = f"extinction_{clone}_{WINDOWS}"
        for window in range(WINDOWS - 1, 0, -1):
            threshold = f"(extinction_{clone}_{window} if {clone}_window < {window - 0.5!r} else {threshold})"
        memory |= {f"{clone}_window": 0.0, f"{clone}_small": 1.0, f"{clone}_extinct_day": NEVER}
        statements += [
            (f"{clone}_survivors", survivors),
            (f"{clone}_alive", f"1 if {cells} > 0 and {clone}_extinct_day >= {NEVER!r} else 0"),
            (f"{clone}_extinct", f"1 if {clone}_alive > 0 and {clone}_survivors <= {threshold} else 0"),
            # mean size given survival; for few lineages T/(1 - exp(-T/g)) tends to g
            (
                f"{clone}_mean",
                f"{lineage} if {clone}_survivors < 1e-6 else"
                f" {cells} / (1 - exp(-{clone}_survivors)) if {clone}_survivors < 30 else {cells}",
            ),
            (
                f"{clone}_settles",
                f"1 if {clone}_alive > 0 and {clone}_extinct < 0.5 and {clone}_mean > {SETTLED!r} else 0",
            ),
            (
                f"{clone}_window",
                f"{clone}_window + 1 if {clone}_settles > 0 and {clone}_small > 0 and time > 0 else {clone}_window",
            ),
            (f"{clone}_small", f"1 - {clone}_settles"),
            (f"{clone}_extinct_day", f"time if {clone}_extinct > 0 else {clone}_extinct_day"),
            (cells, f"0 if {clone}_extinct > 0 else {clone}_mean if {clone}_settles > 0 else {cells}"),
            (lineage, f"1 if {clone}_settles > 0 or {clone}_extinct_day < {NEVER!r} else {lineage}"),
        ]
    statements += [
        ("toxicity_kills", "1 if dead < 0.5 and toxicity_exposure >= toxicity_threshold else 0"),
        # the moment within the interval at which the cumulative hazard passed the threshold
        (
            "toxicity_share",
            "(toxicity_threshold - toxicity_exposure_before) / max(toxicity_exposure - toxicity_exposure_before, 1e-300)",
        ),
        (
            "toxicity_death_day",
            "check_before + toxicity_share * (time - check_before) if toxicity_kills > 0 else toxicity_death_day",
        ),
        ("dead", "1 if toxicity_kills > 0 else dead"),
        ("toxicity_exposure_before", "toxicity_exposure"),
        ("check_before", "time"),
    ]
    return CheckProgram(tuple(statements), memory, (), "dead")


def fate_parameters(patients: NDArray[np.int64], seed: int) -> dict[str, NDArray[np.float64]]:
    """The random thresholds the program compares with: exponential numbers, one per clone and window, one for toxicity."""
    drawn = {
        f"extinction_{clone}_{window}": streams.exponential(seed, f"fate/extinction/{clone}", patients, window)
        for clone in CLONES
        for window in range(1, WINDOWS + 1)
    }
    return {**drawn, "toxicity_threshold": streams.exponential(seed, "fate/toxicity", patients)}
