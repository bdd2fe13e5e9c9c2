"""Expected values: R (survival, cmprsk) with its data sets, lifelines, and tables of the exact binomial."""

from __future__ import annotations

import csv
import os
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from livingdrug.outcome.estimators.cumulative_incidence import cumulative_incidence
from livingdrug.outcome.estimators.gray import gray_test
from livingdrug.outcome.estimators.kaplan_meier import kaplan_meier
from livingdrug.outcome.estimators.log_rank import log_rank
from livingdrug.outcome.estimators.restricted_mean import restricted_mean

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "yardsticks"
FOLDER = Path(os.environ.get("LIVINGDRUG_YARDSTICKS", BESIDE)) / "survival"
needs_r = pytest.mark.skipif(
    not (FOLDER / "survival_reference.csv").is_file(),
    reason="no reference numbers from R here; point LIVINGDRUG_YARDSTICKS to them",
)
EXACT = {"rel": 1e-9, "abs": 1e-12}  # the same formulas in another order: only rounding may differ


def columns(name: str, *wanted: str) -> list[np.ndarray]:
    with (FOLDER / name).open() as file:
        rows = list(csv.DictReader(file))
    return [np.array([row[column] for row in rows]) for column in wanted]


@pytest.fixture(scope="module")
def reference() -> dict[str, dict[str, float]]:
    cases: dict[str, dict[str, float]] = defaultdict(dict)
    with (FOLDER / "survival_reference.csv").open() as file:
        for row in csv.DictReader(file):
            cases[row["case"]][row["quantity"]] = float(row["value"]) if row["value"] else np.nan
    return cases


@pytest.fixture(scope="module")
def lung() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    time, status, sex = columns("lung.csv", "time", "status", "sex")
    return time.astype(float), (status == "2").astype(int), sex


@needs_r
def test_kaplan_meier_matches_r(reference, lung):
    # R 4: survfit(Surv(time, status) ~ 1, lung)
    wanted = reference["lung_km"]
    found = kaplan_meier(lung[0], lung[1]).at([90, 180, 365, 730])
    for i, day in enumerate((90, 180, 365, 730)):
        assert found["estimate"][i] == pytest.approx(wanted[f"S_{day}"], **EXACT)
        # R's std.err of summary() is already that of the survival probability.
        assert found["standard_error"][i] == pytest.approx(wanted[f"se_{day}"], **EXACT)


@needs_r
def test_median_and_its_log_log_interval_match_r(reference, lung):
    # R 4: quantile(survfit(..., conf.type = "log-log"), 0.5)
    wanted = reference["lung_km"]
    found = kaplan_meier(lung[0], lung[1]).quantile(0.5)
    assert found == (wanted["median"], wanted["median_lo_loglog"], wanted["median_hi_loglog"])
    for number, sex in (("1", "male"), ("2", "female")):
        chosen = lung[2] == number
        middle = kaplan_meier(lung[0][chosen], lung[1][chosen]).quantile()[0]
        assert middle == reference["lung_sex"][f"median_{sex}"]


@needs_r
def test_restricted_mean_matches_r(reference, lung):
    # R 4: survival:::survmean(fit, rmean = 365)
    found = restricted_mean(lung[0], lung[1], 365)
    assert found.estimate == pytest.approx(reference["lung_km"]["rmst_365"], **EXACT)
    assert found.standard_error == pytest.approx(reference["lung_km"]["rmst_365_se"], **EXACT)
    for number, sex in (("1", "male"), ("2", "female")):
        chosen = lung[2] == number
        found = restricted_mean(lung[0][chosen], lung[1][chosen], 365)
        assert found.estimate == pytest.approx(reference["lung_sex"][f"rmst365_{sex}"], **EXACT)
        assert found.standard_error == pytest.approx(reference["lung_sex"][f"rmst365_se_{sex}"], **EXACT)


@needs_r
@pytest.mark.parametrize("rho", [0, 1])
def test_log_rank_matches_r(reference, lung, rho):
    # R 4: survdiff(Surv(time, status) ~ sex, lung, rho = rho)
    wanted = reference["lung_sex"]
    found = log_rank(*lung, rho=rho)
    assert found.statistic == pytest.approx(wanted[f"chisq_rho{rho}"], **EXACT)
    assert found.observed[0] - found.expected[0] == pytest.approx(wanted[f"OminusE_male_rho{rho}"], **EXACT)
    assert found.variance[0, 0] == pytest.approx(wanted[f"var_rho{rho}"], **EXACT)


@needs_r
def test_stratified_log_rank_matches_r(reference):
    # R 4: survdiff(Surv(time, status) ~ trt + strata(celltype), veteran)
    time, status, treatment, cell = columns("veteran.csv", "time", "status", "trt", "celltype")
    found = log_rank(time.astype(float), status == "1", treatment, strata=cell)
    assert found.statistic == pytest.approx(reference["veteran"]["strat_logrank_chisq"], **EXACT)


