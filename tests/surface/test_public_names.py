"""Expected values: the documentation page docs/api.md, and the four lines of README.md."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import livingdrug

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def test_page_list_and_reality_agree() -> None:
    documented = re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.M)
    assert len(documented) == len(set(documented))
    assert sorted(documented) == sorted(livingdrug.__all__)
    assert sorted(livingdrug.__all__) == list(livingdrug.__all__)
    assert set(livingdrug.__all__) <= set(dir(livingdrug))


@pytest.mark.parametrize("name", [name for name in livingdrug.__all__ if name != "__version__"])
def test_every_name_is_there_described_and_typed(name: str) -> None:
    thing = getattr(livingdrug, name)
    assert inspect.getdoc(thing), name
    functions = [thing] if inspect.isfunction(thing) else [f for _, f in inspect.getmembers(thing, inspect.isfunction)]
    for function in functions:
        if function.__name__.startswith("_") or not function.__module__.startswith("livingdrug"):
            continue
        signature = inspect.signature(function)
        assert signature.return_annotation is not inspect.Signature.empty, (
            f"{name}: {function.__name__} has no return type"
        )
        arguments = [p for key, p in signature.parameters.items() if key not in ("self", "cls")]
        for argument in arguments:
            assert argument.annotation is not inspect.Parameter.empty, f"{name}: {function.__name__}({argument.name})"
            if inspect.isfunction(thing):
                assert re.search(rf"\b{argument.name}\b", inspect.getdoc(function) or ""), f"{name}({argument.name})"


def test_the_four_lines_stand_in_the_readme_as_in_the_page() -> None:
    lines = (
        "ld.load_trial(",
        "ld.run(trial, patients=1000, seed=7)",
        'result.endpoint("efs").at([6, 12, 24], "month")',
    )
    for text in (PAGE, (ROOT / "README.md").read_text(encoding="utf-8")):
        for line in (*lines, 'ld.write_report(result, "report.html")'):
            assert line in text


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(AttributeError, match="load_trial"):
        _ = livingdrug.load_trail
