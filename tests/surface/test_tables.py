"""Frames as files, read back by programs of others (DuckDB, pandas); the dictionary against the frames themselves."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from livingdrug.cli.main import main
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.trial.result import Result


@pytest.fixture(scope="module")
def run(finished: Path) -> Result:
    return Result.load(finished)


@pytest.fixture(scope="module")
def tables(run: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    run.to_tables(folder)
    return folder


def complete(run: Result) -> None:
    told = run.dictionary
    written = {name: run.frames[name].columns for name in run.frames}
    written |= {"patients": run.patients.columns, "events": run.events.columns, "endpoints": run.table().columns}
    assert {(row[0], row[1]) for row in told.select("frame", "column").rows()} == {
        (frame, column) for frame, columns in written.items() for column in columns
    }
    for column in ("type", "meaning", "origin"):
        assert told.filter(pl.col(column) == "").rows() == [], column
    assert told.filter((pl.col("type") == "number") & (pl.col("unit") == "")).rows() == []


def test_the_dictionary_tells_every_column(run: Result) -> None:
    complete(run)
    ages = run.dictionary.filter((pl.col("frame") == "who") & (pl.col("column") == "age_years"))
    assert ages.select("unit", "meaning", "origin").row(0) == (
        "year", "Age at apheresis", "population/b_all_paediatric_rr",
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("trial", ["zuma_1", "cartitude_1", "tower_chemotherapy", "transcend_cll_004", "zuma_7"])
def test_the_dictionary_tells_every_column_of_other_diseases(trial: str) -> None:
    import livingdrug as ld

    complete(ld.run(trial, patients=4, seed=3))


def test_duckdb_reads_what_polars_has(run: Result, tables: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="another reader of CSV and Parquet")
    for name, column in (("who", "dose_cells"), ("visits", "value"), ("patients", "weight_kg")):
        frame = {"who": run.frames["who"], "visits": run.visits, "patients": run.patients}[name]
        for ending in ("csv", "parquet"):
            place = (tables / f"{name}.{ending}").as_posix()
            found = duckdb.sql(f"select count(*), sum({column}) from '{place}'").fetchall()[0]
            assert found[0] == frame.height
            assert found[1] == pytest.approx(frame[column].sum(), rel=1e-12)
    told = duckdb.sql(f"select count(*) from '{(tables / 'dictionary.csv').as_posix()}'").fetchall()
    assert told == [(run.dictionary.height,)]


def test_pandas_reads_every_digit(run: Result, tables: Path) -> None:
    pandas = pytest.importorskip("pandas")
    found = pandas.read_csv(tables / "who.csv", float_precision="round_trip")
    assert found["dose_cells"].dropna().tolist() == run.frames["who"]["dose_cells"].drop_nulls().to_list()


def test_the_same_bytes_twice_and_by_command(finished: Path, tables: Path, tmp_path: Path) -> None:
    assert main(["export", "tables", str(finished), "-o", str(tmp_path)]) == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(file.name for file in tables.iterdir())
    for file in tables.iterdir():
        assert file.read_bytes() == (tmp_path / file.name).read_bytes(), file.name


def test_odd_requests_are_refused_before_anything_is_written(run: Result, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="visits"):
        run.to_tables(tmp_path / "x", frames=["visit"])
    with pytest.raises(BadInput, match="csv, parquet"):
        run.to_tables(tmp_path / "x", formats=["xlsx"])
    assert not (tmp_path / "x").exists()
