"""Expected values: PKNCA's results for R's theophylline data, and areas worked out by hand."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from livingdrug.fitting.kinetics import cellular_kinetics, kinetics_by_group, non_compartmental_table
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.outcome.kinetics import non_compartmental

BESIDE = Path(__file__).resolve().parents[3].parent / "shared" / "yardsticks"
FOLDER = Path(os.environ.get("LIVINGDRUG_YARDSTICKS", BESIDE)) / "nlme"


@pytest.mark.skipif(not (FOLDER / "theoph_nca.csv").is_file(), reason="no reference numbers from PKNCA here")
def test_theophylline_matches_pknca():
    # PKNCA: Cmax, Tmax, AUClast linear up/log down, and AUC 0-24 h of the ten who have a sample beyond 24 h.
    with (FOLDER / "theoph_nca.csv").open() as file:
        wanted = {int(row["Subject"]): row for row in csv.DictReader(file)}
    data = pl.read_csv(FOLDER / "data" / "R_Theoph.csv")
    visits = data.select(
        patient=pl.col("Subject").cast(pl.Int64), day=pl.col("Time").cast(pl.Float64), value=pl.col("conc")
    )
    last = dict(visits.group_by("patient").agg(pl.col("day").max()).iter_rows())
    whole = cellular_kinetics(visits, until=1e3, start_at_zero=False)
    day = cellular_kinetics(visits, until=24.0, start_at_zero=False)
    compared = 0
    for patient, area, first_day, peak, when in zip(
        whole["patient"], whole["auc"], day["auc"], whole["cmax"], whole["tmax_day"], strict=True
    ):
        row = wanted[patient]
        assert area == pytest.approx(float(row["auclast_linuplogdown"]), rel=1e-10)
        assert (peak, when) == (float(row["cmax"]), float(row["tmax"]))
        if last[patient] >= 24:  # otherwise PKNCA extrapolates, and we do not
            assert first_day == pytest.approx(float(row["auc0_24_linuplogdown_interp"]), rel=1e-10)
            compared += 1
    assert compared == 10


def test_area_of_an_exponential_fall_is_exact():
    # Integral of exp(-k t): the logarithmic rule is exact on an exponential, at any sampling and cut.
    days = np.array([[0.0, 3.0, 11.0, 40.0]])
    found = non_compartmental(days, 100 * np.exp(-0.3 * days), until=28)
    assert found.auc[0] == pytest.approx(100 * (1 - np.exp(-0.3 * 28)) / 0.3, rel=1e-12)


def test_rise_from_nothing_on_day_zero():
    # A triangle: 0 on day 0 to 10 on day 4.
    assert non_compartmental([[4.0]], [[10.0]]).auc.tolist() == [20.0]
    # One point alone encloses no area (PKNCA asks for two).
    assert np.isnan(non_compartmental([[4.0]], [[10.0]], start_at_zero=False).auc[0])
    assert np.isnan(non_compartmental([[0.0]], [[10.0]]).auc[0])


def test_results_below_the_limit_are_zero_and_never_the_peak():
    # By hand: rise to 100 on day 10 (500), then straight down to 0 on day 20 (500).
    low = [[True, False, True]]
    found = non_compartmental([[1.0, 10.0, 20.0]], [[300.0, 100.0, 40.0]], low)
    assert found.cmax.tolist() == [100.0]
    assert found.auc[0] == pytest.approx(0.5 * 100 * 9 + 0.5 * 100 * 10)
    assert found.last_detectable_day.tolist() == [10.0]


def test_nothing_measured_and_nothing_above_the_limit():
    # By definition.
    nothing = non_compartmental([[np.nan, 5.0]], [[1.0, np.nan]])
    assert np.isnan([nothing.cmax[0], nothing.auc[0], nothing.last_detectable_day[0]]).all()
    low = non_compartmental([[5.0]], [[10.0]], [[True]])
    assert np.isnan(low.cmax[0])
    assert low.auc[0] == 0


def test_late_results_count_for_persistence_only():
    # Day 28 is the end of the area and of the search for the peak.
    found = non_compartmental([[7.0, 28.0, 90.0]], [[10.0, 10.0, 99.0]])
    assert (found.cmax[0], found.tmax_day[0], found.last_detectable_day[0]) == (10.0, 7.0, 90.0)
    assert found.auc[0] == pytest.approx(35 + 210)


def test_each_patient_is_bitwise_independent_of_the_others():
    # The same row alone and among others.
    draw = np.random.default_rng(1)
    days = np.sort(draw.uniform(0, 60, (50, 12)), axis=1)
    values = np.exp(draw.normal(5, 3, (50, 12)))
    missing = draw.random((50, 12)) < 0.2
    values[missing] = np.nan
    together = non_compartmental(days, values, values < 20)
    for i in (0, 17, 49):
        alone = non_compartmental(days[i : i + 1], values[i : i + 1], values[i : i + 1] < 20)
        assert alone.auc.tobytes() == together.auc[i : i + 1].tobytes()
        assert alone.cmax.tobytes() == together.cmax[i : i + 1].tobytes()


def test_faults_in_the_table():
    with pytest.raises(BadInput, match="no column day"):
        cellular_kinetics(pl.DataFrame({"patient": [1], "value": [1.0]}))
    with pytest.raises(BadInput, match="two results on one day"):
        cellular_kinetics(pl.DataFrame({"patient": [1, 1], "day": [1.0, 1.0], "value": [1.0, 2.0]}))
    with pytest.raises(BadInput, match="not ascending"):
        non_compartmental([[5.0, 1.0]], [[1.0, 1.0]])
    with pytest.raises(BadInput, match="one shape"):
        non_compartmental([[5.0, 1.0]], [[1.0]])
    assert cellular_kinetics(pl.DataFrame({"patient": [1], "day": [1.0], "value": [1.0]}).clear()).height == 0


def table(days, values, **columns) -> pl.DataFrame:
    return pl.DataFrame({"patient": [1] * len(days), "day": days, "value": values, **columns})


# By hand, linear up and logarithmic down: 0 to 100 in a week 350; each halving in a week 350 / ln 2 and 175 / ln 2.
RISE, HALVING = 350.0, 350.0 / np.log(2)
FALL_TO_ZERO = 0.5 * 50 * 7


@pytest.mark.parametrize(
    ("given", "area", "last"),
    [
        (table([0.0, 7, 14, 28], [0.0, 100, 50, 25]), RISE + 2 * HALVING, 28),
        (table([-7.0, 0, 7, 14, 28], [0.0, 0, 100, 50, 25]), RISE + 2 * HALVING, 28),
        (table([-7.0, 7, 14, 28], [300.0, 100, 50, 25]), RISE + 2 * HALVING, 28),
        (table([-7.0, -3, -1], [0.0, 0, 0]), None, None),
        (table([0.0, 7, 14, 21, 28], [0.0, 100, 50, 5, 5], below_limit=[False] * 3 + [True] * 2), RISE + HALVING + FALL_TO_ZERO, 14),
        (table([0.0, 7, 14, 21, 28], [0.0, 100, 50, None, None], below_limit=[False] * 3 + [True] * 2), RISE + HALVING + FALL_TO_ZERO, 14),
        (table([0.0, 7, 14, 21, 28], [0.0, 100, 50, 0, 0]), RISE + HALVING + FALL_TO_ZERO, 14),
        (table([0.0, 7, 14], [0.0, 100, 50], below_limit=["N", "N", "N"]), RISE + HALVING, 14),
        (table([0.0, 7, 14], [0.0, 100, 50], below_limit=["no", " No ", ""]), RISE + HALVING, 14),
        (table([0.0, 7, 14, 21], [0.0, 100, 50, 5], below_limit=["N", "N", "N", "Y"]), RISE + HALVING + FALL_TO_ZERO, 14),
        (table([0.0, 7, 14, 21], [0.0, 100, 50, 5], below_limit=[0, 0, 0, 1]), RISE + HALVING + FALL_TO_ZERO, 14),
        (table([0.0, 7, 10, 14], [0.0, 100, 9, 50], missed=["N", "N", "Y", "N"]), RISE + HALVING, 14),
        (table([0.0, 7, None, 14], [0.0, 100, None, 50]), RISE + HALVING, 14),
        (table([0], [100]), None, 0),
        (table([0, 7], [0, 0]), 0.0, None),
    ],
)  # fmt: skip
def test_tables_as_they_come(given, area, last):
    row = cellular_kinetics(given).row(0, named=True)
    assert row["auc"] == (None if area is None else pytest.approx(area))
    assert row["last_detectable_day"] == last
    whole = non_compartmental_table(given).row(0, named=True)
    assert (whole["auc_0_28_day"], whole["last_day"]) == (row["auc"], last)


def test_the_numbers_of_the_faults_as_printed():
    # Computed by hand to six digits.
    assert cellular_kinetics(table([-7.0, 0, 7, 14, 28], [0.0, 0, 100, 50, 25]))["auc"][0] == pytest.approx(
        1359.89, abs=0.005
    )
    blank = table([0.0, 7, 14, 21, 28], [0.0, 100, 50, None, None], below_limit=[False] * 3 + [True] * 2)
    assert cellular_kinetics(blank)["auc"][0] == pytest.approx(1029.94, abs=0.005)


def test_a_patient_without_results_has_a_row():
    # Nobody in the table is lost.
    given = pl.DataFrame({"patient": [1, 1, 2, 2], "day": [0.0, 7] * 2, "value": [0.0, 100, None, None]})
    rows = cellular_kinetics(given).rows(named=True)
    assert [row["patient"] for row in rows] == [1, 2]
    assert rows[1] == {
        "patient": 2,
        "cmax": None,
        "tmax_day": None,
        "auc": None,
        "last_detectable_day": None,
        "n_results": 0,
    }


def test_one_patient_number_in_two_arms_is_two_patients():
    # Rows of one day each would be refused as double if they were one.
    given = pl.DataFrame({"arm": ["a", "a", "b", "b"], "patient": [1] * 4, "day": [0, 7] * 2, "value": [0, 10, 0, 20]})
    assert cellular_kinetics(given)["cmax"].to_list() == [10.0, 20.0]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (table([0.0, 7], ["<25", "100"]), "column value holds String"),
        (table(["0", "7"], [1.0, 2.0]), "column day holds String"),
        (table([0.0, 7], [1.0, -2.0]), "patient 1 has the value -2 on day 7"),
        (table([0.0, 7], [1.0, np.inf]), "value inf on day 7"),
        (table([0.0, None], [1.0, 2.0]), "without a day"),
        (table([0.0, 7], [1.0, 2.0], below_limit=["N", "maybe"]), "below_limit holds .*maybe"),
        (table([0.0, 7], [1.0, 2.0], below_limit=[0.0, 0.5]), "below_limit holds"),
        (table([0.0, 7], [1.0, 2.0], unit=["copy/ug", "cell/uL"]), "several units"),
        (table([0.0, 7], [1.0, 2.0], quantity=["mine", "mine"]), 'no quantity in this table of visits "car_t_copies_per_ug"'),
        (table([0.0, 7], [1.0, 2.0]).with_columns(patient=pl.Series([1, None])), "1 rows name no patient"),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_meant(given, told):
    with pytest.raises(BadInput, match=told) as caught:
        cellular_kinetics(given)
    assert "\n  " in str(caught.value)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (lambda: non_compartmental([[1.0]], [[1.0]], [["Y"]]), "expected true or false"),
        (lambda: non_compartmental([[1.0]], [["BLQ"]]), "not a number"),
        (lambda: non_compartmental([[1.0]], [[-1.0]]), "value -1 on day 1"),
        (lambda: non_compartmental([[1.0]], [[1.0]], until=0), "until=0"),
        (lambda: non_compartmental([[1.0]], [[1.0]], until="28"), "until='28'"),  # type: ignore[arg-type]
        (lambda: non_compartmental([[1.0]], [[1.0]], until=np.nan), "until=nan"),
    ],
)
def test_arguments_that_cannot_be_meant(what, told):
    with pytest.raises(BadInput, match=told) as caught:
        what()
    assert "\n  " in str(caught.value)


def test_groups_summed_up_by_hand():
    # Geometric mean of 10 and 40 is 20; their logarithms differ by ln 4, so s² = (ln 4)² / 2.
    given = pl.DataFrame({"arm": ["a", "a", "b"], "patient": [1, 2, 3], "cmax": [10.0, 40.0, None], "n": [0, 3, 5]})
    rows = kinetics_by_group(given, ("arm",)).rows(named=True)
    first, counts, nobody, alone = rows
    assert (first["arm"], first["measure"], first["n"], first["median"]) == ("a", "cmax", 2, 25.0)
    assert first["geometric_mean"] == pytest.approx(20)
    assert first["cv_percent"] == pytest.approx(100 * np.sqrt(np.exp(np.log(4) ** 2 / 2) - 1))
    assert (counts["geometric_mean"], counts["mean"], counts["minimum"]) == (None, 1.5, 0.0)
    assert (nobody["n"], nobody["mean"], nobody["geometric_mean"]) == (0, None, None)
    assert (alone["n"], alone["geometric_mean"], alone["sd"], alone["cv_percent"]) == (1, pytest.approx(5), None, None)
    assert kinetics_by_group(given)["n"].to_list() == [2, 3]
    with pytest.raises(UnknownName):
        kinetics_by_group(given, ("sex",))
