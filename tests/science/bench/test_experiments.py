"""Expected values: the logistic law in closed form, exponential growth, the constants of other sheets, and what was measured (../shared/data)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.quantities import Quantity
from livingdrug.model.assemble import assemble
from livingdrug.model.texts import package_texts, sheet_of
from livingdrug.trial.bench import bench, courses, prepared

NAMES = default_catalog().names("experiment")
DATA = Path(__file__).parents[4] / "shared" / "data"


def number(value: float, unit: str = "") -> Quantity:
    return Quantity(value=value, unit=unit, meaning="of a test", kind="assumed", source="of a test")


def middle(name: str, condition: str, day: float, **set_to: Quantity) -> float:
    days, found = courses(prepared(name, parameters=set_to), 1, 1, False)
    return float(found[condition][0][0, int(np.abs(days - day).argmin())])


@pytest.mark.parametrize("name", NAMES)
def test_every_measured_mean_is_inside_or_explained(name):
    found = bench(name, n=300)
    assert found.rows, "an experiment has something measured"
    for row in found.rows:
        if row.measured.use == "comparison":
            assert row.verdict == "inside" or len(row.explained) > 40, (row.measured, row.median, row.low, row.high)
        else:
            assert row.verdict != "outside", (row.measured, row.median, row.low, row.high)


def test_without_car_t_cells_a_well_fills_by_the_logistic_law():
    work = prepared("glioma_killing")
    value = {name: one.value for name, one in work.quantities.items()}
    full = value["tumour_capacity"] * value["tumour_ceiling"] * value["room"] / value["encounter_volume"]
    for day in (1.0, 2.0, 4.0):
        grown = full / (1 + (full / value["tumour_start"] - 1) * np.exp(-value["tumour_growth"] * day))
        assert middle("glioma_killing", "none", day) == pytest.approx(grown / value["cells_per_index"], rel=1e-4)


def test_cells_without_the_antigen_grow_as_if_nobody_was_there():
    work = prepared("mixed_antigen_mouse")
    value = {name: one.value for name, one in work.quantities.items()}
    # at the end hardly a cell with the antigen is left: the volume is what the others have grown to
    rest = 0.1 * value["tumour_start"] * np.exp(value["tumour_growth"] * 24)
    assert middle("mixed_antigen_mouse", "tenth_negative", 24) == pytest.approx(
        rest / value["seen_density"] * 1e3, rel=0.02
    )


def test_more_car_t_cells_kill_more_and_more_negative_cells_leave_more():
    days, found = courses(prepared("glioma_killing"), 1, 1, False)
    at = int(np.abs(days - 2).argmin())
    order = [found[name][0][0, at] for name in ("none", "one_to_twenty", "one_to_eight", "one_to_four")]
    assert order == sorted(order, reverse=True)
    days, found = courses(prepared("mixed_antigen_mouse"), 1, 1, False)
    left = [found[f"{part}_negative"][0][0, -1] for part in ("tenth", "quarter", "half")]
    assert left == sorted(left)
    assert found["all_positive"][0][0, -1] < left[0]


def test_the_law_in_a_room_of_the_body_is_the_bodys():
    """Killing at given numbers of cells, by hand from the sheets: what a reference adult has at the same densities."""
    sheets = {name: sheet_of(name, package_texts()).parameter for name in ("tumour", "recognition", "car_t")}
    p = {name: one.value for sheet in sheets.values() for name, one in sheet.items()}
    cells, targets = 1e9, 1e10
    seen = p["density_{clone}"] ** p["density_hill"]
    seen /= p["density_threshold"] ** p["density_hill"] + seen
    kill = p["kill_max"] * cells / (p["killing_half"] + cells + p["target_crowding"] * seen * targets)
    for room in (1000.0, 1.0):
        size = room / 1000.0
        record = default_catalog().load("experiment", "mixed_antigen_mouse")
        own = {
            "room": number(room, "mL"),
            "tumour_start": number(targets * size, "cell"),
            "contact_here": number(1.0),
            "tumour_growth": number(1e-9, "1/day"),
        }
        record = record.model_copy(
            update={
                "until": 0.01,
                "measured": (),
                "calibrated_on": 0,
                "condition": {
                    "x": record.condition["all_positive"].model_copy(
                        update={"day": 0.0, "car_t_cells": f"{cells * size:g} cell"}
                    )
                },
            }
        )
        days, found = courses(prepared(record, parameters=own), 1, 1, False)
        volume = found["x"][0][0]
        assert -np.log(volume[-1] / volume[0]) / days[-1] == pytest.approx(kill * seen, rel=0.02)


def test_numbers_that_stand_in_two_sheets_are_the_same():
    vessel = sheet_of("vessel", package_texts()).parameter
    assert vessel["encounter_volume"].value == sheet_of("lesion", package_texts()).parameter["encounter_volume"].value
    assert vessel["seen_density"].value == sheet_of("lesion", package_texts()).parameter["tissue_density"].value
    assert (
        vessel["steroid_lysis_half"].value
        == sheet_of("steroids", package_texts()).parameter["steroid_lysis_half"].value
    )


def test_the_bench_has_the_patients_mechanisms_and_no_others():
    assert set(assemble("bench").mechanisms) == {"vessel", "recognition", "car_t", "tumour"}


def test_the_same_seed_gives_the_same_bytes_and_more_subjects_change_nobody():
    few, many = (courses(prepared("glioma_killing"), n, 3, True)[1]["one_to_eight"][0] for n in (4, 9))
    assert np.array_equal(few, many[:4])


def test_more_subjects_and_groups_than_memory_holds_are_refused_before_the_first_course():
    # forty groups of 100,000 readings at 121 days, eight bytes each and three of them: more than ten gigabytes
    record = default_catalog().load("experiment", "glioma_killing")
    groups = {f"group_{number}": next(iter(record.condition.values())) for number in range(40)}
    with pytest.raises(BadInput, match=r"100,000 subjects in each of 40 groups .* 4 GB are allowed"):
        bench(record.model_copy(update={"condition": groups, "measured": ()}), n=100_000)


@pytest.mark.skipif(not (DATA / "glioma_killing_impedance").is_dir(), reason="the measured wells are not here")
def test_second_reading_of_the_glioma():
    wells = pl.read_csv(DATA / "glioma_killing_impedance" / "cell_index_pbt1.csv")
    hours = wells["time_h"].to_numpy()
    rows = {"none": "A", "one_to_four": "B", "one_to_eight": "C", "one_to_twenty": "D"}
    for one in default_catalog().load("experiment", "glioma_killing").measured:
        plain = one.condition.removesuffix("_dexamethasone")
        first = 11 if plain != one.condition else 1
        at = int(np.abs(hours - hours[100] - 24 * one.day).argmin())
        seen = [wells[f"{rows[plain]}{column}"][at] for column in (first, first + 1)]
        assert one.value == pytest.approx(np.mean(seen), abs=6e-4 + 5e-4 * abs(one.value))


@pytest.mark.skipif(not (DATA / "mouse_myeloma_bli").is_dir(), reason="the measured mice are not here")
def test_second_reading_of_the_myeloma():
    mice = pl.read_csv(DATA / "mouse_myeloma_bli" / "burden.csv")
    for one in default_catalog().load("experiment", "myeloma_xenograft").measured:
        cohort, factor = ("control", 3.72) if one.condition == "none" else ("CART_D7", 1.0)
        seen = mice.filter((pl.col("cohort") == cohort) & (pl.col("day_post_inoculation") == one.day + 7))["value"]
        assert seen.len() == one.n
        assert one.value == pytest.approx(float(np.exp(np.log(seen.to_numpy() * factor).mean())), rel=0.01)


OWN = """
title = "A killing assay of a test"
summary = "Somebody's own assay, laid into a folder of their own."
place = "dish"
subject = "well"
subjects = "wells"
antigen = "CD19"
calibrated_on = 0
until = 3
source = "of a test"
status = "unverified"
licence = "own"
[parameter.room]
value = 1e-3
unit = "mL"
meaning = "Room of a test"
kind = "assumed"
source = "of a test"
[parameter.tumour_start]
value = 1e4
unit = "cell"
meaning = "Cells of a test"
kind = "assumed"
source = "of a test"
[readout]
called = "cells"
output = "seen_cells"
unit = "cell"
floor = 1
error = { value = 0.1, unit = "", meaning = "of a test", kind = "assumed", source = "of a test" }
[condition.none]
called = "no CAR T cells"
[condition.some]
called = "some CAR T cells"
car_t_cells = "5000 cell"
"""


def test_an_experiment_is_one_file_and_every_surface_says_scenario(tmp_path, capsys):
    from livingdrug.cli.main import main

    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "my_assay.toml").write_text(OWN, encoding="utf-8")
    page = tmp_path / "assay.html"
    assert main(["bench", "my_assay", "-n", "5", "-o", str(page), "--catalog", str(tmp_path)]) == 0
    assert "scenario: not calibrated" in capsys.readouterr().out
    assert "scenario: not calibrated" in page.read_text(encoding="utf-8")
    assert main(["bench", "my_assay", "-n", "5", "--json", "--catalog", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["standing"] == "scenario: not calibrated"
    assert main(["bench", "--catalog", str(tmp_path)]) == 0
    assert "my_assay" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('output = "seen_cells"', 'output = "seen_sells"', "puts out no"),
        ('unit = "cell"\nfloor', 'unit = "kg"\nfloor', "kg"),
        ('car_t_cells = "5000 cell"', 'car_t_cells = "5000 mg"', "mg"),
        ('car_t_cells = "5000 cell"', 'car_t_cells = "-1 cell"', "none or more"),
        ('car_t_cells = "5000 cell"', 'set = { room_here = "1 mL" }', "room_here"),
        ('car_t_cells = "5000 cell"', 'set = { room = "1 day" }', "day"),
        ('car_t_cells = "5000 cell"', 'car_t_cells = "1 cell"\nday = 3', "ends on 3"),
        ("calibrated_on = 0", "calibrated_on = 4", "calibrated_on"),
        ('antigen = "CD19"', 'antigen = "CD19"\ncostimulation = "none_such"', "none_such"),
        ("[parameter.room]", "[parameter.roam]", "roam"),
    ],
)
def test_what_is_wrong_is_told_at_the_door(tmp_path, capsys, old, new, words):
    from livingdrug.cli.main import main

    assert OWN.count(old) == 1
    (tmp_path / "experiment").mkdir()
    path = tmp_path / "experiment" / "my_assay.toml"
    path.write_text(OWN.replace(old, new), encoding="utf-8")
    for command in (["bench", str(path), "-n", "3"], ["check", str(path)]):
        assert main(command) == 2
        said = capsys.readouterr().err
        assert words in said
        assert "my_assay" in said
        assert "Traceback" not in said
