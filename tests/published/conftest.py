"""Simulated trials, run once for all tests of this folder, the functions of examples/first_weeks.py, and lists of known misfits.

A row of a publication that is missed stands in a list with what was measured and one reason. A listed row that came back inside fails
until it leaves the list, a row that newly leaves fails its test; `python tests/relist.py` writes the lists anew.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PATIENTS, SEED = 800, 7
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Row:
    """One row of a publication against its list: `outside`, `inside`, or `near` the limit, where either is accepted."""

    file: str
    key: dict[str, Any]
    state: str
    side: str
    told: str

    @property
    def reason(self) -> str | None:
        """Why it is known to miss; None where it is not listed."""
        return known_misfits(self.file).get(tuple(self.key.items()))

    def hold(self, record_property: Callable[[str, object], None]) -> None:
        """Fails where the list and the row do not agree."""
        record_property("row", (self.file, self.key, self.state, self.side, self.told))
        if self.reason is None:
            assert self.state != "outside", f"{self.told}: a new misfit; mend it, or list it in {self.file}"
        else:
            assert self.state != "inside", f"{self.told}: inside again; take it out of {self.file}"
            assert len(self.reason) > 20, f"{self.told}: say in {self.file} why it is missed"


@functools.cache
def known_misfits(file: str) -> dict[tuple[tuple[str, Any], ...], str]:
    """Key and reason of each row of a list; no file, no misfit."""
    path = HERE / file
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("misfit", []) if path.exists() else []
    parts = ("measured", "side", "reason")
    return {tuple((key, one[key]) for key in one if key not in parts): one["reason"] for one in entries}


@pytest.fixture(scope="session")
def held_row() -> type[Row]:
    """The class of a row that is held against its list."""
    return Row


@pytest.fixture(scope="session")
def first_weeks():
    path = Path(__file__).parents[2] / "examples" / "first_weeks.py"
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))  # its neighbours
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
