"""Doors to the rooms above: what a result can become there. The one place where a room below names rooms above it.

`result.to_adam(...)` and `result.to_pdf(...)` read well in a notebook, but formats of other programs and reports live above `trial`. A door is
opened when somebody comes through it; nothing above is imported before.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

DOORS = {
    "adam": ("livingdrug.interop.adam.write", "write_adam"),
    "pdf": ("livingdrug.reports.html", "write_report"),
}
"""Name -> module and function, which takes the result first."""


def door(name: str) -> Callable[..., Any]:
    """The function behind a door.

    >>> door("pdf").__name__
    'write_report'
    """
    module, function = DOORS[name]
    return getattr(import_module(module), function)
