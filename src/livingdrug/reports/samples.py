"""The little pictures of a legend: what a line, a band, a box or a mark looks like."""

from __future__ import annotations

from livingdrug.reports.charts.svg import element
from livingdrug.reports.charts.swimmer import drug_mark

WIDTH, MIDDLE = 24, 7


def sample(what: str) -> str:
    """A legend's picture; `what` is a kind of mark and its role, e.g. ``"line s0"`` or ``"box g3"``."""
    kind, _, role = what.partition(" ")
    draw = {
        "line": lambda: element("line", x1=1, x2=WIDTH - 1, y1=MIDDLE, y2=MIDDLE, class_=f"line {role}"),
        "band": lambda: element("rect", x=1, y=1, width=WIDTH - 2, height=12, class_=f"band {role}"),
        "tile": lambda: element("rect", x=5, y=1, width=14, height=12, class_=f"tile {role}", fill_opacity="0.66"),
        "frame": lambda: element("rect", x=6, y=2, width=12, height=10, class_=f"frame {role}"),
        "box": lambda: element("rect", x=5, y=1, width=14, height=12, rx=1.5, class_=role),
        "published": lambda: element("g", element("line", x1=12, x2=12, y1=0, y2=14) + element("circle", cx=12, cy=7, r=4), class_="published"),
        "simulated": lambda: element("g", element("line", x1=2, x2=22, y1=7, y2=7) + element("circle", cx=12, cy=7, r=4), class_="simulated"),
        "verdict": lambda: element("text", "✓" if role == "fit" else "✕", x=12, y=12, text_anchor="middle", class_=f"verdict {role}"),
        "drug": lambda: drug_mark(12, MIDDLE, int(role[1:])),
        "relapse": lambda: element("path", d="M12 2l5 5l-5 5l-5-5z", class_=f"mark relapse {role}"),
        "subsequent": lambda: element("rect", x=8.6, y=3.6, width=6.8, height=6.8, class_="mark subsequent"),
        "open-end": lambda: element("rect", x=8, y=3, width=8, height=8, class_="mark open-end"),
        "death": lambda: element("path", d="M8.5 3.5l7 7m0 -7l-7 7", class_="mark death"),
        "ongoing": lambda: element("path", d="M9 3.5l6 3.5l-6 3.5z", class_="mark ongoing"),
        "seen": lambda: element("circle", cx=12, cy=7, r=3.2, class_=f"seen {role}".strip()),
        "moment": lambda: element("g", element("line", x1=12, x2=12, y1=0, y2=14, class_=f"moment {role}") + element("circle", cx=12, cy=4, r=3.6, class_=f"moment-head {role}")),
    }.get(kind)  # fmt: skip
    return element("svg", draw() if draw else "", width=WIDTH, height=14, viewBox=f"0 0 {WIDTH} 14", aria_hidden="true")
