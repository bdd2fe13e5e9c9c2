"""External controls from a user's table. Expected: a run's own patients, written as a table, are the control that the run itself is."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from livingdrug.cli.main import main
from livingdrug.design.external import external_control
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.interop.user_tables.controls import read_control, table_control
from livingdrug.trial.run import run

NAMES = ["age_years", "female"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    place = tmp_path_factory.mktemp("external")
    return [
        run("eliana", patients=30, seed=seed, sample=0, threads=1, out=place / f"run{seed}") for seed in (3, 4)
    ], place


def table_of(result, endpoint: str, path: Path) -> Path:
    """The patients that an endpoint counts, as a clinic might write them: months, years, yes and no, other names of columns."""
    found = result.endpoint(endpoint).patients.join(result.patients.select("patient", *NAMES), on="patient")
    sex = pl.when(pl.col("female")).then(pl.lit("yes")).otherwise(pl.lit("no")).alias("Female")
    outcome = (
        [pl.col("success").cast(pl.Int64)]
        if "success" in found.columns
        else [
            (pl.col("time_days") / (365.25 / 12)).alias("time [month]"),
            (pl.col("cause") == 1).cast(pl.Int64).alias("event"),
        ]
    )
    found.select(
        pl.col("patient").alias("patient_id"), pl.col("age_years").alias("Age years [year]"), sex, *outcome
    ).write_csv(path)
    return path


@pytest.mark.parametrize("endpoint", ["os", "cr_cri_3mo"])
def test_a_table_of_a_runs_patients_is_that_run_as_control(runs, tmp_path, endpoint) -> None:
    (one, two), _ = runs
    theirs, told = table_control(one, table_of(two, endpoint, tmp_path / "control.csv"), endpoint, NAMES)
    expected = external_control(one, two, endpoint, NAMES)
    for row, other in zip(theirs.table.to_dicts(), expected.table.to_dicts(), strict=True):
        numbers = [name for name, value in other.items() if not isinstance(value, str)]
        assert [row[name] for name in numbers] == pytest.approx([other[name] for name in numbers], rel=1e-6)
        assert (row["how"], row["measure"]) == (other["how"], other["measure"])
    assert "patient_id" in str(told)


def test_the_command_reads_a_table(runs, tmp_path, capsys) -> None:
    (_, two), place = runs
    table = table_of(two, "os", tmp_path / "control.csv")
    words = [
        "design",
        "external",
        str(place / "run3"),
        str(table),
        "--endpoint",
        "os",
        "--covariates",
        "age_years,female",
    ]
    assert main(words) == 0
    assert "Standardised difference" in capsys.readouterr().out
    assert main([*words, "--control-arm", "x"]) == 2


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        (lambda t: t.replace("time [month]", "time"), BadInput, "unit"),
        (lambda t: t.replace("event", "happened"), BadInput, "- event"),
        (lambda t: t.replace("Age years [year]", "weight [kg]"), BadInput, "- age_years"),
        (lambda t: t.replace("yes", "", 1), BadInput, "is blank in 1 row"),
        (lambda t: t.replace("yes", "perhaps", 1), BadInput, "cannot be used"),
        (lambda t: t + t.splitlines()[1] + "\n", BadInput, "one row for each patient"),
        (lambda t: "\n".join(t.splitlines()[:2]) + "\n", BadInput, "two or more"),
    ],
)
def test_tables_that_cannot_be_a_control_are_refused(runs, tmp_path, change, error, told) -> None:
    (one, two), _ = runs
    path = table_of(two, "os", tmp_path / "control.csv")
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(error, match=told):
        read_control(path, one, "os", NAMES)


def test_a_covariate_that_the_population_lacks_is_refused(runs, tmp_path) -> None:
    (one, two), _ = runs
    with pytest.raises(UnknownName, match="covariate"):
        read_control(table_of(two, "os", tmp_path / "control.csv"), one, "os", ["shoe_size"])
