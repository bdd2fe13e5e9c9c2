"""Lists of what is missed: expected by definition, each entry with what was measured and one reason, none twice."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LISTS = sorted(HERE.glob("*_known_misfits.toml"))
REASONS = tomllib.loads((HERE / "reasons.toml").read_text(encoding="utf-8"))["reason"]


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_every_entry_is_measured_and_has_a_reason(path: Path):
    for one in tomllib.loads(path.read_text(encoding="utf-8")).get("misfit", []):
        assert one["measured"], one
        assert len(one["reason"]) > 20, f"{one}: look into it, and say why it is missed"


def test_tests_listed_by_name_exist():
    for one in tomllib.loads((HERE / "other_known_misfits.toml").read_text(encoding="utf-8"))["misfit"]:
        file, name = re.fullmatch(r"(\w+\.py)::(\w+)(?:\[.*\])?", one["test"]).groups()
        assert f"def {name}(" in (HERE / file).read_text(encoding="utf-8"), one["test"]


def test_patterns_of_reasons_are_sound():
    for one in REASONS:
        re.compile(one["rows"])
        assert len(one["reason"]) > 20
