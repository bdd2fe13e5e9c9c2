"""SBML that has passed every check, kept on disk: libantimony and libSBML take seconds for a large model, and say the same again.

It is found by all that went into it: the joined text with its units and places, the libraries' versions, and all code that decides. What did
not pass is never kept.
"""

from __future__ import annotations

from collections.abc import Callable

from livingdrug.foundation.kept_text import digest_of_code, kept_text

CODE = ("model/*.py", "foundation/*.py")
"""Files that decide what passes, and as what: all of the package that the conversion imports."""
LIBRARIES = ("antimony", "python-libsbml", "pint")


def kept_sbml(given: object, convert: Callable[[], str]) -> str:
    """The SBML of what is given: as it was kept, or converted and checked now.

    Parameters
    ----------
    given
        All that `convert` depends on, as plain values.
    convert
        Makes the SBML, or raises.
    """
    return kept_text(given, convert, code=_checks(), what="a checked model", ending=".xml")


def _checks() -> str:
    return digest_of_code(CODE, LIBRARIES)
