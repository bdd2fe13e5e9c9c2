"""Functions compiled by Numba once for an installation: kept on disk, and built again when what was kept is damaged."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

from numba import njit

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

    Notes
    -----
    After a power cut or a full disk Numba's files may be empty or cut, and Numba then stops with whatever its reader
    stumbles on, every time. Here such a file is thrown away, with a word.
    """
    try:
        compiled: Any = njit(cache=True, **options)(function)
        compiled._cache = _Forgiving(compiled._cache)
    except RuntimeError:  # Numba found no writable place for its cache, not even in the user's home
        _tell_of_no_cache()
        compiled = njit(**options)(function)
    if signature is not None:
        compiled.compile(signature)
        compiled.disable_compile()
    return compiled


class _Forgiving:
    """Numba's cache of one function, to which a damaged file is as good as none."""

    def __init__(self, cache: Any) -> None:
        self._cache = cache

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)

    def load_overload(self, *arguments: Any) -> Any:
        """The compiled function, or None if it has to be compiled."""
        try:
            return self._cache.load_overload(*arguments)
        except Exception as problem:  # an unpickler meets anything in a damaged file
            _tell_of_damage(str(self._cache.cache_path), type(problem).__name__)
            self._forget()
            return None

    def save_overload(self, *arguments: Any) -> None:
        """Keep a compiled function; it works as well if it cannot be kept."""
        try:
            self._cache.save_overload(*arguments)
        except OSError as problem:
            _LOG.warning("could not keep a compiled function in %s (%s)", self._cache.cache_path, problem)

    def _forget(self) -> None:
        try:
            self._cache.flush()
        except OSError as problem:
            _LOG.warning("could not throw the damaged file away (%s)", problem)
            self._cache.disable()


@cache
def _tell_of_damage(folder: str, what: str) -> None:
    _LOG.warning("a compiled function kept in %s was damaged (%s): it is thrown away and built again", folder, what)


@cache
def _tell_of_no_cache() -> None:
    _LOG.warning("no writable place to keep compiled functions; set NUMBA_CACHE_DIR to one to start faster")
