"""Expected values: quantiles and means of the laws from scipy.stats, and what a file may not say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from livingdrug.catalog.clocks import Clock, number_within, rate_per_day
from livingdrug.foundation.errors import UnitError

UNIFORM = np.array([0.01, 0.3, 0.5, 0.9])


@pytest.mark.parametrize(
    ("given", "law"),
    [
        ("6 to 8 day", stats.uniform(6, 2)),
        ({"median": "1 week", "spread": 0.3}, stats.lognorm(0.3, scale=7)),
        ({"mean": "2 day", "shape": 4}, stats.gamma(4, scale=0.5)),
        ({"mean": "48 hour", "shape": 1, "least": "7 day"}, stats.expon(7, 2)),
    ],
)
def test_laws_are_those_of_scipy(given: Any, law: Any) -> None:
    clock = Clock.model_validate(given)
    assert clock.days(UNIFORM) == pytest.approx(law.ppf(UNIFORM))
    assert clock.mean_days == pytest.approx(law.mean())
    assert clock.middle_days == pytest.approx(law.median())


@pytest.mark.parametrize(
    "given",
    ["7", "7 kg", "-1 day", "8 to 6 day", "20 year", 7, True, {"median": "7 day", "mean": "7 day"}, {"mean": "7 day"},
     {"mean": "7 day", "spread": 0.2}, {"median": "6 to 8 day"}, {"median": "0 day"}, {"spread": 0.2}, {"at": "1 day", "law": "x"}],
)  # fmt: skip
def test_what_is_no_time_is_refused(given: Any) -> None:
    with pytest.raises(ValidationError):
        Clock.model_validate(given)


@pytest.mark.parametrize(
    "text", ["4", "4 a month", "0 per month", "4 per kg", "-1 per day", "x per day", "4 per 0 day"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(UnitError, match="place: got"):
        rate_per_day(text, where="place")


@pytest.mark.parametrize("text", ["1.5 within 3 day", "0 within 3 day", "5 within 0 day", "5 within 3 kg"])
def test_what_is_no_number_within_a_time_is_refused(text: str) -> None:
    with pytest.raises(UnitError):
        number_within(text, where="place")
