"""Cohort to lots: what the arm's supply of cells has for each patient, and how long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from livingdrug.catalog.plan import Plan
from livingdrug.foundation.errors import UnknownName
from livingdrug.foundation.quantities import Quantity
from livingdrug.manufacturing.lots import Lots
from livingdrug.population.cohort import Cohort


def make(
    plan: Plan, cohort: Cohort, numbers: Mapping[str, Quantity], seed: int, *, between_patient: bool = True
) -> Lots:
    """One lot, or none, for everyone enrolled.

    Parameters
    ----------
    plan
        The arm; its supply is a file of `livingdrug.manufacturing.supply`.
    cohort
        Everyone enrolled.
    numbers
        The model's parameters: growth and capacity of the tumour are the same while waiting and afterwards.
    seed
        The run's seed. The arm enters no random stream: the same patient meets the same luck in every arm.
    between_patient
        False: the tumour grows alike in all patients (lots still differ).

    Raises
    ------
    UnknownName
        There is no such supply.
    """
    return _module(plan.arm.supplied_by).supply(plan, cohort, numbers, seed, between_patient=between_patient)


def mechanisms_of(plan: Plan) -> tuple[str, ...]:
    """Mechanisms that the arm's cells bring into the model: what its making says, else what its supply does."""
    if plan.making is not None and plan.making.mechanisms is not None:
        return plan.making.mechanisms
    return getattr(_module(plan.arm.supplied_by), "MECHANISMS", ())


def supplies() -> tuple[str, ...]:
    """Every kind of supply there is."""
    return tuple(sorted(path.stem for path in (Path(__file__).parent / "supply").glob("*.py") if path.stem[0] != "_"))


def _module(name: str):
    if name not in supplies():
        raise UnknownName("supply of cells", name, supplies(), 'It stands in "supply" of the arm.')
    return import_module(f"livingdrug.manufacturing.supply.{name}")
