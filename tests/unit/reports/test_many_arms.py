"""Charts of trials of many arms. Expected by definition: every curve has a colour that the page knows, and no two are drawn alike."""

import re
from pathlib import Path

import pytest

from livingdrug.reports import charts
from livingdrug.reports.charts.arms import COLOURS, role_of
from livingdrug.reports.charts.survival import Curve, draw_survival

CSS = (Path(charts.__file__).parents[1] / "templates/report.css").read_text(encoding="utf-8")


@pytest.mark.parametrize("arms", [1, 2, 4, 6, 12])
def test_every_curve_is_drawn_in_a_way_of_its_own(arms):
    import numpy as np

    day = np.array([0.0, 100.0, 200.0])
    curves = [
        Curve(f"arm {place}", day, share := np.array([1.0, 0.8, 0.5]), share - 0.1, share, (), np.column_stack([day, [9.0, 8.0, 5.0]]))
        for place in range(arms)
    ]  # fmt: skip
    drawn = draw_survival(curves, 600.0, title="Survival", last_day=200.0)
    roles = re.findall(r'class="line ([^"]+)"', drawn)
    assert len(set(roles)) == arms
    assert all(f"svg .{role.split()[0]} {{ stroke:" in CSS for role in roles)
    assert len(re.findall(r'class="band [^"]+"', drawn)) == (arms if arms <= 3 else 1)


def test_from_the_fifth_arm_on_the_page_knows_the_way_of_drawing():
    for place in range(COLOURS, 2 * COLOURS):
        assert f"svg .line.{role_of(place).replace(' ', '.')} {{" in CSS
    assert "svg .line.again2 {" in CSS
