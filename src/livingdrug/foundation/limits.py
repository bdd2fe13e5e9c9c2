"""How large a number can be: beyond every body or laboratory, by its dimension, and by how far it is from what it replaces.

A number of the right unit may still be a slip of the unit (1/s for 1/day, mg for pg). A slip of that size is refused where
the number is read; what is merely unusual is not. A sheet that knows narrower bounds states them (``low``, ``high``).
"""

from __future__ import annotations

import math
from functools import lru_cache

from livingdrug.foundation.errors import UnitError

LARGEST = (
    (1e4, "1/day", "once in nine seconds; nothing that cells do is as fast"),
    (1e3, "1/min", "faster than hearts beat"),  # counted by the minute are hearts and breaths, not what cells do
    (73_050.0, "day", "200 years"),
    (1e14, "cell", "more cells than a body has, 4e13"),
    (1e15, "cell/kg", "cells of a picogram each"),
    (1e13, "1/L", "cells without a space between them, each of 100 cubic micrometres"),
    (1e13, "cell/L", "cells without a space between them, each of 100 cubic micrometres"),
    (1e14, "cell/day", "more cells in a day than a body has"),
    (1e8, "molecule/cell", "molecules side by side on the whole surface of a cell"),
    (1e6, "copy/cell", "more copies than a cell has genes"),
    (1e9, "copy/ug", "more copies than a microgram of DNA has genes"),
    (2e6, "mg/L", "denser than every tissue"),
    (1e9, "mg", "a ton"),
    (1e6, "L", "far more than any volume of distribution"),
    (1e6, "L/day", "a hundred times the output of the heart"),
    (1e4, "cm", "100 metres"),
    (1e4, "m^2", "a field"),
    (1e9, "U/L", "no laboratory measures as much"),
    (7_600.0, "mmHg", "ten atmospheres"),
    (1e3, "delta_degC", "far from every body temperature"),
    (1e9, "", "a plain number of this size is a slip in what it counts"),
)  # fmt: skip
"""The largest size of a number, its unit, and what it stands for. Orders of magnitude, rounded up."""
OTHERWISE = 1e18
"""Of a number in any other unit."""
WIDEST = {"log": 4.0, "logit": 8.0}
"""The widest spread between patients on these scales: a standard deviation that is a factor of 55, or as much of the odds twice over."""
FOLD_UP, FOLD_DOWN = 1e5, 1e8
"""How far a number without bounds of its own may be from the sheet's: so many times as large, or as small."""


@lru_cache(maxsize=1024)
def largest(unit: str) -> tuple[float, str]:
    """The largest size of a number in this unit, and what that stands for.

    Examples
    --------
    >>> largest("percent"), largest("mmHg*cell^2")[0]
    ((100000000000.0, 'a plain number of this size is a slip in what it counts'), 1e+18)
    """
    from livingdrug.foundation.units import factor

    for limit, canonical, why in LARGEST:
        if unit == canonical:  # spares the registry of units
            return limit, why
    for limit, canonical, why in LARGEST:
        if _cancels(unit):
            break
        try:
            return limit * factor(canonical, unit), why
        except UnitError:
            continue
    return OTHERWISE, "no body or laboratory has such a number"


def _cancels(unit: str) -> bool:
    """Whether a dimension stands above and below the line, as in mg/kg: then the whole says little about what is measured."""
    from livingdrug.foundation.unit_text import NotAUnit, parse
    from livingdrug.foundation.units import dimensions

    try:
        powers = parse(unit).powers
    except NotAUnit:
        return True
    above, below = (
        {part for name, power in powers.items() if power * sign > 0 for part in dimensions(name)} for sign in (1, -1)
    )
    return bool(above & below)


def beyond(value: float, unit: str) -> str:
    """Why a number is too large for its unit, as a sentence without its subject; ``""`` where it is not.

    Examples
    --------
    >>> beyond(1e12, "kg")
    'at most 1000 kg in size (a ton); look at the unit'
    >>> beyond(2.8, "1/day")
    ''
    """
    if value == 0.0 or not math.isfinite(value):
        return ""
    limit, why = largest(unit)
    if abs(value) <= limit:
        return ""
    return f"at most {f'{limit:g} {unit}'.strip()} in size ({why}); look at the unit"


def too_wide(spread: float, scale: str) -> str:
    """Why a spread between patients is too wide, as `beyond`."""
    limit = WIDEST.get(scale, math.inf)
    return f"at most {limit:g} on the {scale} scale" if spread > limit else ""


def too_far(value: float, known: float) -> str:
    """Why a number is too far from the one it replaces, as `beyond`; a share may be any other, and 0 is no size.

    Examples
    --------
    >>> too_far(1e12, 1.4), too_far(0.0, 1.4), too_far(3.0, 1.4)
    ('at most 100,000 times and at least a 100,000,000th of 1.4, or 0', '', '')
    """
    if value == 0.0 or known == 0.0:
        return ""
    ratio = abs(value / known)
    if 1.0 / FOLD_DOWN <= ratio <= FOLD_UP:
        return ""
    return f"at most {FOLD_UP:,.0f} times and at least a {FOLD_DOWN:,.0f}th of {known:g}, or 0"
