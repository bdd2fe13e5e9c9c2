"""Expected values: pictures small enough to draw by hand."""

from __future__ import annotations

import math

from livingdrug.cli.curves import curve, draw_tracks
from livingdrug.reports.charts.tracks import Track


def test_a_logarithm_rises_in_equal_steps() -> None:
    # four decades over one row of eight eighths: 1, 1 + 7/3, 1 + 14/3, 8 eighths, rounded
    shown = curve([0, 1, 2, 3], [1.0, 10.0, 100.0, 1000.0], "x", 0, 3, log_from=0.5, width=4, height=1)
    assert shown.splitlines()[1] == "  ▁▃▆█"


def test_a_peak_between_columns_is_kept() -> None:
    days = [i / 10 for i in range(41)]
    values = [100.0 if i == 17 else 0.0 for i in range(41)]
    shown = curve(days, values, "x", 0, 4, width=4, height=1)
    assert shown.splitlines()[1] == "  ▁█▁▁"


def test_gaps_stay_gaps_and_a_flat_line_is_a_line() -> None:
    shown = curve([0, 1, 2, 3], [5.0, math.nan, None, 5.0], "x", 0, 3, width=4, height=1)
    assert shown.splitlines()[1] == "  ▅  ▅"
    assert curve([0.0], [math.nan], "x", 0, 1, log_from=1.0) == "x: nothing recorded"


def test_the_line_goes_on_between_sparse_checks() -> None:
    shown = curve([0, 3], [1.0, 2.0], "x", 0, 4, width=4, height=1)
    assert shown.splitlines()[1] == "  ▁▁▁█"


def test_what_lies_below_a_logarithmic_axis_stands_on_it() -> None:
    shown = curve([0, 1, 2, 3], [1e-9, 1.0, 10.0, 100.0], "x", 0, 3, log_from=1.0, width=4, height=1)
    assert shown.splitlines()[1] == "  ▁▁▅█"  # 1 + round(7 * 0.5) = 5 eighths, halves to even


def test_tracks_are_drawn_early_and_over_the_whole_follow_up() -> None:
    track = Track("Temperature, °C", (-6.0, 10.0, 300.0), (37.0, 40.0, 37.0), False, 36.0, 40.0)
    shown = "\n".join(draw_tracks([track], 300.0))
    assert "Day -6 to 35 from infusion" in shown
    assert "Day -6 to 300 from infusion" in shown
    assert len(list(draw_tracks([], 365.0))) == 1
