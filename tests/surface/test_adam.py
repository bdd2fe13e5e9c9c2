"""Analysis data sets, read back by programs of others (pyreadstat, pandas) and held against the run and the formats' own rules.

The rules of Dataset-JSON 1.1 below are typed from its specification (CDISC, version 1.1, 2024: required attributes, types, keys);
those of transport files from SAS TS-140: names of 8, labels of 40, texts of 200 letters, ASCII.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from livingdrug.cli.main import main
from livingdrug.foundation.errors import BadInput
from livingdrug.interop.adam import write
from livingdrug.trial.result import Result

SETS = ("adsl", "adtte", "adrs", "adae", "adlb", "adpc")
TEXT, COUNT = {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 0}
RULES = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "datasetJSONCreationDateTime", "datasetJSONVersion", "itemGroupOID", "records", "name", "label", "columns",
    ],
    "properties": {
        "datasetJSONCreationDateTime": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)?$"},
        "datasetJSONVersion": {"type": "string", "pattern": r"^1\.1(\.(0|[1-9]\d*))?$"},
        "fileOID": TEXT, "originator": TEXT, "studyOID": TEXT, "metaDataVersionOID": TEXT, "itemGroupOID": TEXT, "name": TEXT,
        "label": TEXT, "isReferenceData": {"type": "boolean"}, "records": COUNT,
        "sourceSystem": {"type": "object", "additionalProperties": False, "required": ["name", "version"], "properties": {"name": TEXT, "version": TEXT}},
        "columns": {"type": "array", "items": {
            "type": "object", "additionalProperties": False, "required": ["itemOID", "name", "label", "dataType"],
            "properties": {
                "itemOID": TEXT, "name": TEXT, "label": TEXT, "length": {"type": "integer", "minimum": 1},
                "keySequence": {"type": "integer", "minimum": 1},
                "dataType": {"enum": ["string", "integer", "decimal", "float", "double", "boolean", "datetime", "date", "time", "URI"]},
            },
        }},
        "rows": {"type": "array", "items": {"type": "array", "items": {"type": ["string", "number", "boolean", "null"]}}},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def run(finished: Path) -> Result:
    return Result.load(finished)


@pytest.fixture(scope="module")
def folder(run: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("pyreadstat", reason="SAS transport files need pyreadstat")
    place = tmp_path_factory.mktemp("adam")
    run.to_adam(place)
    return place


def frame(folder: Path, name: str) -> pl.DataFrame:
    told = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return pl.DataFrame(
        told["rows"], schema=[one["name"] for one in told["columns"]], orient="row", infer_schema_length=None
    )


@pytest.mark.parametrize("name", SETS)
def test_dataset_json_keeps_its_rules(folder: Path, name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    told = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.validate(told, RULES)
    assert told["records"] == len(told["rows"])
    assert {len(row) for row in told["rows"]} <= {len(told["columns"])}
    keys = [place for place, one in enumerate(told["columns"]) if "keySequence" in one]
    assert len({tuple(row[place] for place in keys) for row in told["rows"]}) == len(told["rows"])
    for place, one in enumerate(told["columns"]):
        kinds = {type(row[place]) for row in told["rows"]} - {type(None)}
        assert kinds <= {"string": {str}, "integer": {int}, "float": {float, int}}[one["dataType"]], one["name"]
        if one["dataType"] == "string":
            assert all(len((row[place] or "").encode()) <= one["length"] for row in told["rows"])


@pytest.mark.parametrize("name", SETS)
def test_pyreadstat_and_pandas_read_the_same_from_transport_files(folder: Path, name: str) -> None:
    pyreadstat = pytest.importorskip("pyreadstat")
    pandas = pytest.importorskip("pandas")
    ours = frame(folder, name)
    found, about = pyreadstat.read_xport(str(folder / f"{name}.xpt"))
    assert list(found.columns) == ours.columns
    assert len(found) == ours.height
    assert about.table_name == name.upper()
    assert all(0 < len(label) <= 40 and label.isascii() for label in about.column_labels)
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]{0,7}", column) for column in found.columns)
    for column in ours.columns:
        mine = ours[column].to_list()
        theirs = [None if value is None or value != value or value == "" else value for value in found[column].tolist()]
        for one, other in zip(mine, theirs, strict=True):
            assert other == (
                pytest.approx(one, rel=1e-14)
                if isinstance(one, float)
                else write.plain(one)
                if isinstance(one, str)
                else one
            )
    again = pandas.read_sas(folder / f"{name}.xpt", format="xport")
    assert len(again) == ours.height


def test_they_tell_what_the_run_tells(run: Result, folder: Path) -> None:
    subjects, times, cells = (frame(folder, name) for name in ("adsl", "adtte", "adpc"))
    assert subjects.height == run.patients.height
    assert subjects.filter(pl.col("SAFFL") == "Y").height == (run.patients["status"] == "infused").sum()
    assert subjects["USUBJID"].n_unique() == subjects.height
    events = run.endpoint("efs").patients
    mine = times.filter(pl.col("PARAMCD") == "EFS")
    assert sorted(mine["AVAL"].to_list()) == sorted(events["time_days"].to_list())
    assert (mine["CNSR"] == 0).sum() == (events["cause"] == 1).sum()
    below = run.visits.filter(pl.col("quantity").str.starts_with("car_t"), pl.col("below_limit"), ~pl.col("missed"))
    assert cells.filter(pl.col("BLQFL") == "Y").height == below.height
    assert cells.filter(pl.col("BLQFL") == "Y")["AVAL"].null_count() == below.height
    assert not [column for name in SETS for column in frame(folder, name).columns if "TRUTH" in column]


def test_kaplan_meier_from_the_file_is_that_of_the_run(run: Result, folder: Path) -> None:
    """Expected: lifelines on ADTTE gives the endpoint's own estimate."""
    lifelines = pytest.importorskip("lifelines")
    mine = frame(folder, "adtte").filter(pl.col("PARAMCD") == "OS")
    fit = lifelines.KaplanMeierFitter().fit(mine["AVAL"].to_list(), (mine["CNSR"] == 0).to_list())
    ours = run.endpoint("os").at([12], "month").row(0, named=True)
    assert float(fit.predict(12 * 365.25 / 12)) == pytest.approx(ours["estimate"], abs=1e-12)


