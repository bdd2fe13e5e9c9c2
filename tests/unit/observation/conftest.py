"""Courses made by hand: what the truth was is known exactly, so what is seen of it can be counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from livingdrug.course.course import Course
from livingdrug.course.fate import NEVER
from livingdrug.engine.ensemble import Firings

NOTHING = np.array([], dtype=np.int64)


def course_of(days: Any, columns: Mapping[str, Any], n: int, **parts: Any) -> Course:
    """A course of n patients whose columns are these, each (n, C) or one value for all; nobody dies of toxicity."""
    days = np.asarray(days, dtype=np.float64)
    columns = {"toxicity_death_day": NEVER, "infection_exposure": 0.0, **columns}
    values = np.stack([np.broadcast_to(one, (n, len(days))) for one in columns.values()], axis=2).astype(np.float64)
    plain: dict[str, Any] = {
        "patients": np.arange(1, n + 1),
        "stop_check": np.full(n, len(days) - 1),
        "clones": (),
        "target": "",
        "firings": Firings(NOTHING, NOTHING, NOTHING, np.array([])),
        "rules": (),
        "failed": np.zeros(n, dtype=bool),
        "sentences": ("finished",) * n,
    }
    return Course(days=days, names=tuple(columns), values=values, **{**plain, **parts})


@pytest.fixture(scope="session")
def made() -> Callable[..., Course]:
    """`course_of`."""
    return course_of


@pytest.fixture(scope="session")
def plan(eliana):
    """The arm of ELIANA, every name resolved."""
    from livingdrug.catalog.plan import plans_of

    trial, catalog = eliana
    return plans_of(trial, catalog)[0]
