"""Expected: what belongs to many trials is refused, not ignored, where one is asked for."""

from __future__ import annotations

import pytest

from livingdrug.cli.replicates import refuse_alone
from livingdrug.foundation.errors import BadInput


@pytest.mark.parametrize(("without", "hours", "said"), [(["assays"], None, "--without belongs"), (None, 3.0, "--hours belongs"),
                                                        (["accrual"], 0.0, "belong to many")])  # fmt: skip
def test_refused_without_replicates(without, hours, said) -> None:
    with pytest.raises(BadInput, match=said):
        refuse_alone(None, without, hours)
    refuse_alone(5, without, hours)
    refuse_alone(None, None, None)
    refuse_alone(None, [], None)


def test_the_command_refuses_before_it_simulates(tmp_path, monkeypatch) -> None:
    from livingdrug.cli.commands.run import run

    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match="--replicates 200"):
        run("zuma_1", patients=2, without=["assays"])
    assert not (tmp_path / "runs").exists()