def test_study_days_have_no_day_zero() -> None:
    """CDISC: the day of the first dose is day 1, the day before is day -1."""
    from livingdrug.interop.adam.dataset import study_day

    days = pl.DataFrame({"day": [-1.5, -1.0, -0.1, 0.0, 0.9, 1.0, None]})
    assert days.select(study_day("day")).to_series().to_list() == [-2, -1, -1, 1, 1, 2, None]


def test_the_same_bytes_twice_and_no_time_of_creation(finished: Path, folder: Path, tmp_path: Path) -> None:
    assert main(["export", "adam", str(finished), "-o", str(tmp_path)]) == 0
    for file in folder.iterdir():
        assert file.read_bytes() == (tmp_path / file.name).read_bytes(), file.name
        if file.suffix == ".xpt":
            stamps = set(re.findall(rb"\d\d[A-Z]{3}\d\d:\d\d:\d\d:\d\d", file.read_bytes()[:900]))
            assert stamps == {b"01JAN70:00:00:00"}


def test_without_the_package_it_is_told_and_json_is_written(
    run: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr(write, "import_module", missing)
    with pytest.raises(BadInput, match=r"livingdrug\[adam\]"):
        run.to_adam(tmp_path / "x")
    assert not (tmp_path / "x").exists()
    assert len(run.to_adam(tmp_path / "y", formats=["json"])) == len(SETS)
    with pytest.raises(BadInput, match="json, xpt"):
        run.to_adam(tmp_path / "z", formats=["sas7bdat"])
