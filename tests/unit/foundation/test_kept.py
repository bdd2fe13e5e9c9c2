"""Compiled functions on disk. Expected: whatever happens to the files, the right result, and a word about it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from livingdrug.foundation.cache_folder import usable_folder
from livingdrug.foundation.trust import is_ours

PROGRAM = """
import logging, sys
logging.basicConfig(format="%(message)s")
from livingdrug.engine.kept import compiled
import kept_example
print(kept_example.twice(21))
"""
needs_owners = pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no owners of files")


def _run(folder: Path) -> tuple[str, str]:
    (folder / "kept_example.py").write_text(
        "from livingdrug.engine.kept import compiled\n\n\n@compiled\ndef twice(x):\n    return 2 * x\n",
        encoding="utf-8",
    )
    paths = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / "numba"), "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, encoding="utf-8", check=True
    )
    return done.stdout.strip(), done.stderr


def test_damaged_files_are_made_again_with_a_word(tmp_path):
    assert _run(tmp_path) == ("42", "")
    assert _run(tmp_path) == ("42", "")
    for ending, harm in (("nbc", b""), ("nbi", b"x" * 20), ("nbc", b"\0" * 5000), ("nbi", b"")):
        damaged = list((tmp_path / "numba").rglob(f"*.{ending}"))
        assert damaged
        for path in damaged:
            path.write_bytes(harm)
        found, said = _run(tmp_path)
        assert found == "42"
        assert said.count("cannot be used") == 1, said
        assert _run(tmp_path) == ("42", "")


@needs_owners
def test_a_file_or_folder_others_could_write_is_not_trusted(tmp_path):
    file = tmp_path / "code"
    file.write_bytes(b"")
    for path, mode in ((file, 0o600), (tmp_path, 0o700)):
        path.chmod(mode)
        assert is_ours(path)
        path.chmod(mode | stat.S_IWOTH)
        assert not is_ours(path)
        path.chmod(mode)
    link = tmp_path / "link"
    link.symlink_to(file)
    assert not is_ours(link)
    assert not is_ours(tmp_path / "missing")


@needs_owners
def test_a_shared_folder_gets_a_private_one_inside(tmp_path, caplog):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    found = usable_folder(shared)
    assert found == shared / f"user-{os.getuid()}"
    assert is_ours(found)
    assert stat.S_IMODE(found.stat().st_mode) == 0o700
    assert "others can write" in caplog.text


@needs_owners
def test_kept_functions_in_a_shared_folder_are_not_read(tmp_path):
    assert _run(tmp_path) == ("42", "")
    for path in (tmp_path / "numba").rglob("*.nbc"):
        path.chmod(0o666)
    found, said = _run(tmp_path)
    assert found == "42"
    assert "another user could have written it" in said
