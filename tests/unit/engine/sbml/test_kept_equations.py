"""Equations that were kept are those that are read; what cannot be read is not kept."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import livingdrug
from livingdrug.engine.sbml.kept_equations import CODE, kept_equations
from livingdrug.engine.sbml.read import UnsupportedModel, read_sbml
from livingdrug.engine.sbml.source import sbml_text

DECAY = """
model decay
  compartment c = 2; species S in c = 10; k = 0.1 + 0.2; a := 3*S; e = 1e-300
  J: S -> ; k*S*c + e*time
end
"""
SWITCHED = "model m\n x = 1; x' = -x; at (time > 1): x = 2;\nend"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LIVINGDRUG_CACHE", str(tmp_path))


def test_kept_equations_are_those_that_are_read(tmp_path, monkeypatch):
    text = sbml_text(DECAY)
    expected = read_sbml(text)
    assert kept_equations(text) == expected
    assert len(list(tmp_path.iterdir())) == 1
    monkeypatch.setitem(sys.modules, "livingdrug.engine.sbml.read", None)  # reading again would fail
    assert kept_equations(text) == expected


def test_what_cannot_be_read_is_not_kept(tmp_path):
    with pytest.raises(UnsupportedModel, match="event"):
        kept_equations(sbml_text(SWITCHED))
    assert not list(tmp_path.iterdir())


def test_all_that_decides_how_a_text_is_read_is_in_the_name_of_what_is_kept():
    # expected: the package's modules that a process holds after it has imported the reader; one that is not hashed would leave old equations
    script = "import sys, livingdrug.engine.sbml.read; print(*(m for m in sys.modules if m.startswith('livingdrug')))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    package = Path(livingdrug.__file__).parent
    hashed = {file for pattern in CODE for file in package.glob(pattern)}
    files = {Path(importlib.util.find_spec(name).origin) for name in said.split()}
    assert {file for file in files if file.name != "__init__.py"} <= hashed