@needs_r
def test_cumulative_incidence_matches_aalen_johansen_of_r(reference):
    # R 4: survfit with a multi-state outcome, mgus2
    time, event = columns("mgus2_cr.csv", "etime", "event")
    time, event = time.astype(float), event.astype(int)
    swapped = np.where(event == 0, 0, 3 - event)
    for name, cause in (("pcm", event), ("death", swapped)):
        found = cumulative_incidence(time, cause).at([60, 120, 240])["estimate"]
        wanted = [reference["mgus2_aj"][f"{name}_{day}"] for day in (60, 120, 240)]
        assert found == pytest.approx(wanted, **EXACT)


@needs_r
def test_cumulative_incidence_variance_matches_cmprsk(reference):
    # R 4: cmprsk::cuminc(etime, event, sex), its "est" and "var"
    time, event, sex = columns("mgus2_cr.csv", "etime", "event", "sex")
    time, event = time.astype(float), event.astype(int)
    seen = 0
    for key, value in reference["mgus2_cuminc"].items():
        kind, group, cause, day = key.split()
        chosen = sex == group
        codes = event[chosen] if cause == "1" else np.where(event[chosen] == 0, 0, 3 - event[chosen])
        found = cumulative_incidence(time[chosen], codes).at([float(day)])
        number = found["estimate"][0] if kind == "est" else found["standard_error"][0] ** 2
        assert number == pytest.approx(value, rel=1e-6), key  # cmprsk computes in single steps of its own
        seen += 1
    assert seen == 24


@pytest.fixture(scope="module")
def lifelines():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside other people's libraries are not ours to fix
        import lifelines
        import lifelines.statistics

        yield lifelines


def made_up(n: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(5)
    time = np.ceil(10 * draw.exponential(2.0, n)) / 10  # rounded, so that there are ties
    return time, draw.integers(0, 2, n), draw.integers(0, 3, n)


def test_kaplan_meier_and_interval_match_lifelines(lifelines):
    # lifelines.KaplanMeierFitter, whose interval is log(-log) too
    time, event, _ = made_up()
    curve = kaplan_meier(time, event)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = lifelines.KaplanMeierFitter().fit(time, event)
        theirs = fit.survival_function_["KM_estimate"].loc[curve.time].to_numpy()
        interval = fit.confidence_interval_.loc[curve.time].to_numpy()
    assert curve.survival == pytest.approx(theirs, **EXACT)
    inside = (curve.survival > 0) & (curve.survival < 1)
    assert curve.ci_low[inside] == pytest.approx(interval[inside, 0], **EXACT)
    assert curve.ci_high[inside] == pytest.approx(interval[inside, 1], **EXACT)


def test_log_rank_of_three_groups_matches_lifelines(lifelines):
    # lifelines.statistics.multivariate_logrank_test
    time, event, group = made_up()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lifelines.statistics.multivariate_logrank_test(time, group, event)
    found = log_rank(time, event, group)
    assert found.statistic == pytest.approx(theirs.test_statistic, rel=1e-9)
    assert found.p_value == pytest.approx(theirs.p_value, rel=1e-9)
    assert found.degrees_of_freedom == 2


def test_restricted_mean_matches_lifelines(lifelines):
    # lifelines.utils.restricted_mean_survival_time: the area exactly; its variance by quadrature of another formula
    time, event, _ = made_up()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = lifelines.KaplanMeierFitter().fit(time, event)
        theirs = lifelines.utils.restricted_mean_survival_time(fit, t=2.5)
    assert restricted_mean(time, event, 2.5).estimate == pytest.approx(theirs, rel=1e-9)


def test_stratified_log_rank_and_ties_match_lifelines(lifelines):
    # All events at one time: lifelines finds statistic 0 and p = 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lifelines.statistics.logrank_test([5, 5], [5, 5], [1, 1], [1, 1])
    found = log_rank([5, 5, 5, 5], [1, 1, 1, 1], ["a", "a", "b", "b"])
    assert (found.statistic, found.p_value) == (theirs.test_statistic, theirs.p_value) == (0.0, 1.0)


@needs_r
def test_grays_test_agrees_with_cmprsk(reference):
    # R 4: cmprsk::cuminc(etime, event, sex)$Tests; its variance is another estimate of the same limit
    time, event, sex = columns("mgus2_cr.csv", "etime", "event", "sex")
    time, event = time.astype(float), event.astype(int)
    for name, cause in (("chisq_event1", event), ("chisq_event2", np.where(event == 0, 0, 3 - event))):
        assert gray_test(time, cause, sex).statistic == pytest.approx(reference["mgus2_gray"][name], rel=2e-3)


@needs_r
def test_ties_broken_by_rounding_change_nothing_of_r(reference, lung):
    # R's timefix: the same numbers when times are written in months and back, each by its own way
    back = np.where(
        np.arange(lung[0].size) % 2 == 0, lung[0] / 30.4375 * 30.4375, lung[0] * (12 / 365.25) * (365.25 / 12)
    )
    assert (back != lung[0]).any()
    found = log_rank(back, *lung[1:])
    assert found.statistic == pytest.approx(reference["lung_sex"]["chisq_rho0"], rel=1e-9)
    assert kaplan_meier(back, lung[1]).time.size == np.unique(lung[0]).size
