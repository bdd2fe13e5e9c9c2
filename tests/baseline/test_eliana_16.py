"""Sixteen patients of ELIANA, frozen. README.md says how to freeze again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from livingdrug.trial.run import run

PLACE = Path(__file__).with_name("eliana_16.json")
COLUMNS = (
    "status", "age_years", "weight_kg", "dose_cells", "cmax_copies_per_ug", "tmax_day", "crs_penn_max", "icans_max",
    "n_tocilizumab", "n_steroid", "best_response", "relapse_day", "relapse_antigen_negative", "death_day", "death_cause",
    "b_cell_recovery_day", "n_infections", "last_contact_day", "truth_cured",
)  # fmt: skip
ADVICE = (
    "If this change was meant: LIVINGDRUG_FREEZE=1 python -m pytest tests/baseline, and a note in changes/ (README.md)"
)


def shortened(value):
    """Eight digits: enough to notice change, few enough for another processor's last bit."""
    return float(f"{value:.8g}") if isinstance(value, float) else value


def test_same_as_when_frozen():
    # expected: our own earlier output
    frame = run("eliana", patients=16, seed=3, threads=1, sample=0).patients
    now = [
        {name: shortened(value) for name, value in row.items()} for row in frame.select("patient", *COLUMNS).to_dicts()
    ]
    if os.environ.get("LIVINGDRUG_FREEZE"):
        lines = ",\n".join(json.dumps(row) for row in now)
        PLACE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    for row, frozen in zip(now, json.loads(PLACE.read_text(encoding="utf-8")), strict=True):
        for name, value in frozen.items():
            expected = pytest.approx(value, rel=1e-6) if isinstance(value, float) else value
            assert row[name] == expected, f"patient {row['patient']}, {name}: {row[name]} was {value}.\n{ADVICE}"
