"""Equations read from an SBML text, kept on disk: libSBML and the reading of its formulas take half a second for a large model."""

from __future__ import annotations

import dataclasses
import json

from livingdrug.engine.odes import Odes
from livingdrug.foundation.kept_text import digest_of_code, kept_text

CODE = ("engine/sbml/*.py", "engine/*.py", "engine/compiler/*.py", "engine/with_events/*.py", "foundation/*.py")
"""Files that decide how a text is read: all that the reader imports of the package."""
_LIBRARIES = ("antimony", "python-libsbml")


def kept_equations(sbml: str) -> Odes:
    """The equations of an SBML text without events, as `read_sbml` reads them.

    Parameters
    ----------
    sbml
        The text itself.

    Raises
    ------
    UnsupportedModel, BadInput
        As `read_sbml`; nothing is kept then.
    """

    def read() -> str:
        from livingdrug.engine.sbml.read import read_sbml  # where equations were kept, nothing needs libSBML

        return json.dumps(dataclasses.asdict(read_sbml(sbml)))

    found = json.loads(
        kept_text(sbml, read, code=digest_of_code(CODE, _LIBRARIES), what="a model's equations", ending=".equations")
    )
    pairs = tuple((name, formula) for name, formula in found.pop("assignments"))
    return Odes(assignments=pairs, **{name: tuple(values) for name, values in found.items()})
