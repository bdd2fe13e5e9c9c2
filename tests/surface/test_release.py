"""Expected: one version in pyproject.toml, CITATION.cff, README and CHANGELOG; the changelog is what the fragments give; the wheel
holds every file of the package and runs where nothing else is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from livingdrug.catalog.load import HERE

ROOT = HERE.parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSION = PROJECT["project"]["version"]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_one_version_everywhere() -> None:
    cited = re.search(r"(?m)^version: (\S+)$", text("CITATION.cff"))
    assert cited is not None
    assert cited[1] == VERSION
    released = re.search(r'(?m)^date-released: "?(\d{4}-\d{2}-\d{2})"?$', text("CITATION.cff"))
    assert released is not None
    assert f"\n## {VERSION} ({released[1]})\n" in text("CHANGELOG.md")
    assert set(re.findall(r"version (\d+\.\d+\.\d+)", text("README.md"))) == {VERSION}


def test_the_changelog_is_what_the_fragments_give() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "changes", VERSION, "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_fragment_is_told_with_links_that_lead_somewhere() -> None:
    told = text("CHANGELOG.md")
    for path in (ROOT / "changes" / VERSION).glob("*.md"):
        first = path.read_text(encoding="utf-8").strip().splitlines()[0].removeprefix("- ")
        assert re.sub(r"\]\((?:\.\./)+", "](", first) in told, path.name
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", told):
        assert (ROOT / link).exists(), link


def package_files() -> set[str]:
    return {
        path.relative_to(HERE.parents[1]).as_posix()
        for path in HERE.parent.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_every_file_of_the_package_is_declared() -> None:
    """A kind of file that no pattern names would be missing from the wheel, and from there alone."""
    patterns = [*PROJECT["tool"]["setuptools"]["package-data"]["livingdrug"], "**/*.py"]
    inside = HERE.parent
    declared = {path for pattern in patterns for path in inside.glob(pattern)}
    left = [name for name in package_files() if HERE.parents[1] / name not in declared]
    assert left == []


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with wheel and sdist, built from a copy of what Git knows, by an environment of its own."""
    place = tmp_path_factory.mktemp("release")
    source = place / "source"
    names = (
        subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
        .stdout.decode()
        .strip("\0")
        .split("\0")
    )
    for name in names:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    python = environment(place / "builder")
    run(python, "-m", "pip", "install", "--quiet", "build", "-c", ROOT / "constraints.txt")
    run(python, "-m", "build", "--outdir", place / "dist", source)
    return place / "dist"


def environment(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(*words: str | Path, where: Path | None = None) -> str:
    """Output of a command that has to go well, with nothing of this environment's paths."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [*map(str, words)], cwd=where, capture_output=True, text=True, encoding="utf-8", check=False,
        env={**clean, "TERM": "dumb", "NO_COLOR": "1"}, timeout=1800,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_wheel_and_sdist_hold_the_package(built: Path) -> None:
    (wheel,), (archive,) = built.glob("*.whl"), built.glob("*.tar.gz")
    assert wheel.name == f"livingdrug-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as file:
        held = {name for name in file.namelist() if not name.startswith(f"livingdrug-{VERSION}.dist-info/")}
    assert held == package_files()
    with tarfile.open(archive) as file:
        inside = {name.partition("/")[2] for name in file.getnames()}
    assert {
        "LICENSE",
        "NOTICE",
        "README.md",
        "CHANGELOG.md",
        "CITATION.cff",
        "docs/index.md",
        "tests/conftest.py",
    } <= inside
    assert {f"src/{name}" for name in package_files()} <= inside


@pytest.mark.slow
def test_the_wheel_runs_in_a_clean_environment(built: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "clean")
    (wheel,) = built.glob("*.whl")
    run(python, "-m", "pip", "install", "--quiet", wheel, "-c", ROOT / "constraints.txt")
    command = python.with_name("livingdrug.exe" if os.name == "nt" else "livingdrug")
    assert run(command, "--version").startswith(f"livingdrug {VERSION}\n")
    where = run(python, "-c", "import livingdrug; print(livingdrug.__file__)", where=tmp_path).strip()
    assert Path(where).is_relative_to(tmp_path / "clean")
    assert "eliana" in run(command, "list", "trial", where=tmp_path)
    run(command, "run", "eliana", "-n", "5", "--seed", "7", "--no-report", "-o", "first", where=tmp_path)
    run(command, "report", "first", where=tmp_path)
    assert "<svg" in (tmp_path / "first" / "report.html").read_text(encoding="utf-8")
    run(command, "patient", "eliana", "--patient", "2", where=tmp_path)
