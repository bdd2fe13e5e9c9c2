"""Expected: the libraries that pyproject.toml asks for, and the licences that they themselves state (their metadata)."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ASKED = {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
NAMES = {re.split(r"[\[<>= ]", one)[0]: extra for extra, some in ASKED.items() if extra != "dev" for one in some}
LINES = dict(re.findall(r"^  ([a-z0-9-]+) {2,}(.+)$", (ROOT / "NOTICE").read_text(encoding="utf-8"), flags=re.M))


def test_every_library_is_named_with_the_extra_that_brings_it() -> None:
    assert set(LINES) == set(NAMES)
    for name, extra in NAMES.items():
        assert (f"({extra})" in LINES[name]) == bool(extra), name


@pytest.mark.parametrize("name", NAMES)
def test_the_licence_is_the_one_that_the_library_states(name: str) -> None:
    try:
        about = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    stated = " ".join(
        [about.get("License-Expression") or "", (about.get("License") or "")[:60], *(about.get_all("Classifier") or [])]
    )
    kinds = [
        kind
        for kind in ("LGPL", "GPL", "OFL", "MPL", "Apache", "BSD", "MIT", "ISC")
        if re.search(rf"\b{kind}\b|{kind} License", stated)
    ]
    assert not kinds or any(kind in LINES[name] for kind in kinds), (stated, LINES[name])
