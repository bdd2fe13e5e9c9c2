"""Expected values: pictures small enough to draw by hand."""

from __future__ import annotations

import math

import polars as pl

from livingdrug.cli.curves import curve, draw_course


def test_a_logarithm_rises_in_equal_steps() -> None:
    # four decades over one row of eight eighths: 1, 1 + 7/3, 1 + 14/3, 8 eighths, rounded
    shown = curve([0, 1, 2, 3], [1.0, 10.0, 100.0, 1000.0], "x", 0, 3, logarithmic=True, width=4, height=1)
    assert shown.splitlines()[1] == "  ▁▃▆█"


def test_a_peak_between_columns_is_kept() -> None:
    days = [i / 10 for i in range(41)]
    values = [100.0 if i == 17 else 0.0 for i in range(41)]
    shown = curve(days, values, "x", 0, 4, logarithmic=False, width=4, height=1)
    assert shown.splitlines()[1] == "  ▁█▁▁"


def test_gaps_stay_gaps_and_a_flat_line_is_a_line() -> None:
    shown = curve([0, 1, 2, 3], [5.0, math.nan, None, 5.0], "x", 0, 3, logarithmic=False, width=4, height=1)
    assert shown.splitlines()[1] == "  ▅  ▅"
    assert curve([0.0], [math.nan], "x", 0, 1, logarithmic=True) == "x: nothing recorded"


def test_a_patient_without_a_course_is_told() -> None:
    courses = pl.DataFrame({"arm": ["a"], "patient": [1], "day": [0.0], "temperature": [37.0]})
    assert list(draw_course(courses, "a", 2)) == ["No course was kept for this patient (never infused)."]
    assert any("Temperature" in picture for picture in draw_course(courses, "a", 1))
