"""The small model as a fixture."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("small_model", Path(__file__).with_name("small_model.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Path]:
    """Writes the small model, whole files replaced on request, and returns its folder."""
    module = _load()
    return lambda **changes: module.write_small_model(tmp_path, **changes)


@pytest.fixture
def texts() -> Any:
    """The texts of the small model's files."""
    return _load()
