"""Expected values: the rooms drawn in docs/architecture.md; a cycle is one by definition."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("livingdrug", exclude_type_checking_imports=True, cache_dir=None)


def test_a_room_imports_only_from_rooms_below() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_contract_is_the_drawing_in_the_architecture_page() -> None:
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"][
        0
    ]["layers"]
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = page.split("## The rooms")[1].split("A room imports")[0]
    rows = [line[4:31].strip() for line in drawn.splitlines() if line.startswith("    ")]
    assert [layer.replace("(", "").replace(")", "") for layer in layers] == rows


def test_no_import_cycle(graph: grimp.ImportGraph) -> None:
    # Depth-first search; imports inside functions count too, those only for type checkers do not.
    done: set[str] = set()
    for start in sorted(graph.modules):
        stack, path = [(start, iter(sorted(graph.find_modules_directly_imported_by(start))))], [start]
        while stack:
            module, following = stack[-1]
            for other in following:
                assert other not in path, f"import cycle: {' -> '.join([*path[path.index(other) :], other])}"
                if other not in done:
                    path.append(other)
                    stack.append((other, iter(sorted(graph.find_modules_directly_imported_by(other)))))
                    break
            else:
                done.add(module)
                stack.pop()
                path.pop()


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        (
            "import livingdrug",
            ("numpy", "polars", "pydantic", "pint", "numba", "scipy", "antimony", "libsbml", "typer"),
        ),
        ("from livingdrug.cli.main import main; main(['--version'])", ("numpy", "polars", "pydantic", "typer", "rich")),
        ("import livingdrug.cli.main", ("typer", "rich", "numpy", "polars", "pydantic")),
        ("import livingdrug.cli.app", ("numpy", "polars", "pydantic", "pint", "numba", "scipy", "antimony")),
        (
            "from livingdrug.cli.app import known_commands; known_commands()",
            ("numpy", "polars", "pydantic", "pint", "numba", "scipy", "antimony"),
        ),
    ],
)
def test_starting_up_imports_nothing_heavy(code: str, heavy: tuple[str, ...]) -> None:
    script = f"import sys\n{code}\nprint('HEAVY', *[name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8", env=os.environ, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "HEAVY"


def test_rooms_above_are_named_in_one_place() -> None:
    """A module named as text escapes the check of imports: only the list of doors may name a room above its own."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ][0]
    height = {room.strip(" ()"): -place for place, layer in enumerate(contract["layers"]) for room in layer.split("|")}
    source = ROOT / "src" / "livingdrug"
    wrong = []
    for path in sorted(source.rglob("*.py")):
        inside = path.relative_to(source)
        if len(inside.parts) < 2 or inside.as_posix() == "trial/leaving.py":
            continue
        for name in re.findall(r"[\"']livingdrug\.(\w+)\.[\w.]+[\"']", path.read_text(encoding="utf-8")):
            if height.get(name, -99) > height[inside.parts[0]]:
                wrong.append(f"{inside.as_posix()} names {name}")
    assert wrong == []
