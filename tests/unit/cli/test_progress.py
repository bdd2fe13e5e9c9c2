"""Expected values: counted by hand."""

from __future__ import annotations

import pytest

from livingdrug.cli.progress import progress


def test_a_log_gets_a_line_at_each_quarter(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as report:  # standard error of a test is no terminal
        for done in range(9):
            report("tisa-cel", "courses", done, 8)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [f"tisa-cel: courses {done}/8" for done in (0, 2, 4, 6, 8)]


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(quiet=True) as report:
        report("a", "courses", 1, 1)
    assert capsys.readouterr() == ("", "")


def test_arms_are_counted_apart_and_nothing_to_do_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as report:
        report("a", "courses", 0, 0)
        report("b", "courses", 3, 3)
    assert capsys.readouterr().err.splitlines() == ["a: courses 0/0", "b: courses 3/3"]


def test_a_log_gets_one_line_for_a_short_stage(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as report:
        for done in range(9):
            report("tisa-cel", "making", done, 8)
        report("", "saving", 0, 1)
        report("", "saving", 1, 1)
    assert capsys.readouterr().err.splitlines() == ["tisa-cel: making 8/8", "saving"]
