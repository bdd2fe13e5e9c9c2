"""Expected: whatever trial of the catalogue one begins from, the file that `init` writes is one that `check` reads."""

from __future__ import annotations

import pytest

from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.cli.main import main


@pytest.mark.parametrize("name", default_catalog().names("trial"))
def test_a_file_begun_from_any_trial_can_be_read(tmp_path, name):
    mine = tmp_path / "mine.toml"
    assert main(["init", str(mine), "--from", name]) == 0
    begun = load_trial(mine)
    assert begun.role == "design"
    assert begun.arms == load_trial(name).arms
