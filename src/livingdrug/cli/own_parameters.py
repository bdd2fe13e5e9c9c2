"""Model parameters of the user's own, as they are written on a command line: NAME=VALUE."""

from __future__ import annotations

from livingdrug.foundation.errors import BadInput


def own_parameters(texts: list[str]) -> dict[str, str]:
    """NAME=VALUE as a name and a text with number and unit."""
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not (name and sign and value) or name in found:
            what = "a name that is given twice" if name in found else "no name with a value"
            raise BadInput(f'--parameter "{text}": {what}.\n  Write each once, as --parameter "growth_max=2.8 1/day".')
        found[name] = value
    return found
