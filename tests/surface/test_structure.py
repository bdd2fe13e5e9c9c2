"""Expected: the house's own promises. Functions fit on a page, and what is known stands in the catalogue, not in code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from livingdrug.catalog.load import HERE, default_catalog

ROOT = HERE.parent
FILES = sorted(ROOT.rglob("*.py"))
MOST_LINES = 80
"""Of a function's code, without its docstring."""
WHOLE = {"engine/integrate.py": "one integrator, divided by banners: set up, main loop, finish"}
"""Files whose functions may be longer, and why."""

KINDS = ("disease", "product", "scale", "drug", "endpoint", "trial", "population", "guideline", "making", "infection")
WORDS = {
    "dose": "what is given",
    "dose_per_kg": "a key of the trial file",
    "infused": "a patient's status",
    "manufacturing_failure": "a patient's status",
    "relapse_antigen_negative": "an outcome, which an endpoint is named after",
    "cmax": "a column of non-compartmental results",
    "hlh_like": "a sign at the bedside",
    "immunoglobulin": "a protein of the blood",
}
"""Ids that are also words of the house, and what they mean there."""
ALLOWED = {
    ("catalog/records/scale.py", "tocilizumab"): "help on the sign that fever counts as treated",
    ("cli/commands/grade.py", "crs_astct"): "an example of a command",
    ("cli/app.py", "eliana"): "an example of a command",
    ("cli/commands/list.py", "eliana"): "an example of a command",
    ("cli/commands/patient.py", "eliana"): "an example of a command",
    ("cli/trials.py", "eliana"): "an example of a command",
    ("cli/commands/run.py", "eliana"): "an example of a command",
    ("cli/commands/init.py", "eliana"): "an example of a command",
    ("reports/why.py", "no_treatment"): "the guideline under which nothing is given: the other life of one patient",
}


def inside(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and lines of code of every function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            yield node.name, (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """Every text constant that is no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.lineno, node.value


def named(text: str, names: frozenset[str]) -> set[str]:
    """Which of these names stand in a text as words."""
    return names & set(re.findall(r"[A-Za-z0-9_]+", text))


@pytest.fixture(scope="module")
def names() -> frozenset[str]:
    catalog = default_catalog()
    return frozenset({name for kind in KINDS for name in catalog.names(kind)} - set(WORDS))


@pytest.mark.parametrize("path", [path for path in FILES if inside(path) not in WHOLE], ids=inside)
def test_functions_fit_on_a_page(path: Path) -> None:
    long = {name: lines for name, lines in functions(path) if lines >= MOST_LINES}
    assert not long, f"{inside(path)}: find the second idea in {long}"


@pytest.mark.parametrize("path", FILES, ids=inside)
def test_no_name_of_the_catalogue_stands_in_code(path: Path, names: frozenset[str]) -> None:
    found = [
        (line, name)
        for line, text in literals(path)
        for name in sorted(named(text, names))
        if (inside(path), name) not in ALLOWED
    ]
    assert not found, f"{inside(path)} knows {found} by name; let the record or the plan say it"


BELOW_THE_PLAN = ("engine", "population", "manufacturing", "clinic", "course", "observation", "outcome")


@pytest.mark.parametrize("room", BELOW_THE_PLAN)
def test_below_the_plan_nobody_looks_a_name_up(room: str) -> None:
    # expected: no function there takes a catalogue, by name or by type
    found = []
    for path in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.arg):
                kind = ast.unparse(node.annotation) if node.annotation else ""
                if node.arg == "catalog" or re.search(r"\b(Catalog|Lookup)\b", kind):
                    found.append((inside(path), node.lineno, node.arg))
    assert not found


def test_what_is_allowed_is_still_there(names: frozenset[str]) -> None:
    # a list of exceptions that nobody needs any more would hide the next one
    for file, name in ALLOWED:
        assert any(name in named(text, names) for _, text in literals(ROOT / file)), (file, name)
    every = {name for kind in KINDS for name in default_catalog().names(kind)}
    assert set(WORDS) <= every
    for file in WHOLE:
        assert any(lines >= MOST_LINES for _, lines in functions(ROOT / file)), file


def test_these_tests_can_fail(tmp_path: Path, names: frozenset[str]) -> None:
    # by hand: a docstring may name a drug, code may not; 81 lines are too many
    path = tmp_path / "x.py"
    lines = "\n".join("    x = 1" for _ in range(81))
    path.write_text(
        f'def f():\n    """Like tocilizumab."""\n{lines}\n\n\nDRUG = "doses_of tocilizumab"\n', encoding="utf-8"
    )
    assert list(functions(path)) == [("f", 81)]
    assert [named(text, names) for _, text in literals(path)] == [{"tocilizumab"}]
