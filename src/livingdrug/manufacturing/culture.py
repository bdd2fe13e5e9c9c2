"""One attempt in the clean room: thaw, select, transduce, grow, harvest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livingdrug.manufacturing import transduction
from livingdrug.manufacturing.variation import Steps

Array = NDArray[np.float64]
USUAL_DOUBLINGS = 5.0  # at which the memory share in the making file is stated


@dataclass(frozen=True)
class Harvest:
    """What one attempt gave; every array shaped (n,).

    Attributes
    ----------
    cells, viable_cells
        Harvested cells, all and viable [cell].
    viability, purity, transduction, memory_fraction
        Shares: viable; T cells; CAR-positive; naive and central memory.
    copies_per_car_t_cell
        Vector copies per CAR-positive cell.
    doublings
        Doublings in culture.
    days
        Days in culture.
    """

    cells: Array
    viable_cells: Array
    viability: Array
    purity: Array
    transduction: Array
    memory_fraction: Array
    copies_per_car_t_cell: Array
    doublings: Array
    days: Array


def grow(t_cells: Array, fitness: Array, steps: Steps) -> Harvest:
    """Make one lot for each patient.

    Growth is 2^((t - lag) / doubling time) up to the capacity of the culture.

    Parameters
    ----------
    t_cells
        T cells collected [cell], shaped (n,).
    fitness
        Latent fitness of the patient's T cells (standard deviations), shaped (n,).
    steps
        The making numbers of this attempt.
    """
    available = t_cells * steps.drawn("thaw_recovery") * steps.drawn("selection_recovery")
    seeded = np.minimum(available, steps.drawn("seed_cells"))
    days = steps.drawn("culture_time")
    doubling_time = steps.drawn("doubling_time", steps.typical("doubling_time_fitness") * fitness)
    dividing = np.maximum(days - steps.drawn("lag"), 0.0)
    cells = np.minimum(seeded * np.exp2(dividing / doubling_time), steps.typical("culture_capacity"))
    doublings = np.log2(cells / seeded)

    viability = steps.drawn("harvest_viability", steps.typical("viability_fitness") * fitness)
    permissive, integrations = steps.drawn("permissive_fraction"), steps.drawn("integrations")
    memory_shift = steps.typical("memory_fitness") * fitness + steps.typical("memory_per_doubling") * (
        doublings - USUAL_DOUBLINGS
    )
    return Harvest(
        cells=cells,
        viable_cells=cells * viability,
        viability=viability,
        purity=steps.drawn("purity"),
        transduction=transduction.car_positive_fraction(permissive, integrations),
        memory_fraction=steps.drawn("memory_fraction", memory_shift),
        copies_per_car_t_cell=transduction.copies_per_car_t_cell(integrations),
        doublings=doublings,
        days=days,
    )
