"""What the Tab key offers: names of the catalogue where a command takes one; files come from the shell itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

SHELLS = ("bash", "zsh", "fish", "powershell")
PROGRAM, VARIABLE = "livingdrug", "_LIVINGDRUG_COMPLETE"
KINDS = {
    "trial": "trial",
    "what": "trial",
    "product": "product",
    "policy": "guideline",
    "rule": "rule",
    "scale": "scale",
    "endpoint": "endpoint",
    "endpoints": "endpoint",
    "add": "endpoint",
    "toxicity": "endpoint",
    "response": "endpoint",
}
"""Of an argument or option by its name in the code: the kind of catalogue file it names."""
SHELL_FILES = ("trial", "what", "policy", "rule")
"""Those that may be a path as well: a word that begins like one is left to the shell."""


def offer_names(command: Any) -> Any:
    """A command line whose arguments and options offer names of the catalogue; returned as it came, with that in it."""
    for param in getattr(command, "params", ()):
        offered = _kinds if param.name == "kind" else _names if param.name == "name" else _of(param.name)
        if offered is not None:
            param._custom_shell_complete = offered
    for inner in getattr(command, "commands", {}).values():
        offer_names(inner)
    return command


def _of(name: str | None) -> Callable[[Any, Any, str], list[str]] | None:
    kind = KINDS.get(name or "")
    if kind is None:
        return None
    assert name is not None

    def complete(context: Any, param: Any, incomplete: str) -> list[str]:
        begun, _, last = incomplete.rpartition(",")  # lists by comma: the last name is the one being written
        found = _beginning(_catalogue(kind), last)
        return (
            [f"{begun},{one}" for one in found]
            if begun
            else found + (_files(incomplete) if name in SHELL_FILES else [])
        )

    return complete


def _kinds(context: Any, param: Any, incomplete: str) -> list[str]:
    from livingdrug.catalog.load import default_catalog

    return _beginning(list(default_catalog().kinds()), incomplete)


def _names(context: Any, param: Any, incomplete: str) -> list[str]:
    kind = context.params.get("kind")
    return _beginning(_catalogue(kind), incomplete) if kind else []


def _catalogue(kind: str) -> list[str]:
    from livingdrug.catalog.load import default_catalog
    from livingdrug.foundation.errors import LivingDrugError

    try:
        return list(default_catalog().names(kind))
    except LivingDrugError:
        return []


def _beginning(names: Sequence[str], word: str) -> list[str]:
    return [name for name in names if name.startswith(word)]


def _files(word: str) -> list[str]:
    """Folders and TOML files that a word begins, as the shell would write them."""
    from pathlib import Path

    head, slash, tail = word.rpartition("/")
    folder = Path(f"{head}{slash}" or ".")
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return []
    shown = [
        one for one in inside if one.name.startswith(tail) and (tail.startswith(".") or not one.name.startswith("."))
    ]
    return [
        f"{head}{slash}{one.name}{'/' if one.is_dir() else ''}"
        for one in shown
        if one.is_dir() or one.suffix == ".toml"
    ]
