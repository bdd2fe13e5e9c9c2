"""Places of a tumour looked at one by one: an image may show one of them grown while their sum shrinks.

A place's volume stands for one round lesion: its diameter is that of a sphere, and the product of its two diameters is the square.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.clinic.looks import Flags, Floats, first_at, lowest_before, numbers
from livingdrug.foundation.as_arrays import as_flags, as_numbers

SPHERE = (6.0 / math.pi) ** (1.0 / 3.0)
"""Diameter [cm] of a sphere of one millilitre."""
PLACES = ("first_place_volume_ml", "second_place_volume_ml", "third_place_volume_ml")
"""What was measured of each place [mL]."""


def across(volume: pl.Expr) -> pl.Expr:
    """Diameter [cm] of a sphere of so many millilitres."""
    return SPHERE * volume ** (1.0 / 3.0)


@dataclass(frozen=True)
class Grown:
    """When one place has grown enough to be progression, whatever the others do.

    Attributes
    ----------
    seen_cm
        What is shorter is not told from nothing, and counts as this long [cm].
    abnormal_cm
        A lesion of a longer diameter is abnormal [cm].
    product
        Product of diameters relative to the smallest seen at least.
    small_cm, by_small_cm, by_large_cm
        Up to the first diameter, at the smallest seen, growth by the second counts; beyond it by the third [cm].
    """

    seen_cm: float = 1.0
    abnormal_cm: float = 1.5
    product: float = 1.5
    small_cm: float = 2.0
    by_small_cm: float = 0.5
    by_large_cm: float = 1.0


def grown_on(
    lesions: pl.DataFrame, lesion_of: NDArray[np.int64], patient: NDArray[np.int64], day: Floats, limits: Grown
) -> Flags:
    """Whether any place has grown, at each of some looks (q,), from the smallest it was seen at.

    Parameters
    ----------
    lesions
        Measured volumes of places (`PLACES`), one row each (r,), as `livingdrug.clinic.criterion.looked` gives them; one that was not measured grows in nobody.
    lesion_of
        The number of each row's patient (r,).
    patient, day
        Of the looks (q,), patients numbered alike.
    limits
        What counts as growth.
    """
    when = numbers(lesions, "day")
    which = np.argmax([as_flags(lesions["quantity"] == place, unknown=False) for place in PLACES], axis=0)
    place = lesion_of * len(PLACES) + which
    long = np.maximum(as_numbers(pl.select(across(pl.lit(lesions["value"]))).to_series()), limits.seen_cm)
    order = np.lexsort((when, place))
    least = np.empty(len(order))
    least[order] = lowest_before(place[order], long[order])
    by = np.where(least <= limits.small_cm, limits.by_small_cm, limits.by_large_cm)
    grown = (long > limits.abnormal_cm) & (long**2 >= limits.product * least**2) & (long - least >= by)
    return first_at(lesion_of[grown], when[grown], when[grown], patient, day) >= 0
