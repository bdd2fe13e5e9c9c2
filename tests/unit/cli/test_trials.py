"""Expected values: a patient whose course failed is reported, never dropped in silence (exit code 3)."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest

from livingdrug.cli.trials import refuse_silence
from livingdrug.foundation.errors import SimulationFailed


def told(statuses: dict[int, str], n: int) -> str:
    failed = pl.DataFrame({"patient": list(statuses), "course_status": list(statuses.values())})
    with pytest.raises(SimulationFailed) as problem:
        refuse_silence(SimpleNamespace(n_courses=n, failed=failed, outcomes_alone=False))
    assert problem.value.exit_code == 3
    return str(problem.value)


def test_failed_courses_are_named_with_each_reason() -> None:
    words = told({17: "step became too small near day 4", 23: "x", 31: "x"}, 100)
    assert words.startswith("3 of 100 courses did not finish:\n")
    assert "    step became too small near day 4 (patient 17)\n    x (patients 23, 31)\n" in words
    assert "The others are written and counted" in words


def test_if_every_course_fails_nobody_is_counted() -> None:
    words = told({1: "x", 2: "x"}, 2)
    assert "No course finished, so no patient is counted" in words


def test_many_reasons_and_patients_are_cut_short() -> None:
    assert "and 5 more reasons" in told({n: f"reason {n}" for n in range(1, 26)}, 30)
    assert "(patients 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …)" in told(dict.fromkeys(range(1, 26), "x"), 30)


def test_nothing_failed_nothing_said() -> None:
    refuse_silence(SimpleNamespace(n_courses=1, failed=pl.DataFrame({"patient": []}), outcomes_alone=False))
