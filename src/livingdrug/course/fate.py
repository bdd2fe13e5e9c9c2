"""Fate at checks: when a clone is extinct, and when toxicity kills.

A clone of mean size T whose surviving lineages have mean size g holds T/g expected lineages, and is extinct with
probability exp(-T/g) (Kendall 1948, doi:10.1214/aoms/1177730285: the time-inhomogeneous birth-death process; g obeys
g' = death + (birth - death) g and is a state of the model). One exponential number e per clone and window decides:
extinct at the first check where T/g <= e. A clone that survives has the larger mean size T / (1 - exp(-T/g)); when that
passes `SETTLED` cells, the clone is given a size drawn around this mean and grows on without chance; when it falls below
`SETTLED` again, a new window begins.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.program import NEVER, CheckProgram
from livingdrug.foundation import streams
from livingdrug.model.instance import Clone

WINDOWS = 6
"""Windows with random numbers of their own; a clone that escapes more often meets its last number again."""
SETTLED = 1e6
"""Cells above which new births and deaths no longer matter: their relative noise is below one in a thousand."""
UNBOUND = 1e9
"""Mean lineage size beyond which one that nobody reads begins again at a single cell."""


def fate_program(clones: Iterable[Clone]) -> CheckProgram:
    """Extinction of each clone and death from toxicity, as a check program.

    It owns `dead` (nonzero ends the course), `toxicity_death_day` and, for each clone, its `extinct_day`.

    Parameters
    ----------
    clones
        Of the model: `livingdrug.model.assemble.Model.clones`.
    """
    clones = tuple(clones)
    statements: list[tuple[str, str]] = []
    memory = {"dead": 0.0, "toxicity_death_day": NEVER, "toxicity_exposure_before": 0.0, "check_before": NEVER}
    for clone in clones:
        memory |= {f"{clone.name}_window": 1.0, f"{clone.name}_small": 0.0, extinct_day(clone): NEVER}
        statements += _clone_statements(clone)
    states = frozenset(name for clone in clones for name in (clone.cells, clone.lineage))
    return CheckProgram((*statements, *_toxicity_statements()), memory, (), "dead", states)


def extinct_day(clone: Clone) -> str:
    """Under which name the program remembers the day of a clone's extinction."""
    return f"{clone.name}_extinct_day"


def _clone_statements(clone: Clone) -> list[tuple[str, str]]:
    name, cells, lineage, gone = clone.name, clone.cells, clone.lineage, extinct_day(clone)
    threshold, deviation = (_of_window(f"{kind}_{name}", f"{name}_window") for kind in ("extinction", "escape"))
    alive, few = f"{name}_alive", f"{name}_survivors"
    return [
        # a settled clone has no window: every cell is a lineage of its own
        (few, f"{clone.survivors} if {name}_small > 0 else {cells}"),
        (alive, f"1 if {cells} > 0 and {gone} >= {NEVER!r} else 0"),
        (f"{name}_extinct", f"1 if {alive} > 0 and {few} <= {threshold} else 0"),
        (f"{name}_kept", f"1 - exp(-min({few}, 40))"),
        # mean size given survival; for few lineages T/(1 - exp(-T/g)) tends to g
        (f"{name}_mean", f"{lineage} if {name}_small > 0 and {few} < 1e-6 else {cells} / {name}_kept"),
        (f"{name}_settles", f"1 if {alive} > 0 and {name}_extinct < 0.5 and {name}_mean > {SETTLED!r} else 0"),
        # sizes of surviving lineages are exponential: squared variation of their sum, given that one survives
        (f"{name}_variation", f"1 if {few} < 1e-6 else (2 / {few} + 1) * {name}_kept - 1"),
        (f"{name}_log_variance", f"log(1 + max({name}_variation, 0))"),
        (
            f"{name}_size",
            f"{name}_mean * exp(sqrt({name}_log_variance) * {deviation} - {name}_log_variance / 2)"
            f" if {name}_small > 0 else {cells}",
        ),
        (f"{name}_window", f"{name}_window + 1 if {name}_settles > 0 and {name}_small > 0 else {name}_window"),
        (f"{name}_begins", f"1 if {name}_settles < 0.5 and {name}_small < 0.5 else 0"),
        (f"{name}_small", f"1 - {name}_settles"),
        (gone, f"time if {name}_extinct > 0 else {gone}"),
        (f"{name}_unread", f"1 if {name}_settles > 0 or {gone} < {NEVER!r} else 0"),
        (cells, f"0 if {name}_extinct > 0 else {name}_size if {name}_settles > 0 else {cells}"),
        # outside a window nobody reads the lineage; it is only kept from growing without bound
        (lineage, f"1 if {name}_begins > 0 or ({name}_unread > 0 and {lineage} > {UNBOUND!r}) else {lineage}"),
    ]


def _of_window(name: str, window: str) -> str:
    """The parameter of the current window, as a formula."""
    text = f"{name}_{WINDOWS}"
    for number in range(WINDOWS - 1, 0, -1):
        text = f"({name}_{number} if {window} < {number + 0.5!r} else {text})"
    return text


def _toxicity_statements() -> list[tuple[str, str]]:
    return [
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


def fate_parameters(patients: NDArray[np.int64], seed: int, clones: Iterable[Clone]) -> dict[str, NDArray[np.float64]]:
    """The random numbers the program compares with.

    Parameters
    ----------
    patients
        Patient numbers (n,).
    seed
        The run's seed.
    clones
        As given to `fate_program`; a clone's numbers have its name as address, so another clone changes none of them.

    Returns
    -------
    ``extinction_<clone>_<window>`` exponential, ``escape_<clone>_<window>`` standard normal (size of a clone that
    escaped), ``toxicity_threshold`` exponential; each shaped (n,).
    """
    drawn: dict[str, NDArray[np.float64]] = {}
    for name in (clone.name for clone in clones):
        for window in range(1, WINDOWS + 1):
            drawn[f"extinction_{name}_{window}"] = streams.exponential(
                seed, f"fate/extinction/{name}", patients, window
            )
            drawn[f"escape_{name}_{window}"] = streams.normal(seed, f"fate/escape/{name}", patients, window)
    return {**drawn, "toxicity_threshold": streams.exponential(seed, "fate/toxicity", patients)}
