"""Documentation pages of mechanisms: prose by hand, tables from the sheet.

A page is Markdown. What stands between the two marker lines is written by `python -m livingdrug.model.pages docs/mechanisms`
and never by hand; all else is prose and is kept. A number therefore stands in one place only, the sheet.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.quantities import Quantity
from livingdrug.model.fragment import Mechanism
from livingdrug.model.sheet import MechanismSheet
from livingdrug.model.texts import ids, mechanism_of, package_texts

BEGIN, END = "<!-- generated -->", "<!-- end -->"

_LITERAL = re.compile(r"(?<![\w.^])((?:\d+\.\d+|\d+)(?:[eE][+-]?\d+)?)(?![\w.])")
_TRIVIAL = frozenset({0.0, 1.0, 2.0})


def mechanism_ids() -> tuple[str, ...]:
    """Every mechanism of the package, by name."""
    return ids("mechanisms", package_texts())


def mechanism_page(mechanism: str, page: str = "") -> str:
    """The page of a mechanism: `page` with its generated part renewed, or a page to begin with.

    Parameters
    ----------
    mechanism
        Id, e.g. ``"car_t"``.
    page
        The page as it is, prose and markers; empty for a new one.

    Raises
    ------
    BadInput
        No such mechanism, or a page without its two marker lines.

    Examples
    --------
    >>> print(mechanism_page("body").splitlines()[0])
    # Body size
    """
    known = mechanism_ids()
    if mechanism not in known:
        raise BadInput(f'no mechanism "{mechanism}".\n  Known: {", ".join(known)}.')
    part = mechanism_of(mechanism, package_texts())
    start = page or f"# {part.sheet.title}\n\n{part.sheet.summary}\n\n{BEGIN}\n{END}\n"
    return with_generated(start, _generated(part), f"{mechanism}.md")


def with_generated(page: str, generated: str, where: str = "page") -> str:
    """A page whose part between the marker lines is `generated`.

    Examples
    --------
    >>> with_generated("prose\\n<!-- generated -->\\nold\\n<!-- end -->\\nmore\\n", "new").splitlines()
    ['prose', '<!-- generated -->', 'new', '<!-- end -->', 'more']
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise BadInput(
            f"{where}: expected one line {BEGIN} and after it one line {END}.\n  Put both where the tables go."
        )
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{generated.strip()}\n{END}{after}"


def write_generated(page: Path, generated: str) -> None:
    """Write the part of a page between its marker lines anew; what else stands there stays."""
    text = with_generated(page.read_text(encoding="utf-8"), generated, page.name)
    page.write_text(text, encoding="utf-8", newline="\n")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table.

    Examples
    --------
    >>> table(["name", "unit"], [["a", "1/day"]]).splitlines()
    ['| name | unit |', '|---|---|', '| a | 1/day |']
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "|" + "|".join(cells) + "|" if cells[0] == "---" else "| " + " | ".join(map(_cell, cells)) + " |"
        for cells in lines
    )


def refresh(folder: Path, make: Callable[[str, str], str] = mechanism_page) -> list[Path]:
    """Write every mechanism's page in `folder` anew, prose kept; returns the pages that changed."""
    changed = []
    for name in mechanism_ids():
        path = folder / f"{name}.md"
        old = path.read_text(encoding="utf-8") if path.is_file() else ""
        new = make(name, old)
        if new != old:
            path.write_text(new, encoding="utf-8", newline="\n")
            changed.append(path)
    return changed


@cache
def _owners() -> dict[str, tuple[str, ...]]:
    """Name -> the mechanisms that provide it; several when recipes choose between them."""
    owners: dict[str, tuple[str, ...]] = {}
    for part in (mechanism_of(name, package_texts()) for name in mechanism_ids()):
        for name in part.provides:
            owners[name] = (*owners.get(name, ()), part.id)
    return owners


