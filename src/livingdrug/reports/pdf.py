"""A report as PDF: the sections of the page set on A4 by Typst, every figure as vectors, every table with all its columns.

sections ─► figures as SVG + tables with measured columns ─► one Typst document ─► PDF, the same bytes from the same run
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from livingdrug.reports.lettering import FAMILY, POWER, SMALL, in_our_face, raise_powers, width_of
from livingdrug.reports.page import Card, Cards, Figure, Section, Table
from livingdrug.reports.pictures import typeset
from livingdrug.reports.places import refuse_place
from livingdrug.reports.sheet import sheet
from livingdrug.reports.styles import as_text

ROOM = 482.0
"""Between the margins of A4 [point]."""
WIDE, HALF = 600.0, 296.0
"""Drawings are made for these widths [pixel], so that their letters keep their size on paper."""
SIZES = (8.0, 7.2, 6.5, 5.8, 5.2)
"""Letters of tables, the first at which every column fits [point]."""
GAP = 9.0
"""Between columns [point]."""
NOTICE = "Simulation; not for patient care"
_BREAKS = re.compile(r"(?<=[_/.,:;=–|])(?=[^\s\d])|(?<=[a-z])(?=[A-Z])")

HEAD = """\
#set document(title: {title}, date: none)
#set page(paper: "a4", margin: (x: 20mm, top: 22mm, bottom: 20mm),
  header: context [#set text(7.5pt, fill: rgb("#9a3b1c")); #{notice} #h(1fr) #text(fill: rgb("#5b6670"), {short})],
  footer: context [#set text(7.5pt, fill: rgb("#5b6670")); {version} #h(1fr) #counter(page).display("1 / 1", both: true)])
#set text(font: ("{family}",), size: 9.5pt, fill: rgb("#1d2329"))
#set par(leading: 0.6em)
#show heading.where(level: 1): it => block(above: 18pt, below: 8pt, sticky: true, text(14pt, weight: 600, it.body))
#show heading.where(level: 2): it => block(above: 12pt, below: 6pt, sticky: true, text(10.5pt, weight: 600, it.body))
#let small(it) = text(7.5pt, fill: rgb("#5b6670"), it)
"""


def write_pdf(
    path: Path,
    *,
    kicker: str,
    title: str,
    lead: str,
    meta: Sequence[str],
    sections: Sequence[Section],
    cards: Cards | None = None,
    version: str | None = None,
) -> Path:
    """Write sections as a PDF; the arguments are those of `livingdrug.reports.html.page`.

    Raises
    ------
    BadInput
        The typesetter is not installed, or the place cannot be written.
    """
    from livingdrug.trial.storage import write_bytes

    refuse_place(path)
    files: dict[str, bytes] = {}
    lines = [
        HEAD.format(title=_text(title), short=_text(title.split(":")[0]), notice=_text(NOTICE), family=FAMILY,
                    version=f"#{_text(f'livingdrug {version}' if version else 'livingdrug')}"),
        f'#text(8.5pt, fill: rgb("#9a3b1c"), weight: 600, {_text(kicker)})\n',
        f"#block(above: 8pt, below: 10pt, text(20pt, weight: 700, {_text(title)}))\n",
        f"#text(11pt, {_words(lead)})\n",
        f"#small({_text(' · '.join(meta))})\n",
        *(_cards(cards.cards) if cards is not None else ()),
    ]  # fmt: skip
    for number, section in enumerate(sections, 1):
        lines += _section(number, section, files)
    write_bytes(path, typeset({"main": "\n".join(lines).encode("utf-8"), **files}))
    return path


def _section(number: int, section: Section, files: dict[str, bytes]) -> Iterator[str]:
    yield f"= #{_text(f'{number}  {section.title}')}\n"
    if section.lead:
        yield f"#block(below: 8pt, {_words(section.lead)})\n"
    waiting: list[str] = []
    for part in section.parts:
        if isinstance(part, Figure) and part.half:
            waiting.append(_figure(part, HALF, files))
            continue
        yield from _pairs(waiting)
        waiting = []
        yield from _part(part, files)
    yield from _pairs(waiting)


def _part(part: Any, files: dict[str, bytes]) -> Iterator[str]:
    match part.kind:
        case "figure":
            yield f"#block(breakable: false, above: 10pt, below: 8pt, {_figure(part, WIDE, files)})\n"
        case "table":
            yield from _table(part)
        case "cards":
            yield from _cards(part.cards)
        case "note":
            yield f"#block(below: 8pt, {_words(part.words)})\n"
        case "more":
            yield f"#block(below: 8pt)[#text(weight: 600, {_text(part.summary)}) #h(0.4em) #{_words(part.words)}]\n"
        case "diary":
            yield f"== #{_text(part.title)}\n"
            rows = ", ".join(f"{_text(f'day {one.day:.0f}')}, {_words(one.sentence)}" for one in part.entries)
            yield f"#grid(columns: (52pt, 1fr), row-gutter: 5pt, {rows})\n" if part.entries else ""
        case _:
            raise ValueError(f"a part of a page that the PDF cannot tell: {part.kind}")


def _figure(figure: Figure, width: float, files: dict[str, bytes]) -> str:
    """An image of the figure's sheet, as wide as its place and never larger than it was drawn."""
    root = sheet(figure, width)
    raise_powers(root)
    in_our_face(root)
    name = f"figure-{len(files) + 1}.svg"
    files[name] = as_text(root).encode("utf-8")
    place = ROOM if width == WIDE else (ROOM - GAP) / 2
    own = 0.75 * float(root.get("width", "0"))
    tall = own and float(root.get("height", "0")) / float(root.get("width", "1")) * min(place, own)
    if tall > 690:  # a swimmer of many patients: as tall as a page holds
        return f'align(center, image("{name}", height: 690pt))'
    return f'image("{name}", width: {min(place, own):.1f}pt)'


def _pairs(images: list[str]) -> Iterator[str]:
    for k in range(0, len(images), 2):
        yield f"#block(breakable: false, below: 8pt, grid(columns: (1fr, 1fr), column-gutter: {GAP}pt, {', '.join(images[k : k + 2])}))\n"


def _cards(cards: Sequence[Card]) -> Iterator[str]:
    boxes = []
    for one in cards:
        detail = "\n".join(part for part in (one.detail, one.published) if part)
        boxes.append(
            f"[#small({_text(one.name)}) \\ #text(14pt, weight: 600, {_text(one.value)}) \\ #small({_words(detail)})]"
        )
    if boxes:
        yield f"#block(above: 12pt, below: 10pt, grid(columns: ({'1fr, ' * min(len(boxes), 4)}), gutter: 12pt, {', '.join(boxes)}))\n"


def _table(table: Table) -> Iterator[str]:
    if table.title:
        yield f"== #{_text(table.title)}\n"
    size, widths = columns_of(table)
    cells = []
    for number, row in enumerate(table.rows):
        role = table.roles.get(number, "")
        weight = "weight: 600, " if role == "group" else 'fill: rgb("#9a3b1c"), ' if role == "misfit" else ""
        for place, cell in enumerate(row):
            inside = f"text({weight}{_words(cell)})" if weight else _words(cell)
            across = f"colspan: {len(row)}, " if role == "group" and place == 0 and not any(row[1:]) else ""
            if across:
                cells.append(f"table.cell({across}{inside})")
                break
            cells.append(inside)
    head = ", ".join(f"text(weight: 600, {_words(name)})" for name in table.columns)
    sides = ", ".join("left" if place == 0 or place in table.words else "right" for place in range(len(table.columns)))
    yield (
        f"#block(below: 8pt)[#set text({size}pt)\n#table(columns: ({', '.join(f'{width:.1f}pt' for width in widths)},), align: ({sides},),\n"
        f'  inset: (x: {GAP / 2 - 1}pt, y: 3pt), stroke: (_, y) => (bottom: 0.4pt + rgb(if y == 0 {{ "#5b6670" }} else {{ "#d9dde1" }})),\n'
        f"  table.header({head}), {', '.join(cells)})]\n"
    )
    if table.note:
        yield f"#block(below: 8pt, small({_words(table.note)}))\n"


def columns_of(table: Table) -> tuple[float, list[float]]:
    """The size of a table's letters and its columns' widths [point], so that all columns stand between the margins.

    A column keeps its longest line where there is room, and never less than its longest word; what is left goes to those that
    would like more.

    Examples
    --------
    >>> size, widths = columns_of(Table(("", "a"), (("one", "2"),)))
    >>> size, sum(widths) <= ROOM
    (8.0, True)
    """
    columns = [[table.columns[k], *(row[k] for row in table.rows if k < len(row))] for k in range(len(table.columns))]
    spanned = {
        number for number, row in enumerate(table.rows) if table.roles.get(number) == "group" and not any(row[1:])
    }
    columns[0] = [text for number, text in enumerate(columns[0]) if number - 1 not in spanned]
    for size in SIZES:
        least = [
            max((width_of(word, size) for text in cells for word in _broken(text).split()), default=0) + GAP
            for cells in columns
        ]
        liked = [
            max((width_of(line, size) for text in cells for line in text.split("\n")), default=0) + GAP
            for cells in columns
        ]
        liked = [max(low, high) for low, high in zip(least, liked, strict=True)]
        if sum(least) <= ROOM or size == SIZES[-1]:
            break
    spare = ROOM - sum(least)
    if spare < 0:  # no size is small enough: columns share what there is, and words break
        return size, [ROOM * low / sum(least) for low in least]
    wanted = sum(liked) - sum(least)
    part = min(1.0, spare / wanted) if wanted > 0 else 0.0
    return size, [low + part * (high - low) for low, high in zip(least, liked, strict=True)]


def _broken(text: str) -> str:
    """With places at which long names may break."""
    return _BREAKS.sub("\u200b", text).replace("\u200b", " ")


def _text(words: str) -> str:
    """A string of Typst."""
    return json.dumps(words, ensure_ascii=False)


def _words(text: str) -> str:
    """Content of Typst: first line, smaller ones below, raised figures as such, and places to break long names."""
    lines = [line for line in text.split("\n") if line]
    told = [_line(lines[0])] if lines else ['""']
    told += [f"small({_line(line)})" for line in lines[1:]]
    return "[" + " \\ ".join(f"#{one}" for one in told) + "]"


def _line(text: str) -> str:
    text = _BREAKS.sub("\u200b", text.replace("✕", "×"))
    parts, end = [], 0
    for found in POWER.finditer(text):
        parts += [f"#{_text(text[end : found.start()])}"] if found.start() > end else []
        parts.append(f"#super({_text(''.join(SMALL[letter] for letter in found[0]))})")
        end = found.end()
    if not parts:
        return _text(text)
    parts += [f"#{_text(text[end:])}"] if end < len(text) else []
    return f"[{''.join(parts)}]"
