"""Expected values: R's survival package as printed in its documentation, lifelines, SciPy, and formulas of two-by-two tables."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.concordance import concordance
from livingdrug.outcome.effect import Sample
from livingdrug.outcome.effects.auroc import EFFECT as AUROC
from livingdrug.outcome.effects.concordance_index import EFFECT as CONCORDANCE
from livingdrug.outcome.effects.difference import EFFECT as DIFFERENCE
from livingdrug.outcome.effects.hazard_ratio import EFFECT as HAZARD_RATIO
from livingdrug.outcome.effects.odds_ratio import EFFECT as ODDS_RATIO
from livingdrug.outcome.effects.rank_correlation import EFFECT as RANKS
from livingdrug.outcome.regression import cox, logistic

N = 160


@pytest.fixture(scope="module")
def lifelines():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = pytest.importorskip("lifelines")
        import lifelines.datasets
        import lifelines.utils  # noqa: F401
    return module


def made_up(seed: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times with many ties, events, and two covariates."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.normal(size=N), rng.integers(0, 2, N)])
    time = np.ceil(rng.exponential(np.exp(-0.7 * x[:, 0] + 0.4 * x[:, 1])) * 8)
    return time, (rng.random(N) < 0.75).astype(float), x


def test_cox_is_that_of_r_on_its_lung_data(lifelines):
    # coxph(Surv(time, status) ~ age + sex + ph.ecog, lung), n = 227: coefficients and their errors as R prints them
    frame = lifelines.datasets.load_lung()[["time", "status", "age", "sex", "ph.ecog"]].dropna()
    found = cox(frame["time"], frame["status"] > frame["status"].min(), frame[["age", "sex", "ph.ecog"]].to_numpy())
    assert found.coefficients == pytest.approx([0.011067, -0.552612, 0.463728], abs=2e-6)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx([0.009267, 0.167739, 0.113577], abs=2e-6)


def test_cox_with_ties_is_that_of_lifelines(lifelines):
    import pandas as pd

    time, event, x = made_up()
    frame = pd.DataFrame({"t": time, "e": event, "a": x[:, 0], "b": x[:, 1]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lifelines.CoxPHFitter().fit(frame, "t", "e")
    found = cox(time, event, x)
    assert found.finite.all()
    assert found.coefficients == pytest.approx(theirs.params_.to_numpy(), abs=1e-6)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(theirs.standard_errors_.to_numpy(), rel=1e-4)


def test_late_entry_is_that_of_lifelines(lifelines):
    import pandas as pd

    time, event, _ = made_up(9)
    switch = np.random.default_rng(1).exponential(6, N)
    rows = []
    for i in range(N):
        if switch[i] < time[i]:
            rows += [(i, 0.0, switch[i], 0, 0.0), (i, switch[i], time[i], event[i], 1.0)]
        else:
            rows.append((i, 0.0, time[i], event[i], 0.0))
    frame = pd.DataFrame(rows, columns=["id", "start", "stop", "e", "x"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lifelines.CoxTimeVaryingFitter().fit(
            frame, id_col="id", event_col="e", start_col="start", stop_col="stop"
        )
    sample = Sample((switch < time).astype(float), True, None, time, event.astype(int), since=switch)
    found = HAZARD_RATIO.estimate(sample)
    assert np.log(found.estimate) == pytest.approx(theirs.params_["x"], abs=1e-5)
    assert np.log(found.high / found.low) / (2 * 1.959964) == pytest.approx(theirs.standard_errors_["x"], rel=1e-4)


def test_concordance_index_is_that_of_lifelines(lifelines):
    time, event, x = made_up(2)
    theirs = lifelines.utils.concordance_index(time, -x[:, 0], event)
    found = CONCORDANCE.estimate(Sample(x[:, 0], False, None, time, event.astype(int)))
    assert found.estimate == pytest.approx(theirs, abs=1e-12)


def test_auroc_and_its_interval_are_mann_whitney_and_delong():
    from scipy.stats import mannwhitneyu

    _, event, x = made_up(3)
    score = np.round(x[:, 0], 1)  # ties
    found = AUROC.estimate(Sample(score, False, event))
    ill, well = score[event > 0], score[event == 0]
    assert found.estimate == pytest.approx(mannwhitneyu(ill, well).statistic / (ill.size * well.size))
    wins = (ill[:, None] > well[None, :]) + 0.5 * (ill[:, None] == well[None, :])
    # DeLong 1988 with the population variance of the placements, to which the infinitesimal jackknife is equal
    variance = wins.mean(axis=1).var() / ill.size + wins.mean(axis=0).var() / well.size
    assert (found.high - found.low) / (2 * 1.959964) == pytest.approx(np.sqrt(variance), rel=1e-5)


def test_odds_ratio_of_two_groups_is_that_of_the_table():
    a, b, c, d = 30, 20, 15, 45  # Woolf: log(ad/bc), error sqrt(1/a + 1/b + 1/c + 1/d)
    x = np.repeat([1.0, 1.0, 0.0, 0.0], [a, b, c, d])
    y = np.repeat([1.0, 0.0, 1.0, 0.0], [a, b, c, d])
    found = ODDS_RATIO.estimate(Sample(x, True, y))
    error = np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    assert found.estimate == pytest.approx(a * d / (b * c), rel=1e-6)
    assert (found.low, found.high) == pytest.approx(
        tuple(a * d / (b * c) * np.exp(sign * 1.959964 * error) for sign in (-1, 1)), rel=1e-5
    )
    shares = DIFFERENCE.estimate(Sample(x, True, y))
    assert shares.estimate == pytest.approx(100 * (a / (a + b) - c / (c + d)))


def test_logistic_is_the_maximum_of_its_likelihood():
    from scipy.optimize import minimize

    _, event, x = made_up(6)

    def minus(beta):
        linear = beta[0] + x @ beta[1:]
        return np.logaddexp(0, linear).sum() - event @ linear

    found = logistic(event, x)
    assert found.coefficients == pytest.approx(minimize(minus, np.zeros(3), tol=1e-12).x[1:], abs=1e-4)


def test_rank_correlation_is_that_of_scipy():
    from scipy.stats import spearmanr

    time, _, x = made_up(5)
    assert RANKS.estimate(Sample(x[:, 0], False, time)).estimate == pytest.approx(spearmanr(x[:, 0], time).statistic)


def test_a_group_without_events_has_no_ratio_and_says_so():
    x = np.repeat([1.0, 0.0], 20)
    y = np.concatenate([np.zeros(20), np.tile([0.0, 1.0], 10)])
    assert "no finite odds ratio" in ODDS_RATIO.estimate(Sample(x, True, y)).absent
    time = np.arange(1.0, 41.0)
    assert "no finite hazard ratio" in HAZARD_RATIO.estimate(Sample(x, True, None, time, y.astype(int))).absent
    assert "in the group" in ODDS_RATIO.estimate(Sample(np.r_[1.0, np.zeros(39)], True, y)).absent


def test_concordance_of_two_groups_leaves_pairs_within_a_group_out():
    # 3 of 4 exposed and 1 of 4 others: the exposed has more in 9 of 16 pairs, as much in 6, less in 1: 0.75
    found = concordance(Sample(np.repeat([1.0, 0.0], 4), True, np.array([1.0, 1, 1, 0, 1, 0, 0, 0])))
    assert found.estimate == pytest.approx((9 + 6 / 2) / 16)


def test_a_covariate_that_is_the_same_in_all_changes_nothing():
    time, event, x = made_up()
    alone, beside = (
        HAZARD_RATIO.estimate(Sample(x[:, 0], False, None, time, event.astype(int), given=given))
        for given in (np.empty((N, 0)), np.ones((N, 1)))
    )
    assert (beside.estimate, beside.low) == pytest.approx((alone.estimate, alone.low))


def test_bad_rows_are_told():
    with pytest.raises(BadInput, match="nobody has the event"):
        cox([1, 2, 3], [0, 0, 0], [[1], [2], [3]])
    with pytest.raises(BadInput, match="ends before it begins"):
        cox([1, 2, 3], [1, 1, 1], [[1], [2], [3]], entry=[0, 2, 0])
    with pytest.raises(BadInput, match="every number known"):
        cox([1, 2, 3], [1, 1, 1], [[1], [np.nan], [3]])
