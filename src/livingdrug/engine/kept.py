"""Functions of the integrator as machine code that is kept on disk: `livingdrug.foundation.kept` with the engine's options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livingdrug.foundation.kept import kept

__all__ = ["compiled", "kept"]


def compiled(function: Callable[..., Any], **more: bool) -> Any:
    """A function of the integrator, kept as machine code: see `kept`."""
    return kept(function, **{"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, **more})
