"""Patient flow as a river: its width is the number of patients; those who leave branch off to the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.reports.charts.svg import element, number, picture, text, wrapped

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
    broad = width * (0.27 if narrow else 0.36)
    unit = broad / total
    labels = broad + (22 if narrow else 64)
    at_most = int((width - labels) / 6.1)
    below: list[str] = []
    marks: list[str] = []
    y = float(TOP)
    for stage in stages:
        here = max(stage.n * unit, 1)
        below.append(element("rect", x=0, y=y, width=here, height=STAGE, class_="river"))
        marks.append(element("rect", x=0, y=y, width=here, height=STAGE, class_="stage"))
        marks += _stage_words(stage, total, y, here, labels, at_most)
        y += STAGE
        remaining = stage.n
        for gone in (e for e in stage.exits if e.n > 0):
            wide = max(gone.n * unit, 1.2)
            words = _exit_words(gone, total, at_most)
            tall = max(EXIT, wide + BEND + 8, 15 * len(words) + 16)
            upper = y + max((tall - wide) / 2, BEND)
            below.append(_branch(remaining * unit, wide, y, upper, labels - 10, gone.role))
            remaining -= gone.n
            below.append(element("rect", x=0, y=y, width=max(remaining * unit, 1), height=tall, class_="river"))
            first = upper + wide / 2 + 4 - 7.5 * (len(words) - 1)
            marks += [text(labels, first + 15 * i, line, role) for i, (line, role) in enumerate(words)]
            y += tall
    return picture(width, y + 8, [*below, *marks], "Patient flow from apheresis to the end of follow-up")


def _branch(edge: float, wide: float, top: float, upper: float, end: float, role: str) -> str:
    """A stream as wide as its patients that leaves at the right `edge`, bends and runs to `end` below `upper`."""
    f, outer = number, wide + BEND
    path = (
        f"M{f(edge - wide)} {f(top)}V{f(upper - BEND)}A{f(outer)} {f(outer)} 0 0 0 {f(edge + BEND)} {f(upper + wide)}H{f(end)}"
        f"V{f(upper)}H{f(edge + BEND)}A{BEND} {BEND} 0 0 1 {f(edge)} {f(upper - BEND)}V{f(top)}Z"
    )
    return element("path", d=path, class_=f"branch {role}")


def _stage_words(stage: Stage, total: int, y: float, here: float, labels: float, at_most: int) -> list[str]:
    """Number inside the river when it is broad enough; name and explanation at the right."""
    count = f"{stage.n:,}"
    inside = here > 12 * len(count) + 16
    middle = y + STAGE / 2
    share = f"{100 * stage.n / total:.0f} % of enrolled" if stage.n != total else ""
    lines = wrapped(" · ".join(t for t in (share, stage.detail) if t), at_most)
    names = wrapped(stage.name, int(at_most / 1.22))
    first = middle + 4 - 7.5 * (len(lines) + len(names) - 1)
    start = here if inside else here + 12 * len(count) + 14
    leader = (
        element("line", x1=start, x2=labels - 8, y1=middle, y2=middle, class_="leader") if start < labels - 14 else ""
    )
    return [
        text(12, middle + 7, count, "count inside") if inside else text(here + 8, middle + 7, count, "count"),
        leader,
        *(text(labels, first + 15 * i, name, "stage-name") for i, name in enumerate(names)),
        *(text(labels, first + 15 * (len(names) + i), line, "hint") for i, line in enumerate(lines)),
    ]  # fmt: skip


def _exit_words(gone: Exit, total: int, at_most: int) -> list[tuple[str, str]]:
    """Lines with their roles: how many and where to, then the share and the explanation."""
    names = wrapped(f"{gone.n:,} {gone.name}", at_most)
    details = wrapped(" · ".join(t for t in (f"{100 * gone.n / total:.1f} % of enrolled", gone.detail) if t), at_most)
    return [*((line, "exit-name") for line in names), *((line, "hint") for line in details)]
