"""Anyone of those who wait, each time anew: what a committee does that does not look at the time on the list."""

from __future__ import annotations

from livingdrug.manufacturing.network.people import People

TITLE = "At random"


def order(people: People) -> None:
    """No order at all: a lot is drawn whenever someone can be served."""
