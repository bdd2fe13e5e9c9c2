"""The integrator is compiled once however many threads ask first. Expected: one message, and Numba's setting as it was."""

from __future__ import annotations

import logging
import threading
import time

from numba.core import config, event

from livingdrug.engine import integrate as module


class _Slow:
    """Stands for the compiled integrator: its first compilation takes a while and is told to whoever listens."""

    def __init__(self) -> None:
        self.overloads: dict[tuple, bool] = {}
        self.lock = threading.RLock()  # as Numba's own

    def typeof_pyval(self, value: object) -> type:
        return type(value)

    def compile(self, signature: tuple) -> None:
        with self.lock:
            if signature in self.overloads:
                return
            with event.trigger_event("numba:compile", data={"dispatcher": self}):
                time.sleep(0.05)
                self.overloads[signature] = True

    def __call__(self, *arguments: object) -> tuple[object, ...]:
        return arguments


def test_threads_that_come_together_are_told_once(monkeypatch, caplog):
    slow, before = _Slow(), int(config.OPT)
    monkeypatch.setattr(module, "integrate", slow)
    gate = threading.Barrier(4)

    def ask() -> None:
        gate.wait()
        assert module.run_integrator(1, 2.0) == (1, 2.0)

    with caplog.at_level(logging.WARNING, logger="livingdrug.engine"):
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert [record.message.split(" for this")[0] for record in caplog.records] == ["compiling the integrator once"]
    assert int(config.OPT) == before
