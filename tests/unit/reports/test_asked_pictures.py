"""Pictures and pages of what is asked of a trial: window, frontier, sensitivity. Expected: places on the axes and words by hand."""

from __future__ import annotations

import xml.etree.ElementTree as xml

import polars as pl
import pytest

from livingdrug.design.window import Window
from livingdrug.reports.charts.bars import Bar, Block, draw_bars
from livingdrug.reports.charts.crosses import HEIGHT, LEFT, RADIUS, RIGHT, TOP, Cross, draw_crosses
from livingdrug.reports.frontier import Point, frontier_figure
from livingdrug.reports.sensitivity import sensitivity_figure
from livingdrug.reports.sheet import sheet_text
from livingdrug.reports.window import window_figure, window_page
from tests.page_policy import held

STANDING = "scenario: not calibrated"
INSIDE = "inside the window: at least 80% of the greatest benefit, at most 10% harmed"


def of(tag: str, drawing: str) -> list[xml.Element]:
    return list(xml.fromstring(drawing).iter(tag))


@pytest.fixture
def window() -> Window:
    rows = [
        {"affinity": a, "dose": d, "benefit": None if d == 2 else a / 10, "harm": 0.05, "inside": a == 10 and d == 1}
        for a in (1.0, 10.0)
        for d in (1.0, 2.0)
    ]
    return Window("some_cel", "eliana", "Remission", "Damage", STANDING, pl.DataFrame(rows), 0.8, 0.1)


def test_a_cross_stands_where_its_shares_say():
    drawing = draw_crosses(
        [Cross("an arm", (25, 20, 40), (50, 45, 60), True, "tip")], 600, title="t", up="u", along="a"
    )
    (mark,) = [one for one in of("circle", drawing) if float(one.get("r", 0)) == RADIUS]
    # half of the width between the edges, a quarter of the height from below
    assert float(mark.get("cx", 0)) == pytest.approx(LEFT + (600 - LEFT - RIGHT) / 2, abs=0.05)
    assert float(mark.get("cy", 0)) == pytest.approx(TOP + HEIGHT * 0.75, abs=0.05)


def test_a_bar_reaches_from_the_middle_to_its_end_and_a_missing_end_is_left_out():
    bars = (Bar("a", ((10.0, 0.0, "s0"), (10.0, 30.0, "s1")), ""), Bar("b", ((10.0, float("nan"), "s0"),), ""))
    drawing = draw_bars([Block("target", bars, 10.0)], 860, title="t", axis="x")
    low, high = (float(one.get("width", 0)) for one in of("rect", drawing))
    assert high == pytest.approx(2 * low, abs=0.2)  # from 10 to 30 beside 10 to 0


def test_the_frontier_tells_every_arm_its_data_and_what_it_rests_on():
    found = [
        Point("<one>", (0.6, 0.5, 0.7), (0.2, 0.1, 0.3), False),
        Point("two", (0.7, 0.6, 0.8), (0.1, 0.0, 0.2), True),
    ]
    figure = frontier_figure(found, title="T", benefit="Good", harm="Bad", standing=STANDING)
    words = " ".join("".join(one.itertext()) for one in of("text", figure.draw(860)))
    assert "<one>" in words
    assert "Good [%]" in words
    assert STANDING.capitalize() in sheet_text(figure, 860)
    assert figure.data is not None
    assert figure.data.rows()[0] == ("<one>", 0.6, 0.5, 0.7, 0.2, 0.1, 0.3, False)


def test_the_window_frames_what_lies_inside_and_says_where_nothing_is_known(window: Window):
    figure = window_figure(window, patients=40, inside=INSIDE)
    drawing = figure.draw(416)
    held = [one for one in of("rect", drawing) if one.get("class") == "frame held"]
    words = ["".join(one.itertext()) for one in of("text", drawing)]
    assert len(held) == 1
    assert words.count("–") == 2
    assert words.count("5 %") == 4
    assert "100 %" in words


def test_the_windows_page_runs_nothing_but_its_own(window: Window):
    text = held(window_page(window, patients=40, inside=INSIDE))
    assert "1 of 4 points lie" in text
    assert STANDING in text


@pytest.mark.parametrize("method", ["tornado", "prcc", "sobol"])
def test_sensitivity_in_every_method_says_what_it_rests_on(method: str):
    row = {
        "target": "pfs", "factor": "a_number", "at_low": 0.4, "as_it_is": 0.5, "at_high": None, "correlation": -0.3, "first": 0.2, "total": 0.3,
    }  # fmt: skip
    figure = sensitivity_figure(pl.DataFrame([row]), method, trial="A trial", standing=STANDING)
    assert STANDING.capitalize() in sheet_text(figure, 860)
    assert "a_number" in figure.draw(860)
    assert "a_number" in figure.draw(342)
