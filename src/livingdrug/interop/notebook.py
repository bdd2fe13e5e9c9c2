"""A Markdown page with code as a notebook: Jupyter's .ipynb, from the text form that jupytext reads and writes.

A fence of ``python`` is a cell; everything else is prose. ``python tags=["parameters"]`` marks the cell whose numbers one changes first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

_FENCE = re.compile(
    r"^```python(?:[ \t]+tags=\[(?P<tags>[^\]]*)\])?[ \t]*\n(?P<code>.*?)^```[ \t]*$", flags=re.M | re.S
)
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)[^)]*\)")


@dataclass(frozen=True)
class Cell:
    """One cell: prose or code, and the tags of code."""

    text: str
    code: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Output:
    """What a cell shows: a kind of MIME and its content."""

    mime: str
    content: str


def cells_of(markdown: str) -> list[Cell]:
    """The page's cells in order.

    Parameters
    ----------
    markdown
        The page.

    Examples
    --------
    >>> [cell.code for cell in cells_of("Say\\n\\n```python\\n1 + 1\\n```\\n")]
    [False, True]
    """
    found: list[Cell] = []
    end = 0
    for fence in _FENCE.finditer(markdown):
        found.append(Cell(markdown[end : fence.start()].strip("\n")))
        tags = tuple(re.findall(r'"([^"]+)"', fence["tags"] or ""))
        found.append(Cell(fence["code"].rstrip("\n"), True, tags))
        end = fence.end()
    found.append(Cell(markdown[end:].strip("\n")))
    return [cell for cell in found if cell.text.strip()]


def is_notebook(markdown: str) -> bool:
    """Whether a page says of itself that it can be run from top to bottom: a cell is tagged as its parameters."""
    return any("parameters" in cell.tags for cell in cells_of(markdown))


def as_notebook(cells: Sequence[Cell], outputs: Sequence[Sequence[Output]] = ()) -> dict[str, Any]:
    """The content of an .ipynb file (nbformat 4.5), with outputs where there are some.

    Parameters
    ----------
    cells
        Of a page.
    outputs
        What each cell showed, in the same order; empty for a notebook that has not run.

    Examples
    --------
    >>> as_notebook([Cell("1 + 1", code=True)])["cells"][0]["cell_type"]
    'code'
    """
    shown = outputs or [()] * len(cells)
    written: list[dict[str, Any]] = []
    for k, (cell, some) in enumerate(zip(cells, shown, strict=True)):
        one: dict[str, Any] = {"id": f"cell-{k + 1}", "metadata": {}, "source": cell.text.splitlines(keepends=True)}
        if cell.code:
            if cell.tags:
                one["metadata"] = {"tags": list(cell.tags)}
            one |= {"cell_type": "code", "execution_count": None, "outputs": [_output(output) for output in some]}
        else:
            # A page's neighbours are not beside a notebook that was taken away.
            one |= {"cell_type": "markdown", "source": _LINK.sub(r"\1", cell.text).splitlines(keepends=True)}
        written.append(one)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": written,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def notebook_name(topic: str) -> str:
    """The file name of a page as a notebook.

    >>> notebook_name("tutorials/planner")
    'planner.ipynb'
    """
    return f"{PurePosixPath(topic).name}.ipynb"


def _output(output: Output) -> dict[str, Any]:
    lines = output.content.splitlines(keepends=True)
    if output.mime == "stream":
        return {"output_type": "stream", "name": "stdout", "text": lines}
    return {"output_type": "display_data", "metadata": {}, "data": {output.mime: lines}}
