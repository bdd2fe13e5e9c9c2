"""Places of a tumour looked at one by one: an image may show one of them grown while their sum shrinks.

A place's volume stands for one round lesion: its diameter is that of a sphere, and the product of its two diameters is the square.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from livingdrug.clinic.criterion import KEYS, looked

SPHERE = 1.2407009817988
"""Diameter [cm] of a sphere of one millilitre: (6 / pi)^(1/3)."""


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


def with_grown_place(
    looks: pl.DataFrame, visits: pl.DataFrame, quantities: tuple[str, ...], limits: Grown
) -> pl.DataFrame:
    """Looks with a flag more, ``place_grown``: whether any place has grown from the smallest it was seen at.

    Parameters
    ----------
    looks
        One row a patient and look, with arm, patient and day.
    visits
        The visits frame.
    quantities
        Names of the places' volumes [mL]; one that was not measured grows in nobody.
    limits
        What counts as growth.

    Returns
    -------
    The looks in any order; false where no place was measured on that day.
    """
    length = pl.max_horizontal(SPHERE * pl.col("value") ** (1.0 / 3.0), pl.lit(limits.seen_cm))
    seen = looked(visits, *quantities).select(*KEYS, "quantity", "day", length.alias("across"))
    across, least = pl.col("across"), pl.col("least")
    seen = seen.sort(*KEYS, "quantity", "day").with_columns(
        across.cum_min().shift(1).over(*KEYS, "quantity").alias("least")
    )
    by = pl.when(least <= limits.small_cm).then(limits.by_small_cm).otherwise(limits.by_large_cm)
    grown = (across > limits.abnormal_cm) & (across**2 >= limits.product * least**2) & (across - least >= by)
    places = seen.group_by(*KEYS, "day").agg(grown.fill_null(False).any().alias("place_grown"))
    return looks.join(places, on=[*KEYS, "day"], how="left").with_columns(pl.col("place_grown").fill_null(False))
