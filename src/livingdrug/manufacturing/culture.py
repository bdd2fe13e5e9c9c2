"""One attempt in the clean room: thaw, select, activate, transduce, grow, harvest, freeze.

collected T cells ─► thawed ─► selected (CD4, CD8) ─► seeded ─► lag ─► transduced ─► grown ─► harvested ─► washed, filled, frozen
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.records.making import Making
from livingdrug.manufacturing import transduction
from livingdrug.manufacturing.apheresis import Collection
from livingdrug.manufacturing.expansion import expansion
from livingdrug.manufacturing.phenotype import after
from livingdrug.manufacturing.variation import Steps

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Harvest:
    """What one attempt gave; every array shaped (n,).

    Attributes
    ----------
    cells, viable_cells
        Cells after thaw of the frozen (or of the fresh) product, all and viable [cell].
    viability, purity, transduction
        Shares: viable; T cells; CAR-positive.
    cd4_fraction
        CD4-positive among the T cells.
    naive_fraction, central_memory_fraction, effector_memory_fraction, terminal_effector_fraction
        Phenotype; they add up to 1.
    copies_per_car_t_cell
        Vector copies per CAR-positive cell.
    potency
        Cytokine released per CAR T cell in a test tube, relative to a usual lot.
    tumour_share
        Tumour cells among all cells of the lot.
    doublings
        Doublings in culture.
    days
        Days in culture.
    car_t_cells
        Viable CAR-positive cells that can be filled [cell]; of a defined composition, twice those of the smaller component.
    used
        T cells taken from what was collected [cell].
    """

    cells: Array
    viable_cells: Array
    viability: Array
    purity: Array
    transduction: Array
    cd4_fraction: Array
    naive_fraction: Array
    central_memory_fraction: Array
    effector_memory_fraction: Array
    terminal_effector_fraction: Array
    copies_per_car_t_cell: Array
    potency: Array
    tumour_share: Array
    doublings: Array
    days: Array
    car_t_cells: Array
    used: Array

    @property
    def memory_fraction(self) -> Array:
        """CCR7-positive: naive and central memory."""
        return self.naive_fraction + self.central_memory_fraction

    def rows(self, mask: NDArray[np.bool_], other: Harvest) -> Harvest:
        """This harvest where `mask` says so, else the other."""
        return Harvest(**{f.name: np.where(mask, getattr(self, f.name), getattr(other, f.name)) for f in fields(self)})


@dataclass(frozen=True)
class Seeded:
    """What stands in the incubator; arrays shaped (n,): CD4 and CD8 cells put in [cell], each one's doubling time [day]."""

    cd4: Array
    cd8: Array
    doubling_cd4: Array
    doubling_cd8: Array

    def grown(self, making: Making, days: Array, steps: Steps) -> tuple[Array, Array]:
        """Living CD4 and CD8 cells after so many days [cell], within what the vessels hold."""
        law = expansion(making.expansion)
        cd4 = law(self.cd4, days, self.doubling_cd4, steps)
        cd8 = law(self.cd8, days, self.doubling_cd8, steps)
        capacity = steps.typical("culture_capacity")
        if making.cultures == "apart":
            return np.minimum(cd4, 0.5 * capacity), np.minimum(cd8, 0.5 * capacity)
        crowding = np.minimum(1.0, capacity / np.maximum(cd4 + cd8, 1.0))
        return cd4 * crowding, cd8 * crowding


def seed(collection: Collection, left: Array, fitness: Array, making: Making, steps: Steps) -> tuple[Seeded, Array]:
    """Thaw and select what a culture begins with.

    Parameters
    ----------
    collection
        What apheresis gave.
    left
        T cells not yet used [cell], shaped (n,).
    fitness
        Latent fitness of the patient's T cells (standard deviations), shaped (n,).
    making, steps
        The making file, and its numbers for this attempt.

    Returns
    -------
    What is seeded, and the T cells taken from the collected ones [cell], shaped (n,).
    """
    recovered = steps.drawn("thaw_recovery") * steps.drawn("selection_recovery")
    wanted = steps.drawn("seed_cells")
    doubling_time = steps.drawn("doubling_time", steps.typical("doubling_time_fitness") * fitness)
    slower = np.sqrt(steps.drawn("cd4_slower"))
    cd4 = collection.cd4_fraction
    if making.cultures == "apart":
        seeded = [np.minimum(left * recovered * share, 0.5 * wanted) for share in (cd4, 1.0 - cd4)]
        used = np.minimum(left, np.maximum(seeded[0] / cd4, seeded[1] / (1.0 - cd4)) / recovered)
    else:
        together = np.minimum(left * recovered, wanted)
        seeded, used = [together * cd4, together * (1.0 - cd4)], np.minimum(left, together / recovered)
    return Seeded(*seeded, doubling_cd4=doubling_time * slower, doubling_cd8=doubling_time / slower), used


def grow(collection: Collection, left: Array, fitness: Array, making: Making, steps: Steps) -> tuple[Harvest, Seeded]:
    """Make one lot for each patient.

    Parameters
    ----------
    collection
        What apheresis gave: T cells, their kinds, tumour cells among them.
    left
        T cells not yet used [cell], shaped (n,).
    fitness
        Latent fitness of the patient's T cells (standard deviations), shaped (n,).
    making, steps
        The making file, and its numbers for this attempt.
    """
    seeded, used = seed(collection, left, fitness, making, steps)
    days = steps.drawn("culture_time")
    cd4, cd8 = seeded.grown(making, days, steps)
    cells = cd4 + cd8
    doublings = np.log2(np.maximum(cells, 1.0) / np.maximum(seeded.cd4 + seeded.cd8, 1.0))

    permissive = steps.drawn("permissive_fraction", steps.typical("permissive_fitness") * fitness)
    integrations = steps.drawn("integrations")
    positive = transduction.car_positive_fraction(permissive, integrations)
    # Frozen cells that do not survive thawing are counted, dead; a fresh product keeps all.
    viability = steps.drawn("harvest_viability", steps.typical("viability_fitness") * fitness) * steps.typical(
        "thaw_viability"
    )
    kinds = after(collection.phenotype, doublings, steps)
    fillable = (2.0 * np.minimum(cd4, cd8) if making.cultures == "apart" else cells) * viability * positive
    defined = np.full(len(cells), 0.5)
    return Harvest(
        cells=cells,
        viable_cells=cells * viability,
        viability=viability,
        purity=steps.drawn("purity"),
        transduction=positive,
        cd4_fraction=defined if making.cultures == "apart" else cd4 / np.maximum(cells, 1.0),
        naive_fraction=kinds.naive,
        central_memory_fraction=kinds.central,
        effector_memory_fraction=kinds.effector,
        terminal_effector_fraction=kinds.terminal,
        copies_per_car_t_cell=transduction.copies_per_car_t_cell(integrations),
        potency=steps.drawn("potency", steps.typical("potency_fitness") * fitness),
        tumour_share=_tumour_left(collection, doublings, steps),
        doublings=doublings,
        days=days,
        car_t_cells=fillable * steps.typical("formulation_recovery"),
        used=used,
    ), seeded


def _tumour_left(collection: Collection, doublings: Array, steps: Steps) -> Array:
    """Tumour cells among all cells of the lot: selection takes most out, culture does not feed them, T cells outgrow them."""
    per_t_cell = collection.tumour_per_t_cell * 10.0 ** -steps.typical("tumour_log_removal")
    left = per_t_cell * steps.typical("tumour_survival") / np.exp2(doublings)
    return left / (1.0 + left)
