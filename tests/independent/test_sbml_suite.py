"""The SBML Test Suite (semantic cases): every case passes or is refused by name; no wrong answer."""

from __future__ import annotations

import csv
import importlib.util
import io
import os
import re
import zipfile
from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from livingdrug.engine.sbml.read import UnsupportedModel

HERE = Path(__file__).parent
YARDSTICKS = Path(os.environ.get("LIVINGDRUG_YARDSTICKS") or HERE.parents[1].parent / "shared" / "yardsticks")
SUITE = YARDSTICKS / "sbml_test_suite"
ALL = os.environ.get("LIVINGDRUG_VALIDATE") == "1"
# one of each kind of trouble, for the fast slice; the rest of it is every so-many-th case
TELLING = ("00028", "01820", "01214", "01506", "01780", "01488", "01277", "01542", "00934", "01511")

_SPEC = importlib.util.spec_from_file_location("sbml_suite_adapter", HERE / "sbml_suite_adapter.py")
assert _SPEC
assert _SPEC.loader
adapter = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(adapter)

pytestmark = pytest.mark.skipif(
    not SUITE.is_dir(), reason=f"the SBML Test Suite is not in {SUITE.name} of LIVINGDRUG_YARDSTICKS (licences differ)"
)


def _cases() -> list[tuple[str, str]]:
    if not SUITE.is_dir():
        return []
    with (SUITE / "index.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["suite"] == "semantic" and row["copied"] == "1"]
    cases = [(row["tier"], row["case"]) for row in rows]
    return cases if ALL else [*cases[::48], *(pair for pair in cases if pair[1] in TELLING)]


@cache
def _archive() -> tuple[zipfile.ZipFile, dict[str, dict[str, str]]]:
    archive = zipfile.ZipFile(SUITE / "semantic.zip")
    files: dict[str, dict[str, str]] = defaultdict(dict)
    for name in archive.namelist():
        _, case, file = name.split("/")
        files[case][file] = name
    return archive, files


def _read(case: str, ending: str) -> str:
    archive, files = _archive()
    return archive.read(next(name for file, name in sorted(files[case].items()) if file.endswith(ending))).decode()


def _wanted(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(\w+):[ \t]*(.*)$", text, re.MULTILINE))


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@pytest.mark.parametrize(("tier", "case"), _cases())
def test_case(tier, case, tmp_path_factory, monkeypatch):
    # expected: the suite's results file, within its own tolerances |x - reference| <= absolute + relative |reference|
    monkeypatch.setenv("LIVINGDRUG_CACHE", str(tmp_path_factory.getbasetemp() / "kernels"))
    wanted = _wanted(_read(case, "-settings.txt"))
    rows = [row for row in csv.reader(io.StringIO(_read(case, "-results.csv"))) if row]
    head, reference = [name.strip() for name in rows[0]], np.array(rows[1:], dtype=float)
    variables = _listed(wanted["variables"])
    # the first column is time, whatever the others are called
    reference = reference[:, [1 + head[1:].index(name) for name in variables]]
    start, duration, steps = float(wanted["start"]), float(wanted["duration"]), int(wanted["steps"])
    absolute, relative = float(wanted.get("absolute") or 1e-6), float(wanted.get("relative") or 1e-4)
    try:
        ours = adapter.course_of(
            _read(case, ".xml"),
            np.linspace(start, start + duration, steps + 1),
            _listed(wanted.get("amount", "")),
            _listed(wanted.get("concentration", "")),
            variables,
            absolute,
            relative,
        )
    except UnsupportedModel as refusal:
        if tier == "1-core" or '"' not in str(refusal):  # a refusal names what it refuses
            raise
        pytest.skip(f"refused: {refusal}")
    assert ours.shape == reference.shape
    same = (ours == reference) | (np.isnan(ours) & np.isnan(reference))
    with np.errstate(invalid="ignore"):
        near = np.abs(ours - reference) <= absolute + relative * np.abs(reference)
    assert np.all(near | same), f"{np.sum(~(near | same))} of {ours.size} numbers differ"
