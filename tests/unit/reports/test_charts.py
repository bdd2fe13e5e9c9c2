"""Charts put values where arithmetic says, and every drawing is sound XML."""

from __future__ import annotations

import math
import xml.etree.ElementTree as xml
from urllib.parse import unquote

import numpy as np
import polars as pl
import pytest

from livingdrug.reports.charts import scales, svg
from livingdrug.reports.charts.line_labels import line_label
from livingdrug.reports.charts.river import Exit, Stage, draw_river
from livingdrug.reports.charts.survival import Curve, PublishedPoint, draw_survival
from livingdrug.reports.page import MOST_ROWS, Figure


def test_logarithmic_places_equal_ratios_at_equal_distances():
    """By definition of a logarithm: three decades over 300 pixels are 100 pixels each."""
    scale = scales.logarithmic(1, 1000, 0, 300)
    assert [scale(v) for v in (1, 10, 100, 1000)] == pytest.approx([0, 100, 200, 300])


def test_values_outside_are_put_on_the_border_and_nan_stays_nan():
    """A point below the limit must neither vanish nor leave the plot."""
    scale = scales.logarithmic(10, 1000, 0, 300)
    assert scale(0.001) == 0
    assert scale(1e9) == 300
    assert math.isnan(scale(math.nan))


def test_day_axis_is_linear_to_four_weeks_and_gives_them_half_the_width():
    """By construction: day 14 lies at a quarter, day 28 in the middle, the last day at the end."""
    scale = scales.days(1826, 0, 1000)
    assert [scale(d) for d in (0, 14, 28, 1826)] == pytest.approx([0, 250, 500, 1000])


def test_months_axis_counts_months_of_a_year():
    """A year of 365.25 days has twelve months."""
    scale = scales.months(1826.25, 0, 600)
    assert {label: value for value, label in scale.ticks}["60"] == pytest.approx(1826.25)


def test_stairs_keep_the_level_until_the_next_event():
    """Hand-drawn: from (0,0) right to 10, down to 5, right to 20."""
    assert svg.stairs([(0, 0), (10, 5), (20, 5)]) == "M0 0H10V5H20"


def test_trace_lifts_the_pen_at_a_gap():
    """A missing value must break the line, not be bridged."""
    assert svg.trace([(0, 0), (1, math.nan), (2, 2)]) == "M0 0M2 2"


def test_text_is_escaped():
    """Names come from users' files: markup in them must stay text."""
    drawn = svg.text(0, 0, '<script>"&')
    assert xml.fromstring(drawn).text == '<script>"&'


def test_step_function_reads_as_a_step_function():
    """Right-continuous by definition of the Kaplan-Meier estimate; at risk is counted just before."""
    curve = Curve("a", [0, 10, 20], [1, 0.5, 0.25], [1, 0.4, 0.1], [1, 0.6, 0.4], (), ((0, 4), (10, 4), (20, 2)))
    assert [curve.at(d, curve.share) for d in (0, 9.9, 10, 25)] == [1, 1, 0.5, 0.25]
    assert [curve.n_at(d) for d in (0, 10, 15, 30)] == [4, 4, 2, 0]


def test_a_curve_of_very_many_steps_is_thinned_within_a_pixel():
    """Expected: exp(-t/500), whose 30,000 steps are drawn by those that may be told apart; what it says at a day stays exact."""
    day = np.linspace(0.05, 1500, 30_000)
    share = np.exp(-day / 500)
    whole = Curve("a", day, share, share - 0.01, share + 0.01)
    drawn = whole.drawn(1500)
    assert len(drawn.day) < 2100
    assert drawn.day[-1] == day[-1]
    for at in np.linspace(1, 1499, 77):
        assert abs(drawn.at(at, drawn.share) - np.exp(-at / 500)) < 0.004
        assert whole.at(at, whole.share) == share[np.flatnonzero(day <= at)[-1]]
    few = Curve("a", [0, 10], [1, 0.5], [1, 0.4], [1, 0.6])
    assert few.drawn(20).day == [0.0, 10.0]


def test_a_page_has_some_of_very_many_rows_and_says_so():
    """A page must open; the figure itself keeps all."""
    data = pl.DataFrame({"day": range(MOST_ROWS + 1), "why": ["50 % > a, é"] * (MOST_ROWS + 1)})
    figure = Figure("many", lambda width: "<svg/>", data=data)
    rows = pl.read_csv(unquote(figure.csv.partition(",")[2]).encode())
    assert rows.height == MOST_ROWS
    assert rows.row(0) == (0, "50 % > a, é")
    assert rows.row(-1) == (MOST_ROWS, "50 % > a, é")
    assert f"{MOST_ROWS:,} of {MOST_ROWS + 1:,} rows" in figure.preview.note
    assert not figure.whole
    assert Figure("few", lambda width: "<svg/>", data=data.head(MOST_ROWS)).whole


@pytest.mark.parametrize("width", [342, 416, 860])
def test_survival_drawing_is_sound_at_every_width(width):
    """Well-formed XML, checked by the standard library's parser; widths of a phone, half a page and a page."""
    nan = math.nan
    curve = Curve("arm <1>", [0, 30, 400], [1, 0.8, 0.5], [nan, 0.7, 0.3], [nan, 0.9, 0.7], (50.0,), ((0, 10), (30, 9)))
    drawn = draw_survival(
        [curve], width, title="EFS", last_day=730, published=[PublishedPoint(365, 0.5, 0.4, None, "x & y")]
    )
    assert xml.fromstring(drawn).tag == "svg"
    assert "nan" not in drawn


def test_river_is_as_wide_as_its_patients():
    """Half the patients left, so the second stage is half as wide as the first."""
    stages = [Stage("Enrolled", 100, "", (Exit("left", 50),)), Stage("Infused", 50, "")]
    root = xml.fromstring(draw_river(stages, 860))
    first, second = (float(r.attrib["width"]) for r in root.iter("rect") if r.attrib["class"] == "stage")
    assert second / first == pytest.approx(0.5, abs=0.001)


@pytest.mark.parametrize(
    ("curve", "anchor", "above"),
    [
        ([(52, 60), (376, 50)], "end", True),  # nothing near: at the right, above its line
        ([(52, 60), (376, 196)], "start", True),  # a curve that falls to the limit: at the left
        ([(52, 196), (376, 196)], "end", False),  # one that runs along above the line: below it
    ],
)
def test_words_of_a_limit_stand_where_they_cover_no_curve(curve, anchor, above):
    words, box = line_label("limit of quantification, 1", 200, 52, 376, bottom=260, curves=[curve])
    assert f'text-anchor="{anchor}"' in words or (anchor == "start" and "text-anchor" not in words)
    assert (box[3] <= 200) == above
    assert box[0] >= 52
    assert box[2] <= 376


def test_words_of_two_limits_do_not_lie_on_one_another():
    taken: list[tuple[float, float, float, float]] = []
    for at in (200, 206):
        taken.append(line_label("grade 3 below 50", at, 52, 376, bottom=260, curves=[], lines=[], taken=taken)[1])
    one, other = taken
    assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
