"""Every published ELIANA row used for calibration, against one simulated trial.

Inside means |z| <= 3 in published standard errors (`trial.misfit`). Rows known to be outside are listed with their reason
in eliana_known_misfits.toml: a row outside that is not listed fails, and so does a listed row that came back inside.
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from livingdrug.catalog.load import default_catalog

PATIENTS, SEED = 600, 7
TOLERANCE = 3.0
"""Published standard errors; the simulation's own error with 600 patients is about a third of one."""
LISTED = tomllib.loads(Path(__file__).with_name("eliana_known_misfits.toml").read_text(encoding="utf-8"))
KNOWN = {(one["endpoint"], one["at"], one["measure"]): one["reason"] for one in LISTED["misfit"]}
ROWS = [row for row in default_catalog().load("evidence", "eliana").results if row.use == "calibration"]
EXPECTED = [(row, measure) for row in ROWS for measure in ("value", *(["spread"] if row.cv_percent else []))]


@pytest.fixture(scope="session")
def simulated():
    """(endpoint, at, measure) -> (simulated value, z) of one trial."""
    from livingdrug.trial.misfit import misfits
    from livingdrug.trial.run import run

    result = run("eliana", patients=PATIENTS, seed=SEED, sample=0)
    assert result.failed.is_empty(), result.notes()
    found = {(one.row.endpoint, one.row.at, one.measure): (one.simulated, one.z) for one in misfits(result, ROWS)}
    infused = result.patients.filter(pl.col("status") == "infused")
    for row in ROWS:
        if row.endpoint in infused.columns and (row.endpoint, row.at, "value") not in found:
            found[row.endpoint, row.at, "value"] = of_column(row, infused[row.endpoint])
    return found


def of_column(row, column):
    """A baseline covariate: median or share of the infused, and its z."""
    values = column.cast(pl.Float64).to_numpy()
    n = row.n or 75
    if row.unit == "percent" and row.statistic == "proportion":
        share, p = 100 * float(values.mean()), row.value / 100
        return share, (share - row.value) / (100 * math.sqrt(p * (1 - p) / n))
    # a median of numbers with this spread: sqrt(pi/2) sd / sqrt(n); half a unit for whole published numbers
    error = math.hypot(math.sqrt(math.pi / 2) * float(values.std()) / math.sqrt(n), 0.5 / math.sqrt(3))
    middle = float(np.median(values))
    return middle, (middle - row.value) / error


@pytest.mark.parametrize(
    ("row", "measure"), EXPECTED, ids=[f"{row.endpoint}-{row.at or 'overall'}-{measure}" for row, measure in EXPECTED]
)
def test_calibration_row(simulated, row, measure):
    # expected: the row itself; its source is in catalog/evidence/eliana.toml
    key = (row.endpoint, row.at, measure)
    assert key in simulated, f"the simulated trial does not answer {key}"
    value, z = simulated[key]
    told = f"{row.endpoint} {row.at} {measure}: published {row.value:g} {row.unit}, simulated {value:.4g}, z = {z:.2f}"
    if key in KNOWN:
        assert abs(z) > TOLERANCE, f"{told}: inside again; take it out of eliana_known_misfits.toml"
    else:
        assert abs(z) <= TOLERANCE, f"{told}: a new misfit; mend it, or list it with its reason"


def test_known_misfits_are_rows_and_have_reasons():
    # expected: every entry names a calibration row once, with a reason
    rows = {(row.endpoint, row.at, measure) for row, measure in EXPECTED}
    assert set(KNOWN) <= rows
    assert len(KNOWN) == len(LISTED["misfit"])
    assert all(len(reason) > 20 for reason in KNOWN.values())
    assert len(KNOWN) <= len(rows) / 5, "with so many exceptions the model is not calibrated"
