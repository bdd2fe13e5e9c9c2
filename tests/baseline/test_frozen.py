"""Sixteen patients of one trial of each disease, frozen. README.md says how to freeze again, and how to add a trial."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.trial.run import run

PLACES = sorted(Path(__file__).parent.glob("*_[0-9]*.json"))
SEED = 3
COLUMNS = (
    "status", "age_years", "weight_kg", "dose_cells", "cmax_copies_per_ug", "tmax_day", "{scale}_max", "icans_max",
    "n_tocilizumab", "n_steroid", "best_response", "relapse_day", "relapse_antigen_negative", "death_day", "death_cause",
    "b_cell_recovery_day", "n_infections", "last_contact_day", "truth_cured",
)  # fmt: skip
"""What is frozen of a trial that has no rows yet; `{scale}` is the first of its scales."""
ADVICE = (
    "If this change was meant: LIVINGDRUG_FREEZE=1 python -m pytest tests/baseline, and a note in changes/ (README.md)"
)


def shortened(value):
    """Eight digits: enough to notice change, few enough for another processor's last bit."""
    return float(f"{value:.8g}") if isinstance(value, float) else value


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.stem)
def test_same_as_when_frozen(place):
    # expected: our own earlier output
    trial, _, n = place.stem.rpartition("_")
    frozen = json.loads(place.read_text(encoding="utf-8"))
    result = run(trial, patients=int(n), seed=SEED, threads=1, sample=0)
    columns = list(frozen[0]) if frozen else [name.format(scale=result.trial.scales[0]) for name in COLUMNS]
    rows = result.patients.select("patient", *(name for name in columns if name != "patient")).to_dicts()
    now = [{name: shortened(value) for name, value in row.items()} for row in rows]
    if os.environ.get("LIVINGDRUG_FREEZE"):
        lines = ",\n".join(json.dumps(row) for row in now)
        place.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
        frozen = now
    for row, earlier in zip(now, frozen, strict=True):
        for name, value in earlier.items():
            expected = pytest.approx(value, rel=1e-6) if isinstance(value, float) else value
            assert row[name] == expected, f"patient {row['patient']}, {name}: {row[name]} was {value}.\n{ADVICE}"


def test_every_disease_that_a_trial_treats_has_a_baseline():
    # expected: a disease added to the catalogue with a calibration trial has a file here
    catalog = default_catalog()
    trials = {name: catalog.load("trial", name) for name in catalog.names("trial")}
    calibrated = {trial.disease for trial in trials.values() if trial.role == "calibration"}
    assert {trials[place.stem.rpartition("_")[0]].disease for place in PLACES} == calibrated
