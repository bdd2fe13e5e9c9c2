"""What another user could have put where machine code and models are kept. Expected: it is never read, the same result is made anew, and a word says so."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from livingdrug.engine.compiler.machine import MachineCode
from livingdrug.foundation import cache_folder
from livingdrug.foundation.kept_text import kept_text
from livingdrug.foundation.sealed import read_sealed

pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no owners of files")
NOBODY = 65534
CODE = "define void @nothing() { ret void }"


def _given_away(path: Path) -> None:
    os.chown(path, NOBODY, NOBODY)


def _open_to_all(path: Path) -> None:
    path.chmod(0o666 if path.is_file() else 0o777)


def _linked(path: Path) -> None:
    elsewhere = path.with_name(f"{path.name}_elsewhere")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


others = pytest.mark.parametrize("how", [
    pytest.param(_given_away, marks=pytest.mark.skipif(getattr(os, "getuid", int)() != 0, reason="only an administrator gives files away")),
    _open_to_all, _linked,
])  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("LIVINGDRUG_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr(cache_folder, "_warned", set())
    return tmp_path / "kept"


def _replaced(path: Path) -> None:
    """Something else in its place, sealed as we would."""
    harm = b"not what was asked for"
    path.write_bytes(hashlib.sha256(harm).digest() + harm)


@others
@pytest.mark.parametrize("whose", ["file", "folder"])
def test_machine_code_that_others_could_have_written_is_made_again(folder, how: Callable, whose, caplog):
    assert not MachineCode(CODE, ("nothing",)).from_cache
    assert MachineCode(CODE, ("nothing",)).from_cache
    (kept,) = folder.glob("*.o")
    _replaced(kept)
    how(kept if whose == "file" else folder)
    assert not MachineCode(CODE, ("nothing",)).from_cache  # and finds its function
    assert "not yours" in caplog.text if whose == "file" else "others can write to" in caplog.text


@others
def test_a_model_that_others_could_have_written_is_made_again(folder, how: Callable, caplog):
    def ask() -> str:
        return kept_text("a", lambda: "a model", code="code", what="a checked model", ending=".xml")

    assert ask() == "a model"
    (kept,) = folder.glob("*.xml")
    _replaced(kept)
    assert ask() == "not what was asked for"  # ours: whoever can write our files needs no trick
    how(kept)
    assert ask() == "a model"
    assert "a checked model kept in" in caplog.text


def test_a_private_folder_that_another_made_first_is_not_used(folder, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "temporary"))
    places = (folder, folder / f"user-{os.getuid()}", tmp_path / "temporary" / f"livingdrug-kernels-{os.getuid()}")
    for place in places:
        place.mkdir(parents=True)
        place.chmod(0o777)
    assert cache_folder.usable_folder(folder) is None
    code = MachineCode(CODE, ("nothing",))
    assert not code.from_cache
    assert not [file for place in places for file in place.glob("*.o")]
    assert read_sealed(folder / "absent", "anything") is None
