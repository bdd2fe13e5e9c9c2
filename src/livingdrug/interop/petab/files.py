"""The files of a PEtab problem: a small YAML file that names tables and the SBML model."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from livingdrug.foundation.errors import BadInput

Row = Mapping[str, str]


@dataclass(frozen=True)
class Files:
    """A problem as text.

    Attributes
    ----------
    sbml
        The model.
    conditions, measurements, observables, parameters
        Rows of the tables, as they are written.
    """

    source: str
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
        A file is missing, another version, or not one SBML model.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"{path}: there is no such file.\n  Give the YAML file of a PEtab problem.")
    told = read_yaml(path.read_text(encoding="utf-8"), str(path))
    if told.get("format_version", ["1"])[0].split(".")[0] != "1":
        raise BadInput(f"{path}: format_version {told['format_version'][0]}, expected 1.")

    def rows(key: str) -> tuple[Row, ...]:
        found: list[Row] = []
        for name in told.get(key, []):
            table = path.parent / name
            if not table.is_file():
                raise BadInput(f"{path}: {key} names {name}, which is not there.")
            with table.open(encoding="utf-8", newline="") as file:
                found += [
                    {k: (v or "").strip() for k, v in row.items() if k} for row in csv.DictReader(file, delimiter="\t")
                ]
        if not found:
            raise BadInput(f"{path}: {key} has no rows.")
        return tuple(found)

    models = told.get("sbml_files", [])
    if len(models) != 1 or not (path.parent / models[0]).is_file():
        raise BadInput(f"{path}: sbml_files names {', '.join(models) or 'nothing'}, expected one file that is there.")
    sbml = (path.parent / models[0]).read_text(encoding="utf-8")
    names = ("condition_files", "measurement_files", "observable_files", "parameter_file")
    return Files(str(path), sbml, *(rows(name) for name in names))


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
                raise BadInput(f"{source}, line {number}: a second {key}; a file holds one problem.")
            found[key] = [_plain(part) for part in value.strip().strip("[]").split(",") if part.strip()]
        elif item and key:
            found[key].append(_plain(body))
        else:
            raise BadInput(
                f'{source}, line {number}: "{line.strip()}" is not understood; expected "key: value" or "- value".'
            )
    return found


def _plain(text: str) -> str:
    return text.strip().strip("'\"")
