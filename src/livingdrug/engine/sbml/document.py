"""An SBML document that is sound, Level 3 Version 2, and free of what the engine does not do."""

from __future__ import annotations

from typing import Any

import libsbml

from livingdrug.engine.sbml.formulas import UnsupportedModel
from livingdrug.foundation.errors import BadInput

_HARMLESS = {"l3v2extendedmath", "layout", "render", "groups"}  # packages that do not change the mathematics


def sound_document(text: str) -> Any:
    """The document of an SBML text; it owns the model, so whoever uses the model keeps it.

    Raises
    ------
    UnsupportedModel
        The model has something the engine does not do; says what and its id.
    BadInput
        Not SBML, or not sound.
    """
    document = libsbml.readSBMLFromString(text)
    for index in range(document.getNumErrors()):
        error = document.getError(index)
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR:
            raise BadInput(f"not sound SBML, line {error.getLine()}: {' '.join(error.getMessage().split())}")
    if document.getModel() is None:
        raise BadInput("not SBML: the text has no model\n  Give the text of an SBML file.")
    for index in range(document.getNumPlugins()):
        package = document.getPlugin(index).getPackageName()
        if document.getPackageRequired(package) and package not in _HARMLESS:
            raise UnsupportedModel(
                f'the model needs the SBML package "{package}"\n  Flatten or export it as SBML core.'
            )
    _refuse_before_conversion(document.getModel())
    if (document.getLevel(), document.getVersion()) != (3, 2) and not document.setLevelAndVersion(3, 2, False):
        raise UnsupportedModel(f"SBML Level {document.getLevel()} of this model cannot be converted to Level 3")
    _refuse(document.getModel())
    return document


def _refuse_before_conversion(model: Any) -> None:
    """What Level 3 Version 2 has no word for, so that the conversion would lose it."""
    for event in model.getListOfEvents():
        if event.isSetTimeUnits():
            raise UnsupportedModel(f'event "{event.getId()}" with time units of its own\n  Use those of the model.')
    for reaction in model.getListOfReactions():
        if reaction.isSetFast() and reaction.getFast():
            raise UnsupportedModel(
                f'fast reaction "{reaction.getId()}"\n  Replace it by the equilibrium it stands for, as an assignment rule.'
            )
        law = reaction.getKineticLaw()
        if law is not None and (law.isSetTimeUnits() or law.isSetSubstanceUnits()):
            raise UnsupportedModel(f'reaction "{reaction.getId()}" with units of its own\n  Use those of the model.')


def _refuse(model: Any) -> None:
    for reaction in model.getListOfReactions():
        if reaction.getKineticLaw() is None or reaction.getKineticLaw().getMath() is None:
            raise UnsupportedModel(f'reaction "{reaction.getId()}" without kinetic law')
