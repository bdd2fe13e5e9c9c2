"""A file that cannot be written, or has another ending, is refused before any work: exit 2, and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug.cli.main import main

COMMANDS = [
    ["bench", "myeloma_xenograft", "-n", "2"],
    ["window", "bcma_gprc5d_cel", "-n", "2"],
    ["frontier", "no_run", "--benefit", "efs", "--harm", "crs_severe"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("picture.txt", "expected a name that ends in"),
        (".", "expected a name"),
        ("nowhere/p{ending}", "no folder nowhere"),
    ],
)
def test_refused_before_any_work(
    command: list[str], place: str, said: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = place.format(ending=".html" if command[0] == "bench" else ".svg")
    assert main([*command, "-o", asked]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "simulated" not in told
    assert not list(tmp_path.iterdir())


def test_a_seed_that_is_none_is_refused_at_the_bench(capsys) -> None:
    assert main(["bench", "myeloma_xenograft", "-n", "2", "--seed", "-1"]) == 2
    assert "expected at least 0" in capsys.readouterr().err
