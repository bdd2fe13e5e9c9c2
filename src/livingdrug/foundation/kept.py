"""Functions compiled by Numba and kept on disk, so that only the first start waits; a damaged file is made again.

Numba reads what it kept with pickle and runs it. Here each file begins with its hash, and is read only if nobody else
could have written it.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from functools import cache
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache, IndexDataCacheFile

from livingdrug.foundation.cache_folder import default_cache_dir, usable_folder
from livingdrug.foundation.trust import is_ours

_LOG = logging.getLogger("livingdrug.engine")


def kept(function: Callable[..., Any], signature: Any = None, **options: Any) -> Any:
    """A function as machine code, kept on disk where a place for it can be written.

    Parameters
    ----------
    function
        What to compile.
    signature
        Types of its arguments, to compile now; otherwise it is compiled when it is first called.
    options
        As for `numba.njit`.
    """
    try:
        dispatcher: Any = njit(cache=True, **options)(function)
        dispatcher._cache = _Sealed(function)
    except RuntimeError:  # Numba found no writable place for its cache, not even in the user's home
        _tell_of_no_cache()
        dispatcher = njit(**options)(function)
    if signature is not None:
        dispatcher.compile(signature)
        dispatcher.disable_compile()
    return dispatcher


@cache
def _tell_of_no_cache() -> None:
    _LOG.warning("no writable place to keep the compiled integrator; set NUMBA_CACHE_DIR to one to start faster")


class _Sealed(FunctionCache):
    """Numba's cache of one function, whose files are checked before they are read."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        place = self._cache_path
        if not is_ours(place):
            private = usable_folder(default_cache_dir())
            _tell_of_others(place, str(private or "memory only"))
            if private is None:
                self.disable()
            else:
                self._cache_path = place = str(private)
        self._cache_file = _SealedFiles(
            cache_path=place,
            filename_base=f"{self._impl.filename_base}.sealed",
            source_stamp=self._impl.locator.get_source_stamp(),
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception as problem:
            _tell_of_damage(self._cache_path, str(problem) or type(problem).__name__)
            self._start_anew()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except Exception as problem:  # a full disk, or a folder that is gone: the function itself is compiled
            _LOG.warning("could not keep the compiled integrator in %s (%s)", self._cache_path, problem)

    def _start_anew(self) -> None:
        try:
            self.flush()
        except OSError:
            self.disable()


class _SealedFiles(IndexDataCacheFile):
    """Its files: 32 bytes of SHA-256, then what Numba writes."""

    def _load_index(self) -> Any:
        if not os.path.exists(self._index_path):
            return {}
        stamp, overloads = _unsealed(self._index_path)
        return overloads if stamp == [self._version, self._source_stamp] else {}

    def _save_index(self, overloads: Any) -> None:
        _write_sealed(self, self._index_path, ([self._version, self._source_stamp], overloads))

    def _load_data(self, name: str) -> Any:
        path = self._data_path(name)
        if not os.path.exists(path):
            raise OSError(f"{path} is not there")  # Numba compiles again
        return _unsealed(path)

    def _save_data(self, name: str, data: Any) -> None:
        _write_sealed(self, self._data_path(name), data)


def _unsealed(path: str) -> Any:
    import pickle

    if not is_ours(path):
        raise ValueError("another user could have written it")
    with open(path, "rb") as file:
        digest, content = file.read(32), file.read()
    if hashlib.sha256(content).digest() != digest:
        raise ValueError("it is damaged")
    return pickle.loads(content)


def _write_sealed(files: Any, path: str, value: Any) -> None:
    content = files._dump(value)
    with files._open_for_write(path) as file:
        file.write(hashlib.sha256(content).digest() + content)


@cache
def _tell_of_others(folder: str, used: str) -> None:
    _LOG.warning("others can write to %s, where the compiled integrator would be kept; using %s", folder, used)


@cache
def _tell_of_damage(folder: str, problem: str) -> None:
    _LOG.warning("the compiled integrator kept in %s cannot be used (%s); compiling it again", folder, problem)
