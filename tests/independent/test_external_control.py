"""External controls. Expected: lifelines (weighted Cox, robust error), direct standardisation by hand, the truth that was planted."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from livingdrug.design.external import drift, external_control, people_of
from livingdrug.design.propensity import (
    balance,
    difference,
    effective_size,
    log_hazard_ratio,
    matches,
    propensity,
    weights,
)
from livingdrug.foundation.errors import BadInput, UnknownName


@pytest.fixture(scope="module")
def sample():
    """400 people; a covariate moves both the chance to be in the trial and the outcome; ties nowhere."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(400, 2))
    inside = rng.uniform(size=400) < expit(0.8 * x[:, 0] - 0.2)
    time = rng.exponential(1 / np.exp(0.7 * x[:, 0] - 0.4 * inside))
    censor = rng.exponential(2.0, 400)
    return SimpleNamespace(
        x=x,
        inside=inside,
        time=np.minimum(time, censor),
        event=time <= censor,
        success=rng.uniform(size=400) < expit(x[:, 0]),
    )


def test_propensity_is_the_likelihoods_maximum(sample) -> None:
    def minus(b):
        eta = b[0] + sample.x @ b[1:]
        return np.logaddexp(0, eta).sum() - eta[sample.inside].sum()

    best = minimize(minus, np.zeros(3), method="BFGS", options={"gtol": 1e-9}).x
    assert propensity(sample.x, sample.inside) == pytest.approx(expit(best[0] + sample.x @ best[1:]), abs=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_hazard_ratio_and_its_error_are_lifelines(sample, weighted) -> None:
    lifelines = pytest.importorskip("lifelines")
    import pandas as pd

    weight = weights(propensity(sample.x, sample.inside), sample.inside) if weighted else np.ones(400)
    frame = pd.DataFrame({"t": sample.time, "d": sample.event, "x": sample.inside.astype(float), "w": weight})
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lifelines.CoxPHFitter().fit(frame, "t", "d", weights_col="w", robust=True)
    mine = log_hazard_ratio(sample.time, sample.event, sample.inside, weight)
    assert mine.estimate == pytest.approx(theirs.params_["x"], abs=1e-6)
    assert mine.error == pytest.approx(theirs.standard_errors_["x"], rel=2e-3)


def test_one_yes_or_no_covariate_is_standardised_directly() -> None:
    # by hand: outside, success 0.2 without and 0.6 with the covariate; inside 1 of 4 without it, so 0.25 * 0.2 + 0.75 * 0.6 = 0.5
    x = np.repeat([[0.0], [1.0], [0.0], [1.0]], [10, 30, 50, 10], axis=0)
    inside = np.repeat([True, True, False, False], [10, 30, 50, 10])
    success = np.concatenate([np.ones(40), np.repeat([1, 0], [10, 40]), np.repeat([1, 0], [6, 4])]).astype(bool)
    weight = weights(propensity(x, inside), inside)
    assert difference(success, inside, weight).estimate == pytest.approx(1 - 0.5, abs=1e-8)
    assert balance(x, inside, weight) == pytest.approx([0], abs=1e-8)
    assert balance(x, inside, np.ones(100))[0] > 1
    assert effective_size(weight[~inside]) < 60


def test_matches_are_pairs_within_the_caliper(sample) -> None:
    chance = propensity(sample.x, sample.inside)
    kept = matches(chance, sample.inside)
    assert kept[sample.inside].sum() == kept[~sample.inside].sum() > 50
    assert (
        abs(balance(sample.x, sample.inside, kept)).max()
        < 0.15
        < abs(balance(sample.x, sample.inside, np.ones(400))).max()
    )


def test_who_is_told_by_a_covariate_cannot_be_compared() -> None:
    with pytest.raises(BadInput, match="tells for sure"):
        propensity(np.arange(40.0)[:, None], np.arange(40) < 20)


def run_of(n: int, seed: int, effect: float = 0.0, shift: float = 0.0):
    """A finished run's questions, for people whose success depends on a covariate known and on one hidden."""
    rng = np.random.default_rng(seed)
    seen, hidden = rng.normal(size=n) + shift, rng.normal(size=n)
    success = rng.uniform(size=n) < expit(seen + hidden + effect)
    patients = pl.DataFrame({"arm": "A", "patient": range(n), "seen": seen, "hidden": hidden, "name": "x"})
    counted = patients.select("arm", "patient").with_columns(success=pl.Series(success))
    endpoint = SimpleNamespace(title="Response", patients=counted, record=SimpleNamespace(kind="proportion"))
    return SimpleNamespace(
        arms=("A",),
        patients=patients,
        endpoint=lambda *_: endpoint,
        questions=SimpleNamespace(covariates=("seen", "hidden")),
    )


def test_a_difference_of_people_is_taken_away_and_an_effect_stays() -> None:
    found = external_control(run_of(3000, 1, shift=0.8), run_of(6000, 2), "response", ["seen"]).table
    naive, weighted, matched = (row["estimate"] for row in found.to_dicts())
    assert naive > 0.1
    for row in found.to_dicts()[1:]:
        assert row["ci_low"] < 0 < row["ci_high"]
    assert abs(weighted) < 0.04 > abs(matched)
    real = external_control(run_of(3000, 1, effect=1.0), run_of(6000, 2), "response", ["seen"]).table
    assert min(real["ci_low"]) > 0.1


def test_drift_that_is_seen_is_mended_and_hidden_drift_is_not() -> None:
    # the truth is no difference: odds of success rise e-fold a standard deviation, and the control drifts by one
    people = run_of(4000, 3)
    told = {
        what: drift(
            people, "response", ["seen"], drifting=what, drifts=(0.0, 1.0), n=100, m=200, replicates=150, seed=2
        )
        for what in ("seen", "hidden")
    }

    def bias(what, far, how):
        row = told[what].filter((pl.col("drift") == far) & (pl.col("how") == how)).row(0, named=True)
        return row["bias"], row["bias_error"], row["type_1_error"]

    for how in ("none", "weighting", "matching"):
        middle, error, wrong = bias("seen", 0.0, how)
        assert abs(middle) < 4 * error
        assert wrong < 0.12
    assert bias("seen", 1.0, "none")[0] < -0.1
    assert abs(bias("seen", 1.0, "weighting")[0]) < 0.05
    assert bias("hidden", 1.0, "weighting")[0] < -0.1  # nothing that is unknown can be weighed
    assert bias("hidden", 1.0, "weighting")[2] > 0.2


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"n": 1}, "sizes"),
        ({"n": 3000}, "people to draw from"),
        ({"drifts": ()}, "drifts"),
        ({"drifts": (9,)}, "drifts"),
        ({"replicates": 0}, "replicates"),
    ],
)
def test_what_cannot_be_drawn_is_refused(asked, told) -> None:
    with pytest.raises(BadInput, match=told):
        drift(run_of(500, 1), "response", ["seen"], **{"drifting": "seen", "drifts": (0.5,), "n": 50, "m": 50, **asked})


def test_a_covariate_has_to_be_a_number_of_the_run() -> None:
    for name in ("nothing", "name"):
        with pytest.raises(UnknownName, match="covariate of this run"):
            people_of(run_of(10, 1), "response", [name], None)
