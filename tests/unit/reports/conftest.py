"""A synthetic run for the report's tests; the frames are invented, see `synthetic.py`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import polars as pl
import pytest

from livingdrug.catalog.load import default_catalog, read_record
from livingdrug.catalog.records.trial import Trial
from livingdrug.observation.frames import FRAMES, tidy
from livingdrug.trial.result import Result

SPEC = importlib.util.spec_from_file_location("synthetic", Path(__file__).with_name("synthetic.py"))
assert SPEC is not None
assert SPEC.loader is not None
synthetic = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(synthetic)


EXITS = ("last_contact_day", "death_day", "death_cause", "subsequent_therapy_day", "course_status")


def as_stored(frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The frames of a run: what the invented patients table says of exits and truth in frames of their own.

    Outcomes that stay in ``who`` are taken as they are.
    """
    stored = dict(frames)
    patients = tidy(stored.pop("patients"), "who")
    treated = patients.filter(pl.col("status") == "infused")
    truth = [name for name in patients.columns if name.startswith("truth_")]
    parts = {
        "who": patients.drop(*EXITS, *truth, strict=False),
        "exits": treated.select("arm", "patient", *(name for name in EXITS if name in treated.columns)),
        "truth": treated.select("arm", "patient", *truth),
    }
    return {name: tidy({**stored, **parts}.get(name, pl.DataFrame()), name) for name in FRAMES}


def result_of(frames: dict[str, pl.DataFrame], arms: tuple[str, ...] = ("tisa-cel",)) -> Result:
    """A result whose frames are these."""
    frames = as_stored(frames)
    catalog = default_catalog()
    trial = read_record(catalog.path("trial", "eliana"), Trial)
    manifest = {
        "arms": list(arms),
        "seed": 7,
        "patients": 1,
        "trial": "eliana",
        "livingdrug": "0",
        "parameters_sha256": "0" * 64,
    }
    return Result(trial, manifest, frames, catalog=catalog)


@pytest.fixture(scope="session")
def frames() -> dict[str, pl.DataFrame]:
    return synthetic.frames(150, seed=3)


@pytest.fixture(scope="session")
def result(frames: dict[str, pl.DataFrame]) -> Result:
    return result_of(frames)


@pytest.fixture(scope="session")
def two_arms() -> Result:
    parts = [synthetic.frames(60, seed=3, arm="tisa-cel"), synthetic.frames(60, seed=4, arm="early")]
    return result_of({name: pl.concat([part[name] for part in parts]) for name in parts[0]}, ("tisa-cel", "early"))


@pytest.fixture
def make_result():
    return result_of
