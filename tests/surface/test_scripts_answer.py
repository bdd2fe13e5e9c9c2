"""Every script of examples/ answers --help and refuses words that make no sense, without a traceback. Expected: the rules of any command line."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(path.name for path in (ROOT / "examples").glob("*.py") if path.name != "asking.py")


@pytest.fixture
def asked(monkeypatch, capsys):
    """Runs a script as `python examples/…` would, in this process: exit code, standard output, standard error."""
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    monkeypatch.chdir(ROOT)

    def ask(script: str, *words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", [script, *words])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(ROOT / "examples" / script), run_name="__main__")
        told = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, told.out, told.err

    return ask


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_shows_its_help_and_refuses_nonsense(asked, script):
    code, told, _ = asked(script, "--help")
    assert code == 0
    assert f"usage: {script}" in told
    code, _, refused = asked(script, "--no-such-option", "no/such/page.md", "-3")
    assert code == 2
    assert "Traceback" not in refused
    assert f"usage: {script}" in refused


@pytest.mark.parametrize(
    ("script", "words", "named"),
    [
        ("trial_table.py", ("no_such_trial", "4"), "no_such_trial"),
        ("take_over.py", ("no/such/folder",), "no/such/folder"),
        ("take_over.py", ("docs",), "parameters.json"),
        ("policies.py", ("0",), "from 1"),
        ("policies.py", ("10", "README.md"), "README.md"),
        ("number_tables.py", ("product", "no_such_product"), "no_such_product"),
        ("arms_tables.py", ("docs/calibration.md",), "gentler"),
        ("refresh.py", ("no/such/page.md",), "no/such/page.md"),
    ],
)
def test_what_is_wrong_is_named_before_any_work(asked, script, words, named):
    code, _, refused = asked(script, *words)
    assert code == 2
    assert named in refused
    assert "Traceback" not in refused
