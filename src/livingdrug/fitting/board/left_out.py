"""Rows of the scoreboard for families left out: what a calibration wrote of each family as the other families predict it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.fitting.board.rows import BoardRow, named
from livingdrug.fitting.joint.rows import WITHIN
from livingdrug.fitting.joint.told import LEFT_OUT
from livingdrug.trial import storage

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog

ROLE = "left out"


def left_out_rows(folder: Path, catalog: Catalog, trials: Sequence[str] = ()) -> list[BoardRow]:
    """Rows used for calibration as the fit without their family predicts them; none where the calibration left no family out.

    Parameters
    ----------
    folder
        Of a calibration.
    catalog
        Where the trials' arms and the endpoints' units are looked up.
    trials
        Trials to tell; all when empty.
    """
    path = Path(folder) / LEFT_OUT
    if not path.is_file():
        return []
    rows = storage.read_json(path)["rows"]
    told = [
        row for row in rows if row["class"] not in WITHIN
    ]  # who responds within cohorts stands on the calibration's page alone
    return [
        _row(row, catalog) for row in told if row["use"] == "calibration" and (not trials or row["trial"] in trials)
    ]


def _row(row: dict[str, Any], catalog: Catalog) -> BoardRow:
    width, measure = row.get("width"), row["measure"]
    own = "" if measure == "spread" else catalog.load("endpoint", row["endpoint"]).unit
    return BoardRow(
        row["trial"], catalog.load("trial", row["trial"]).arms[0].name, ROLE, named(row["endpoint"], measure), row["at"], int(row["n"]), row["published"],
        None, None, row["predicted"], row["low"], row["high"], bool(row["inside"]), _finite(row["z"]),
        f"{'read' if row['status'] == 'read' else 'recalled'}: {row['source']}", row["class"], ROLE,
        "percent" if measure == "share" else own, _finite(width),
    )  # fmt: skip


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
