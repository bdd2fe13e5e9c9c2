"""Numbers as a clinical report writes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeGuard

DASH = "–"
SHARES = ("proportion", "probability")
"""Measures that are told in percent."""
_UNITS = {
    "percent": "%",
    "copy/ug": "copies/µg",
    "copy/ug*day": "copies/µg × day",
    "cell": "cells",
    "copies/ug": "copies/µg",
    "cell/uL": "cells/µL",
    "cell/uL*day": "cells/µL × day",
    "cell/kg": "cells/kg",
    "1e9/L": "×10⁹/L",
    "day": "days",
    "year": "years",
    "mL/min/(1.73 m^2)": "mL/min/1.73 m²",
    "m^2": "m²",
}


def known(value: object) -> TypeGuard[float]:
    """Whether there is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def percent(share: float | None, digits: int = 0) -> str:
    """A share between 0 and 1 in per cent.

    Examples
    --------
    >>> percent(0.813), percent(0.004), percent(None)
    ('81 %', '<1 %', '–')
    """
    if share is None or not known(share):
        return DASH
    return "<1 %" if 0 < share < 0.005 and not digits else f"{100 * share:.{digits}f} %"


def percent_interval(low: float | None, high: float | None) -> str:
    """An interval of shares, without repeating the sign.

    Examples
    --------
    >>> percent_interval(0.714, 0.893)
    '71–89'
    """
    return f"{100 * low:.0f}–{100 * high:.0f}" if known(low) and known(high) else ""


def interval(low: float | None, high: float | None, told: Callable[[float], str], *, missing: str = "") -> str:
    """Both sides of an interval in words; `missing` where a side has no number: never half of one.

    Parameters
    ----------
    low, high
        None and NaN are no number; infinity is one.
    told
        How one side is written.

    Examples
    --------
    >>> interval(0.5, 2.25, "{:.2g}".format), interval(0.0, 0.0, "{:+.1f}".format), interval(None, 2.0, str), interval(1.0, math.nan, str)
    ('0.5 to 2.2', '+0.0 to +0.0', '', '')
    """
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return missing
    return f"{told(low)} to {told(high)}"


def plain(value: float | None, digits: int = 3) -> str:
    """A number with so many meaningful digits, thousands separated, large ones as powers.

    Examples
    --------
    >>> plain(34712.4), plain(3.14159), plain(3.1e6)
    ('34,700', '3.14', '3.1×10⁶')
    """
    if value is None or not known(value):
        return DASH
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size >= 6 or size < -3:
        return f"{round(value / 10**size, digits - 1):g}×10{_raised(size)}"
    shown = f"{round(value, digits - 1 - size):,.{max(digits - 1 - size, 0)}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def spread(value: float | None, low: float | None, high: float | None, digits: int = 3) -> str:
    """Value with a range or interval: ``11 (3–23)``."""
    if not known(value):
        return DASH
    if not (known(low) and known(high)):
        return plain(value, digits)
    if value >= 1e6:  # one power for all three
        power = 10 ** math.floor(math.log10(value))
        parts = [plain(v / power, digits) for v in (value, low, high)]
        return f"{parts[0]} ({parts[1]}{DASH}{parts[2]}) ×10{_raised(math.floor(math.log10(value)))}"
    return f"{plain(value, digits)} ({plain(low, digits)}{DASH}{plain(high, digits)})"


def plain_range(low: float, high: float, digits: int = 3) -> str:
    """An interval of plain numbers, with one power of ten for both.

    Examples
    --------
    >>> plain_range(2.8e6, 2.98e6), plain_range(9.66, 10.2)
    ('2.8–2.98 ×10⁶', '9.66–10.2')
    """
    if high < 1e6:
        return f"{plain(low, digits)}{DASH}{plain(high, digits)}"
    size = math.floor(math.log10(high))
    return f"{plain(low / 10**size, digits)}{DASH}{plain(high / 10**size, digits)} ×10{_raised(size)}"


def when_and_unit(row: Mapping[str, Any]) -> tuple[str, float, str]:
    """When a number of an endpoint is told, by how much it is multiplied, and the unit behind it: shares are told in percent.

    Examples
    --------
    >>> when_and_unit({"time": 12.0, "time_unit": "month", "unit": "", "measure": "probability"})
    ('12 month', 100.0, ' %')
    """
    when = "" if row["time"] is None else f"{row['time']:g} {row['time_unit']}"
    if row["unit"] == "" and row["measure"] in SHARES:
        return when, 100.0, " %"
    return when, 1.0, f" {row['unit']}" if row["unit"] else ""


def four_figures(value: object) -> str:
    """A number in four figures, anything else as text; nothing for None.

    Examples
    --------
    >>> four_figures(34712.3), four_figures(2.5e8), four_figures(0.81333), four_figures(None), four_figures(3), four_figures("CR")
    ('34,710', '2.5e+08', '0.8133', '', '3', 'CR')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and 1e3 <= abs(value) < 1e7:
        return f"{float(f'{value:.4g}'):,.0f}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _raised(exponent: int) -> str:
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def unit(name: str) -> str:
    """A unit as it is printed."""
    return _UNITS.get(name, name.replace("ug", "µg").replace("uL", "µL"))


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
