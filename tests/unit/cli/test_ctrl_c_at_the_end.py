"""Ctrl-C once everything is written, while the interpreter ends. Expected: the exit code of what was done, as for any command."""

from __future__ import annotations

import subprocess
import sys

LATE = """
import atexit, os, signal
from livingdrug.cli import main
atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))
main.main = lambda words: 3
main.run()
"""


def test_ctrl_c_while_the_interpreter_ends_changes_nothing():
    ended = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (3, "")
