"""The SBML text of what a user hands over: SBML or Antimony, as text or as the path of a file."""

from __future__ import annotations

import codecs
import re
import threading
from pathlib import Path
from typing import Any

import antimony

from livingdrug.foundation.antimony_numbers import TAKEN_IN_PART, number_read_in_part
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.toml_files import refuse_large

_ANTIMONY = threading.Lock()  # libantimony keeps one global list of models
LARGEST = 20 * 2**20
"""Bytes of a file; a model of the most parts that are read has a tenth of it, without annotations."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_ENDINGS = (".xml", ".sbml", ".ant", ".antimony", ".txt")


def sbml_text(source: Any) -> str:
    """SBML text.

    Parameters
    ----------
    source
        A `Path`, or a text: the path of a file (one line that ends like a model file, or names a file), SBML (begins
        with ``<``), or else Antimony.

    Raises
    ------
    BadInput
        No such file, or neither SBML nor Antimony.
    """
    place = "the text"
    if file := file_of(source):
        place = file
        source = read_model_file(Path(file))
    if not isinstance(source, str):
        raise BadInput(
            f"a model: got {type(source).__name__}, expected SBML or Antimony as text, or the path of such a file"
        )
    text = source.removeprefix("\ufeff").lstrip()
    if not text.startswith("<"):
        return _from_antimony(text, place)
    # decoded, so that what the document says about its encoding is no longer true
    return re.sub(r"""^(<\?xml[^>]*?\bencoding\s*=\s*)["'][^"']*["']""", r'\1"UTF-8"', text, count=1)


def file_of(source: Any) -> str:
    """The file that a model is in; ``""`` for a text."""
    return str(source) if isinstance(source, Path) or (isinstance(source, str) and _is_path(source)) else ""


def _is_path(text: str) -> bool:
    if "\n" in text or "<" in text or not 0 < len(text) < 1000:
        return False
    try:
        return text.lower().endswith(_ENDINGS) or Path(text).is_file()
    except (OSError, ValueError):
        return False


def read_model_file(path: Path) -> str:
    """The text of a model's file, whatever its encoding.

    Raises
    ------
    BadInput
        It cannot be read, or is larger than any model.
    """
    try:
        refuse_large(path, str(path), "a model", BadInput, LARGEST)
        content = path.read_bytes()
    except OSError as problem:
        raise BadInput(f"{path}: cannot be read ({problem.strerror or problem})\n  Check the path.") from None
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, errors="replace")
    declared = re.match(rb"""<\?xml[^>]*encoding=["']([A-Za-z0-9_.-]+)["']""", content)
    encodings = ("utf-8", declared[1].decode("ascii") if declared else "latin-1", "latin-1")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    raise AssertionError("latin-1 reads anything")


def _from_antimony(text: str, place: str) -> str:
    with _ANTIMONY:
        antimony.clearPreviousLoads()
        antimony.freeAll()
        read = antimony.loadAntimonyString(text) >= 0 and text != ""
        if not read:
            raise BadInput(
                f"{place} is neither SBML (it does not begin with <) nor sound Antimony: {_said(text)}\n"
                "  Give the text of a model, or the path of its file."
            )
        if found := number_read_in_part(text):
            raise BadInput(f"{place}, line {found[1]}: {TAKEN_IN_PART.format(number=found[0])}")
        sbml = str(antimony.getSBMLString(antimony.getMainModuleName()))
        antimony.clearPreviousLoads()
    return sbml


def _said(text: str) -> str:
    """What is wrong with an Antimony text, in the words of its reader."""
    if not text.strip():
        return "it is empty"
    try:
        said = str(antimony.getLastError() or "").strip()
    except UnicodeDecodeError:  # it quotes half a letter
        return "a letter stands in it that Antimony does not know"
    said = re.sub(r"^Error in model string, ", "", said) or "it is not a model"
    return said if len(said) <= 600 else f"{said[:600]}…"
