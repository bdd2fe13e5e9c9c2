"""Notebook pages run, their outputs set below each cell; the same as an .ipynb file beside the page."""

from __future__ import annotations

import html
import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from documentation.running import run_cells, small
from livingdrug.interop.notebook import Cell, Output, as_notebook, cells_of, notebook_name

LINES = 60
"""Of printed output before it folds away."""


def run_page(text: str, topic: str, place: Path, *, few: bool = False) -> str:
    """The page with what its cells show; pictures and the notebook are written beside it.

    Parameters
    ----------
    text
        A notebook page.
    topic
        Its path in the site without ``.md``.
    place
        The folder of the site's pages.
    few
        Few people, for a look at the page.
    """
    cells = cells_of(text)
    with tempfile.TemporaryDirectory() as folder:
        outputs = run_cells(cells, Path(folder), small(cells) if few else None)
    file = place / f"{topic}.ipynb"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(as_notebook(cells, outputs), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    name = PurePosixPath(topic).name
    pieces = [
        _told(cell, some, place / topic, name, k) for k, (cell, some) in enumerate(zip(cells, outputs, strict=True))
    ]
    if few:
        pieces.append("*Built with fewer people than the page says, to look at it (`python -m documentation --few`).*")
    pieces.insert(1, f"[Download as a notebook]({notebook_name(topic)}){{ .md-button .ld-download download }}")
    return "\n\n".join(_after_title(pieces)) + "\n"


def _after_title(pieces: list[str]) -> list[str]:
    """The button stands below the page's first paragraph."""
    title, button, *others = pieces
    head, gap, rest = title.partition("\n\n")
    first, _, rest = rest.partition("\n\n")
    return [head, first, button, *([rest] if gap and rest else []), *others]


def _told(cell: Cell, outputs: Sequence[Output], stem: Path, name: str, number: int) -> str:
    if not cell.code:
        return cell.text
    pieces = [f"```python\n{cell.text}\n```"]
    for k, output in enumerate(outputs):
        if output.mime == "image/svg+xml":
            file = stem.parent / f"{name}-{number + 1}{chr(97 + k)}.svg"
            file.write_text(output.content, encoding="utf-8")
            pieces.append(f"![{html.escape(title_of(output.content))}]({file.name}){{ .ld-figure }}")
        elif output.mime == "text/html":
            pieces.append(
                f'<div class="ld-output ld-html" tabindex="0" role="region" aria-label="Output">\n{re.sub(chr(10) + "{2,}", chr(10), output.content)}\n</div>'
            )
        else:
            pieces.append(printed(output.content))
    return "\n\n".join(pieces)


def printed(text: str) -> str:
    """Printed words as a block that keeps its columns; a long one folds."""
    lines = [line.rstrip() for line in text.rstrip("\n").splitlines()]
    block = f'<pre class="ld-output" tabindex="0">{html.escape(chr(10).join(lines))}</pre>'.replace(
        "\n\n", "\n&#8203;\n"
    )
    if len(lines) > LINES:
        return f"<details><summary>{len(lines)} lines of output</summary>\n{block}\n</details>"
    return block


def title_of(svg: str) -> str:
    """What a picture says of itself."""
    found = re.search(r'aria-label="([^"]*)"', svg)
    return html.unescape(found[1]) if found else "figure"
