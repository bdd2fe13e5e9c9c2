"""A cohort: numbered virtual patients and their covariates, before anything is done to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation.errors import BadInput, UnknownName


@dataclass(frozen=True)
class Cohort:
    """Virtual patients.

    Attributes
    ----------
    patients
        Patient numbers, shaped (n,); the address of each patient's random numbers.
    covariates
        Name -> values, each float64 shaped (n,). Yes/no covariates are 1.0/0.0. Units are in the population file.
    population
        Catalogue id of the population.
    enrolled_before
        How many of the arm enrolled before each, shaped (n,); None where the number tells it.
    """

    patients: NDArray[np.int64]
    covariates: Mapping[str, NDArray[np.float64]]
    population: str = ""
    enrolled_before: NDArray[np.int64] | None = None

    @property
    def places(self) -> NDArray[np.int64]:
        """Each patient's place, from 0, in the order in which the arm's patients enrol, shaped (n,)."""
        return self.patients - 1 if self.enrolled_before is None else self.enrolled_before

    def __len__(self) -> int:
        return len(self.patients)

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        if name not in self.covariates:
            raise UnknownName(f'covariate in population "{self.population}"', name, self.covariates)
        return self.covariates[name]

    def select(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Cohort:
        """The cohort's patients at these rows (indices or mask)."""
        chosen = {name: np.ascontiguousarray(values[rows]) for name, values in self.covariates.items()}
        before = None if self.enrolled_before is None else np.ascontiguousarray(self.enrolled_before[rows])
        return Cohort(np.ascontiguousarray(self.patients[rows]), chosen, self.population, before)


def patient_numbers(patients: NDArray[np.int64]) -> NDArray[np.int64]:
    """Patient numbers as a checked, contiguous array.

    Raises
    ------
    BadInput
        No patients, or a negative number.
    """
    numbers = np.ascontiguousarray(patients, dtype=np.int64)
    if numbers.ndim != 1 or numbers.size == 0:
        raise BadInput("no patients to draw: expected at least one patient number.\n  Ask for patients=1 or more.")
    if int(numbers.min()) < 0:
        raise BadInput(f"patient number {int(numbers.min())}: expected 0 or more.\n  Number patients 0, 1, 2 …")
    return numbers
