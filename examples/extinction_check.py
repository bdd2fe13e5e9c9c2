"""The extinction formula against a random simulation of every cell: one clone under killing that fades.

    python examples/extinction_check.py                             prints the table (a few seconds)

Births and deaths are drawn exactly for constant rates within steps of 0.05 day: of N cells, a binomial number have living
descendants, whose number is geometric. Nothing of the formula under test is used.
"""

from __future__ import annotations

import sys

import numpy as np
from asking import asking, told

from livingdrug.model.pages import table

GROWTH, TURNOVER, START, CLONES, STEP, LAST = 0.11, 0.1, 1_000_000, 20_000, 0.05, 120


def kill(day: float) -> float:
    """Killing [1/day], fading."""
    return 1.2 * float(np.exp(-day / 14))


def formula(days: list[int]) -> dict[int, tuple[float, float]]:
    """Day -> probability of extinction and mean size of a clone that survives, from T' and g'."""
    cells, lineage, found, fine = float(START), 1.0, {}, 500
    for i in range(LAST * fine):
        k = kill((i + 0.5) / fine)
        net, factor = GROWTH - k, np.exp((GROWTH - k) / fine)
        cells, lineage = cells * factor, lineage * factor + (TURNOVER + k) * (factor - 1) / net
        if (i + 1) % fine == 0 and (i + 1) // fine in days:
            survivors = cells / lineage
            found[(i + 1) // fine] = (float(np.exp(-survivors)), float(cells / -np.expm1(-survivors)))
    return found


def simulation(days: list[int]) -> dict[int, tuple[float, float, float]]:
    """Day -> the same two from random clones, and the coefficient of variation of the survivors' size."""
    random, cells, found = np.random.default_rng(3), np.full(CLONES, START), {}
    for i in range(round(LAST / STEP)):
        birth, death = GROWTH + TURNOVER, TURNOVER + kill((i + 0.5) * STEP)
        grown = np.exp((birth - death) * STEP)
        lost = death * (grown - 1) / (birth * grown - death)
        more = birth * (grown - 1) / (birth * grown - death)
        living = random.binomial(cells, 1 - lost)
        cells = np.where(living > 0, living + random.negative_binomial(np.maximum(living, 1), 1 - more), 0)
        day = (i + 1) * STEP
        if abs(day - round(day)) < 1e-6 and round(day) in days:
            alive = cells[cells > 0]
            found[round(day)] = (float((cells == 0).mean()), float(alive.mean()), float(alive.std() / alive.mean()))
    return found


def text() -> str:
    """The comparison as Markdown."""
    days = [20, 30, 40, 60, 90, 120]
    exact, drawn = formula(days), simulation(days)
    rows = [
        [str(day), f"{exact[day][0]:.4f}", f"{drawn[day][0]:.4f}", f"{exact[day][1]:.4g}", f"{drawn[day][1]:.4g}", f"{drawn[day][2]:.2f}"]
        for day in days
    ]  # fmt: skip
    header = [
        "day",
        "extinct, formula",
        "extinct, simulated",
        "survivors' mean, formula",
        "simulated",
        "their coefficient of variation",
    ]
    return f"{CLONES} clones of {START:g} cells.\n\n" + table(header, rows)


def main() -> None:
    """Prints the table."""
    asking(__doc__).parse_args()
    sys.stdout.write(text() + "\n")


if __name__ == "__main__":
    told(main)
