"""Short answers that a slow library gives to short questions, kept in one file between processes: only new questions load the library."""

from __future__ import annotations

import atexit
import json
import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from livingdrug.foundation.cache_folder import default_cache_dir, folder_without_ado
from livingdrug.foundation.kept_text import digest_of_code
from livingdrug.foundation.sealed import read_sealed, write_sealed

MOST, LONGEST = 4_000, 200
"""Answers kept in a file, and letters of a question; what is beyond is found out anew."""


class KeptAnswers:
    """Answers by question.

    Parameters
    ----------
    name
        Of the file, before its digest: ``"units"``.
    files, libraries
        What the answers follow from beside the question: files of the package (patterns) and libraries, whose versions count.
    """

    def __init__(self, name: str, files: tuple[str, ...], libraries: tuple[str, ...]) -> None:
        self.name, self.files, self.libraries = name, files, libraries
        self._lock, self._waits = threading.Lock(), False

    def of(self, question: str, find: Callable[[], Any]) -> Any:
        """The answer to a question, as plain values (what JSON can hold); found now where it is not known."""
        answers = self._answers
        if len(question) > LONGEST:
            return find()
        if question not in answers:
            found = find()
            with self._lock:
                answers[question] = found
                if not self._waits and self._path is not None:
                    self._waits = True
                    atexit.register(self.write)
        return answers[question]

    def write(self) -> None:
        """Keep what is known now, with what other processes have kept meanwhile."""
        path = self._path
        if path is None or not path.parent.is_dir():
            return
        known = {**self._kept(), **self._answers}
        some = dict(list(known.items())[-MOST:])  # the latest
        write_sealed(path, json.dumps(some).encode(), f"answers on {self.name}")

    @cached_property
    def _path(self) -> Path | None:
        code = digest_of_code(self.files, self.libraries)
        folder = folder_without_ado(default_cache_dir()) if code else None
        return folder / f"{self.name}.{code[:32]}.json" if folder else None

    @cached_property
    def _answers(self) -> dict[str, Any]:
        return self._kept()

    def _kept(self) -> dict[str, Any]:
        held = read_sealed(self._path, f"answers on {self.name}") if self._path else None
        return json.loads(held) if held is not None else {}
