"""Commands in processes of their own that need not import every library again.

A process that has loaded the libraries, and nothing of the product but its units and its random stream, forks for each command; it never
uses a pool of threads, which would not survive a fork. What is forked does all that `python -m livingdrug` does, from the first import of the
command line on. With other settings than those it began with, or where a system does not fork, a command gets an interpreter of its own.

This file is also that process's program: it reads one command a line and answers with its exit code.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

LONGEST = 600.0
_LIBRARIES = (
    "numpy", "polars", "pydantic", "scipy.special", "scipy.interpolate", "scipy.stats", "numba", "llvmlite.binding", "libsbml", "antimony",
    "typer.main", "rich.console", "rich.markdown", "jinja2",
)  # fmt: skip
_OURS = ("livingdrug.foundation.stream_kernel", "livingdrug.foundation.unit_registry")


def _settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


class Commands:
    """Runs command lines; begun at the first of them."""

    def __init__(self, **settings: str) -> None:
        self._settings = settings
        self._began_with = {**_settings(), **settings}
        self._lock = threading.Lock()
        self._server: subprocess.Popen[str] | None = None

    def __call__(self, *words: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
        """`settings` are environment variables."""
        environment = {**_settings(), **self._settings, **settings}
        command = [sys.executable, "-m", "livingdrug", *map(str, words)]
        if environment != self._began_with or not hasattr(os, "fork"):
            return subprocess.run(
                command, capture_output=True, text=True, encoding="utf-8", env=environment, timeout=LONGEST
            )
        with self._lock, tempfile.TemporaryDirectory() as place:
            out, err = Path(place, "out"), Path(place, "err")
            code = self._answer({"words": command[3:], "folder": str(Path.cwd()), "out": str(out), "err": str(err)})
            told = [path.read_text(encoding="utf-8") for path in (out, err)]
        if code is None:
            raise subprocess.TimeoutExpired(command, LONGEST, *told)
        return subprocess.CompletedProcess(command, code, *told)

    def _answer(self, asked: dict[str, Any]) -> int | None:
        if self._server is None:
            self._server = subprocess.Popen(
                [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
                env=self._began_with,
            )  # fmt: skip
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        return json.loads(self._server.stdout.readline())

    def end(self) -> None:
        """End the process that forks."""
        if self._server is not None:
            self._server.communicate()


def _serve() -> None:
    for name in (*_LIBRARIES, *_OURS):
        importlib.import_module(name)
    sys.modules["livingdrug.foundation.unit_registry"].registry()
    for line in iter(sys.stdin.readline, ""):
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _run(asked)
        print(json.dumps(_exit_code(pid)), flush=True)


def _exit_code(pid: int) -> int | None:
    until, pause = time.monotonic() + LONGEST, 0.002
    while time.monotonic() < until:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(pause)
        pause = min(1.2 * pause, 0.05)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return None


def _run(asked: dict[str, Any]) -> None:
    """What `python -m livingdrug` does, with its output in files; ends this process."""
    code = 1
    try:
        os.chdir(asked["folder"])
        for number, path in enumerate((os.devnull, asked["out"], asked["err"])):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), number)
        sys.stdin = os.fdopen(0, closefd=False)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
        sys.argv = ["livingdrug", *asked["words"]]
        from livingdrug.cli.main import run

        run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
