"""Expected values: properties of data simulated from the model itself, and quantiles computed by NumPy."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.fit import fit
from livingdrug.fitting.result import Fit
from livingdrug.fitting.saem import Settings
from livingdrug.fitting.simulation import limits, replicates


@pytest.fixture(scope="module")
def found() -> Fit:
    """Lines with a third of the late results below a limit, fitted."""
    rng = np.random.default_rng(11)
    n, times = 60, np.linspace(0, 2, 5)
    patient, time = np.repeat(np.arange(n), 5), np.tile(times, n)
    eta = rng.normal([3.0, -1.0], [0.5, 0.4], (n, 2))
    value = eta[patient, 0] + eta[patient, 1] * time + rng.normal(0, 0.3, time.size)
    low = value < 1.2
    names = tuple(str(i) for i in range(n))
    covariates = pl.DataFrame({"patient": names, "age": rng.uniform(5, 15, n)})
    data = KineticsData(names, patient, time, np.where(low, 1.2, value), low.astype(np.int64), covariates)
    return fit(data, "straight_line", settings=Settings(explore=60, settle=40))


def test_distribution_errors_are_standard_normal(found: Fit) -> None:
    values = found.npde(n=1000)["npde"].to_numpy()
    # 300 errors: mean within 3 / sqrt(300), standard deviation within 3 / sqrt(600)
    assert abs(values.mean()) < 3 / np.sqrt(values.size)
    assert abs(values.std() - 1) < 3 / np.sqrt(2 * values.size)


def test_predictive_check_holds_the_data_and_their_share_below(found: Fit) -> None:
    table = found.vpc(n=300)
    at = table.filter(pl.col("time") == 0.0, pl.col("statistic") == "50 %").row(0, named=True)
    first = found.data.value[found.data.time == 0]
    assert at["observed"] == pytest.approx(np.median(first))
    shares = table.filter(pl.col("statistic") == "below limit")
    own = [float((found.data.censored[found.data.time == t] == 1).mean()) for t in shares["time"]]
    assert shares["observed"].to_list() == pytest.approx(own)
    inside = table.filter(pl.col("observed").is_not_null(), pl.col("high").is_not_null())
    kept = inside.filter(
        pl.col("observed") <= pl.col("high"), pl.col("low").is_null() | (pl.col("observed") >= pl.col("low"))
    )
    # 95 % intervals of a model that is right: at most three of some twenty outside
    assert inside.height - kept.height <= 3


def test_quantiles_below_the_limit_are_not_numbers(found: Fit) -> None:
    late = found.vpc(n=100).filter(pl.col("time") == 2.0, pl.col("statistic") == "5 %").row(0, named=True)
    assert late["observed"] is None
    assert (limits(found.data) == 1.2).all()


def test_replicates_have_the_moments_of_the_model(found: Fit) -> None:
    copies = replicates(found, 2000, seed=5)
    start = copies[:, found.data.time == 0]
    values = dict(found.parameters.select("parameter", "value").iter_rows())
    assert start.mean() == pytest.approx(values["base"], abs=0.01)
    assert start.var() == pytest.approx(values["sd(base)"] ** 2 + values["a"] ** 2, rel=0.02)


def test_simulated_people_are_the_same_for_a_seed_and_spread_more_when_uncertain(found: Fit) -> None:
    one = found.simulate(patients=400, times=[0.0, 2.0], seed=3, lloq=1.2)
    assert one.equals(found.simulate(patients=400, times=[0.0, 2.0], seed=3, lloq=1.2))
    assert set(one.filter(pl.col("below_limit"))["value"]) == {1.2}
    assert set(one["like"]) <= set(found.data.patients)
    more = found.simulate(patients=400, times=[0.0, 2.0], seed=3, uncertainty=True)
    assert more["level"].std() > 0.9 * one["level"].std()
    assert not more["level"].equals(one["level"])
