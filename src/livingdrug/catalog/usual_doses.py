"""A dose held against the highest usual one of its drug: what is far from it is a slip of the unit, wherever it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.catalog.records.drug import ADULT

if TYPE_CHECKING:
    from livingdrug.catalog.records.drug import Drug

FAR_ABOVE, FAR_BELOW = 10.0, 100.0
"""A dose so many times above the highest usual one, or below it, is a slip of the unit (assumed: mg/kg for mg/m^2 is 39 times, microgram for mg a thousandth)."""


def far_from_usual(value: float, unit: str, drug: Drug) -> str:
    """How a dose lies far from what is usual, to follow what was got; ``""`` where it does not, or where nobody says what is usual.

    Parameters
    ----------
    value, unit
        The dose of one time, in mg/m^2, mg/kg or mg; in another unit (cycles) it is not judged.
    drug
        The drug that is given.
    """
    highest = drug.usual_highest
    if highest is None or unit not in ADULT:
        return ""
    usual, given = highest.value * ADULT[highest.unit], value * ADULT[unit]
    if usual / FAR_BELOW <= given <= usual * FAR_ABOVE:
        return ""
    return (
        f"about {_amount(given)} mg in an adult of 70 kg and 1.8 m^2;"
        f" the highest usual dose of a day, {highest.value:g} {highest.unit}, is {_amount(usual)} mg.\n"
        f"  Look at the unit: {drug.usual_dose}."
    )


def _amount(milligrams: float) -> str:
    return f"{milligrams:,.0f}" if milligrams >= 10 else f"{milligrams:.2g}"
