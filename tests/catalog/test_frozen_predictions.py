"""What was frozen is what was written then: hashes that stand beside it, and the page that tells it."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pytest

from livingdrug.catalog.plan import digest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "predictions"
FREEZES = sorted(FOLDER.glob("*.json"))


def test_something_is_frozen() -> None:
    assert FREEZES


@pytest.mark.parametrize("told", FREEZES, ids=lambda path: path.stem[:12])
def test_a_frozen_table_has_the_hash_written_when_it_was_frozen(told: Path) -> None:
    known = json.loads(told.read_text(encoding="utf-8"))
    table = told.with_suffix(".csv").read_bytes().replace(b"\r\n", b"\n")
    assert hashlib.sha256(table).hexdigest() == known["predictions_sha256"]
    parameters = known["parameters_sha256"]
    assert told.stem in (parameters, f"{parameters[:12]}-{digest(known['designs_sha256'])[:12]}")
    log = (FOLDER / "log.md").read_text(encoding="utf-8")
    assert told.stem in log
    assert known["predictions_sha256"][:12] in log


def test_the_page_tells_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    sys.modules.pop("frozen_headlines", None)
    import frozen_headlines

    assert frozen_headlines.text(FOLDER) in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_no_frozen_row_has_an_observation() -> None:
    for table in FOLDER.glob("*.csv"):
        heading = table.read_text(encoding="utf-8").splitlines()[0].split(",")
        assert not {"observed", "inside", "z"} & set(heading)
