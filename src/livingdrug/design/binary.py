"""What rules on a proportion share: outcomes redrawn at a planted probability, and looks after so many patients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from livingdrug.design.observed import Observed


def redrawn(seen: Observed, numbers: NDArray[np.float64], p: float) -> Observed:
    """The same people, each with a success of this probability."""
    return replace(seen, success=numbers < p)


def last_known(seen: Observed) -> float:
    """The calendar day on which everybody's outcome is known."""
    return float(max(seen.known.max(initial=0.0), seen.entry[-1] if seen.n else 0.0))


def look_after(seen: Observed, count: int, delay: float, pause: bool) -> tuple[float, int]:
    """The calendar day on which the first `count` patients counted are known, and how many have enrolled by then.

    Parameters
    ----------
    count
        Patients counted, in order of enrolment.
    delay
        By which enrolment was put off at earlier looks [day].
    pause
        Whether enrolment waits for the look.

    Returns
    -------
    The day, and the number enrolled.
    """
    day = float(seen.known[:count].max()) + delay
    enrolled = int(seen.place[count - 1]) + 1 if pause else seen.enrolled_by(day - delay)
    return day, enrolled


def paused(seen: Observed, count: int, day: float, delay: float) -> float:
    """By how much enrolment is put off after a look that it waited for [day]."""
    following = int(seen.place[count - 1]) + 1
    if following >= seen.n:
        return delay
    return max(delay, day - float(seen.entry[following]))
