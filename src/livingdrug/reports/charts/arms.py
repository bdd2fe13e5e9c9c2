"""How the arms of a trial are told apart in every chart: four colours, and from the fifth arm on the same colours drawn in another way."""

from __future__ import annotations

COLOURS = 4
MOST_BANDS = 3
"""Bands that can be seen through each other; where there are more arms, the first alone has one."""


def role_of(place: int) -> str:
    """Classes of the arm at a place, counted from 0: its colour and, from the fifth on, its way of being drawn.

    >>> role_of(0), role_of(5), role_of(9)
    ('s0', 's1 again1', 's1 again2')
    """
    again = place // COLOURS
    return f"s{place % COLOURS}" + (f" again{min(again, 2)}" if again else "")


def has_band(place: int, arms: int) -> bool:
    """Whether the arm at a place has a band among so many.

    >>> [has_band(place, 3) for place in range(3)], [has_band(place, 4) for place in range(4)]
    ([True, True, True], [True, False, False, False])
    """
    return place == 0 or arms <= MOST_BANDS
