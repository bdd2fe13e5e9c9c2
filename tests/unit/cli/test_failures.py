"""Expected values: the exit codes drawn at the top of foundation/errors.py and cli/main.py."""

from __future__ import annotations

import errno

import pytest

from livingdrug.cli.failures import explain
from livingdrug.foundation.errors import BadInput, Interrupted, LivingDrugError, SimulationFailed


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (BadInput("x"), 2),
        (SimulationFailed("x"), 3),
        (Interrupted("x"), 130),
        (LivingDrugError("x"), 1),
        (KeyboardInterrupt(), 130),
        (OSError(errno.ENOSPC, "No space left on device"), 2),
        (OSError(errno.EACCES, "Permission denied", "/root/x"), 2),
        (MemoryError(), 2),
        (ValueError("x"), 1),
    ],
)
def test_exit_codes(problem: BaseException, code: int) -> None:
    text, found = explain(problem)
    assert found == code
    assert text.startswith("Error: ")
    assert ("please report" in text) == isinstance(problem, ValueError)


def test_a_reader_that_left_is_no_error() -> None:
    assert explain(BrokenPipeError()) == ("", 0)
