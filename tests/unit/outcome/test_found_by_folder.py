"""Expected values: by hand. A file in a folder is enough for an endpoint to ask for it and for every reader to show it."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from livingdrug.catalog.records.endpoint import Endpoint
from livingdrug.catalog.records.endpoint import is_formula as formula_key
from livingdrug.foundation.errors import CatalogError, UnknownName
from livingdrug.outcome import estimators, folder, kinds
from livingdrug.outcome.between_arms import paired
from livingdrug.outcome.endpoints import evaluate
from livingdrug.reports.endpoint_rows import cell, label
from livingdrug.reports.estimates import at_day, curves, single
from livingdrug.reports.words import spread
from livingdrug.trial.misfit import compare_row

TRIMMED = '''
"""The mean without the lowest and the highest share."""
from livingdrug.outcome.estimator import Contrast, Estimator, Reading, Row
from livingdrug.outcome.estimators.paired import Difference
from livingdrug.outcome.kinds import quantity
import numpy as np


class Keys(quantity.Keys):
    trim: float = 0.1


class Trimmed(Estimator):
    kind = "quantity"
    Keys = Keys

    def fit(self, asked, patients):
        values = np.sort(patients["value"].to_numpy())
        cut = int(values.size * asked.keys.trim)
        return float(values[cut : values.size - cut].mean()) if values.size else float("nan")

    def rows(self, asked, patients):
        return [Row("trimmed mean", self.fit(asked, patients), unit=asked.record.unit, n=patients.height)]

    def contrasts(self, asked, first, second):
        one, two = self.fit(asked, first), self.fit(asked, second)
        return [Contrast("trimmed mean", one, two, Difference(two - one, np.nan, np.nan, first.height))]

    def reading(self, asked, patients, *, day, statistic):
        mean = self.fit(asked, patients)
        return Reading(mean, np.nan, np.nan, float(np.log(mean)), 0.5)


ESTIMATOR = Trimmed()
'''
FLEMING_HARRINGTON = '''
"""Survival as exp(-cumulative hazard)."""
import numpy as np

from livingdrug.outcome.estimator import Steps
from livingdrug.outcome.estimators.kaplan_meier import kaplan_meier
from livingdrug.outcome.over_time import OverTime


class FlemingHarrington(OverTime):
    def fit(self, asked, patients):
        return kaplan_meier(patients["time_days"].to_numpy(), patients["cause"].to_numpy() == 1)

    def curve(self, asked, patients):
        k = self.fit(asked, patients)
        s = np.exp(-np.cumsum(k.n_events / k.n_at_risk))
        return Steps(k.time, s, s, s, k.n_at_risk, k.n_events, k.n_censored, start=1.0)

    def at(self, asked, patients, days):
        c = self.curve(asked, patients)
        s = np.append(1.0, c.estimate)[np.searchsorted(c.day, days, side="right")]
        return {"estimate": s, "ci_low": s, "ci_high": s, "n_at_risk": np.zeros(len(days))}


ESTIMATOR = FlemingHarrington()
'''
RATE = '''
"""A count of each patient per year of watch: a kind of its own."""
import numpy as np

from livingdrug.outcome import estimator


class Keys(estimator.Keys):
    value: str
    watched_until_day: str


class Rate(estimator.Kind):
    Keys = Keys

    def usual(self, given):
        return "per_year"

    def columns(self, asked, formula, counted, patients):
        days = formula(asked.keys.watched_until_day)
        return {"count": formula(asked.keys.value), "years": days / 365.25}, np.isfinite(days)


KIND = Rate()
'''
PER_YEAR = '''
"""Events by years."""
from livingdrug.outcome.estimator import Estimator, Row
from livingdrug.outcome import kinds
from livingdrug.outcome.kinds import rate


class PerYear(Estimator):
    kind = "rate"
    Keys = rate.Keys

    def rows(self, asked, patients):
        n = int(patients["count"].sum())
        return [Row("rate", n / patients["years"].sum(), unit="1/year", n=patients.height, n_events=n)]


ESTIMATOR = PerYear()
'''


@pytest.fixture
def added(tmp_path, monkeypatch):
    """Write files into a folder of one's own that is read besides the package's."""

    made: list[str] = []

    def add(package, name, text):
        place = tmp_path / package.__name__
        place.mkdir(exist_ok=True)
        (place / f"{name}.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(place)])
        made.append(f"{package.__name__}.{name}")

    yield add
    for module in made:
        sys.modules.pop(module, None)


def made(**keys) -> Endpoint:
    words = {"id": "mine", "title": "Of our own", "definition": "Something we count.", "source": "this test"}
    return Endpoint.model_validate({**words, **keys})


def people(shift: float = 0.0) -> pl.DataFrame:
    """Ten infused, aged 1 to 10 (+ shift), who die on day 100, 200, …, 1000."""
    n = 10
    rows = {
        "arm": ["a"] * n, "patient": list(range(1, n + 1)), "status": ["infused"] * n,
        "age_years": [k + shift for k in range(1, n)] + [100.0], "death_day": [100.0 * k for k in range(1, n + 1)],
        "last_contact_day": [100.0 * k for k in range(1, n + 1)], "n_infections": [1] * n,
    }  # fmt: skip
    return pl.DataFrame(rows)


def reported(record: Endpoint) -> SimpleNamespace:
    found = evaluate(record, people(), ["a"])
    return SimpleNamespace(planned=lambda id: True, endpoint=lambda id: found, arms=("a",))


def test_a_new_estimator_of_a_quantity(added):
    added(estimators, "trimmed_mean", TRIMMED)
    record = made(kind="quantity", estimator="trimmed_mean", value="age_years", unit="year")
    found = evaluate(record, people(), ["a"])
    # 2 … 9 remain of 1 … 9 and 100.
    assert found.headline() == "5.5 year, n = 10"
    assert found.table().select("measure", "estimate", "unit").rows() == [("trimmed mean", 5.5, "year")]
    wide = made(kind="quantity", estimator="trimmed_mean", value="age_years", trim=0.0)
    assert evaluate(wide, people(), ["a"]).table()["estimate"].to_list() == [14.5]
    (contrast,) = paired(found.asked, found.patients, evaluate(record, people(shift=1.0), ["a"]).patients)
    assert (contrast.statistic, contrast.apart.estimate) == ("trimmed mean", 1.0)
    row = SimpleNamespace(
        unit="year", at="", statistic="trimmed mean", value=5.0, n=25, cv_percent=None, ci_low=None, ci_high=None
    )
    (misfit,) = compare_row(found, row, "a")  # type: ignore[arg-type]
    assert misfit.simulated == 5.5
    assert misfit.z == pytest.approx(np.log(1.1) / (0.5 / 5))
    shown = single(reported(record), "mine", "a")  # type: ignore[arg-type]
    assert shown is not None
    assert (shown.value, shown.unit, shown.share) == (5.5, "year", False)
    assert (label(found), cell(reported(record), found, "a")) == ("Of our own, years\n95 % interval", "5.5")  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="test between groups"):
        evaluate(record, people(), ["a"], design="randomised").compare()


def test_a_new_estimator_of_a_time_to_event(added):
    added(estimators, "fleming_harrington", FLEMING_HARRINGTON)
    keys = {"event_day": "death_day", "censor_day": "last_contact_day", "at": [250.0], "at_unit": "day"}
    record = made(kind="time_to_event", estimator="fleming_harrington", **keys)
    found = evaluate(record, people(), ["a"])
    after_two = np.exp(-(1 / 10 + 1 / 9))
    assert found.at()["estimate"].to_list() == pytest.approx([after_two])
    assert found.table()["measure"].to_list() == ["probability"]
    assert found.curve()["estimate"][2] == pytest.approx(after_two)
    source = reported(record)
    assert at_day(source, "mine", "a", 250.0).value == pytest.approx(after_two)  # type: ignore[arg-type, union-attr]
    assert curves(source, "mine")[0].share[2] == pytest.approx(after_two)  # type: ignore[arg-type]
    row = SimpleNamespace(
        unit="percent", at="day 250", statistic="", value=80.0, n=25, numerator=None, cv_percent=None,
        ci_low=70.0, ci_high=90.0,
    )  # fmt: skip
    (misfit,) = compare_row(found, row, "a")  # type: ignore[arg-type]
    assert misfit.simulated == pytest.approx(100 * after_two)


def test_a_restricted_mean_in_a_report():
    # By hand: ten die on day 100, 200, …; within 730.5 days the curve falls to 0.3: 100 * (1 + 0.9 + … + 0.4) + 30.5 * 0.3.
    keys = {"event_day": "death_day", "censor_day": "last_contact_day", "horizon": 730.5, "horizon_unit": "day"}
    record = made(kind="time_to_event", estimator="restricted_mean", **keys)
    found = evaluate(record, people(), ["a"])
    assert label(found) == "Of our own, days\nmean within 730.5 day (95 % interval)"
    row = found.rows("a")[0]
    assert row.estimate == pytest.approx(490 + 30.5 * 0.3)
    source = reported(record)
    assert cell(source, found, "a") == spread(row.estimate, row.ci_low, row.ci_high)  # type: ignore[arg-type]
    assert cell(source, found, "a").startswith("499 (")  # type: ignore[arg-type]
    assert single(source, "mine", "a").share is False  # type: ignore[arg-type, union-attr]
    assert at_day(source, "mine", "a", 100.0) is None  # type: ignore[arg-type]
    published = SimpleNamespace(
        unit="day", at="730.5 day", statistic="restricted mean", value=450.0, n=25, numerator=None, cv_percent=None,
        ci_low=400.0, ci_high=500.0,
    )  # fmt: skip
    (misfit,) = compare_row(found, published, "a")  # type: ignore[arg-type]
    assert (misfit.simulated, misfit.share, misfit.timed) == (pytest.approx(row.estimate), False, False)
    published.at = "365 day"  # another horizon is another number
    assert compare_row(found, published, "a") == []  # type: ignore[arg-type]


def test_a_new_kind(added):
    added(kinds, "rate", RATE)
    added(estimators, "per_year", PER_YEAR)
    record = made(kind="rate", value="n_infections", watched_until_day="last_contact_day")
    assert record.needs == ("last_contact_day", "n_infections", "treated")
    # Ten infections in 5500 days.
    found = evaluate(record, people(), ["a"]).table()
    assert found["estimate"].to_list() == pytest.approx([10 * 365.25 / 5500])
    with pytest.raises(CatalogError, match='needs "watched_until_day"'):
        evaluate(made(kind="rate", value="n_infections"), people(), ["a"])


def test_every_file_keeps_its_promise():
    # Generated: a new file is tested by being there.
    for name in folder.names(kinds, "KIND"):
        keys = folder.one(kinds, "KIND", name, "kind").Keys.model_fields
        assert all(formula_key(key) for key, field in keys.items() if field.is_required()), name
    for name in folder.names(estimators, "ESTIMATOR"):
        one = folder.one(estimators, "ESTIMATOR", name, "estimator")
        kind = folder.one(kinds, "KIND", one.kind, "kind")
        assert issubclass(one.Keys, kind.Keys), name
        assert bool(one.over_time) <= hasattr(one, "curve"), name
    assert {"amount", "cumulative_incidence", "exact_binomial", "kaplan_meier", "restricted_mean"} <= set(
        folder.names(estimators, "ESTIMATOR")
    )