def _generated(part: Mechanism) -> str:
    sheet = part.sheet
    blocks = [f"## Equations\n\n```\n{part.text.strip()}\n```"]
    if sheet.per:
        blocks[0] += "\n\n" + _written_for_each(sheet)
    if sheet.state:
        rows = [
            [f"`{name}`", state.meaning, state.unit or "1", state.initial, f"{state.integrate}, {state.scale:g}"]
            for name, state in sheet.state.items()
        ]
        blocks.append("## States\n\n" + table(["state", "meaning", "unit", "at the start", "integrated, scale"], rows))
    if sheet.parameter:
        rows = [_number(name, quantity) for name, quantity in sheet.parameter.items()]
        rows += [
            _number(f"{name}, {one}", quantity)
            for named in sheet.own.values()
            for one, own in named.items()
            for name, quantity in own.parameter.items()
        ]
        header = ["parameter", "meaning", "value", "unit", "spread", "kind", "source"]
        blocks.append(
            "## Parameters\n\nTypical values of the mechanism; a disease or a product may replace them in its own file. Spread is the"
            " between-patient standard deviation, on the log scale unless told otherwise.\n\n" + table(header, rows)
        )
    if sheet.reads:
        rows = [[f"`{name}`", _link(_owners().get(name, ()), part.id)] for name in sheet.reads]
        blocks.append("## Reads\n\n" + table(["name", "owned by"], rows))
    if sheet.output:
        rows = [[f"`{name}`", output.meaning, output.unit or "1"] for name, output in sheet.output.items()]
        blocks.append("## Records\n\n" + table(["output", "meaning", "unit"], rows))
    if sheet.neutral:
        rows = [[f"`{name}`", f"{value.value:g}", value.unit or "1"] for name, value in sheet.neutral.items()]
        blocks.append("## When a recipe leaves it out\n\n" + table(["name", "value", "unit"], rows))
    bare = _bare_numbers(part)
    if bare:
        blocks.append(
            "## Numbers written in the equations\n\nThey have no entry of their own in the sheet (0, 1, 2 and exponents"
            " aside): conventions of this model, from no source.\n\n" + table(["defines", "numbers"], bare)
        )
    return "\n\n".join(blocks)


def _written_for_each(sheet: MechanismSheet) -> str:
    """What the placeholders mean, and how instances differ."""
    kinds = " and ".join(f"each {kind}" for kind in sheet.per)
    told = [f"Written once for {kinds} of a recipe; `total( )` sums ([how](instances.md))."]
    told += [f"All `{name}` add up to 1: the first of the list has what the others leave." for name in sheet.shares]
    told += [f"`{name}` is multiplied by the {by} of the instance." for name, by in sheet.scaled.items()]
    for named in sheet.own.values():
        for one, own in named.items():
            for name, state in own.state.items():
                differs = ", ".join(f"{key} {value}" for key, value in state.model_dump(exclude_none=True).items())
                told.append(f"`{name}` of {one}: {differs}.")
    return " ".join(told)


def _number(name: str, quantity: Quantity) -> list[str]:
    """A row of the table of parameters; what follows a comma in the name stays outside its typewriter letters."""
    word, _, rest = name.partition(", ")
    return [
        f"`{word}`" + (f" of {rest}" if rest else ""),
        quantity.meaning,
        f"{quantity.value:g}",
        quantity.unit or "1",
        _spread(quantity.spread, quantity.spread_scale),
        quantity.kind,
        _origin(quantity),
    ]


def _bare_numbers(part: Mechanism) -> list[list[str]]:
    found = []
    for statement in part.statements:
        numbers = [text for text in _LITERAL.findall(statement.formula) if float(text) not in _TRIVIAL]
        if numbers:
            found.append([f"`{statement.target}`", ", ".join(dict.fromkeys(numbers))])
    return found


def _spread(spread: float, scale: str) -> str:
    return "" if spread == 0 else f"{spread:g}" + ("" if scale == "log" else f" ({scale})")


def _origin(quantity: Quantity) -> str:
    source, where, status, note = (str(getattr(quantity, name)) for name in ("source", "where", "status", "note"))
    told = "; ".join(text for text in (source, where, note) if text)
    return told + (f" ({status})" if status != "own" else "")


def _link(owners: Sequence[str], here: str) -> str:
    told = [owner if owner == here else f"[{owner}]({owner}.md)" for owner in owners]
    return " or ".join(told) or "another recipe's mechanism"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main(arguments: Sequence[str]) -> int:
    """`python -m livingdrug.model.pages FOLDER`: refresh the pages, say which changed."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        sys.stderr.write("usage: python -m livingdrug.model.pages FOLDER   (e.g. docs/mechanisms, which must exist)\n")
        return 2
    changed = refresh(Path(arguments[0]))
    sys.stdout.write("".join(f"{path}\n" for path in changed) or "all pages are current\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
