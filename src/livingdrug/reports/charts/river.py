"""Patient flow as a river: its width is the number of patients; those who leave branch off to the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.reports.charts.svg import element, number, picture, text

STAGE, EXIT, TOP, BEND = 54, 48, 4, 9


@dataclass(frozen=True)
class Exit:
    """Patients who leave the river: how many, where to, an explanation, and a role for the colour."""

    name: str
    n: int
    detail: str = ""
    role: str = "out"


@dataclass(frozen=True)
class Stage:
    """Patients who arrive at a stage, and the exits below it."""

    name: str
    n: int
    detail: str
    exits: tuple[Exit, ...] = ()


def draw_river(stages: Sequence[Stage], width: float) -> str:
    """The river from the first stage down, in the space of `width`."""
    total = max(stages[0].n, 1)
    narrow = width < 500
    broad = width * (0.34 if narrow else 0.36)
    unit = broad / total
    left, labels = 0.0, broad + (26 if narrow else 64)
    below: list[str] = []
    marks: list[str] = []
    y = float(TOP)
    for k, stage in enumerate(stages):
        here = stage.n * unit
        below.append(element("rect", x=left, y=y, width=max(here, 1), height=STAGE, class_="river"))
        marks.append(element("rect", x=left, y=y, width=max(here, 1), height=STAGE, class_="stage"))
        marks += _stage_words(stage, total, left, y, here, broad, labels, narrow)
        y += STAGE
        remaining = stage.n
        leaving = [e for e in stage.exits if e.n > 0]
        for gone in leaving:
            wide = max(gone.n * unit, 1.2)
            tall = max(EXIT, wide + BEND + 8)
            upper = y + max((EXIT - wide) / 2, BEND)
            below.append(_branch(left + remaining * unit, wide, y, upper, labels - 12, gone.role))
            remaining -= gone.n
            below.append(element("rect", x=left, y=y, width=max(remaining * unit, 1), height=tall, class_="river"))
            marks += _exit_words(gone, total, labels, upper + wide / 2)
            y += tall
        if k + 1 < len(stages) and not leaving:
            below.append(element("rect", x=left, y=y, width=max(here, 1), height=10, class_="river"))
            y += 10
    return picture(width, y + 8, [*below, *marks], "Patient flow from apheresis to the end of follow-up")


def _branch(edge: float, wide: float, top: float, upper: float, end: float, role: str) -> str:
    """A stream as wide as its patients that leaves at the right `edge`, bends and runs to `end` below `upper`."""
    f, outer = number, wide + BEND
    path = (
        f"M{f(edge - wide)} {f(top)}V{f(upper - BEND)}A{f(outer)} {f(outer)} 0 0 0 {f(edge + BEND)} {f(upper + wide)}H{f(end)}"
        f"V{f(upper)}H{f(edge + BEND)}A{BEND} {BEND} 0 0 1 {f(edge)} {f(upper - BEND)}V{f(top)}Z"
    )
    return element("path", d=path, class_=f"branch {role}")


def _stage_words(
    stage: Stage, total: int, left: float, y: float, here: float, broad: float, labels: float, narrow: bool
) -> list[str]:
    """Number inside the river when it is broad enough; name and explanation at the right."""
    count = f"{stage.n:,}"
    if here > 12 * len(count) + 10:
        shown = text(left + 12, y + STAGE / 2 + 7, count, "count inside")
    else:
        shown = text(left + here + 8, y + STAGE / 2 + 7, count, "count")
    share = f"{100 * stage.n / total:.0f} % of enrolled" if stage.n != total else ""
    detail = " · ".join(t for t in (share, stage.detail) if t)
    lines = _wrapped(detail, 34 if narrow else 80)
    top = y + STAGE / 2 - (2 if lines else -5) - (6 if len(lines) > 1 else 0)
    return [
        shown,
        element("line", x1=left + here if here > 12 * len(count) + 10 else left + here + 12 * len(count) + 14, x2=labels - 8, y1=y + STAGE / 2, y2=y + STAGE / 2, class_="leader"),
        text(labels, top, stage.name, "stage-name"),
        *(text(labels, top + 16 + 14 * i, line, "hint") for i, line in enumerate(lines)),
    ]  # fmt: skip


def _exit_words(gone: Exit, total: int, x: float, middle: float) -> list[str]:
    name = f"{gone.n:,}  {gone.name}"
    detail = " · ".join(t for t in (f"{100 * gone.n / total:.1f} % of enrolled", gone.detail) if t)
    return [text(x, middle - 1, name, "exit-name"), text(x, middle + 14, detail, "hint")]


def _wrapped(words: str, at_most: int) -> list[str]:
    lines, line = [], ""
    for word in words.split():
        if len(line) + len(word) + 1 > at_most and line:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line] if line else lines
