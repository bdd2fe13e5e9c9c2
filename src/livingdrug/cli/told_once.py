"""Each endpoint of each arm told once: which of its many numbers the screen shows, in what words; and all of them as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

MEASURES = ("proportion", "probability", "median", "restricted mean", "geometric mean", "mean", "median time")
"""Of an amount or a time the first of these that an endpoint has is shown on the screen; all are in the files."""

Row = Mapping[str, Any]


def shown_rows(rows: Iterable[Row], shown_at: Mapping[str, float | None]) -> list[Row]:
    """Of every endpoint and arm the row that stands for it.

    Parameters
    ----------
    rows
        With endpoint, arm, measure and time.
    shown_at
        Endpoint -> the time at which it is told when it is told once; None where there is none.
    """
    shown: dict[tuple[str, str], Row] = {}
    for row in rows:
        key, at = (row["endpoint"], row["arm"]), shown_at.get(row["endpoint"])
        if row["measure"] not in MEASURES or (row["time"] is not None and at is not None and row["time"] != at):
            continue
        best = shown.get(key)
        if best is None or MEASURES.index(row["measure"]) < MEASURES.index(best["measure"]):
            shown[key] = row
    return list(shown.values())


def print_json(found: Any, folder: Path, **frames: pl.DataFrame) -> None:
    """Manifest, folder, standing and these frames as JSON."""
    import typer

    from livingdrug.cli import NOTICE

    told = {
        "notice": NOTICE,
        "manifest": dict(found.manifest),
        "folder": str(folder),
        "standing": list(found.standing),
        **{name: frame.to_dicts() for name, frame in frames.items()},
    }
    typer.echo(json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False, default=str))
