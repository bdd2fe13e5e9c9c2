"""A checked model is read from disk the second time; what did not pass, or is damaged, is converted again."""

import pytest

from livingdrug.foundation.errors import ModelError
from livingdrug.model import kept_sbml as module
from livingdrug.model.kept_sbml import kept_sbml


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LIVINGDRUG_CACHE", str(tmp_path))


def _never():
    raise AssertionError("converted again")


def test_the_second_time_it_is_read(tmp_path):
    assert kept_sbml(("a", 1), lambda: "<sbml>µ</sbml>") == "<sbml>µ</sbml>"
    assert kept_sbml(("a", 1), _never) == "<sbml>µ</sbml>"
    assert kept_sbml(("a", 2), lambda: "other") == "other"
    assert len(list(tmp_path.iterdir())) == 2


def test_what_did_not_pass_is_not_kept(tmp_path):
    def unsound():
        raise ModelError("a unit does not fit")

    for _ in range(2):
        with pytest.raises(ModelError, match="does not fit"):
            kept_sbml("bad", unsound)
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_is_made_again(tmp_path, caplog):
    kept_sbml("a", lambda: "whole")
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert kept_sbml("a", lambda: "again") == "again"
    assert "damaged" in caplog.text
    assert kept_sbml("a", _never) == "again"


def test_other_checks_ask_again(monkeypatch):
    # expected: a change of the code that checks, or of a library, finds nothing kept; where the code cannot be read nothing is kept
    kept_sbml("a", lambda: "old")
    monkeypatch.setattr(module, "_checks", lambda: "another library")
    assert kept_sbml("a", lambda: "new") == "new"
    monkeypatch.setattr(module, "_checks", lambda: "")
    assert kept_sbml("a", lambda: "first") == "first"
    assert kept_sbml("a", lambda: "second") == "second"
