"""Data sets as files: Dataset-JSON 1.1, and SAS transport files of version 5."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.errors import BadInput
from livingdrug.interop.adam.dataset import Dataset, plain
from livingdrug.interop.adam.sets import sets_of
from livingdrug.trial import storage
from livingdrug.trial.standing import standing_of

if TYPE_CHECKING:
    from livingdrug.trial.result import Result

FORMATS = ("json", "xpt")
_NO_TIME = "1970-01-01T00:00:00"
"""Both formats ask for a time of creation; a run has none, and the same run shall give the same bytes."""
_STAMP = re.compile(rb"\d\d[A-Z]{3}\d\d:\d\d:\d\d:\d\d")


def write_adam(result: Result, folder: str | Path, *, formats: Sequence[str] = FORMATS) -> tuple[Path, ...]:
    """Write ADSL, ADTTE, ADRS, ADAE, ADLB and ADPC.

    Parameters
    ----------
    result
        A run. Only what was seen goes in, nothing that only the model knows.
    folder
        Made if need be; files of these names are replaced.
    formats
        Some of json, xpt.

    Returns
    -------
    The files written.

    Raises
    ------
    BadInput
        Another format, a package that is not installed, or a folder that cannot be written.
    """
    wrong = [word for word in formats if word not in FORMATS]
    if wrong or not formats:
        raise BadInput(f"got the format {wrong[0] if wrong else 'none'}, expected some of {', '.join(FORMATS)}.")
    writer = _transport_writer() if "xpt" in formats else None
    manifest = result.manifest
    found = sets_of(result, result._catalog())
    standing = standing_of(result.trial, result.catalog, result.arms)
    contents: dict[str, bytes] = {}
    for one in found:
        if "json" in formats:
            contents[f"{one.name.lower()}.json"] = dataset_json(one, str(manifest.get("trial", result.trial.id)), str(manifest.get("livingdrug", "0")), standing)  # fmt: skip
        if writer is not None:
            contents[f"{one.name.lower()}.xpt"] = transport(one, writer)
    place = storage.make_folder(Path(folder))
    for name, content in contents.items():
        storage.write_bytes(place / name, content)
    return tuple(place / name for name in contents)


def dataset_json(one: Dataset, study: str, version: str, standing: Sequence[str] = ()) -> bytes:
    """A data set as Dataset-JSON 1.1; a row a line. The originator says what was never calibrated."""
    keys = [variable.name for variable in one.variables if variable.key]
    columns = []
    for variable in one.variables:
        told: dict[str, Any] = {
            "itemOID": f"IT.{one.name}.{variable.name}", "name": variable.name, "label": variable.label, "dataType": variable.kind,
        }  # fmt: skip
        if variable.kind == "string":
            told["length"] = max([1, *(len(text.encode()) for text in one.frame[variable.name].drop_nulls())])
        if variable.name in keys:
            told["keySequence"] = keys.index(variable.name) + 1
        columns.append(told)
    head = {
        "datasetJSONCreationDateTime": _NO_TIME, "datasetJSONVersion": "1.1.0", "fileOID": f"livingdrug.{study}.{one.name}",
        "originator": "; ".join(["livingdrug: simulation", "not for patient care", *standing]), "sourceSystem": {"name": "livingdrug", "version": version},
        "studyOID": f"ST.{study}", "metaDataVersionOID": f"MDV.{study}", "itemGroupOID": f"IG.{one.name}", "isReferenceData": False,
        "records": one.frame.height, "name": one.name, "label": one.label, "columns": columns,
    }  # fmt: skip
    text = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
    rows = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in one.frame.fill_nan(None).rows())
    return f'{text},\n "rows": [\n{rows}\n ]\n}}\n'.encode()


def transport(one: Dataset, writer: Any) -> bytes:
    """A data set as a SAS transport file: text in ASCII, at most 200 letters, no time of creation."""
    import polars as pl

    texts = [
        pl.col(variable.name).map_elements(plain, return_dtype=pl.String).fill_null("").alias(variable.name)
        if variable.kind == "string"
        else pl.col(variable.name).cast(pl.Float64)
        for variable in one.variables
    ]
    frame = one.frame.select(texts)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{one.name.lower()}.xpt"
        writer(
            frame, str(path), file_label=plain(one.label, 40), table_name=one.name, file_format_version=5,
            column_labels=[plain(variable.label, 40) for variable in one.variables],
        )  # fmt: skip
        content = path.read_bytes()
    head = content.find(b"OBS     HEADER RECORD")
    head = head if head >= 0 else len(content)
    return _STAMP.sub(b"01JAN70:00:00:00", content[:head]) + content[head:]


def _transport_writer() -> Any:
    try:
        return import_module("pyreadstat").write_xport
    except ImportError:
        raise BadInput(
            'SAS transport files need the package pyreadstat.\n  Install it with pip install "livingdrug[adam]"; Dataset-JSON needs nothing (formats json).'
        ) from None
