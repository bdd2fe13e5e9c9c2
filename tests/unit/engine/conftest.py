"""Small models for the engine's tests, and a cache of compiled kernels of their own."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.engine.odes import Odes
from livingdrug.engine.program import CheckProgram

EVERYTHING = Odes(
    states=("cells", "drug", "signal", "mood", "store"),
    parameters=("growth", "kill", "half", "hill", "rate", "carrying"),
    defaults=(0.6, 0.4, 2.0, 1.7, 0.3, 1e6),
    assignments=(
        ("effect", "drug**hill / (half**hill + drug**hill)"),
        ("crowding", "1 - cells / carrying"),
        ("push", "max(0, sqrt(abs(mood) + 0.1) - 0.2) if signal > 0.5 or drug > 3 else 0.3 * min(signal, 0.4)"),
        ("rhythm", "1 + 0.2 * exp(-(time - floor(time))) * (time > 2)"),
    ),
    rates=(
        "growth * crowding * cells - kill * effect * cells",
        "-rate * drug / (1 + 0.1 * drug)",
        "push - rate * signal + 0.01 * log(1 + cells)",
        "rhythm - 2 * mood + 0.1 * signal * (0 if mood < 0.2 and not signal > 1 else 1)",
        "0.05 * drug - 0.4 * store + 0.02 * mood ** 3",
    ),
    initial=("1000 * growth", "0", "0.2", "1", "rate"),
)
RULES = CheckProgram(
    statements=(
        ("high", "cells > 3000 and given < 3"),
        ("drug", "drug + 4 * (1 + 0.1 * given) if high else drug"),
        ("given", "given + 1 if high else given"),
        ("now_effect", "effect"),
        ("since", "time - last"),
        ("last", "time if high else last"),
        ("gone", "cells > 9e5"),
    ),
    memory={"given": 0.0, "last": -99.0},
    firings=("high", "gone"),
    stop="gone",
)
OUTPUTS = ("cells", "drug", "signal", "mood", "store", "effect", "rhythm", "growth", "given", "now_effect", "since")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVINGDRUG_CACHE", str(tmp_path_factory.mktemp("kernels")))
        yield


@pytest.fixture
def everything() -> Odes:
    """A model that uses the whole formula language."""
    return EVERYTHING


@pytest.fixture
def arguments() -> dict:
    """Keyword arguments of compile_model for it, with rules."""
    return {
        "log_scales": {"cells": 1.0, "store": 1e-3},
        "linear_scales": {"drug": 1e-3, "signal": 1e-2, "mood": 1e-2},
        "outputs": OUTPUTS,
        "program": RULES,
    }


@pytest.fixture
def parameters() -> np.ndarray:
    """Thirteen patients of it."""
    random = np.random.default_rng(3)
    return np.array(EVERYTHING.defaults) * np.exp(0.2 * random.standard_normal((13, 6)))


@pytest.fixture
def days() -> np.ndarray:
    """Check days."""
    return np.concatenate([np.arange(0, 8, 1 / 3), np.arange(8, 40, 4.0)])
