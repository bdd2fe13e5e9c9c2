"""Expected values: PKNCA's results for R's theophylline data."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import polars as pl
import pytest

from livingdrug.fitting.kinetics import non_compartmental_table

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


@pytest.mark.skipif(not (FOLDER / "theoph_nca.csv").is_file(), reason="no reference numbers from PKNCA here")
def test_theophylline_matches_pknca():
    with (FOLDER / "theoph_nca.csv").open() as file:
        wanted = {int(row["Subject"]): row for row in csv.DictReader(file)}
    data = pl.read_csv(FOLDER / "data" / "R_Theoph.csv")
    visits = data.select(
        patient=pl.col("Subject").cast(pl.Int64), day=pl.col("Time").cast(pl.Float64), value=pl.col("conc")
    )
    found = non_compartmental_table(visits, areas_to=(24.0,), start_at_zero=False)
    assert found["patient"].to_list() == sorted(wanted)
    for row in found.iter_rows(named=True):
        for ours, theirs in THEIRS.items():
            assert row[ours] == pytest.approx(float(wanted[row["patient"]][theirs]), rel=1e-10), (row["patient"], ours)
