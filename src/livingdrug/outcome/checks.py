"""Arguments of the estimators, proven usable: each fault is told with its place, what was expected and the remedy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from livingdrug.foundation.errors import BadInput

Floats = NDArray[np.float64]
LARGEST = float(np.finfo(np.float64).max)
MOST_COUNTED = 2**53
"""The largest whole number to which a float can count."""
ROUNDING = float(np.sqrt(np.finfo(np.float64).eps))
"""Times nearer than this, absolutely or as a share of the mean distinct time, are one time (as R's survival joins them)."""


def check_level(level: Any) -> float:
    """A confidence level between 0 and 1.

    >>> check_level(0.9)
    0.9
    """
    number = isinstance(level, (int, float, np.integer, np.floating)) and not isinstance(level, bool)
    if number and 0 < level < 1:
        return float(level)
    remedy = f"Write level={float(level) / 100:g}." if number and 1 < level < 100 else "The usual one is 0.95."
    raise BadInput(f"got level={level!r}; expected a number between 0 and 1.\n  {remedy}")


def check_number(name: str, value: Any, *, above: float = -np.inf, at_least: float = -np.inf) -> float:
    """A single finite number within its bounds."""
    number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if number and abs(value) <= LARGEST and value > above and value >= at_least:
        return float(value)
    bound = f" above {above:g}" if above > -np.inf else f" of at least {at_least:g}" if at_least > -np.inf else ""
    raise BadInput(f"got {name}={value!r}; expected a single finite number{bound}.\n  Correct this argument.")


def check_count(name: str, value: Any) -> int:
    """A whole number, not negative; 61.0 is one, 2.5 is not."""
    whole = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if whole and 0 <= value <= MOST_COUNTED and value == int(value):
        return int(value)
    if whole and MOST_COUNTED < value < np.inf:
        raise BadInput(f"got {name}={value!r}; expected at most {MOST_COUNTED:,} patients.\n  Give a smaller number.")
    raise BadInput(
        f"got {name}={value!r}; expected a whole number of patients, 0 or more.\n  Give a count, not a share."
    )


def check_column(name: str, values: ArrayLike) -> Floats:
    """A column of numbers, shaped (n,); NaN where one is missing."""
    try:
        given = np.asarray(values)
        if given.dtype.kind in "mMSU":
            raise TypeError
        numbers = np.atleast_1d(given.astype(np.float64))
    except (TypeError, ValueError):
        raise BadInput(f"{name} hold something that is not a number.\n  Give one number for each patient.") from None
    if numbers.ndim != 1:
        raise BadInput(f"{name} are shaped {numbers.shape}; expected one column.\n  Give one number for each patient.")
    return numbers


def check_finite(name: str, values: ArrayLike) -> Floats:
    """A column of finite numbers."""
    numbers = check_column(name, values)
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        raise BadInput(
            f"{int(wrong.sum())} of {numbers.size} {name} are missing or infinite (first: row {_row(wrong)}).\n"
            "  Leave those patients out, or give them a number."
        )
    return numbers


def check_somebody(name: str, n: int) -> None:
    """Refuse an estimate from nobody: it would be a number that stands for nothing."""
    if n == 0:
        raise BadInput(f"{name}: got none; expected those of one patient or more.\n  Check what was selected.")


def check_times(times: ArrayLike) -> Floats:
    """Times to event or censoring [float, (n,)], ties that rounding broke joined again."""
    time = check_column("times", times)
    wrong = ~np.isfinite(time) | (time < 0)
    if wrong.any():
        raise BadInput(
            f"{int(wrong.sum())} of {time.size} times are negative or not finite"
            f" (first: {time[wrong][0]}, row {_row(wrong)}).\n"
            "  Every patient needs a finite day of event or last contact, not before the origin."
        )
    return joined_ties(time)


def joined_ties(time: Floats) -> Floats:
    """Times that differ by no more than rounding become the earliest of them.

    7 days written as 7/30.4375 months and as 7 · 12/365.25 months differ in the last digit: still one time.

    >>> 0.3 == 0.1 + 0.2, *joined_ties(np.array([0.3, 0.1 + 0.2]))
    (False, np.float64(0.3), np.float64(0.3))
    """
    distinct = np.unique(time)
    if distinct.size < 2:
        return time
    apart = np.diff(distinct)
    tied = (apart <= ROUNDING) | (apart <= ROUNDING * np.abs(distinct).mean())
    if not tied.any():
        return time
    kept = distinct[np.concatenate([[True], ~tied])]
    return kept[np.searchsorted(kept, time, side="right") - 1]


def check_events(events: ArrayLike, n: int) -> NDArray[np.bool_]:
    """Whether each time ends in the event; codes 0 and 1 (or false and true), shaped (n,)."""
    code = _codes("events", events, n)
    if np.isin(code, (0, 1)).all():
        return code == 1
    if np.isin(code, (1, 2)).all():
        raise BadInput(
            "events hold the codes 1 and 2; expected 1 for the event and 0 for censored.\n"
            "  Where 2 marks the event (as in R's data sets), give events == 2."
        )
    strange = ~np.isin(code, (0, 1))
    raise BadInput(
        f"events hold {code[strange][0]:g} (row {_row(strange)}); expected 1 for the event and 0 for censored.\n"
        "  With competing events, use cumulative_incidence."
    )


def check_causes(causes: ArrayLike, n: int) -> NDArray[np.int64]:
    """What ended each time: 0 censored, 1 the event, 2 and more competing events, shaped (n,)."""
    code = _codes("causes", causes, n)
    wrong = (code < 0) | (code != np.floor(code))
    if wrong.any():
        raise BadInput(
            f"causes hold {code[wrong][0]:g} (row {_row(wrong)}); expected 0 for censored, 1 for the event,"
            " 2, 3, … for competing events.\n  Recode the others: an unknown cause is not a censoring."
        )
    return code.astype(np.int64)


def check_labels(name: str, labels: ArrayLike, n: int) -> NDArray[np.str_]:
    """Labels of groups or strata as text, none missing, shaped (n,)."""
    # a list of texts with a NaN among them would become texts, and "nan" a group
    plain = (
        labels if hasattr(labels, "dtype") or not isinstance(labels, (list, tuple)) else np.array(labels, dtype=object)
    )
    found = np.atleast_1d(np.asarray(plain))
    if found.shape != (n,):
        raise BadInput(
            f"{name} are shaped {found.shape}, times ({n},); expected a label for each time.\n  Give one for each patient."
        )
    if found.dtype.kind in "biu":
        return found.astype(str)
    texts = [_label(one) for one in found.tolist()]
    missing = np.array([text == "" for text in texts], dtype=bool)
    if missing.any():
        raise BadInput(
            f"{int(missing.sum())} of {n} {name} are missing (first: row {_row(missing)}).\n"
            "  Name them, or leave those patients out."
        )
    return np.array(texts, dtype=str)


def _label(value: Any) -> str:
    """A label as text without blanks at its ends, a whole number without its point; "" where it is missing.

    >>> _label(" a "), _label(2.0), _label(float("nan")), _label(None)
    ('a', '2', '', '')
    """
    if value is None or type(value).__name__ == "NAType" or value != value:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace").strip()
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value).strip()


def _codes(name: str, values: ArrayLike, n: int) -> Floats:
    code = check_column(name, values)
    if code.shape != (n,):
        raise BadInput(
            f"times are shaped ({n},) and {name} {code.shape}; expected two columns of one length.\n"
            "  Give one of each for each patient."
        )
    missing = ~np.isfinite(code)
    if missing.any():
        raise BadInput(
            f"{int(missing.sum())} of {n} {name} are missing (first: row {_row(missing)}).\n"
            "  Give 0 where the patient was last seen without the event, or leave the patient out."
        )
    return code


def _row(wrong: NDArray[np.bool_]) -> int:
    return int(np.flatnonzero(wrong)[0]) + 1
