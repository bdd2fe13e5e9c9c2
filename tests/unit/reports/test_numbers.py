"""Numbers in the report: quantiles, comparisons and the terminal's table against hand calculation."""

from __future__ import annotations

import math
from types import SimpleNamespace

import polars as pl
import pytest

from livingdrug.reports.comparison import compare
from livingdrug.reports.estimates import at_day, curves, single
from livingdrug.reports.html import open_source
from livingdrug.reports.quantile_bands import bands
from livingdrug.reports.source import Source
from livingdrug.trial.published import log_error, published_limits, share_error


def run_with(visits: list[tuple]) -> Source:
    columns = [
        "arm",
        "patient",
        "quantity",
        "day_planned",
        "day",
        "value",
        "lower_limit",
        "below_limit",
        "missed",
        "unit",
    ]
    types = [
        pl.String,
        pl.Int64,
        pl.String,
        pl.Float64,
        pl.Float64,
        pl.Float64,
        pl.Float64,
        pl.Boolean,
        pl.Boolean,
        pl.String,
    ]
    frame = pl.DataFrame(visits, schema=dict(zip(columns, types, strict=True)), orient="row")
    patients = pl.DataFrame({"arm": ["a"], "patient": [1], "status": ["infused"]})
    return Source(SimpleNamespace(visits=frame, patients=patients, trial=SimpleNamespace(arms=()), manifest={}))


def test_quantiles_of_one_to_five():
    """By hand: the quartiles of 1, 2, 3, 4, 5 are 2, 3 and 4; the fifth percentile 1.2 (linear interpolation)."""
    source = run_with([("a", k, "q", 7.0, 7.1, float(k), 0.5, False, False, "") for k in range(1, 6)])
    band = bands(source, "q")[0]
    assert [row[0] for row in band.quantiles] == pytest.approx([1.2, 2, 3, 4, 4.8])
    assert band.n == (5,)


def test_values_below_the_limit_count_as_below_and_missed_visits_not_at_all():
    """By hand: of four seen values two are below; the median lies between the floor and the lowest seen value."""
    rows = [(5.0, True, False), (5.0, True, False), (100.0, False, False), (200.0, False, False), (None, False, True)]
    source = run_with([("a", k, "q", 7.0, 7.0, v, 50.0, b, m, "") for k, (v, b, m) in enumerate(rows)])
    band = bands(source, "q", floor=25.0)[0]
    assert band.below == (0.5,)
    assert band.n == (4,)
    assert band.quantiles[2][0] == pytest.approx((25 + 100) / 2)


def test_limits_of_a_count_are_exact():
    """ELIANA printed 61 of 75 as 81 % with 71 to 89 %: the exact interval reproduces it."""
    row = SimpleNamespace(
        ci_low=None,
        ci_high=None,
        unit="percent",
        n=75,
        numerator=61,
        value=81.0,
        statistic="proportion",
        spread="",
        cv_percent=None,
    )
    low, high, origin = published_limits(row)
    assert (round(low), round(high), origin) == (71, 89, "exact")


def test_limits_of_a_survival_estimate_are_not_invented():
    """A Kaplan-Meier estimate is no binomial count: without published limits there are none."""
    row = SimpleNamespace(ci_low=None, ci_high=None, unit="percent", n=75, numerator=None, value=50.0,
                          statistic="Kaplan-Meier estimate", spread="", cv_percent=None)  # fmt: skip
    assert math.isnan(published_limits(row)[0])


def test_error_of_a_share_comes_from_its_interval():
    """By hand: an interval of 1.959964 times 10 points across is one of 5 points to each side, standard error 5."""
    half = 1.959964 * 5
    row = SimpleNamespace(ci_low=50 - half, ci_high=50 + half, value=50.0, n=75)
    assert share_error(row) == pytest.approx(5)


def test_error_of_a_share_without_an_interval_is_binomial():
    """By hand: half an event added to 10 of 99, p = 10.5 / 100, error 100 sqrt(p (1 - p) / 99)."""
    row = SimpleNamespace(ci_low=None, ci_high=None, value=100 * 10 / 99, n=99)
    assert share_error(row) == pytest.approx(100 * math.sqrt(0.105 * 0.895 / 99))


def test_error_of_a_quantity_is_on_the_log_scale():
    """By hand: 0.9 over the root of 81 patients; a median's is larger by the root of pi / 2."""
    assert log_error(SimpleNamespace(n=81, statistic="geometric mean"), 0.9) == pytest.approx(0.1)
    assert log_error(SimpleNamespace(n=81, statistic="median"), 0.9) == pytest.approx(
        0.1 * math.sqrt(math.pi / 2), rel=1e-4
    )


def test_comparison_covers_calibration_rows_and_judges_by_the_published_interval(result):
    """Inside means inside: recomputed here from the published limits of the catalogue."""
    compared, unanswered = compare(open_source(result))
    assert {c.row.endpoint for c in compared} >= {"cr_cri_3mo", "efs", "os", "crs_severe", "cmax"}
    assert len(compared) + len(unanswered) == len(open_source(result).evidence.results)
    for c in compared:
        _, low, high = c.published
        assert math.isfinite(c.z)
        if c.inside is not None:
            assert c.inside == (not c.simulated[0] < low and not c.simulated[0] > high)


def test_estimates_agree_with_the_endpoint_itself(result):
    """The same numbers as the trial's own endpoint."""
    source = open_source(result)
    found = single(source, "cr_cri_3mo", "tisa-cel")
    patients = result.patients.filter(pl.col("status") == "infused")
    assert found is not None
    assert found.value == pytest.approx(patients["responded_3mo"].cast(pl.Float64).mean())
    year = at_day(source, "os", "tisa-cel", 365.25)
    curve = curves(source, "os")[0]
    assert year is not None
    assert curve.at(365.25, curve.share) == pytest.approx(year.value)


def test_terminal_summary_prints(result):
    """What a user sees: arms, published values, the house rule."""
    from io import StringIO

    from rich.console import Console

    from livingdrug.reports.terminal import summary

    screen = Console(file=StringIO(), width=100)
    screen.print(summary(result))
    shown = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "81 % (71–89)" in shown
    assert "Simulation; not for patient care." in shown
