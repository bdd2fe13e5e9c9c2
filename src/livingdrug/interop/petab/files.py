"""The files of a PEtab problem: a small YAML file that names tables and the SBML model."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from livingdrug.engine.sbml.source import read_model_file
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.repeated import repeated
from livingdrug.foundation.toml_files import refuse_large

Row = Mapping[str, str]
PLACE = ""
"""Key of a row under which its file and line stand, for messages."""
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "condition_files": ("conditionId",),
    "measurement_files": ("observableId", "simulationConditionId", "time", "measurement"),
    "observable_files": ("observableId", "observableFormula", "noiseFormula"),
    "parameter_file": ("parameterId", "parameterScale", "lowerBound", "upperBound", "nominalValue", "estimate"),
}
"""What each table cannot do without (PEtab, version 1)."""
LARGEST = 64 * 2**20
"""Bytes of a table: as rows it takes ten times as much memory."""


@dataclass(frozen=True)
class Files:
    """A problem as text.

    Attributes
    ----------
    source, model_source
        The YAML file and the model's, as given.
    sbml
        The model.
    conditions, measurements, observables, parameters
        Rows of the tables, as they are written.
    """

    source: str
    model_source: str
    sbml: str
    conditions: tuple[Row, ...]
    measurements: tuple[Row, ...]
    observables: tuple[Row, ...]
    parameters: tuple[Row, ...]


def read_files(path: Path | str) -> Files:
    """The files that a PEtab YAML file names.

    Raises
    ------
    BadInput
        A file is missing or not text, another version, not one SBML model, or a table without its columns.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"{path}: there is no such file.\n  Give the YAML file of a PEtab problem.")
    told = read_yaml(_text(path), str(path))
    version = " ".join(told.get("format_version", ["1"]))
    if version.split(".")[0] != "1":
        raise BadInput(f"{path}: format_version {version or 'blank'}, expected 1.\n  Convert the problem to version 1.")

    def rows(key: str) -> tuple[Row, ...]:
        found: list[Row] = []
        for name in told.get(key, []):
            table = path.parent / name
            if not table.is_file():
                raise BadInput(
                    f"{path}: {key} names {name}, which is not there.\n  Check the name; files lie beside the YAML file."
                )
            found += _rows(table, COLUMNS[key])
        if not found:
            raise BadInput(f"{path}: {key} has no rows.\n  Every table of a problem needs one.")
        return tuple(found)

    models = told.get("sbml_files", [])
    if len(models) != 1 or not (path.parent / models[0]).is_file():
        raise BadInput(
            f"{path}: sbml_files names {', '.join(models) or 'nothing'}, expected one file that is there.\n  Give the model as SBML beside the YAML file."
        )
    model = path.parent / models[0]
    return Files(str(path), str(model), read_model_file(model), *(rows(name) for name in COLUMNS))


def _text(path: Path) -> str:
    try:
        refuse_large(path, str(path), "a table", BadInput, LARGEST)
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise BadInput(f"{path}: cannot be read as text ({problem}).\n  Save it as text in UTF-8.") from None


def _rows(path: Path, needed: tuple[str, ...]) -> list[Row]:
    """The rows of a table, each with as many cells as there are headings."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), delimiter="\t")
    try:
        headings = [cell.strip() for cell in next(reader, [])]
        missing = [name for name in needed if name not in headings]
        if missing:
            parted = " Its cells are parted by commas?" if len(headings) == 1 and "," in headings[0] else ""
            raise BadInput(
                f"{path}: no column {', '.join(missing)}.{parted}\n  Give it a heading; cells are parted by tabs."
            )
        twice = [name for name in repeated(headings) if name]
        if twice:
            raise BadInput(f'{path}: the heading "{twice[0]}" stands twice.\n  Take one of them out.')
        found: list[Row] = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            place = f"{path}, row {reader.line_num}"
            if any(cell.strip() for cell in cells[len(headings) :]):
                raise BadInput(
                    f"{place}: {len(cells)} cells, expected {len(headings)} as in the heading.\n  Look for a tab too many."
                )
            full = [cell.strip() for cell in cells] + [""] * (len(headings) - len(cells))
            row = {PLACE: place, **{name: cell for name, cell in zip(headings, full, strict=False) if name}}
            blank = [
                name for name in needed if not row[name] and name not in ("nominalValue", "lowerBound", "upperBound")
            ]
            if blank:
                raise BadInput(f"{place}: {blank[0]} is blank.\n  Give a value, or take the row out.")
            found.append(row)
    except csv.Error as problem:
        raise BadInput(f"{path}, row {reader.line_num}: not a table ({problem}).\n  Look for an unclosed quotation mark.") from None  # fmt: skip
    return found


def read_yaml(text: str, source: str = "") -> dict[str, list[str]]:
    """Keys and their values, of the plain YAML that PEtab files are written in: no quotes, anchors or blocks.

    Examples
    --------
    >>> read_yaml("format_version: 1\\nproblems:\\n- sbml_files:\\n  - a.xml\\n  - b.xml\\n")
    {'format_version': ['1'], 'problems': [], 'sbml_files': ['a.xml', 'b.xml']}
    """
    found: dict[str, list[str]] = {}
    key = ""
    for number, line in enumerate(text.splitlines(), start=1):
        body = line.split(" #")[0].strip()
        if not body or body.startswith("#") or body == "---":
            continue
        item = body.startswith("- ")
        body = body.removeprefix("- ").strip()
        name, colon, value = body.partition(":")
        if colon and (not value or value.startswith(" ")):
            key = name.strip()
            if found.get(key):
                raise BadInput(
                    f"{source}, line {number}: a second {key}; a file holds one problem.\n  Write the other into a file of its own."
                )
            found[key] = [_plain(part) for part in value.strip().strip("[]").split(",") if part.strip()]
        elif item and key:
            found[key].append(_plain(body))
        else:
            raise BadInput(
                f'{source}, line {number}: "{line.strip()}" is not understood; expected "key: value" or "- value".\n  Write it plainly.'
            )
    return found


def _plain(text: str) -> str:
    return text.strip().strip("'\"")
