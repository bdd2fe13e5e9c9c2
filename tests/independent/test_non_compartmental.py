"""Expected values: PKNCA's results for R's theophylline data."""

from __future__ import annotations

import csv
import math
import os
from pathlib import Path

import polars as pl
import pytest

from livingdrug.fitting.kinetics import kinetics_by_group, non_compartmental_table

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "yardsticks"
FOLDER = Path(os.environ.get("LIVINGDRUG_YARDSTICKS", BESIDE)) / "nlme"
THEIRS = {
    "cmax": "cmax",
    "tmax_day": "tmax",
    "area_last": "auclast_linuplogdown",
    "terminal_rate": "lambda_z",
    "half_life_points": "npts",
    "half_life": "half_life",
    "area_infinity": "aucinf_obs_linuplogdown",
}


def theophylline() -> pl.DataFrame:
    data = pl.read_csv(FOLDER / "data" / "R_Theoph.csv")
    return data.select(
        patient=pl.col("Subject").cast(pl.Int64), day=pl.col("Time").cast(pl.Float64), value=pl.col("conc")
    )


@pytest.mark.skipif(not (FOLDER / "theoph_nca.csv").is_file(), reason="no reference numbers from PKNCA here")
def test_theophylline_matches_pknca():
    with (FOLDER / "theoph_nca.csv").open() as file:
        wanted = {int(row["Subject"]): row for row in csv.DictReader(file)}
    found = non_compartmental_table(theophylline(), areas_to=(24.0,), start_at_zero=False)
    assert found["patient"].to_list() == sorted(wanted)
    for row in found.iter_rows(named=True):
        for ours, theirs in THEIRS.items():
            assert row[ours] == pytest.approx(float(wanted[row["patient"]][theirs]), rel=1e-10), (row["patient"], ours)


@pytest.mark.skipif(not (FOLDER / "theoph_nca.csv").is_file(), reason="no reference numbers from PKNCA here")
def test_areas_to_24_hours_match_pknca():
    # PKNCA interpolates logarithmically after the peak and lets the last level fall on with the terminal half-life: two of
    # twelve subjects were last seen before 24 h (6 at 23.85, 10 at 23.70), and only theirs differ without it, by 0.2 and 0.5 %.
    with (FOLDER / "theoph_nca.csv").open() as file:
        wanted = {int(row["Subject"]): float(row["auc0_24_linuplogdown_interp"]) for row in csv.DictReader(file)}
    table = non_compartmental_table(theophylline(), areas_to=(24.0,), start_at_zero=False)
    for row in table.iter_rows(named=True):
        expected = wanted[row["patient"]]
        assert row["auc_0_24_day_extrapolated"] == pytest.approx(expected, rel=1e-12), row["patient"]
        if row["last_day"] >= 24:
            assert row["auc_0_24_day"] == pytest.approx(expected, rel=1e-12), row["patient"]
        else:
            assert row["patient"] in (6, 10)
            rate, rest = row["terminal_rate"], expected - row["auc_0_24_day"]
            assert rest == pytest.approx(
                row["last_level"] / rate * (1 - math.exp(-rate * (24 - row["last_day"]))), rel=1e-10
            )


@pytest.mark.skipif(not (FOLDER / "theoph_nca.csv").is_file(), reason="no reference numbers from PKNCA here")
def test_theophylline_summed_up_as_pknca_prints_it():
    # PKNCA's summary: Cmax 8.65 [17.0 %] and AUCinf 115 [28.4 %] geometric; half-life 8.18 (SD 2.12); median Tmax 1.14.
    table = kinetics_by_group(non_compartmental_table(theophylline(), start_at_zero=False))
    found = {row["measure"]: row for row in table.iter_rows(named=True)}
    assert (round(found["cmax"]["geometric_mean"], 2), round(found["cmax"]["cv_percent"], 1)) == (8.65, 17.0)
    infinity = found["area_infinity"]
    assert (round(infinity["geometric_mean"]), round(infinity["cv_percent"], 1)) == (115, 28.4)
    assert (round(found["half_life"]["mean"], 2), round(found["half_life"]["sd"], 2)) == (8.18, 2.12)
    assert found["tmax_day"]["median"] == pytest.approx(1.14, abs=0.006)
    assert found["cmax"]["n"] == 12
