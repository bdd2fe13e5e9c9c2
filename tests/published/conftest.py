"""What simulated trials measure in their first hundred days: the functions of examples/first_weeks.py, loaded once."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest


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
