"""The search for parameters: what it may move, what it refuses, and that it finds a known answer."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.fitting import calibration
from livingdrug.fitting.calibration import Knob, applied, calibrate
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.quantities import Quantity

GROWTH = Quantity(value=1.0, unit="1/day", meaning="division rate", kind="fitted", source="a test", spread=0.2)


@pytest.fixture
def eliana_trial():
    return load_trial("eliana")


@pytest.mark.parametrize(("low", "high", "part"), [(0.0, 1.0, "value"), (2.0, 1.0, "value"), (0.1, 1.0, "mean")])
def test_a_knob_proves_itself(low, high, part):
    # expected: refused at the door
    with pytest.raises(BadInput, match="0 < low < high"):
        Knob("growth_max", low, high, part)


def test_applied_changes_value_spread_and_conduct_and_nothing_else(eliana_trial):
    # expected: by hand
    values = {("growth_max", "value"): 1.7, ("growth_max", "spread"): 0.4, ("transplant_in_remission", "conduct"): 0.3}
    plan, parameters = applied(eliana_trial, {"growth_max": GROWTH}, values)
    assert parameters == {"growth_max": GROWTH.model_copy(update={"value": 1.7, "spread": 0.4})}
    assert plan.conduct["transplant_in_remission"].value == 0.3
    assert {name for name in plan.conduct if plan.conduct[name] != eliana_trial.conduct[name]} == {
        "transplant_in_remission"
    }
    assert plan.model_copy(update={"conduct": eliana_trial.conduct}) == eliana_trial


def test_only_calibration_trials_may_be_calibrated_on(eliana_trial):
    # expected: the rule of the project: nothing is ever fitted to a prediction trial
    for role in ("prediction", "design"):
        with pytest.raises(BadInput, match="only calibration trials"):
            calibrate(eliana_trial.model_copy(update={"role": role}), [Knob("growth_max", 0.1, 10)], {}, {})


def test_needs_a_row(eliana_trial):
    # expected: refused with the reason
    with pytest.raises(BadInput, match="no published row"):
        calibrate(eliana_trial, [Knob("growth_max", 0.1, 10)], {}, {}, endpoints=["no_such_endpoint"])


def test_finds_a_known_minimum_and_sees_calibration_rows_only(eliana_trial, monkeypatch):
    # expected: by construction, z = 4 ln(growth / 2.5) and 3 (salvage - 0.4) are zero there; the best run is returned
    seen = []

    def stand_in(plan, *, parameters, **others):
        assert others["seed"] == 9
        assert others["patients"] == 50
        return SimpleNamespace(
            growth=parameters["growth_max"].value, salvage=plan.conduct["transplant_in_remission"].value
        )

    def distance(result, rows):
        assert all(row.use == "calibration" for row in rows)
        seen.append((4 * math.log(result.growth / 2.5)) ** 2 + (3 * (result.salvage - 0.4)) ** 2)
        return [SimpleNamespace(z=4 * math.log(result.growth / 2.5)), SimpleNamespace(z=3 * (result.salvage - 0.4))]

    monkeypatch.setattr("livingdrug.trial.run.run", stand_in)
    monkeypatch.setattr(calibration, "misfits", distance)
    knobs = [Knob("growth_max", 0.5, 5.0), Knob("transplant_in_remission", 0.05, 0.9, "conduct")]
    start = {("growth_max", "value"): 1.0, ("transplant_in_remission", "conduct"): 0.2}
    told = []
    found = calibrate(
        eliana_trial, knobs, start, {"growth_max": GROWTH}, patients=50, seed=9, n_runs=120,
        catalog=default_catalog(), progress=lambda number, score: told.append(number),
    )  # fmt: skip
    assert found.values["growth_max", "value"] == pytest.approx(2.5, rel=1e-2)
    assert found.values["transplant_in_remission", "conduct"] == pytest.approx(0.4, rel=3e-2)
    assert found.score == min(seen)
    assert found.n_runs == len(seen) == told[-1] <= 125


def test_values_stay_inside_their_range(eliana_trial, monkeypatch):
    # expected: the minimum lies outside, so the edge of the range is the answer
    monkeypatch.setattr("livingdrug.trial.run.run", lambda plan, *, parameters, **_: parameters["growth_max"].value)
    monkeypatch.setattr(calibration, "misfits", lambda growth, rows: [SimpleNamespace(z=math.log(growth / 50.0))])
    found = calibrate(
        eliana_trial, [Knob("growth_max", 0.5, 5.0)], {("growth_max", "value"): 1.0}, {"growth_max": GROWTH}, n_runs=60
    )
    assert found.values["growth_max", "value"] == pytest.approx(5.0, rel=1e-3)


def test_one_wild_row_pulls_linearly(eliana_trial, monkeypatch):
    # expected: beyond |z| = 3 the cost is 6 |z| - 9, continuous in value and slope with z squared
    monkeypatch.setattr("livingdrug.trial.run.run", lambda plan, **_: None)
    for z, cost in ((2.0, 4.0), (3.0, 9.0), (-3.0, 9.0), (10.0, 51.0)):
        monkeypatch.setattr(calibration, "misfits", lambda result, rows, z=z: [SimpleNamespace(z=z)])
        found = calibrate(
            eliana_trial,
            [Knob("growth_max", 0.5, 5.0)],
            {("growth_max", "value"): 1.0},
            {"growth_max": GROWTH},
            n_runs=2,
        )
        assert found.score == pytest.approx(cost)
