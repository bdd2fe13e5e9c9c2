"""What a file of `cli/commands/` says of itself: what runs, under which heading of the help, and where there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

LOOK, SIMULATE, ASK, EXPORT = "Look up", "Simulate", "Ask and tell", "Open the biology"
YOURS = "Your own data"
PANELS = (LOOK, SIMULATE, ASK, EXPORT, YOURS)
"""Headings of the help, in order; a command may bring one of its own, which comes after these."""


@dataclass(frozen=True)
class Command:
    """One command; its name is its file's.

    Attributes
    ----------
    run
        A function with typer's annotations; its docstring is the help. None for a group.
    panel
        Heading of the help.
    order
        Place under its heading, low first.
    group, words
        For a command of commands (``livingdrug export sbml``): name -> function, and the group's help.
    settings
        Of click's context, for a command that takes options it does not know beforehand.

    Examples
    --------
    A command of one's own is one file, ``cli/commands/hello.py``:

    >>> def hello(name: str) -> None:
    ...     '''Greet somebody.'''
    >>> COMMAND = Command(hello, panel=LOOK, order=30)
    """

    run: Callable[..., None] | None = None
    panel: str = LOOK
    order: int = 1000
    group: Mapping[str, Callable[..., None]] = field(default_factory=dict)
    words: str = ""
    settings: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if (self.run is None) == (not self.group):
            raise ValueError("a command has either a function to run or a group of them")
