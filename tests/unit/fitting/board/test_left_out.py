"""Expected: rows of families left out as the calibration's file has them, typed here; a quartile says that it is one, rows for comparison stay away."""

from __future__ import annotations

import json

from livingdrug.catalog.load import Catalog
from livingdrug.fitting.board.left_out import left_out_rows
from livingdrug.fitting.board.rows import as_csv, coverage

ROW = {
    "family": "axi_cel", "trial": "zuma_1", "endpoint": "lugano_orr", "at": "best", "measure": "share", "class": "efficacy",
    "published": 83.0, "predicted": 70.0, "low": 55.0, "high": 84.0, "inside": True, "z": 1.4, "width": 2.0, "n": 101,
    "source": "a paper", "status": "read", "use": "calibration",
}  # fmt: skip


def test_rows_of_the_file_are_rows_of_the_board(tmp_path):
    outside = {**ROW, "trial": "juliet", "inside": False, "status": "recalled"}
    quartile, compared = (
        {**ROW, "endpoint": "crs_onset", "measure": "low quartile", "published": 2.0},
        {**ROW, "use": "comparison"},
    )
    cohort = {
        **ROW,
        "trial": "who_responds_in_practice",
        "endpoint": "association",
        "class": "who: share",
    }  # an association within a cohort is no trial's row
    (tmp_path / "left_out.json").write_text(
        json.dumps({"rows": [ROW, outside, quartile, compared, cohort]}), encoding="utf-8"
    )
    rows = left_out_rows(tmp_path, Catalog())
    assert [(row.trial, row.observed, row.predicted, row.unit) for row in rows] == [
        ("zuma_1", 83.0, 70.0, "percent"),
        ("juliet", 83.0, 70.0, "percent"),
        ("zuma_1", 2.0, 70.0, "day"),
    ]
    assert [row.endpoint for row in rows] == ["lugano_orr", "lugano_orr", "crs_onset: low quartile"]
    assert coverage(rows, "left out") == {"all": (2, 3), "efficacy": (2, 3)}
    assert coverage(rows, "calibration") == {"all": (0, 0)}
    line = as_csv(rows).splitlines()[2]
    assert ",left out,lugano_orr,best,101,83,,,70,55,84,no,1.4,recalled: a paper" in line
    assert [row.trial for row in left_out_rows(tmp_path, Catalog(), ["juliet"])] == ["juliet"]


def test_a_calibration_that_left_nobody_out_gives_none(tmp_path):
    assert left_out_rows(tmp_path, Catalog()) == []
