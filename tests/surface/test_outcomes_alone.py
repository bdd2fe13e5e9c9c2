"""Expected: a trial of which outcomes alone are kept is told as a table, a page and JSON; what belongs to other runs is refused, not ignored."""

from __future__ import annotations

import json

import pytest

from livingdrug.cli.commands.run import run
from livingdrug.cli.main import main
from livingdrug.foundation.errors import BadInput


@pytest.mark.parametrize(
    ("word", "value"),
    [("replicates", 3), ("cluster", "tcp://x:1"), ("uncertainty", 5), ("sample", 10), ("patients", None)],
)
def test_the_command_refuses_before_it_simulates(word, value, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"patients": 8, "parameters": tmp_path if word == "uncertainty" else None} | {word: value}
    with pytest.raises(BadInput):
        run("eliana", outcomes=True, **given)
    assert not (tmp_path / "runs").exists()


def test_it_is_told_and_its_folder_is_named(tmp_path, capsys) -> None:
    place = str(tmp_path / "large")
    assert main(["run", "eliana", "-n", "12", "--outcomes-only", "-o", place, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["manifest"]["patients"] == 12
    assert {"efs", "os"} <= {row["endpoint"] for row in found["endpoints"]}
    page = (tmp_path / "large" / "report.html").read_text(encoding="utf-8")
    assert "not for patient care" in page
    assert "12 virtual patients" in page
    assert main(["endpoints", place]) == 2
    assert "outcomes of a large trial" in capsys.readouterr().err
