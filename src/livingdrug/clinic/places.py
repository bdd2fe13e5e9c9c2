"""Places of a tumour looked at one by one: an image may show one of them grown while their sum shrinks.

A place's volume stands for one round lesion: its diameter is that of a sphere, and the product of its two diameters is the square.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from livingdrug.clinic.criterion import KEYS, looked

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


def with_grown_place(looks: pl.DataFrame, visits: pl.DataFrame, limits: Grown) -> pl.DataFrame:
    """Looks with a flag more, ``place_grown``: whether any place has grown from the smallest it was seen at.

    Parameters
    ----------
    looks
        One row a patient and look, with arm, patient and day.
    visits
        The visits frame, with volumes of places (`PLACES`); one that was not measured grows in nobody.
    limits
        What counts as growth.

    Returns
    -------
    The looks in their order; false where no place was measured on that day.
    """
    length = pl.max_horizontal(across(pl.col("value")), pl.lit(limits.seen_cm))
    seen = looked(visits, *PLACES).select(*KEYS, "quantity", "day", length.alias("long"))
    long, least = pl.col("long"), pl.col("least")
    seen = seen.sort(*KEYS, "quantity", "day").with_columns(
        long.cum_min().shift(1).over(*KEYS, "quantity").alias("least")
    )
    by = pl.when(least <= limits.small_cm).then(limits.by_small_cm).otherwise(limits.by_large_cm)
    grown = (long > limits.abnormal_cm) & (long**2 >= limits.product * least**2) & (long - least >= by)
    places = seen.group_by(*KEYS, "day").agg(grown.fill_null(False).any().alias("place_grown"))
    found = looks.join(places, on=[*KEYS, "day"], how="left", maintain_order="left")
    return found.with_columns(pl.col("place_grown").fill_null(False))
