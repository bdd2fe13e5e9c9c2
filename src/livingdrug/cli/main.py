"""The entry: answers `--version` at once, runs a command, and turns every failure into a sentence and an exit code.

Exit codes: 0 done · 1 a defect of ours · 2 something in the input · 3 some courses failed · 130 stopped by the user.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from livingdrug.cli import NOTICE


def run() -> None:
    """The `livingdrug` command."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code.

    Parameters
    ----------
    arguments
        Words after `livingdrug`.

    Examples
    --------
    >>> main(["--version"])  # doctest: +ELLIPSIS
    livingdrug ...
    Simulation; not for patient care.
    0
    """
    if list(arguments) in (["--version"], ["-V"]):
        # Answered before anything else is imported: people type it in a hurry, and scripts often.
        from importlib.metadata import version

        print(f"livingdrug {version('livingdrug')}\n{NOTICE}")
        return 0
    debug = "--debug" in arguments
    words = [word for word in arguments if word != "--debug"]
    try:
        from livingdrug.cli.app import build

        code = build()(args=words, prog_name="livingdrug", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as problem:
        if isinstance(problem, SystemExit):
            _quiet_pipe()
            return problem.code if isinstance(problem.code, int) else 1
        from livingdrug.cli.failures import explain

        text, failed = explain(problem)
        if isinstance(problem, BrokenPipeError):
            _quiet_pipe()
        elif debug:
            import traceback

            traceback.print_exception(problem, file=sys.stderr)
        if text:
            print(text, file=sys.stderr)
        return failed
    if code == 130:
        print("Error: stopped by you before the work was done; nothing was left half-written.", file=sys.stderr)
    return code if isinstance(code, int) else 0


def _quiet_pipe() -> None:
    """Keep Python silent at exit when the reader of our output has gone (`livingdrug list | head -1`)."""
    import os

    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
