"""Expected values: what was saved must come back; the public lines of the design must work as written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib

import polars as pl
import pytest

import livingdrug as ld
from livingdrug.catalog.load import Catalog, read_record
from livingdrug.catalog.records.trial import Trial
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.trial.result import Result, trial_toml
from livingdrug.trial.toml_text import to_toml


def test_saved_results_come_back(result, tmp_path):
    result.save(tmp_path / "run")
    back = Result.load(tmp_path / "run")
    assert back.trial == result.trial
    assert back.manifest == result.manifest
    # a report made later tells the same in the same order
    assert json.dumps(back.manifest["packages"]) == json.dumps(result.manifest["packages"])
    for name, frame in result.frames.items():
        assert back.frames[name].equals(frame), name
        assert back.frames[name].schema == frame.schema
    assert back.endpoint("efs").at([12], "month").equals(result.endpoint("efs").at([12], "month"))


def test_no_number_stands_for_nothing(result):
    # what is unknown or never came is empty: no NaN, no infinity, no day beyond the longest follow-up, no time before all
    frames = {**result.frames, "patients": result.patients, "endpoints": result.table()}
    latest, hours = 36_600.0, 36_600.0 * 24
    for name, frame in frames.items():
        for column, kind in frame.schema.items():
            values = frame[column].drop_nulls()
            if kind.is_float():
                assert values.is_finite().all(), (name, column)
            bound = hours if column.startswith("hours_") else latest if re.search(r"(^|_)days?$", column) else None
            if bound is not None and kind.is_numeric() and values.len():
                assert -400.0 <= values.min() <= values.max() <= bound, (name, column)


def test_one_line_tells_the_run(result):
    line = repr(result)
    assert line.startswith("ELIANA: 400 enrolled, ")
    assert "CR or CRi" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("name", "words"), [("eliana", "CR or CRi"), ("juliet", "overall response"), ("cartitude_1", "overall response")]
)
def test_the_line_speaks_of_its_own_disease_and_of_every_arm(result, name, words):
    # by hand: the same two persons in both arms, one of two infused responded in each; the words are those of the criterion's file
    patients = pl.DataFrame(
        {
            "arm": ["a", "a", "b", "b"],
            "patient": [1, 2, 1, 2],
            "status": ["infused"] * 4,
            "first_response_day": [28.0, None, 30.0, None],
        }
    )
    frames = {**{name: frame.head(0) for name, frame in result.frames.items()}, "who": patients}
    two = Result(Catalog().load("trial", name), {"arms": ["a", "b"]}, frames)
    assert repr(two).endswith(
        f"2 enrolled, the same in each of 2 arms, a 2 infused · b 2 infused, {words} a 50% (1-99) · b 50% (1-99)"
    )


def test_the_lines_of_the_design_work_as_written(result):
    efs = result.endpoint("efs").at([6, 12, 24], "month")
    assert efs.columns == ["arm", "time", "unit", "estimate", "ci_low", "ci_high", "n_at_risk"]
    assert efs["time"].to_list() == [6, 12, 24]
    assert efs.height == 3
    assert ((efs["ci_low"] < efs["estimate"]) & (efs["estimate"] < efs["ci_high"])).all()


def test_all_endpoints_of_the_trial_in_one_table(result):
    table = result.table()
    assert table["endpoint"].unique(maintain_order=True).to_list() == [use.id for use in result.trial.endpoints]
    shares = table.filter(table["measure"].is_in(["proportion", "probability"]))["estimate"].drop_nulls()
    assert shares.is_between(0, 1).all()


def test_the_trial_can_set_its_own_times(result, tmp_path):
    uses = tuple(
        use.model_copy(update={"at_months": (9.0,)}) if use.id == "efs" else use for use in result.trial.endpoints
    )
    other = Result(result.trial.model_copy(update={"endpoints": uses}), result.manifest, result.frames)
    assert other.endpoint("efs").at()["time"].to_list() == [9.0]


def test_unknown_endpoint_and_arm(result):
    with pytest.raises(UnknownName, match='Did you mean "efs'):
        result.endpoint("efss")
    with pytest.raises(UnknownName, match='Did you mean "tisa-cel"'):
        result.endpoint("efs", arm="tisa-sel")


def test_folders_that_are_no_runs(tmp_path, result):
    with pytest.raises(BadInput, match="is not there"):
        Result.load(tmp_path / "nowhere")
    with pytest.raises(BadInput, match=r"manifest\.json is not there"):
        Result.load(tmp_path)
    result.save(tmp_path)
    (tmp_path / "visits.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(BadInput, match=r"visits\.parquet"):
        Result.load(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(BadInput, match=r"manifest\.json"):
        Result.load(tmp_path)


def test_every_catalog_trial_survives_being_written(tmp_path):
    # Generated: read, write, read again.
    catalog = Catalog()
    for name in catalog.names("trial"):
        trial = catalog.load("trial", name)
        path = tmp_path / f"{name}.toml"
        path.write_text(trial_toml(trial), encoding="utf-8")
        assert read_record(path, Trial) == trial


def test_toml_text_reads_back():
    # Python's own TOML reader.
    table = {
        "text": 'a "quoted"\nline \\ with µ', "yes": True, "n": 3, "x": 2.5e-7, "list": [1, 2], "empty": [],
        "weird key": 1, "inner": {"deep": {"a": [{"b": 1}, {"b": 2, "c": {"d": "e"}}]}}, "none": None,
    }  # fmt: skip
    back = tomllib.loads(to_toml(table))
    assert back == {key: value for key, value in table.items() if value is not None}


def test_public_names_are_sorted_exist_and_cost_nothing():
    # The list itself.
    assert ld.__all__ == sorted(ld.__all__)
    assert 12 <= len(ld.__all__) <= 40  # a list that one reads at a glance
    code = (
        "import sys, json, livingdrug; livingdrug.__version__; "
        "print(json.dumps([m for m in ('numpy', 'polars', 'pydantic', 'numba', 'pint', 'scipy') if m in sys.modules]))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert json.loads(found.stdout) == []
    with pytest.raises(AttributeError, match="it has"):
        ld.nonsense  # noqa: B018
