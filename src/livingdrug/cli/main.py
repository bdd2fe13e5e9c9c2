"""The entry: answers `--version` at once, runs a command, and turns every failure into a sentence and an exit code.

Exit codes: 0 done · 1 a defect of ours · 2 something in the input · 3 some courses failed · 130 stopped by the user.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from livingdrug.cli import NOTICE

STOPPED = 130
PLAIN = "livingdrug.plain"
STOPPED_WORDS = "stopped by you before the work was done; nothing was left half-written."


def run() -> None:
    """The `livingdrug` command."""
    code = STOPPED
    try:
        try:
            speak_any_encoding()
            code = main(sys.argv[1:])
        except KeyboardInterrupt:
            _say(f"Error: {STOPPED_WORDS}")
        if code == STOPPED:
            _leave_at_once(code)
        _hear_no_more()  # what was asked for is done and written: a Ctrl-C now would only take its exit code away
    except KeyboardInterrupt:  # once more, while the first one was told
        _leave_at_once(STOPPED)
    sys.exit(code)


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
            _say(text)
        return failed
    if code == STOPPED:
        _say(f"Error: {STOPPED_WORDS}")
    return code if isinstance(code, int) else 0


def speak_any_encoding() -> None:
    """Letters that standard output cannot hold (a redirected file on Windows, LANG=C) become plain ones: never a crash."""
    import codecs

    from livingdrug.cli.plain_letters import instead

    codecs.register_error(PLAIN, instead)
    for stream in (sys.stdout, sys.stderr):
        change = getattr(stream, "reconfigure", None)  # a test's or a notebook's stream has none
        if change is not None and (stream.encoding or "").lower().replace("-", "") != "utf8":
            change(errors=PLAIN)


def _say(text: str) -> None:
    import contextlib

    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _hear_no_more() -> None:
    """Ctrl-C is ignored from here on."""
    import contextlib
    import signal

    with contextlib.suppress(OSError, ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _leave_at_once(code: int) -> None:
    """End without waiting for threads that still compute; all that is to be kept is on the disk."""
    import contextlib
    import os

    _hear_no_more()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _quiet_pipe() -> None:
    """Keep Python silent at exit when the reader of our output has gone (`livingdrug list | head -1`)."""
    import os

    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
