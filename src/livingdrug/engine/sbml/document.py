"""An SBML document that is sound, Level 3 Version 2, and free of what the engine does not do."""

from __future__ import annotations

import re
from typing import Any

import libsbml

from livingdrug.engine.sbml.formulas import UnsupportedModel
from livingdrug.engine.sbml.well_formed import refuse_malformed
from livingdrug.engine.too_large import refuse_parts
from livingdrug.foundation.errors import BadInput

REMEDY = "Correct the file there, or write it again with the program it came from."
_HARMLESS = {"l3v2extendedmath", "layout", "render", "groups"}  # packages that do not change the mathematics
_HARMLESS_CATEGORIES = (
    libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, libsbml.LIBSBML_CAT_STRICT_UNITS_CONSISTENCY,
    libsbml.LIBSBML_CAT_SBO_CONSISTENCY, libsbml.LIBSBML_CAT_MODELING_PRACTICE,
)  # fmt: skip
_NOT_CHECKED = (*_HARMLESS_CATEGORIES, libsbml.LIBSBML_CAT_OVERDETERMINED_MODEL)  # the last takes long in large models
_CHECKED_UP_TO = 20_000_000  # letters: checks take time in proportion to the document
_HARMLESS_NUMBERS = (
    (10311, 10313),
    (10401, 10499),
    (10501, 10599),
    (10701, 10799),
    (10801, 10899),
)  # names of units, annotations, units, SBO, notes


def sound_document(text: str) -> Any:
    """The document of an SBML text; it owns the model, so whoever uses the model keeps it.

    Raises
    ------
    UnsupportedModel
        The model has something the engine does not do; says what and its id.
    BadInput
        Not SBML, or not sound.
    """
    refuse_malformed(text)
    document = libsbml.readSBMLFromString(text)
    _refuse_unsound(document, text)
    if document.getModel() is None:
        raise BadInput("not SBML: the text has no model\n  Give the text of an SBML file.")
    refuse_parts(document.getModel())
    _refuse_inconsistent(document, text)
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


def _refuse_unsound(document: Any, text: str) -> None:
    wrong = [
        error
        for error in map(document.getError, range(document.getNumErrors()))
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR and not _is_harmless(error)
    ]
    if wrong:
        said = " ".join(wrong[0].getMessage().split())
        said = said if len(said) <= 600 else f"{said[:600]}…"
        more = f"\n  And {len(wrong) - 1} more of this kind." if len(wrong) > 1 else ""
        place = f"line {wrong[0].getLine()}{_element(text, wrong[0].getLine())}"
        raise BadInput(f"not sound SBML, {place}: {said}{more}\n  {REMEDY}")


def _refuse_inconsistent(document: Any, text: str) -> None:
    """Names that nobody defined or that two things have, wrong numbers of arguments, two rules for one quantity …"""
    if len(text) > _CHECKED_UP_TO:
        return
    document.getErrorLog().clearLog()
    for category in _NOT_CHECKED:
        document.setConsistencyChecks(category, False)
    document.checkConsistency()
    _refuse_unsound(document, text)


def _is_harmless(error: Any) -> bool:
    """Whether an error leaves the mathematics as it is: notes, annotations, ids for other programs, units, SBO terms."""
    number = error.getErrorId()
    return (
        error.getCategory() in _HARMLESS_CATEGORIES
        or "is not part of the definition of an SBML" in error.getMessage()  # an attribute that SBML does not know
        or number in (libsbml.DuplicateMetaId, libsbml.InvalidMetaidSyntax, libsbml.InvalidSBOTermSyntax)
        or number == libsbml.MissingXMLEncoding  # the text has been decoded already
        or any(first <= number <= last for first, last in _HARMLESS_NUMBERS)
    )


def _element(text: str, line: int) -> str:
    """Which element a line of the document belongs to, as far as it has an id."""
    before = "\n".join(text.splitlines()[:line])
    tags = list(re.finditer(r"<(?!/)([\w:]+)\b([^<>]*)>?", before))
    if not tags:
        return ""
    for tag in reversed(tags):
        identifier = re.search(r"""\b(?:id|variable|symbol|species)\s*=\s*["']([^"']+)["']""", tag[2])
        if identifier:
            here = f'{tag[1]} "{identifier[1]}"'
            return f", {here}" if tag is tags[-1] else f", <{tags[-1][1]}> in or after {here}"
    return f", <{tags[-1][1]}>"


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
