"""Equations that were kept are those that are read; what cannot be read is not kept."""

import sys

import pytest

from livingdrug.engine.sbml.kept_equations import kept_equations
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
