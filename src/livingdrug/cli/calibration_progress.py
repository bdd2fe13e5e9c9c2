"""How far a calibration has come: stage, simulated trials, objective, time to go; one line that is renewed, or one for each tenth."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

TENTHS = 10


@contextmanager
def told() -> Iterator[Callable[[Any], None]]:
    """Give a function that a calibration calls with its progress; it speaks on standard error."""
    began: dict[str, float] = {}
    said: dict[str, int] = {}
    on_terminal = sys.stderr.isatty()

    def tell(now: Any) -> None:
        start = began.setdefault(now.stage, time.monotonic())
        tenth = TENTHS * now.done // max(now.total, 1)
        if not on_terminal and (said.get(now.stage) == tenth and now.stage != "step"):
            return
        said[now.stage] = tenth
        gone = time.monotonic() - start
        left = gone / now.done * (now.total - now.done) if now.done else 0.0
        objective = f"objective {now.objective:.1f}" if now.objective < float("inf") else ""
        things = getattr(now, "things", "simulated trials")
        count = f"{now.done:,}/{now.total:,} {things}" if now.total > 1 else ""
        line = "  ".join(
            part for part in (now.stage, count, objective, f"{left:.0f} s to go" if left >= 1 else "") if part
        )
        print(f"\r\x1b[2K{line}" if on_terminal else line, end="" if on_terminal else "\n", file=sys.stderr, flush=True)

    try:
        yield tell
    finally:
        if on_terminal:
            print(file=sys.stderr)
