"""Naive and stem-like -> central memory -> effector memory -> terminal effector: a step forward is taken at a division, never back.

In a culture in which all cells divide alike, the shares depend on the number of doublings alone: a chain of four states whose
rates are counted per doubling. So a longer culture, and a faster one, has fewer naive cells; how long it took matters only through
the doublings.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from livingdrug.manufacturing.variation import Steps
from livingdrug.population.cohort import Cohort

Array = NDArray[np.float64]
STEPS_FORWARD = ("naive_to_central", "central_to_effector", "effector_to_terminal")
USUAL_AGE = 50.0
TERMS = 80  # of the Poisson sum: its tail is below 1e-15 up to 25 steps


@dataclass(frozen=True)
class Phenotype:
    """Shares of T cells, each shaped (n,); they add up to 1.

    Attributes
    ----------
    naive
        CCR7+ CD45RA+: naive and stem-like memory.
    central
        CCR7+ CD45RA-: central memory.
    effector
        CCR7- CD45RA-: effector memory.
    terminal
        CCR7- CD45RA+: terminal effectors (EMRA).
    """

    naive: Array
    central: Array
    effector: Array
    terminal: Array

    @property
    def memory(self) -> Array:
        """CCR7-positive: naive and central memory."""
        return self.naive + self.central

    def stacked(self) -> Array:
        """Shaped (n, 4)."""
        return np.stack([getattr(self, one.name) for one in fields(self)], axis=1)


def of_patients(cohort: Cohort, fitness: Array, steps: Steps) -> Phenotype:
    """What circulates in the patient at apheresis: fewer naive cells with age, and with the loss of fitness.

    Parameters
    ----------
    cohort
        ``age_years`` is read where it exists.
    fitness
        Latent fitness of the patient's T cells, shaped (n,).
    steps
        The making numbers of attempt 0: the patient's cells are the same in each attempt.
    """
    age = cohort.covariates.get("age_years", np.full(len(cohort), USUAL_AGE))
    by_age = steps.typical("naive_per_decade") * (age - USUAL_AGE) / 10.0
    by_fitness = steps.typical("memory_fitness") * fitness
    naive = steps.drawn("naive_collected", by_age + by_fitness)
    central = (1.0 - naive) * steps.drawn("central_of_experienced", by_fitness)
    effector = (1.0 - naive - central) * steps.drawn("effector_of_rest")
    return Phenotype(naive, central, effector, 1.0 - naive - central - effector)


def after(start: Phenotype, doublings: Array, steps: Steps) -> Phenotype:
    """Shares after so many doublings.

    Parameters
    ----------
    start
        Shares when culture began.
    doublings
        Shaped (n,); below 0 counts as 0.
    steps
        The making numbers: the rates of `STEPS_FORWARD` [1/doubling].
    """
    return Phenotype(
        *forward(start.stacked(), np.maximum(doublings, 0.0), [steps.typical(name) for name in STEPS_FORWARD]).T
    )


def forward(shares: Array, doublings: Array, rates: list[float]) -> Array:
    """exp(Q doublings) applied to each row of `shares` (n, 4), as a Poisson sum over steps of the fastest rate.

    Examples
    --------
    >>> forward(np.array([[1.0, 0, 0, 0]]), np.array([1.0]), [np.log(2.0), 0, 0]).round(3).tolist()
    [[0.5, 0.5, 0.0, 0.0]]
    """
    fastest = max(*rates, 1e-12)
    mean = fastest * doublings
    weight = np.exp(-mean)
    columns = list(shares.T)
    found = [weight * column for column in columns]
    for term in range(1, TERMS):
        moved = [rate / fastest * column for rate, column in zip(rates, columns, strict=False)]
        columns = [
            column - (moved[k] if k < 3 else 0.0) + (moved[k - 1] if k else 0.0) for k, column in enumerate(columns)
        ]
        weight = weight * mean / term
        found = [so_far + weight * column for so_far, column in zip(found, columns, strict=True)]
    return np.stack(found, axis=1)
