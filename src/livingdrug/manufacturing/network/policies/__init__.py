"""Orders of waiting: one file each, with ``TITLE`` and a function ``order(people)``; whose number is smallest is served first.

None instead of numbers: a lot is drawn whenever someone can be served.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from livingdrug.foundation.errors import UnknownName


def policies() -> tuple[str, ...]:
    """Every order of waiting there is."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem[0] != "_"))


def policy(name: str) -> ModuleType:
    """The file of this name.

    Raises
    ------
    UnknownName
        There is none.
    """
    if name not in policies():
        raise UnknownName("policy", name, policies(), 'It stands in "policy" or "compare" of the network.')
    return import_module(f"{__name__}.{name}")
