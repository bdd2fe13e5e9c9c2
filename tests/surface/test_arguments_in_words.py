"""Arguments of public functions that are void, misspelt or of a wrong kind; expected: docs/api.md, and what the command line refuses."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import livingdrug as ld
from livingdrug.foundation.arguments import refuse_other_than

DATA = """ID,TIME [day],DV [copy/ug],WT
1,1,30,70
1,7,1000,70
1,14,800,70
1,28,200,70
2,1,20,60
2,7,2000,60
2,14,700,60
2,28,100,60
"""


@pytest.fixture(scope="module")
def run() -> ld.Result:
    return ld.run("eliana", patients=4, seed=7)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = tmp_path_factory.mktemp("kinetics") / "ck.csv"
    file.write_text(DATA, encoding="utf-8")
    return ld.read_kinetics(file)


BEFORE_WORK: tuple[tuple[Callable[[], object], str], ...] = (
    (lambda: ld.run("eliana", patient=2), 'Did you mean "patients"'),  # type: ignore[call-arg]
    (lambda: ld.run(None), "expected a trial"),  # type: ignore[arg-type]
    (lambda: ld.run("eliana", patients=2, arms="tisa-cel"), r"arms=\['tisa-cel'\]"),
    (lambda: ld.run("eliana", patients=2, arms=[1]), "a text"),  # type: ignore[list-item]
    (lambda: ld.run("eliana", patients=2, catalog="here"), "Catalog"),  # type: ignore[arg-type]
    (lambda: ld.run("eliana", patients=2, out=""), "expected a path"),
    (lambda: ld.run("eliana", patients=2, force=True), "out="),
    (lambda: ld.run("eliana", patients=2, between_patient="no"), "True or False"),  # type: ignore[arg-type]
    (lambda: ld.run("eliana", patients=2, progress=5), "a function"),  # type: ignore[arg-type]
    (lambda: ld.run("eliana", patients=2, seed=1.5), "whole number"),  # type: ignore[arg-type]
    (lambda: ld.load_trial(None), "a path"),  # type: ignore[arg-type]
    (lambda: ld.replicate("eliana", replicates=2, patients=3, force=True), "out="),
    (lambda: ld.replicate("eliana", replicates=2, patients=3, draws=[1]), "parameter sets"),  # type: ignore[list-item]
    (lambda: ld.sensitivity("eliana", "efs"), r"targets=\['efs'\]"),
    (lambda: ld.sensitivity("eliana", ["cmax"], factors=["growth_max"], samples=5), "tornado draws none"),
    (lambda: ld.sensitivity("eliana", ["cmax"], factors=["growth_max"], ranges={"growth_max": 2}), "two numbers"),  # type: ignore[dict-item]
    (lambda: ld.typical("eliana", covariates={"weight_kg": "70 kg"}), "expected a finite number"),  # type: ignore[dict-item]
    (lambda: ld.typical("eliana", covariates={"weight_kg": -5}), "expected from 1"),
    (lambda: ld.typical("eliana", covariates={"weight_kg": 20000}), "to 400"),
    (lambda: ld.typical("zuma_1", covariates={"burden_percent": 500}), "twofold"),
    (lambda: ld.run("eliana", 20), r"run\(trial, patients=…\)"),  # type: ignore[misc]
    (lambda: ld.run(), "missing"),  # type: ignore[call-arg]
    (lambda: ld.typical("eliana", seed=-2), "at least 0"),
    (lambda: ld.read_kinetics("x.csv", columns="DV=x"), "names with values"),  # type: ignore[arg-type]
    (lambda: ld.read_kinetics("x.csv", shift=math.nan), "finite number"),
    (lambda: ld.load_fit(""), "a path"),
    (lambda: ld.simulate(5), "a fit"),  # type: ignore[arg-type]
    (lambda: ld.export_sbml("eliana"), "export sbml TRIAL"),  # type: ignore[arg-type]
    (lambda: ld.Catalog("/nowhere"), "list of folders"),
    (lambda: ld.Result.load(5), "a path"),  # type: ignore[arg-type]
    (lambda: ld.plot.km("eliana", "efs"), "finished run"),  # type: ignore[arg-type]
    (lambda: ld.run("eliana", patients=2.5), "patients: got 2.5, expected a whole number"),  # type: ignore[arg-type]
    (lambda: ld.run("eliana", patients=2, chunk=True), "whole number"),  # type: ignore[arg-type]
    (lambda: ld.replicate("eliana", replicates="many"), "whole number"),  # type: ignore[arg-type]
    (lambda: ld.replicate("eliana", replicates=2, patients=3, between_trials={"response": math.nan}), "finite number"),
    (lambda: ld.operating_characteristics("eliana", "single_stage", sizes=[20, "30"]), "sizes: got '30'"),  # type: ignore[list-item]
    (lambda: ld.operating_characteristics("eliana", "single_stage", attrition="5 %"), "finite number"),  # type: ignore[arg-type]
    (lambda: ld.run("eliana", patients=2, arms=(name for name in ["tisa-cel"])), "a list"),  # type: ignore[arg-type]
    (lambda: ld.read_kinetics("x.csv", columns={"DV": 3}), "columns of DV: got 3, expected a text"),  # type: ignore[dict-item]
    (lambda: ld.load_trial("eliana", catalog=ld.Catalog), "Catalog"),  # type: ignore[arg-type]
)  # fmt: skip


@pytest.mark.parametrize(("call", "told"), BEFORE_WORK)
def test_refused_before_any_work(call: Callable[[], object], told: str) -> None:
    with pytest.raises(ld.BadInput, match=told):
        call()


def _annotations() -> list[tuple[str, str]]:
    """Function and argument, annotation; of every public function that is checked."""
    found: list[tuple[str, str]] = []
    for owner in (ld, ld.plot, ld.Result):
        for name, one in vars(owner).items():
            function = getattr(one, "__func__", one)
            if inspect.isfunction(function) and hasattr(function, "__wrapped__"):
                arguments = inspect.signature(function).parameters.values()
                found += [(f"{name}.{a.name}", a.annotation) for a in arguments if a.name not in ("self", "cls")]
    return found


@pytest.mark.parametrize(("place", "annotation"), _annotations())
def test_every_annotation_is_one_that_the_door_can_read(place: str, annotation: str) -> None:
    # a value of no kind at all is refused in words, whatever the annotation; one that allows anything cannot be read
    class Nothing:
        pass

    if "Any" in annotation.split(" | "):
        assert place == "read_kinetics.table"
        return
    with pytest.raises(ld.BadInput, match=r"expected (a|an|True|the|names|parameter) "):
        refuse_other_than(annotation, "it", Nothing())


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("Mapping[str, tuple[float, float]] | None", {"growth_max": (1, 2)}),
        ("Sequence[Sequence[str]] | str", "full"),
        ("Sequence[Sequence[str]] | str", [["a", "b"], ("c",)]),
        ("str | Sequence[str] | Mapping[str, str] | None", {"y": "combined"}),
        ("Sequence[float]", np.array([1.0, 2.0])),
        ("Sequence[str]", {"a": 1}.keys()),
        ("pl.DataFrame", pl.DataFrame()),
        ("str | float | None", np.float32(25)),
        ("Callable[[int, int], None] | None", print),
    ],
)
def test_what_an_annotation_allows_passes(annotation: str, value: object) -> None:
    refuse_other_than(annotation, "it", value)


def test_numbers_of_numpy_are_numbers() -> None:
    assert ld.run("eliana", patients=np.int64(2), seed=np.int32(7), between_patient=np.bool_(True)).patients.height == 2  # type: ignore[arg-type]


def test_a_weight_within_reason_is_taken() -> None:
    # a growth chart's low and high are of what is drawn beside the chart, not of the weight
    assert ld.typical("eliana", covariates={"weight_kg": 30}).covariates["weight_kg"] == 30


def test_of_a_finished_run(run: ld.Result, tmp_path: Path) -> None:
    efs = run.endpoint("efs")
    calls: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: run.endpoint(5), "expected a name"),  # type: ignore[arg-type]
        (lambda: run.endpoint("efs", arm=3), "name of an arm"),  # type: ignore[arg-type]
        (lambda: run.outcome(None), "a text"),  # type: ignore[arg-type]
        (lambda: run.outcomes("x"), "Known: tisa-cel"),
        (lambda: run.patients_with("best_response"), "a list"),
        (lambda: run.to_tables(tmp_path / "t", formats="csv"), r"formats=\['csv'\]"),
        (lambda: efs.headline("x"), "Known: tisa-cel"),
        (lambda: efs.rows("x"), "Known: tisa-cel"),
        (lambda: efs.estimate_curve("x"), "Known: tisa-cel"),
        (lambda: ld.compare(run, run, names=["a"]), "one for each"),
        (lambda: ld.compare(run, "runs/x"), "finished run"),  # type: ignore[arg-type]
        (lambda: ld.compare(run, run, endpoints="efs"), "a list"),
        (lambda: ld.write_report("run", tmp_path / "r.html"), "finished run"),  # type: ignore[arg-type]
        (lambda: ld.plot.figure(run, 4), "a text"),  # type: ignore[arg-type]
    )  # fmt: skip
    for call, told in calls:
        with pytest.raises(ld.BadInput, match=told):
            call()
    assert list(tmp_path.iterdir()) == []


def test_of_a_fit(data: Any) -> None:
    calls: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: ld.fit(data, 5), "expected the name of a model"),  # type: ignore[arg-type]
        (lambda: ld.fit("ck.csv", "stein2019"), "read_kinetics"),  # type: ignore[arg-type]
        (lambda: ld.fit(data, "stein2019", fixed={"Cmax": "5"}), "finite number"),  # type: ignore[dict-item]
        (lambda: ld.fit(data, "stein2019", spread={"Cmax": -1}), "0 or more"),
        (lambda: ld.fit(data, "stein2019", fixed_error={"nope": 1}), "size of the residual error"),
        (lambda: ld.fit(data, "stein2019", error="combined", fixed_error={"a": 1}), "all or none"),
        (lambda: ld.fit(data, "stein2019", fixed={"Cmax": 900}, start={"Cmax": 500}), "Take one of them out"),
        (lambda: ld.fit(data, "stein2019", no_spread=["Cmax"], spread={"Cmax": 0.5}), "Take one of them out"),
        (lambda: ld.fit(data, "stein2019", no_spread="Cmax"), "a list"),
        (lambda: ld.fit(data, "stein2019", threads=0), "at least 1"),
        (lambda: ld.fit(data, "stein2019", covariates=["WT"]), "names with values"),  # type: ignore[arg-type]
    )  # fmt: skip
    for call, told in calls:
        with pytest.raises(ld.BadInput, match=told):
            call()


def test_a_quantity_that_the_table_does_not_tell() -> None:
    visits = pl.DataFrame({"patient": [1, 1], "day": [0.0, 7.0], "value": [0.0, 10.0]})
    with pytest.raises(ld.UnknownName, match="no column quantity"):
        ld.cellular_kinetics(visits, quantity="il6")


def test_a_flag_under_another_name_is_told() -> None:
    # users' finding: results below the limit counted as measured, and cells lasted to the last visit
    visits = pl.DataFrame(
        {"patient": [1, 1, 1], "day": [0.0, 7.0, 14.0], "value": [25.0, 100.0, 25.0], "CENS": [1, 0, 1]}
    )
    with pytest.raises(ld.BadInput, match=r'"CENS".*below_limit'):
        ld.cellular_kinetics(visits)
    assert ld.cellular_kinetics(visits.rename({"CENS": "below_limit"}))["last_detectable_day"].to_list() == [7.0]


def test_a_frame_of_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    columns = {"patient": [1, 1, 1], "day": [0.0, 7.0, 14.0], "value": [0.0, 100.0, None]}
    same = ld.cellular_kinetics(pandas.DataFrame(columns))
    assert same.equals(ld.cellular_kinetics(pl.DataFrame(columns)))
