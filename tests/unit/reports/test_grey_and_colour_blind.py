"""Exported figures in grey and in the three dichromacies, measured on the marks that the exported sheet's legend shows.

Expected: CIE 1976 lightness and distance (D65), and the matrices for full protanopia, deuteranopia and tritanopia of Machado, Oliveira
and Fernandes 2009 (doi:10.1109/TVCG.2009.113). Seven units of lightness are three times what can just be told apart side by side
(2.3, Mahy, Van Eycken and Oosterlinck 1994); marks that differ in dashes, width, outline or in being hollow need no colour.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from livingdrug.reports.samples import sample
from livingdrug.reports.styles import inlined
from tests.unit.reports.test_page_colours import VISION, lab, linear

ROOT = Path(__file__).parents[3]
LIGHTER, APART = 7.0, 15.0
SHAPE = ("d", "points", "r", "stroke-dasharray", "stroke-width")
"""What tells marks apart without colour."""


def looks(what: str) -> tuple[tuple[str, ...], str, str]:
    """Outline and dashes of a legend's sample, its fill and its stroke, as they are exported."""
    shape, fill, stroke = [], "none", "none"
    for element in inlined(sample(what)).iter():
        if not isinstance(element.tag, str) or element.tag.endswith(("svg", "title")):
            continue
        shape.append(element.tag + "".join(element.get(name, "") for name in SHAPE))
        fill = element.get("fill", fill) if element.get("fill", "none") != "none" else fill
        stroke = element.get("stroke", stroke) if element.get("stroke", "none") != "none" else stroke
    return tuple(shape), fill, stroke


def differ(one: str, other: str) -> list[str]:
    """What keeps two marks from being told apart; empty when all is well."""
    (shape, *colours), (other_shape, *others) = looks(one), looks(other)
    if shape != other_shape:
        return []
    seen = [(a, b) for a, b in zip(colours, others, strict=True) if a.startswith("#") and b.startswith("#")]
    light = max((abs(lab(linear(a))[0] - lab(linear(b))[0]) for a, b in seen), default=0.0)
    found = [] if light >= LIGHTER else [f"{one} and {other}: lightness differs by {light:.1f}"]
    for name, matrix in VISION.items():
        far = max(
            (np.linalg.norm(lab(np.array(matrix) @ linear(a)) - lab(np.array(matrix) @ linear(b))) for a, b in seen),
            default=0.0,
        )
        if far < APART:
            found.append(f"{one} and {other}: {name} distance {far:.1f}")
    return found


@pytest.fixture(scope="module")
def legends() -> dict[str, tuple[str, ...]]:
    """Name -> samples of the legend, of every figure of a run of four arms and of one arm with drugs."""
    import livingdrug as ld

    found: dict[str, tuple[str, ...]] = {}
    for trial in (ROOT / "examples" / "waiting" / "trial.toml", "eliana"):
        result = ld.run(trial, patients=10, seed=3)
        figures = {"arms": ld.plot.km(result, "os_enrolled"), **ld.plot.figures(result)}
        for name, figure in figures.items():
            found.setdefault(name, tuple(what for what, _ in figure.legend))
    return found


def test_neighbours_of_every_legend_are_told_apart(legends: dict[str, tuple[str, ...]]) -> None:
    assert len(legends) > 20
    wrong: dict[str, str] = {}
    for name, marks in legends.items():
        for one, other in pairwise(marks):
            for problem in differ(one, other):
                wrong.setdefault(problem, name)
    assert not wrong, "\n".join(f"{problem} (figure {name})" for problem, name in wrong.items())


def test_four_arms_differ_in_dashes(legends: dict[str, tuple[str, ...]]) -> None:
    arms = [what for what in legends["arms"] if what.startswith("line s")]
    assert len({looks(what)[0] for what in arms}) == len(arms) == 4


def test_grades_get_darker() -> None:
    light = [lab(linear(looks(f"box g{grade}")[1]))[0] for grade in range(1, 5)]
    assert light == sorted(light, reverse=True)
    assert min(a - b for a, b in pairwise(light)) >= LIGHTER


def test_two_greys_too_near_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = {"a": "#808080", "b": "#858585", "c": "#303030"}

    def plain(what: str) -> tuple[tuple[str, ...], str, str]:
        return ("rect",), drawn[what], "none"

    monkeypatch.setattr("tests.unit.reports.test_grey_and_colour_blind.looks", plain)
    assert differ("a", "b")
    assert not differ("a", "c")
