"""Expected: the house's own promises. A function has fewer than 80 lines, docstring and all, but for those of which at least half is
signature and docstring (their code is below 60 lines: it is the promise that is long, not the work); and what is known stands in the
catalogue, not in code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from livingdrug.catalog.load import HERE, default_catalog
from livingdrug.clinic.criterion import RECORDED
from livingdrug.observation.frames import columns_of

ROOT = HERE.parent
FILES = sorted(ROOT.rglob("*.py"))
MOST_LINES, MOST_CODE = 80, 60
"""Of a function as a whole; and of the code of one whose signature and docstring are at least half of it."""
WHOLE = {
    "engine/integrate.py": "one integrator, divided by banners: set up, main loop, finish",
    "engine/with_events/stepping.py": "the integrator of models with events: one loop that a turn of a switch interrupts",
}
"""Files whose functions may be longer, and why."""

KINDS = ("disease", "product", "scale", "drug", "endpoint", "trial", "population", "guideline", "making", "infection")
"""Kinds whose names may stand in no text, not even as one of its words. Outcomes, which have everyday names, come below."""
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
    ("cli/commands/grade.py", "crs_astct"): "an example of a command",
    ("cli/app.py", "eliana"): "an example of a command",
    ("cli/commands/list.py", "eliana"): "an example of a command",
    ("cli/commands/patient.py", "eliana"): "an example of a command",
    ("cli/trials.py", "eliana"): "an example of a command",
    ("cli/commands/run.py", "eliana"): "an example of a command",
    ("cli/commands/init.py", "eliana"): "an example of a command",
    ("fitting/structure.py", "transform"): "the scale of a parameter, not the trial of that name",
    ("reports/why.py", "no_treatment"): "the guideline under which nothing is given: the other life of one patient",
}


def inside(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int, int]]:
    """Name, lines and lines of code (without signature and docstring) of every function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            last = node.end_lineno or 0
            yield node.name, last - node.lineno + 1, last - body[0].lineno + 1 if body else 0


def too_long(lines: int, code: int) -> bool:
    """Whether a function breaks the rule at the top of this file."""
    return lines >= MOST_LINES and not (code < MOST_CODE and 2 * code <= lines)


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
    long = {name: lines for name, lines, code in functions(path) if too_long(lines, code)}
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


FRAMES = frozenset(
    {*RECORDED, *columns_of("exits"), *columns_of("truth")}
    - {"patient", "responded", "complete", "incomplete", "course_status"}
)
"""Columns that a criterion, a look and a course write: outcomes of the same name only pass them on."""
WRITERS = (
    "clinic/criterion.py", "clinic/every_visit.py", "clinic/marrow.py", "clinic/response/", "observation/", "course/course.py", "outcome/who.py",
)  # fmt: skip
"""Who writes those columns, or reads the record itself (`who`, of the exits), and may name them. Everybody else asks who plays the role (`livingdrug.catalog.roles`)."""
NOT_OUTCOMES = {
    ("fitting/kinetics.py", "tmax_day"): "a column of non-compartmental results",
    ("fitting/kinetics.py", "last_detectable_day"): "a column of non-compartmental results",
}


@pytest.fixture(scope="module")
def outcomes() -> frozenset[str]:
    """Ids of outcome files, and the names that formulas call them by."""
    catalog = default_catalog()
    records = [catalog.load("outcome", name) for name in catalog.names("outcome")]
    return frozenset(name for one in records for name in (one.id, one.pattern))


def outcomes_named(text: str, outcomes: frozenset[str]) -> set[str]:
    """Outcomes a text names: the whole text; or, of those whose names are no everyday words, one of its words."""
    return (outcomes & {text}) | {name for name in named(text, outcomes) if "_" in name}


@pytest.mark.parametrize("path", FILES, ids=inside)
def test_no_outcome_is_known_by_name(path: Path, outcomes: frozenset[str]) -> None:
    writes = inside(path).startswith(WRITERS)
    found = [
        (line, name)
        for line, text in literals(path)
        for name in sorted(outcomes_named(text, outcomes))
        if not (writes and name in FRAMES) and (inside(path), name) not in NOT_OUTCOMES
    ]
    assert not found, f"{inside(path)} knows {found} by name; let the outcome's file say what role it plays"


def test_the_outcomes_that_are_allowed_are_still_there(outcomes: frozenset[str]) -> None:
    for file, name in NOT_OUTCOMES:
        assert any(name in outcomes_named(text, outcomes) for _, text in literals(ROOT / file)), (file, name)
    assert FRAMES & outcomes
    # by hand: an everyday word in a sentence is no outcome, the word alone is; a name with an underscore always is
    assert outcomes_named("more than low-flow oxygen", outcomes) == set()
    assert outcomes_named("oxygen", outcomes) == {"oxygen"}
    assert outcomes_named("relapse_day < never", outcomes) == {"relapse_day"}


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
        assert any(too_long(lines, code) for _, lines, code in functions(ROOT / file)), file


def test_these_tests_can_fail(tmp_path: Path, names: frozenset[str]) -> None:
    # by hand: a docstring may name a drug, code may not; 81 lines of code and 83 in all are too many
    path = tmp_path / "x.py"
    lines = "\n".join("    x = 1" for _ in range(81))
    path.write_text(
        f'def f():\n    """Like tocilizumab."""\n{lines}\n\n\nDRUG = "doses_of tocilizumab"\n', encoding="utf-8"
    )
    assert list(functions(path)) == [("f", 83, 81)]
    assert too_long(83, 81)
    assert too_long(80, 41)
    assert not too_long(79, 79)
    assert not too_long(140, 59)
    assert too_long(140, 60)
    assert [named(text, names) for _, text in literals(path)] == [{"tocilizumab"}]
