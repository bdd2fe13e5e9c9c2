"""Writes the lists of what does not hold yet anew, after a change of the biology: python tests/relist.py [tests to run]

Runs the tests that hold simulated results against publications (by default those of tests/published, tests/science/one_biology and of limits).
A row that came back inside leaves its list, one that left is added, and what was measured is written beside each. A reason
written by hand stays with its row while the row misses on the same side. A new row gets the first reason of
tests/published/reasons.toml whose pattern it matches; without one it gets an empty reason, which fails a test until someone
has looked into it. Only rows that ran are touched, so a part of the tests may be given.

A test of a row tells its list by `record_property("row", …)` (tests/published/conftest.py, `Row`); other tests marked `may_miss` stand in
their folder's list by name, and are marked as expected failures, strictly.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
FOLDERS = (
    "published", "science/one_biology", "science/test_course_limits.py", "science/test_delayed_neurotoxicity.py",
    "science/test_donors_cells.py",
)  # fmt: skip
BY_NAME = {
    "published": ("other_known_misfits.toml", "misfit"),
    "one_biology": ("open.toml", "open"),
    "science": ("open.toml", "open"),
}
"""Folder: the list of its tests that may miss, and the name of its tables."""
REASONS = HERE / "published" / "reasons.toml"
LONGEST = 150
NOT_PART = ("measured", "reason", "side")


@dataclass
class Found:
    """What one row came to: on which side it missed, what was measured, and whether it is outside, inside or near the limit."""

    state: str
    side: str
    measured: str


@dataclass(eq=False)
class Relist:
    """A pytest plugin: what each row of each list came to. `lists` holds file, name of its tables, and rows by key."""

    lists: dict[tuple[Path, str], dict[tuple[tuple[str, Any], ...], Found]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes a finished test into its list."""
        if report.when != "call":
            if report.outcome == "failed":
                self.broken.append(report.nodeid)
            return
        path = HERE.parent / report.nodeid.split("::")[0]
        properties = dict(report.user_properties)
        if "row" in properties:
            name, key, state, side, measured = properties["row"]
            self._take((path.with_name(name), "misfit"), key, Found(state, side, measured))
        elif "may_miss" in report.keywords:
            self._by_name(path, report)

    def _by_name(self, path: Path, report: pytest.TestReport) -> None:
        file, table = BY_NAME[path.parent.name]
        test = report.nodeid.split("::", 1)[1]
        name = f"{path.name}::{test}" if table == "misfit" else test
        crash = getattr(report.longrepr, "reprcrash", None)
        message = crash.message if crash else ""
        holds = report.outcome == "passed" or str(report.longrepr).startswith("[XPASS")
        if not holds and not message.startswith(("assert", "AssertionError")):
            self.broken.append(report.nodeid)
            return
        told = Found("inside", "", "") if holds else Found("outside", "", shortened(message))
        self._take((path.with_name(file), table), {"test": name}, told)

    def _take(self, place: tuple[Path, str], key: Mapping[str, Any], found: Found) -> None:
        self.lists.setdefault(place, {})[tuple(key.items())] = found


def shortened(message: str) -> str:
    """The first line of a failed assertion, numbers with three digits."""
    line = message.removeprefix("AssertionError: ").splitlines()[0]
    line = re.sub(r"np\.\w+\(([^()]*)\)", r"\1", line)
    line = re.sub(r"(?<![\w.])\d+\.\d+(?:e[+-]?\d+)?", lambda number: f"{float(number[0]):.3g}", line)
    return line[:LONGEST].strip()


def reasons() -> list[tuple[re.Pattern[str], str]]:
    """Patterns of rows and the reason each gives, in order."""
    entries = tomllib.loads(REASONS.read_text(encoding="utf-8"))["reason"]
    return [(re.compile(one["rows"]), one["reason"]) for one in entries]


def rewritten(text: str, table: str, rows: Mapping[tuple[tuple[str, Any], ...], Found], name: str) -> str:
    """A list with its rows brought up to date; comments and keys before the first row stay."""
    head = re.split(rf"^\[\[{table}\]\]", text, maxsplit=1, flags=re.M)[0].rstrip()
    listed = {key_of(one): one for one in tomllib.loads(text).get(table, [])}
    kept = [block(table, key, one) for key, one in _after(listed, rows, name)]
    return "\n\n".join([head, *kept]).lstrip() + "\n"


def key_of(entry: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """What tells a row of a list from the others."""
    return tuple((key, value) for key, value in entry.items() if key not in NOT_PART)


def _after(
    listed: Mapping[tuple[tuple[str, Any], ...], Mapping[str, Any]],
    rows: Mapping[tuple[tuple[str, Any], ...], Found],
    name: str,
) -> Iterator[tuple[tuple[tuple[str, Any], ...], dict[str, str]]]:
    """Rows that stay, as they stood, and new ones after them."""
    known = reasons()
    for key in [*listed, *(key for key in rows if key not in listed)]:
        before, found = listed.get(key), rows.get(key)
        if found is None and before is not None:  # did not run
            yield key, {part: before[part] for part in NOT_PART if part in before}
        elif found is not None and (found.state == "outside" or (before is not None and found.state == "near")):
            side = {"side": found.side} if found.side else {}
            same = before is not None and before.get("side", found.side) == found.side
            reason = before.get("reason", "") if before is not None and same else ""
            told = f"{name} {' '.join(str(value) for _, value in key)} {found.side}"
            reason = reason or next((text for pattern, text in known if pattern.search(told)), "")
            yield key, {"measured": found.measured, **side, "reason": reason}


def block(table: str, key: tuple[tuple[str, Any], ...], entry: Mapping[str, str]) -> str:
    """One row of a list as TOML."""
    lines = [f"{name} = {value if isinstance(value, int | float) else quoted(value)}" for name, value in key]
    return "\n".join([f"[[{table}]]", *lines, *(f"{name} = {quoted(value)}" for name, value in entry.items() if value)])


def quoted(text: str) -> str:
    """A text as a basic string of TOML."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main(tests: list[str]) -> int:
    """Runs the tests and writes the lists; 1 where a test broke otherwise than by missing."""
    plugin = Relist()
    chosen = tests or [str(HERE / folder) for folder in FOLDERS]
    pytest.main(["-q", "--tb=no", "--no-header", "-p", "no:cacheprovider", *chosen], plugins=[plugin])
    for (path, table), rows in plugin.lists.items():
        text = path.read_text(encoding="utf-8") if path.exists() else first_lines(path)
        now = rewritten(text, table, rows, path.name.split("_known_misfits")[0])
        if tomllib.loads(now).get(table):
            path.write_text(now, encoding="utf-8")
        elif path.exists():
            path.unlink()
        print(f"{path.name}: {len(tomllib.loads(now).get(table, []))} rows")
    for name in plugin.broken:
        print(f"broken, not listed: {name}")
    return 1 if plugin.broken else 0


def first_lines(path: Path) -> str:
    """The head of a list that did not exist."""
    about = path.name.removesuffix("_known_misfits.toml")
    return (
        f"# Published rows of {about} that the simulation misses by more than three standard errors, with the reason.\n"
        "# A row that comes back inside must leave this list; a row that newly leaves fails its test (python tests/relist.py).\n"
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
