"""Simulated trials, run once for all tests of this folder, and the functions of examples/first_weeks.py."""

from __future__ import annotations

import functools
import importlib.util
import sys
from pathlib import Path

import pytest

PATIENTS, SEED = 800, 7


@pytest.fixture(scope="session")
def first_weeks():
    path = Path(__file__).parents[2] / "examples" / "first_weeks.py"
    spec = importlib.util.spec_from_file_location("first_weeks", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["first_weeks"] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def trial_run():
    """name -> a finished run of that trial, simulated once for all tests of this folder."""
    from livingdrug.trial.run import run

    return functools.cache(lambda name: run(name, patients=PATIENTS, seed=SEED, sample=0))
