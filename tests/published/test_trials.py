"""Every published row used for calibration, of every calibration trial, against one simulated trial of its own.

Inside means |z| <= 3 in published standard errors (`trial.misfit`). Rows known to be outside are listed with their reason
in <trial>_known_misfits.toml: a row outside that is not listed fails, and so does a listed row that came back inside.
"""

from __future__ import annotations

import functools
import math
import tomllib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from livingdrug.catalog.load import default_catalog

TOLERANCE = 3.0
"""Published standard errors; the simulation's own error with 800 patients is about a third of one."""
MARGIN = 0.5
"""A listed row leaves the list when it is this much inside: at the limit a few patients decide."""
NEAR = 4.5
"""Percentage points around the incidence in the label: three, and the simulation's own error of such a share."""
INCIDENCE = {
    "eliana": ("crs_any", "crs_severe", "neurotoxicity_any", "neurotoxicity_severe"),
    "juliet": ("crs_any", "crs_severe", "neurotoxicity_any"),
    "zuma_1": ("crs_any_lee", "crs_severe_lee", "neurological_events_any", "neurological_events_severe"),
    "zuma_2": ("crs_any_lee", "crs_severe_lee", "neurological_events_any", "neurological_events_severe"),
    "transcend_nhl_001": ("crs_any_lee", "crs_severe_lee", "neurotoxicity_any", "neurotoxicity_severe"),
    "cartitude_1": ("crs_any_astct", "crs_severe_astct", "icans_any", "icans_severe"),
    "karmma": ("crs_any_lee", "crs_severe_lee", "neurotoxicity_any", "neurotoxicity_severe"),
}
"""Toxicity on the trial's own scale; what is missing is in the list of known misfits or in docs/toxicity_by_product.md."""
CATALOG = default_catalog()


def waits(name):
    """Whether no joint fit has used this trial yet: its rows are shown on the scoreboard, and tested once one has."""
    path = Path(__file__).with_name(f"{name}_known_misfits.toml")
    return path.exists() and tomllib.loads(path.read_text(encoding="utf-8")).get("waiting", False)


TRIALS = [name for name in CATALOG.names("trial") if CATALOG.has("evidence", name) and not waits(name)]
ROWS = {name: [row for row in CATALOG.load("evidence", name).results if row.use == "calibration"] for name in TRIALS}
EXPECTED = [
    (name, row, measure)
    for name in TRIALS
    for row in ROWS[name]
    for measure in ("value", *(["spread"] if row.cv_percent else []))
]


def listed(name):
    """Known misfits of a trial: (endpoint, at, measure) and reason, as they stand in its file; no file, no misfit."""
    path = Path(__file__).with_name(f"{name}_known_misfits.toml")
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("misfit", []) if path.exists() else []
    return [((one["endpoint"], one["at"], one["measure"]), one["reason"]) for one in entries]


def is_calibrated(name):
    """Whether a calibration has seen this trial: a file of misfits may say that none has yet."""
    path = Path(__file__).with_name(f"{name}_known_misfits.toml")
    return not path.exists() or tomllib.loads(path.read_text(encoding="utf-8")).get("calibrated", True)


KNOWN = {name: dict(listed(name)) for name in TRIALS}


@pytest.fixture(scope="session")
def simulated(trial_run):
    """name -> {(endpoint, at, measure): (simulated value, z)} of one trial."""
    return functools.cache(lambda name: compared(name, trial_run(name)))


def compared(name, result):
    from livingdrug.trial.misfit import misfits

    assert result.failed.is_empty(), result.notes()
    rows = ROWS[name]
    found = {(one.row.endpoint, one.row.at, one.measure): (one.simulated, one.z) for one in misfits(result, rows)}
    infused = result.patients.filter(pl.col("status") == "infused")
    for row in rows:
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
    ("name", "row", "measure"),
    EXPECTED,
    ids=[f"{name}-{row.endpoint}-{row.at or 'overall'}-{measure}" for name, row, measure in EXPECTED],
)
def test_calibration_row(simulated, held_row, record_property, name, row, measure):
    # expected: the row itself; its source is in catalog/evidence/<trial>.toml
    key = (row.endpoint, row.at, measure)
    found = simulated(name)
    assert key in found, f"the simulated trial does not answer {key}"
    value, z = found[key]
    said = f"{row.value:g} {row.unit}" if measure == "value" else f"CV {row.cv_percent:g} %"
    told = f"published {said}, simulated {value:.4g}{' log SD' * (measure == 'spread')}, z = {z:.2f}"
    state = "outside" if abs(z) > TOLERANCE else "near" if abs(z) > TOLERANCE - MARGIN else "inside"
    side = "above" if z > 0 else "below"
    here = {"endpoint": row.endpoint, "at": row.at, "measure": measure}
    held_row(f"{name}_known_misfits.toml", here, state, side, told).hold(record_property)


@pytest.mark.parametrize("name", TRIALS)
def test_known_misfits_are_rows_and_have_reasons(name):
    # expected: every row stands once; every entry names a calibration row once, with a reason
    rows = [(row.endpoint, row.at, measure) for trial, row, measure in EXPECTED if trial == name]
    assert len(set(rows)) == len(rows), "two calibration rows of one endpoint and time cannot be told apart"
    assert set(KNOWN[name]) <= set(rows)
    assert len(KNOWN[name]) == len(listed(name))
    assert all(len(reason) > 20 for reason in KNOWN[name].values())
    if is_calibrated(name):
        assert len(KNOWN[name]) <= len(rows) / 3, "with so many exceptions the model is not calibrated to this trial"


def test_known_misfits_are_a_fifth_of_all_rows_at_most():
    # expected: with more exceptions the model is not calibrated; one fit of all trials may miss one of them more
    fitted = [name for name in TRIALS if is_calibrated(name)]
    assert sum(len(KNOWN[name]) for name in fitted) <= sum(trial in fitted for trial, _, _ in EXPECTED) / 5


@pytest.mark.may_miss
@pytest.mark.parametrize(
    ("name", "endpoint"), [(name, endpoint) for name, endpoints in INCIDENCE.items() for endpoint in endpoints]
)
def test_incidence_of_the_label(simulated, name, endpoint):
    # expected: the published share, within three percentage points and the error of this small trial
    row = next(row for row in ROWS[name] if row.endpoint == endpoint)
    share = simulated(name)[endpoint, row.at, "value"][0]
    assert abs(share - row.value) <= NEAR, f"published {row.value:g} %, simulated {share:.1f} %"


def test_every_file_of_known_misfits_belongs_to_a_trial():
    # expected: this folder; regrading, aftermath and tests listed by name are no trials; a trial that waits has a file too
    files = {
        path.name.removesuffix("_known_misfits.toml") for path in Path(__file__).parent.glob("*_known_misfits.toml")
    }
    told = {name for name in CATALOG.names("trial") if CATALOG.has("evidence", name)}
    assert files - {"regrading", "aftermath", "other"} <= told
