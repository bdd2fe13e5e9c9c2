"""Off the shelf: a bank of lots made before anybody is ill; patients of one lot share what it is.

bank (donor runs, each of some doses) ──► booking ──► lymphodepletion ──► infusion: no collection, no culture to wait for
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from livingdrug.catalog.arms import Infusion
from livingdrug.catalog.plan import Plan
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.quantities import Quantity
from livingdrug.manufacturing.bank import run_of, runs
from livingdrug.manufacturing.grafts import grafts
from livingdrug.manufacturing.lots import (
    DIED_WAITING,
    INFUSED,
    MANUFACTURING_FAILURE,
    WITHDRAWN_WAITING,
    Lots,
    no_donor,
)
from livingdrug.manufacturing.release import fill
from livingdrug.manufacturing.variation import Steps
from livingdrug.manufacturing.waiting import SHARED_WITH_MODEL, frailty, growing_tumour, lost_on_day
from livingdrug.population.cohort import Cohort

OF_A_LOT = (
    "viability",
    "transduction",
    "purity",
    "memory_fraction",
    "copies_per_car_t_cell",
    "culture_doublings",
    "fitness",
)
"""What patients of one lot share."""
MECHANISMS = ("host_versus_graft", "graft_versus_host")
"""What donors' cells bring into the model: their host rejects them, and those that keep a receptor attack it."""
MAY_BE_TOLD = ("cd4_fraction", "potency", "naive_fraction")


def supply(
    plan: Plan, cohort: Cohort, numbers: Mapping[str, Quantity], seed: int, *, between_patient: bool = True
) -> Lots:
    """A dose of a banked lot for everyone, unless none is in stock or the patient is lost while it is booked.

    The making file gives, in ``[making]``: ``doses_per_lot`` (patients who enrol in the arm one after another share a lot:
    a dose is set aside for everyone enrolled), or the numbers of edited donor runs that `livingdrug.manufacturing.bank` reads
    (``edit_trac`` …, one for each file of ``catalog/edit/`` that it uses), of which each has its own number of doses and may fail; ``out_of_stock``
    (probability), ``dose_wanted_fixed`` or ``dose_wanted_per_kg``, and of the lot ``viability``, ``transduction``,
    ``purity``, ``memory_fraction``, ``copies_per_car_t_cell``, ``culture_doublings``, ``fitness``; in ``[waiting]``:
    ``booking`` [day], ``bridged``, ``bridging_hold``, ``tumour_ceiling``; the numbers of loss while waiting are those of the one law.
    """
    assert plan.making is not None  # an arm with a product has a making process: `plan_arm` sees to it
    making, arm, n = plan.making, plan.arm, len(cohort)
    own = Steps(making.making, f"making/{making.id}", cohort.patients, seed)
    _check(plan, own)
    edits = plan.edits
    place = f"bank/{making.id}"
    if edits:
        lot_number = run_of(cohort.places, replace(own, place=place), edits)
    else:
        lot_number = cohort.places // int(own.typical("doses_per_lot"))
    lot = replace(own, place=place, patients=lot_number)
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
    in_stock = ~own.happens("out_of_stock") & (lot_number >= 0)
    leaves = np.where(waiting.happens("loss_is_death"), DIED_WAITING, WITHDRAWN_WAITING)
    status = np.where(np.isfinite(lost), leaves, np.where(in_stock, INFUSED, MANUFACTURING_FAILURE))
    dose = fill(np.full(n, np.inf), weight, arm.infusion or Infusion(dose_fixed="1 cell"), own)
    unknown, nobody = np.full(n, np.nan), np.zeros(n, dtype=bool)
    known: dict[str, Any] = {
        "patients": cohort.patients,
        "status": status,
        "enrolment_day": -planned,
        "waiting_end_day": ended - planned,
        "booking_days": ready,
        "bridging": tumour.bridging,
        "bridging_response": tumour.responds_to_bridging(ended),
        "burden_percent_at_lymphodepletion": tumour.burden_percent_at(ended),
        "tumour_cells_at_lymphodepletion": tumour.cells_at(ended),
        "dose_cells": np.where(in_stock, dose, np.nan),
        "dose_cells_per_kg": np.where(in_stock, dose / weight, np.nan),
        **{name: lot.drawn(name) for name in (*OF_A_LOT, *MAY_BE_TOLD) if name in OF_A_LOT or name in making.making},
        "out_of_specification": nobody,
        "culture_ended_early": nobody,
        "n_manufacturing_attempts": np.zeros(n, dtype=np.int64),
        "failure_reason": np.where(in_stock, "", "out of stock"),
        "first_failure_reason": np.full(n, ""),
        **no_donor(n),
        "bank_lot": lot_number + 1,
    }
    if edits:
        found = runs(lot_number, replace(own, place=place), edits)
        per_kg = (
            known["dose_cells_per_kg"] / known["transduction"]
        )  # all T cells of the bag, not only CAR-positive ones
        known |= {
            "tcr_positive_fraction": found.tcr_positive,
            "b2m_negative_fraction": found.edited.get("b2m", np.zeros(n)),
            "cd52_negative_fraction": found.edited.get("cd52", np.zeros(n)),
            "tcr_positive_cells_per_kg": per_kg * found.tcr_positive,
            "graft_shares": found.graft_shares,
            "graft_wear": found.wear,
        }
    else:  # nothing is said of edits: cells as they came from the donor
        known |= {"graft_shares": np.ones((n, len(grafts(edits)))), "tcr_positive_fraction": np.ones(n)}
    return Lots(**{one.name: known.get(one.name, unknown) for one in fields(Lots)})


def _check(plan: Plan, own: Steps) -> None:
    """Shares lie between 0 and 1, and a lot holds at least one dose."""
    shares = ["out_of_stock", "viability", "transduction", "purity", "memory_fraction"]
    if plan.edits:
        shares += [
            *(f"edit_{edit.id}" for edit in plan.edits),
            "editor_taken_up",
            "depletion_recovery",
            "tcr_positive_most",
            "run_fails",
        ]
    for name in shares:
        if not 0.0 <= own.typical(name) <= 1.0:
            raise _wrong(own, name, "a share from 0 to 1")
    if plan.edits:
        for name in ("cells_per_run", "cells_per_vial"):
            if own.typical(name) <= 0.0:
                raise _wrong(own, name, "more than 0 cells")
        if (
            run_of(np.zeros(1, dtype=np.int64), replace(own, place=f"bank/{own.place.split('/')[-1]}"), plan.edits)[0]
            < 0
        ):
            raise CatalogError(
                f"making/{own.place.split('/')[-1]}.toml: of ten thousand donor runs none would be released.\n"
                '  Look at "edit_trac" and the other edits, "tcr_log_removal", "tcr_positive_most" and "cells_per_run".'
            )
    else:
        doses = own.typical("doses_per_lot")
        if doses < 1 or doses != int(doses):
            raise _wrong(own, "doses_per_lot", "a whole number from 1")


def _wrong(own: Steps, name: str, expected: str) -> CatalogError:
    return CatalogError(
        f'making/{own.place.split("/")[-1]}.toml, "making.{name}": got {own.typical(name):g}, expected {expected}.\n'
        "  Correct the value."
    )
