"""What a folder of code holds, found by looking: a new file is enough, nothing else lists it."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from functools import cache
from types import ModuleType
from typing import Any

from livingdrug.foundation.errors import UnknownName


def names(package: ModuleType, made: str) -> list[str]:
    """Names of the files of a package that define `made`, sorted.

    >>> from livingdrug.outcome import kinds
    >>> names(kinds, "KIND")
    ['proportion', 'quantity', 'time_to_event']
    """
    found = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return [name for name in found if hasattr(importlib.import_module(f"{package.__name__}.{name}"), made)]


def one(package: ModuleType, made: str, name: str, what: str, hint: str = "") -> Any:
    """The object `made` of one file of a package.

    Raises
    ------
    UnknownName
        No such file, or it is not one of this kind.
    """
    found = _found(package, made, name)
    if found is None:
        raise UnknownName(what, name, names(package, made), hint)
    return found


@cache
def _found(package: ModuleType, made: str, name: str) -> Any:
    place = f"{package.__name__}.{name}"
    if not name.isidentifier() or importlib.util.find_spec(place) is None:
        return None
    return getattr(importlib.import_module(place), made, None)
