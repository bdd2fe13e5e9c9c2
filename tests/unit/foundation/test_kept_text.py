"""What is kept is found by all code that made it. Expected: the modules that a process holds after it has imported the maker."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import livingdrug
from livingdrug.engine.sbml.kept_equations import CODE as OF_EQUATIONS
from livingdrug.foundation.kept_text import digest_of_code
from livingdrug.model.kept_sbml import CODE as OF_SBML

MADE_BY = {
    "livingdrug.engine.sbml.read": OF_EQUATIONS,
    "livingdrug.model.joined, livingdrug.model.soundness": OF_SBML,
}


@pytest.mark.parametrize("maker", MADE_BY)
def test_all_that_decides_is_in_the_name_of_what_is_kept(maker):
    # one that is not hashed would leave what older code made
    script = f"import sys, {maker}; print(*(m for m in sys.modules if m.startswith('livingdrug')))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    package = Path(livingdrug.__file__).parent
    hashed = {file for pattern in MADE_BY[maker] for file in package.glob(pattern)}
    files = {Path(importlib.util.find_spec(name).origin) for name in said.split()}
    assert {file for file in files if file.name != "__init__.py"} <= hashed


def test_every_text_that_is_kept_is_listed_here():
    package = Path(livingdrug.__file__).parent
    users = {file.stem for file in package.rglob("*.py") if "kept_text(" in file.read_text(encoding="utf-8")}
    assert users == {"kept_text", "kept_equations", "kept_sbml"}


def test_another_file_or_library_is_another_digest():
    one = digest_of_code(("foundation/kept_text.py",), ("pint",))
    assert one != digest_of_code(("foundation/trust.py",), ("pint",))
    assert one != digest_of_code(("foundation/kept_text.py",), ("numpy",))
    assert digest_of_code(("nothing/*.py",), ("pint",)) == ""
