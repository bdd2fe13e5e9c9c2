"""Expected values: the commands themselves. A line that a page tells to type is understood by the command it names, and its names exist.

Every line is parsed with its options and their types; the README's, and those of the first hour, are run with few people.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from documentation.running import CellFailed, command
from livingdrug.catalog.load import default_catalog
from livingdrug.cli.app import build

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINE = re.compile(r"^(?: {4}|!|\$ )?livingdrug (?P<rest>[a-z].*)$")
KIND = {"trial": "trial", "policy": "guideline", "targets": "endpoint", "endpoints": "endpoint", "add": "endpoint", "scale": "scale", "rule": "rule"}  # fmt: skip
"""Parameter of a command -> kind of the catalogue that its words name."""


def typed_lines(text: str) -> Iterator[tuple[int, str]]:
    """Number and words of every line that tells a command, in indented or fenced blocks; comments are taken off."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        found = LINE.match(line)
        if found and (fenced or line.startswith("    ")):
            yield number, re.split(r"\s{2,}#|\s#\s", found["rest"])[0].strip()


SAID = [(page, number, words) for page in PAGES for number, words in typed_lines(page.read_text(encoding="utf-8"))]


def understood(words: list[str]) -> tuple[str, dict[str, Any]]:
    """The command's name and the values it would run with."""
    import typer

    here: Any = build()
    context = typer.Context(here, info_name="livingdrug")
    said = []
    while getattr(here, "commands", None):
        said.append(words[0])
        if words[0] not in here.commands:
            raise CellFailed(f"there is no command livingdrug {' '.join(said)}")
        here, words = here.commands[words[0]], words[1:]
        context = (
            here.make_context(said[-1], list(words), parent=context) if not getattr(here, "commands", None) else context
        )
    return " ".join(said), dict(context.params)


def names_in(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(kind, name) of everything that the values name in the catalogue; files are left out."""
    for parameter, kind in KIND.items():
        value = values.get(parameter)
        for text in [value] if isinstance(value, str) else list(value or ()):
            for name in str(text).split(","):
                word = name.strip()
                if word and "/" not in word and "." not in word and not word.isupper() and "{" not in word:
                    yield kind, word


def test_pages_tell_commands() -> None:
    assert len(SAID) > 120
    assert [words for _, words in typed_lines("    livingdrug list   # what there is\n\nlivingdrug is a word\n")] == [
        "list"
    ]


@pytest.mark.parametrize(
    "page", sorted({page for page, _, _ in SAID}), ids=lambda page: page.relative_to(ROOT).as_posix()
)
def test_every_command_is_understood(page: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    catalog = default_catalog()
    wrong = []
    for number, words in [(number, words) for one, number, words in SAID if one == page]:
        if re.search(r"[A-Z]{4,}(?![\w.-]*\.)|…", words.split('"')[0]):
            words = re.sub(r"(?<![\w-])(TRIAL|RUN_FOLDER|RUN)(?![\w-])", "eliana", words).split("…")[0]
        try:
            _, values = understood(shlex.split(re.sub(r"\{\w+\}", "7", words)))
        except BaseException as problem:
            if "does not exist" not in str(problem):
                wrong.append(f"line {number}: livingdrug {words}\n    {problem}")
            continue
        if values.get("catalog"):
            continue  # names of the reader's own
        wrong += [
            f'line {number}: no {kind} "{name}": livingdrug {words}'
            for kind, name in names_in(values)
            if not catalog.has(kind, name)
        ]
    assert not wrong, f"{page.relative_to(ROOT)}\n" + "\n".join(wrong)


def test_a_wrong_command_is_not_understood() -> None:
    for words in ("nca ck.csv --until 28", "runn eliana", "run eliana -n many", "design nothing"):
        with pytest.raises(BaseException, match=r"until|no command|integer"):
            understood(words.split())
    assert list(names_in({"policy": ["asco_2021", "./mine.toml"]})) == [("guideline", "asco_2021")]


def test_commands_of_the_first_hour_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, in one folder, as a newcomer types them; only the number of people is smaller."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    page = ROOT / "docs" / "first_hour.md"
    said = [words for _, words in typed_lines(page.read_text(encoding="utf-8"))]
    assert len(said) > 10
    for words in said:
        assert command("livingdrug " + re.sub(r"-n \d+", "-n 8", words)).strip(), words
    assert (tmp_path / "runs" / "a" / "report.html").is_file()
