"""Expected: docs/architecture.md. One patient's walk from Plan to Report is traced; it takes the seven arrows there, a file each."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

from livingdrug.catalog.load import HERE, default_catalog
from livingdrug.trial.door import planned
from livingdrug.trial.line import follow
from livingdrug.trial.result import Result, finished_frames

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
MOST_FILES = 7
COMPOSERS = ("trial/line.py", "trial/result.py")
"""Who hands one record to the next arrow, and nothing else: the line, and the finished run."""


def arrows() -> dict[str, Callable[..., Any]]:
    """Word of the line -> the function that makes it, as the page's table says; for a class that is asked, its `ask`."""
    rows = re.findall(r"^\| (\w+) \|[^|]+\| `([\w.]+)` \|$", PAGE.read_text(encoding="utf-8"), flags=re.M)
    found = {}
    for word, place in rows:
        module, _, name = place.rpartition(".")
        one = getattr(importlib.import_module(f"livingdrug.{module}"), name)
        found[word] = one.ask if inspect.isclass(one) else one
    return found


def test_the_page_names_every_word_of_the_line() -> None:
    text = PAGE.read_text(encoding="utf-8")
    line = re.search(r"^    (Plan → .*)$", text, flags=re.M)
    assert line is not None
    assert list(arrows()) == line[1].split(" → ")


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, tuple[str, ...], str]]:
    """(word, file of the caller, types of the arguments, type of the answer) of each call of an arrow, for three patients."""
    from livingdrug.reports.html import write_report

    catalog = default_catalog()
    record, plans = planned("eliana", catalog)
    words = {inspect.unwrap(one).__code__: word for word, one in arrows().items() if word != "Plan"}
    steps: list[tuple[str, str, tuple[str, ...], str]] = []

    def watch(frame: FrameType, event: str, answer: Any) -> None:
        if event != "return" or frame.f_code not in words or frame.f_back is None:
            return
        given = tuple(type(frame.f_locals[name]).__name__ for name in inspect.getargs(frame.f_code).args)
        steps.append((words[frame.f_code], place(frame.f_back), given, type(answer).__name__))

    def place(frame: FrameType) -> str:
        path = Path(frame.f_code.co_filename)
        return path.relative_to(HERE.parent).as_posix() if path.is_relative_to(HERE.parent) else ""

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        frames = follow(plans[0], np.arange(1, 4), 7)
        manifest = {"trial": record.id, "arms": [plans[0].arm.name], "seed": 7, "patients": 3}
        result = Result(record, manifest, finished_frames({k: [one] for k, one in frames.items()}), catalog=catalog)
        result.endpoint("os")
        write_report(result, tmp_path_factory.mktemp("walk") / "report.html", catalog=catalog)
    finally:
        sys.setprofile(before)
    return steps


def test_one_patient_walks_through_seven_files(walk: list[tuple[str, str, tuple[str, ...], str]]) -> None:
    # every arrow after the Plan is taken, in order, and stands in a file of its own: that is all there is to walk through
    order = list(dict.fromkeys(word for word, *_ in walk if word != "Report"))
    assert [*order, "Report"] == list(arrows())[1:]
    files = {inspect.getsourcefile(inspect.unwrap(one)) for word, one in arrows().items() if word != "Plan"}
    assert len(files) <= MOST_FILES
    assert len(files) == len(arrows()) - 1


def test_each_arrow_takes_the_word_before_it_and_makes_its_own(
    walk: list[tuple[str, str, tuple[str, ...], str]],
) -> None:
    made = {word: (given, answer) for word, _, given, answer in reversed(walk)}
    assert made["Cohort"][1] == "Cohort"
    assert "Cohort" in made["Lots"][0]
    assert made["Lots"][1] == "Lots"
    assert {"Plan", "Cohort", "Lots"} <= set(made["Course"][0])
    assert made["Course"][1] == "Course"
    assert made["Seen"][0][:2] == ("Plan", "Course")
    assert made["Seen"][1] == "Seen"
    assert made["Outcomes"][0][0] == "Outcomes"
    assert made["Endpoints"][1] == "EndpointResult"
    assert made["Report"][0][0] == "Result"


def test_only_the_line_and_the_finished_run_take_an_arrow(walk: list[tuple[str, str, tuple[str, ...], str]]) -> None:
    # no detour: an arrow is taken by who composes the line, but for two known ones
    callers = {(word, caller) for word, caller, *_ in walk if word != "Report" and caller not in COMPOSERS}
    assert callers <= set(KNOWN_DETOURS)


KNOWN_DETOURS = {
    ("Outcomes", "outcome/outcomes.py"): "the table of a patient asks one outcome after the other",
    (
        "Cohort",
        "observation/look.py",
    ): "what follows failure depends on who a patient is: the same people, drawn again by their addresses",
}
