"""A plot area with its axes: what bands, survival curves, bars and tracks have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from livingdrug.reports.charts.scales import Scale
from livingdrug.reports.charts.svg import Point, element, picture, ribbon, stairs, text, trace

GAP = 16  # between an axis and its title


@dataclass
class Panel:
    """Marks collected over a plot area; `x` and `y` say where values lie.

    A drawing is made step by step, so this record is not frozen; it never leaves the chart that made it.
    """

    x: Scale
    y: Scale
    body: list[str] = field(default_factory=list)

    @property
    def left(self) -> float:
        return self.x.start

    @property
    def right(self) -> float:
        return self.x.end

    @property
    def top(self) -> float:
        return self.y.end

    @property
    def bottom(self) -> float:
        return self.y.start

    def add(self, *marks: str) -> None:
        """Put finished elements on the drawing."""
        self.body.extend(marks)

    def y_axis(self, title: str = "", *, grid: bool = True) -> None:
        """Horizontal grid lines, their labels, and the title above the axis, where it can be read."""
        for value, label in self.y.ticks:
            at = self.y(value)
            if grid:
                self.add(element("line", x1=self.left, x2=self.right, y1=at, y2=at, class_="grid"))
            self.add(text(self.left - 8, at + 4, label, "tick", anchor="end"))
        if title:
            self.add(text(0, self.top - 12, title, "axis-title"))

    def x_axis(self, title: str = "", *, y: float | None = None, grid: bool = False) -> None:
        """The line at the bottom, ticks, labels, title at the right end."""
        base = self.bottom if y is None else y
        self.add(element("line", x1=self.left, x2=self.right, y1=base, y2=base, class_="axis"))
        free = -1e9  # where the next label may begin
        for value, label in self.x.ticks:
            at = self.x(value)
            if grid:
                self.add(element("line", x1=at, x2=at, y1=self.top, y2=base, class_="grid"))
            self.add(element("line", x1=at, x2=at, y1=base, y2=base + 4, class_="axis"))
            half = 3.4 * len(label)
            if at - half >= free:
                self.add(text(at, base + 17, label, "tick", anchor="middle"))
                free = at + half + 5
        if title:
            self.add(text(self.right, base + 17 + GAP, title, "axis-title", anchor="end"))

    def line(self, points: Sequence[Point], role: str) -> None:
        """A line through (x, y) values."""
        self.add(element("path", d=trace((self.x(x), self.y(y)) for x, y in points), class_=f"line {role}"))

    def steps(self, points: Sequence[Point], role: str) -> None:
        """A step line through (x, y) values."""
        self.add(element("path", d=stairs([(self.x(x), self.y(y)) for x, y in points]), class_=f"line {role}"))

    def band(self, x: Sequence[float], low: Sequence[float], high: Sequence[float], role: str) -> None:
        """The area between two lines over the same x values."""
        places = [self.x(a) for a in x]
        upper = [(a, self.y(b)) for a, b in zip(places, high, strict=True)]
        lower = [(a, self.y(b)) for a, b in zip(places, low, strict=True)]
        self.add(element("path", d=ribbon(upper, lower), class_=f"band {role}"))

    def published(self, x: float, value: float, low: float | None, high: float | None, tip: str) -> None:
        """A published value as an open circle with its interval."""
        at, y = self.x(x), self.y(value)
        marks = ""
        if low is not None and high is not None:
            marks += element("line", x1=at, x2=at, y1=self.y(low), y2=self.y(high))
            for end in (self.y(low), self.y(high)):
                marks += element("line", x1=at - 4, x2=at + 4, y1=end, y2=end)
        marks += element("circle", cx=at, cy=y, r=4.5)
        self.add(element("g", marks, class_="published", data_tip=tip))

    def picture(self, width: float, height: float, label: str) -> str:
        """The finished drawing."""
        return picture(width, height, self.body, label)
