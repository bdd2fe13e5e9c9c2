"""Runs the cells of a notebook page here, without Jupyter: the same statements, `!livingdrug …` lines and `%%writefile`.

A command runs in this process through the same door as in a terminal; what a cell shows is kept as text, table or picture.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import os
import re
import shlex
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from livingdrug.interop.notebook import Cell, Output

SMALL = {"patients": 20, "replicates": 8, "samples": 8, "referred": 150, "repetitions": 2}
"""Numbers of people in place of a page's own, for tests and for a look at the words."""
_PLAIN = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100", "PYTHON_COLORS": "0"}


class CellFailed(AssertionError):
    """A cell of a page did not run; says which and why."""


def run_cells(cells: Sequence[Cell], place: Path, parameters: Mapping[str, Any] | None = None) -> list[list[Output]]:
    """What each cell shows, run in order in a folder of its own.

    Parameters
    ----------
    cells
        Of a page.
    place
        The working folder; files that cells write land there.
    parameters
        Name -> value, set after the cell tagged as parameters, so that a test can be small.

    Raises
    ------
    CellFailed
        A cell raised, or a command ended with another code than 0 (a cell tagged "refused" expects code 2).
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    shown: list[list[Output]] = []
    with _inside(place), _notebook_display():
        for k, cell in enumerate(cells):
            if not cell.code:
                shown.append([])
                continue
            try:
                shown.append(_run(cell, names))
            except CellFailed:
                raise
            except BaseException as problem:
                raise CellFailed(f"cell {k + 1}: {type(problem).__name__}: {problem}\n{cell.text}") from problem
            if "parameters" in cell.tags:
                unknown = set(parameters or {}) - set(names)
                if unknown:
                    raise CellFailed(f"the cell of parameters has no {', '.join(sorted(unknown))}.")
                names.update(parameters or {})
    return shown


def small(cells: Sequence[Cell]) -> dict[str, int]:
    """Of `SMALL`, the names that a page's cell of parameters has."""
    text = "\n".join(cell.text for cell in cells if "parameters" in cell.tags)
    return {name: value for name, value in SMALL.items() if re.search(rf"^{name} = ", text, flags=re.M)}


def command(line: str, *, expected: int = 0) -> str:
    """What one command line prints.

    Parameters
    ----------
    line
        Begins with ``livingdrug``.
    expected
        Its exit code.
    """
    from livingdrug.cli.main import main

    words = shlex.split(line, comments=True)
    if not words or words[0] != "livingdrug":
        raise CellFailed(f"expected a command of livingdrug, so that it runs on every system: {line}")
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words[1:])
    if code != expected:
        raise CellFailed(f"{line}\nended with {code}, expected {expected}.\n{err.getvalue()}{out.getvalue()}")
    return (out.getvalue() + (err.getvalue() if expected else "")).rstrip() + "\n"


def _run(cell: Cell, names: dict[str, Any]) -> list[Output]:
    if cell.text.startswith("%%writefile "):
        head, _, text = cell.text.partition("\n")
        Path(head.split()[1]).write_text(text + "\n", encoding="utf-8")
        return []
    shown: list[Output] = []
    expected = 2 if "refused" in cell.tags else 0

    def display(value: Any) -> None:
        shown.append(as_shown(value))

    def typed(line: str) -> None:
        shown.append(Output("stream", command(line, expected=expected)))

    names |= {"display": display, "_typed": typed}
    tree = ast.parse(re.sub(r"^(\s*)!(.+)$", lambda found: f"{found[1]}_typed(f{found[2]!r})", cell.text, flags=re.M))
    last = tree.body[-1] if tree.body else None
    value = None
    text = io.StringIO()
    with contextlib.redirect_stdout(_Flushing(text, shown)):
        if isinstance(last, ast.Expr) and not cell.text.rstrip().endswith(";"):
            builtins.exec(compile(ast.Module(tree.body[:-1], []), "<cell>", "exec"), names)
            value = builtins.eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
        else:
            builtins.exec(compile(tree, "<cell>", "exec"), names)
    if value is not None:
        display(value)
    return shown


@contextlib.contextmanager
def _notebook_display() -> Iterator[None]:
    """`from IPython.display import SVG` means something here too, where IPython is not installed."""
    display = types.ModuleType("IPython.display")
    display.SVG = _Svg  # type: ignore[attr-defined]
    ours = {"IPython": types.ModuleType("IPython"), "IPython.display": display}
    before = {name: sys.modules.get(name) for name in ours}
    sys.modules.update(ours)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module


class _Svg:
    """Stands in for IPython's `SVG(filename)` where that is not installed."""

    def __init__(self, filename: str) -> None:
        self.text = Path(filename).read_text(encoding="utf-8")

    def _repr_svg_(self) -> str:
        return self.text


class _Flushing(io.TextIOBase):
    """Printed words as outputs in the order in which they came between pictures."""

    def __init__(self, text: io.StringIO, shown: list[Output]) -> None:
        self.shown = shown

    def write(self, text: str) -> int:
        if self.shown and self.shown[-1].mime == "stream":
            text = self.shown.pop().content + text
        self.shown.append(Output("stream", text))
        return len(text)


def as_shown(value: Any) -> Output:
    """A value as a notebook shows it: its picture, else its table, else its words."""
    import polars as pl

    short = {
        "float_precision": 3,
        "tbl_hide_dataframe_shape": True,
        "tbl_hide_column_data_types": True,
        "tbl_cols": 14,
        "tbl_rows": 20,
    }
    with pl.Config(**short):  # type: ignore[arg-type]
        for name, mime in (("_repr_svg_", "image/svg+xml"), ("_repr_html_", "text/html")):
            method = getattr(value, name, None)
            if method is not None and (found := method()) is not None:
                return Output(mime, _tidy(found) if mime == "text/html" else found)
    return Output("text/plain", repr(value))


def _tidy(table: str) -> str:
    """A frame's table in the looks of the page: without its own style, words without quotation marks."""
    return re.sub(r"<td>&quot;(.*?)&quot;</td>", r"<td>\1</td>", re.sub(r"<style>.*?</style>", "", table, flags=re.S))


@contextlib.contextmanager
def _inside(place: Path) -> Iterator[None]:
    place.mkdir(parents=True, exist_ok=True)
    before, environment = Path.cwd(), {name: os.environ.get(name) for name in _PLAIN}
    os.chdir(place)
    os.environ.update(_PLAIN)
    try:
        yield
    finally:
        os.chdir(before)
        for name, value in environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
