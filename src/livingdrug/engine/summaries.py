"""Numbers that sum up a course, kept while it runs: a million patients need not store their courses.

Summaries look at checks only, as the clinic does: a maximum between two checks is not seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from livingdrug.engine.compiler.graph import Graph
from livingdrug.foundation.errors import BadInput


@dataclass(frozen=True)
class Summary:
    """One number per patient.

    Attributes
    ----------
    name
        What to call it.
    of
        The output it sums up: a name of the model (as at the check, before doses and program), or of the program (after
        it; only checks where the program runs count).
    kind
        One of `KINDS`:

        ================  ==============================================================================
        max, min          extreme value
        time_of_max       day of the maximum, the first one if there are several
        last              value at the last check
        auc               area by the trapezoidal rule [unit of `of` x day]
        first_time_above  first check [day] with a value >= level; not a number if there is none
        last_time_above   last such check [day]
        days_at_level     number of days whose worst value equals level: for grades
        ================  ==============================================================================
    level
        For the kinds that need one.
    first_day, last_day
        Only checks from first_day to last_day count.
    """

    name: str
    of: str
    kind: str
    level: float = math.nan
    first_day: float = -math.inf
    last_day: float = math.inf

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadInput(f'summary "{self.name}": no kind "{self.kind}". Kinds: {", ".join(sorted(KINDS))}')
        if KINDS[self.kind].needs_level and not math.isfinite(self.level):
            raise BadInput(f'summary "{self.name}": the kind {self.kind} needs a level, such as level=3')


@dataclass(frozen=True)
class _Kind:
    """Starting values of what is remembered (the first is the result), and how a check changes it."""

    start: tuple[float, ...]
    update: Callable[[Graph, int, int, tuple[int, ...], int], tuple[int, ...]]
    needs_level: bool = False


def _max(g: Graph, value: int, now: int, old: tuple[int, ...], level: int) -> tuple[int, ...]:
    # the first value counts whatever it is; later a value that is not a number never wins
    return (g.select(_or_first(g, g.compare("greater", value, old[0]), old[0]), value, old[0]),)


def _min(g: Graph, value: int, now: int, old: tuple[int, ...], level: int) -> tuple[int, ...]:
    return (g.select(_or_first(g, g.compare("less", value, old[0]), old[0]), value, old[0]),)


def _time_of_max(g: Graph, value: int, now: int, old: tuple[int, ...], level: int) -> tuple[int, ...]:
    larger = _or_first(g, g.compare("greater", value, old[1]), old[1])
    return g.select(larger, now, old[0]), g.select(larger, value, old[1])


def _last(g: Graph, value: int, now: int, old: tuple[int, ...], level: int) -> tuple[int, ...]:
    return (value,)


def _auc(g: Graph, value: int, now: int, old: tuple[int, ...], level: int) -> tuple[int, ...]:
    area, before, day = old
    mean = g.multiply(g.constant(0.5), g.add(value, before))
    more = g.add(area, g.multiply(mean, g.subtract(now, day)))
    return g.select(_is_missing(g, day), area, more), value, now


def _first_time_above(g: Graph, value: int, now: int, old: tuple[int, ...], level: int) -> tuple[int, ...]:
    reached = g.join("and", g.compare("greater_equal", value, level), _is_missing(g, old[0]))
    return (g.select(reached, now, old[0]),)


def _last_time_above(g: Graph, value: int, now: int, old: tuple[int, ...], level: int) -> tuple[int, ...]:
    return (g.select(g.compare("greater_equal", value, level), now, old[0]),)


def _days_at_level(g: Graph, value: int, now: int, old: tuple[int, ...], level: int) -> tuple[int, ...]:
    _, before, worst, day = old  # days before this one; this day's worst value; this day
    # a check at midday sixteen hours on must not fall on the day before by rounding
    today = g.apply("floor", g.add(now, g.constant(1e-6)))
    new_day = g.negate(g.compare("equal", today, day))

    def counted(worst: int) -> int:
        return g.number(g.compare("equal", worst, level))

    before = g.select(new_day, g.add(before, counted(worst)), before)
    worst = g.select(g.join("or", new_day, g.compare("greater", value, worst)), value, worst)
    return g.add(before, counted(worst)), before, worst, today


def _is_missing(g: Graph, node: int) -> int:
    return g.compare("not_equal", node, node)


def _or_first(g: Graph, condition: int, old: int) -> int:
    return g.join("or", condition, _is_missing(g, old))


_NAN = math.nan
KINDS: dict[str, _Kind] = {
    "max": _Kind((_NAN,), _max),
    "min": _Kind((_NAN,), _min),
    "time_of_max": _Kind((_NAN, _NAN), _time_of_max),
    "last": _Kind((_NAN,), _last),
    "auc": _Kind((0.0, 0.0, _NAN), _auc),
    "first_time_above": _Kind((_NAN,), _first_time_above, needs_level=True),
    "last_time_above": _Kind((_NAN,), _last_time_above, needs_level=True),
    "days_at_level": _Kind((0.0, 0.0, _NAN, _NAN), _days_at_level, needs_level=True),
}


def starting_values(summaries: Sequence[Summary]) -> tuple[list[float], list[int]]:
    """What all summaries remember at the start, and the place of each one's result in it."""
    start: list[float] = []
    places: list[int] = []
    for summary in summaries:
        places.append(len(start))
        start.extend(KINDS[summary.kind].start)
    return start, places


def update_nodes(
    graph: Graph, summary: Summary, place: int, value: int, now: int, on: int
) -> list[tuple[str, int, int]]:
    """Stores ("z", slot, node) that take one check into account where the condition `on` holds."""
    kind = KINDS[summary.kind]
    old = tuple(graph.input("z", place + k) for k in range(len(kind.start)))
    for which, day in (("greater_equal", summary.first_day), ("less_equal", summary.last_day)):
        if math.isfinite(day):
            on = graph.join("and", on, graph.compare(which, now, graph.constant(day)))
    new = kind.update(graph, value, now, old, graph.constant(summary.level))
    return [
        ("z", place + k, graph.select(on, after, before))
        for k, (after, before) in enumerate(zip(new, old, strict=True))
    ]
