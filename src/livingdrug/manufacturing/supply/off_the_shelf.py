"""Off the shelf: a bank of lots made before anybody is ill; patients of one lot share what it is.

bank (donor runs, each of some doses) ──► booking ──► lymphodepletion ──► infusion: no collection, no culture to wait for
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from livingdrug.catalog.arms import Infusion
from livingdrug.catalog.plan import Plan
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.quantities import Quantity
from livingdrug.manufacturing.lots import DIED_WAITING, INFUSED, MANUFACTURING_FAILURE, WITHDRAWN_WAITING, Lots
from livingdrug.manufacturing.release import fill
from livingdrug.manufacturing.variation import Steps
from livingdrug.manufacturing.waiting import SHARED_WITH_MODEL, frailty, growing_tumour, lost_on_day
from livingdrug.population.cohort import Cohort


def supply(
    plan: Plan, cohort: Cohort, numbers: Mapping[str, Quantity], seed: int, *, between_patient: bool = True
) -> Lots:
    """A dose of a banked lot for everyone, unless none is in stock or the patient is lost while it is booked.

    The making file gives, in ``[making]``: ``doses_per_lot`` (patients who enrol in the arm one after another share a lot:
    a dose is set aside for everyone enrolled), ``out_of_stock``
    (probability), ``dose_wanted_fixed`` or ``dose_wanted_per_kg``, and of the lot ``viability``, ``transduction``,
    ``purity``, ``memory_fraction``, ``copies_per_car_t_cell``, ``culture_doublings``, ``fitness``; in ``[waiting]``:
    ``booking`` [day], ``bridged``, ``bridging_hold``, ``tumour_ceiling``; the numbers of loss while waiting are those of the one law.
    """
    assert plan.making is not None  # an arm with a product has a making process: `plan_arm` sees to it
    making, arm, n = plan.making, plan.arm, len(cohort)
    own = Steps(making.making, f"making/{making.id}", cohort.patients, seed)
    _check(plan, own)
    lot_number = cohort.places // int(own.typical("doses_per_lot"))
    lot = replace(own, place=f"bank/{making.id}", patients=lot_number)
    shared = {name: numbers[name] for name in SHARED_WITH_MODEL}
    waiting = Steps({**making.waiting, **plan.disease.waiting, **shared}, f"waiting/{making.id}", cohort.patients, seed)
    weight = cohort["weight_kg"]

    ready = waiting.drawn("booking")
    planned = ready + (arm.day_zero - arm.first_day)
    tumour = growing_tumour(
        cohort[plan.disease.burden], weight, waiting,
        bridging_allowed=arm.bridging.allowed, between_patient=between_patient,
    )  # fmt: skip
    lost = lost_on_day(tumour, ready, waiting, frailty(cohort, waiting))
    ended = np.minimum(ready, lost)
    in_stock = ~own.happens("out_of_stock")
    leaves = np.where(waiting.happens("loss_is_death"), DIED_WAITING, WITHDRAWN_WAITING)
    status = np.where(np.isfinite(lost), leaves, np.where(in_stock, INFUSED, MANUFACTURING_FAILURE))
    dose = fill(np.full(n, np.inf), weight, arm.infusion or Infusion(dose_fixed="1 cell"), own)
    return Lots(
        patients=cohort.patients,
        status=status,
        enrolment_day=-planned,
        vein_to_vein_days=np.full(n, np.nan),
        waiting_end_day=ended - planned,
        bridging=tumour.bridging,
        burden_percent_at_lymphodepletion=tumour.burden_percent_at(ended),
        tumour_cells_at_lymphodepletion=tumour.cells_at(ended),
        t_cells_collected=np.full(n, np.nan),
        collection_days=np.full(n, np.nan),
        dose_cells=np.where(in_stock, dose, np.nan),
        dose_cells_per_kg=np.where(in_stock, dose / weight, np.nan),
        viability=lot.drawn("viability"),
        transduction=lot.drawn("transduction"),
        purity=lot.drawn("purity"),
        memory_fraction=lot.drawn("memory_fraction"),
        copies_per_car_t_cell=lot.drawn("copies_per_car_t_cell"),
        culture_doublings=lot.drawn("culture_doublings"),
        out_of_specification=np.zeros(n, dtype=bool),
        n_manufacturing_attempts=np.zeros(n, dtype=np.int64),
        failure_reason=np.where(in_stock, "", "out of stock"),
        fitness=lot.drawn("fitness"),
    )


def _check(plan: Plan, own: Steps) -> None:
    """Shares lie between 0 and 1, and a lot holds at least one dose."""
    for name in ("out_of_stock", "viability", "transduction", "purity", "memory_fraction"):
        if not 0.0 <= own.typical(name) <= 1.0:
            raise CatalogError(
                f'making/{own.place.split("/")[-1]}.toml, "making.{name}": got {own.typical(name):g}, expected a share from 0 to 1.\n'
                "  Correct the value."
            )
    doses = own.typical("doses_per_lot")
    if doses < 1 or doses != int(doses):
        raise CatalogError(
            f'making/{own.place.split("/")[-1]}.toml, "making.doses_per_lot": got {doses:g}, expected a whole number from 1.\n'
            "  Correct the value."
        )
