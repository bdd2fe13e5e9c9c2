"""Addressed variation of making: each lot's own value of every step's number, the same whoever else is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from livingdrug.foundation import streams
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.quantities import Quantity

Array = NDArray[np.float64]

_OF_A_BANK = ("edit_", "doses_per_lot")  # numbers that only a bank has


@dataclass(frozen=True)
class Steps:
    """The numbers of one attempt at making lots for these patients.

    Attributes
    ----------
    quantities
        Name -> typical value and spread.
    place
        First part of the random streams' address, e.g. ``"making/tisa_cel_trial"``.
    patients
        Patient numbers, shaped (n,).
    seed
        The run's seed.
    attempt
        0 for the first attempt; another attempt has other luck.
    """

    quantities: Mapping[str, Quantity]
    place: str
    patients: NDArray[np.int64]
    seed: int
    attempt: int = 0

    @property
    def _files(self) -> str:
        """Where the numbers stand, for errors."""
        kind, _, made_by = self.place.partition("/")
        return f"making/{made_by}.toml" + (", its disease or loss/while_waiting.toml" if kind == "waiting" else "")

    def typical(self, name: str) -> float:
        """The typical value.

        Raises
        ------
        CatalogError
            The file does not give it.
        """
        if name not in self.quantities:
            of_a_bank = self.place.startswith("making") and any(one.startswith(_OF_A_BANK) for one in self.quantities)
            raise CatalogError(
                f'{self._files} lacks the number "{name}", which making needs.\n  Add it with its source.'
                + (
                    ' These are cells of a bank: if they are meant, write supply = "off_the_shelf" in the arm.'
                    * of_a_bank
                )
            )
        return self.quantities[name].value

    def drawn(self, name: str, shift: Array | float = 0.0) -> Array:
        """Each lot's own value, shaped (n,); `shift` is added on the scale of the spread (log, logit or normal)."""
        value = self.typical(name)
        quantity = self.quantities[name]
        deviation = shift + quantity.spread * self.normal(name)
        if quantity.spread_scale == "log":
            return value * np.exp(deviation)
        if quantity.spread_scale == "normal":
            return value + deviation
        return expit(logit(value) + deviation)

    def normal(self, name: str) -> Array:
        """A standard normal number for each lot."""
        return streams.normal(self.seed, f"{self.place}/{name}", self.patients, self.attempt)

    def happens(self, name: str) -> NDArray[np.bool_]:
        """Whether something of this probability happens, for each lot.

        Raises
        ------
        CatalogError
            The file does not give it, or gives no probability.
        """
        chance = self.typical(name)
        if not 0.0 <= chance <= 1.0:
            raise CatalogError(
                f'{self._files}, "{name}": got {chance:g}, expected a probability from 0 to 1.\n  Write a third as 0.33.'
            )
        return streams.uniform(self.seed, f"{self.place}/{name}", self.patients, self.attempt) < chance
