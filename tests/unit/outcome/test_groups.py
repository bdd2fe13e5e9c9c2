"""Expected values: by hand, R (quoted), scipy called directly, and what the design of a trial allows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from livingdrug.catalog.records.endpoint import Endpoint
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.outcome.endpoint_result import EndpointResult
from livingdrug.outcome.endpoints import evaluate
from livingdrug.outcome.estimators.gray import gray_test
from livingdrug.outcome.estimators.log_rank import log_rank
from livingdrug.outcome.estimators.restricted_mean import paired_restricted_means, restricted_mean

SURVIVAL = {"kind": "time_to_event", "event_day": "death_day", "censor_day": "last_contact_day"}


def made(**keys) -> Endpoint:
    words = {"id": "mine", "title": "Of our own", "definition": "Something we count.", "source": "this test"}
    return Endpoint.model_validate({**words, **keys})


def two_arms(n: int = 40, seed: int = 3, *, patients: bool = False) -> pl.DataFrame:
    """Two arms of n infused; other people in each, or the same when `patients`."""
    draw = np.random.default_rng(seed)
    frames = []
    for arm, mean in (("a", 400.0), ("b", 700.0)):
        death = draw.exponential(mean, n)
        first = 1 if patients or arm == "a" else n + 1
        frames.append(
            pl.DataFrame(
                {
                    "arm": [arm] * n,
                    "patient": np.arange(first, first + n),
                    "status": ["infused"] * n,
                    "age_years": draw.gamma(4.0, 5.0, n),
                    "icu": draw.random(n) < (0.5 if arm == "a" else 0.25),
                    "death_day": [d if d < 1000 else None for d in death],
                    "last_contact_day": np.minimum(death, 1000),
                    "subsequent_therapy_day": pl.Series([None] * n, dtype=pl.Float64),
                }
            )
        )
    return pl.concat(frames)


def ask(record: Endpoint, design: str = "randomised", patients: bool = False) -> EndpointResult:
    return evaluate(record, two_arms(patients=patients), ["a", "b"], design=design)


def test_log_rank_between_randomised_arms():
    found = ask(made(**SURVIVAL))
    frame = found.patients
    plain = log_rank(frame["time_days"], frame["cause"] == 1, frame["arm"])
    told = found.compare()
    assert told["test"] == "log-rank"
    assert (told["statistic"], told["degrees_of_freedom"], told["p_value"]) == (plain.statistic, 1.0, plain.p_value)
    assert found.compare("peto_peto")["p_value"] != told["p_value"]
    with pytest.raises(UnknownName, match="log_rank"):
        found.compare("cox")


def test_proportions_between_randomised_arms():
    # scipy on the table counted here
    found = ask(made(kind="proportion", success="icu"))
    table = [[found.patients.filter(arm=arm, success=yes).height for yes in (False, True)] for arm in "ab"]
    told = found.compare()
    assert told["p_value"] == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    assert found.compare("fisher_exact")["p_value"] == pytest.approx(stats.fisher_exact(table).pvalue)
    everybody = ask(made(kind="proportion", success="1")).compare()
    assert (everybody["statistic"], everybody["p_value"]) == (0.0, 1.0)


def test_quantities_between_randomised_arms():
    # scipy on the same columns
    found = ask(made(kind="quantity", value="age_years"))
    one, two = (found.patients.filter(arm=arm)["value"].to_numpy() for arm in "ab")
    assert found.compare()["p_value"] == pytest.approx(stats.kruskal(one, two).pvalue)
    assert found.compare("welch")["p_value"] == pytest.approx(stats.ttest_ind(one, two, equal_var=False).pvalue)
    logs = ask(made(kind="quantity", value="age_years", summary="geometric_mean")).compare("welch")
    assert logs["p_value"] == pytest.approx(stats.ttest_ind(np.log(one), np.log(two), equal_var=False).pvalue)
    assert ask(made(kind="quantity", value="3")).compare()["p_value"] == 1.0


def test_restricted_means_between_randomised_arms():
    # By hand: the z test of the difference, squared
    found = ask(made(**SURVIVAL, estimator="restricted_mean", horizon=24))
    means = []
    for arm in "ab":
        rows = found.patients.filter(arm=arm)
        means.append(restricted_mean(rows["time_days"], rows["cause"] == 1, 24 * 365.25 / 12))
    z = (means[1].estimate - means[0].estimate) / np.hypot(means[0].standard_error, means[1].standard_error)
    told = found.compare()
    assert told["statistic"] == pytest.approx(z**2)
    assert told["p_value"] == pytest.approx(2 * stats.norm.sf(abs(z)))


@pytest.mark.parametrize("design", ["paired", "single_arm"])
def test_the_same_patients_are_no_independent_groups(design):
    found = ask(made(**SURVIVAL), design, patients=True)
    with pytest.raises(BadInput, match=r"same .*patients(.|\n)*\.paired\(\)"):
        found.compare()
    assert ask(made(**SURVIVAL, at=[6.0]), design, patients=True).paired().height == 1


def test_a_randomised_trial_has_no_pairs():
    with pytest.raises(BadInput, match=r"no patient is in two arms(.|\n)*\.compare\(\)"):
        ask(made(**SURVIVAL, at=[6.0])).paired()
    with pytest.raises(UnknownName, match="randomised"):
        ask(made(**SURVIVAL), "randomized")


def test_one_arm_or_nobody_cannot_be_tested():
    with pytest.raises(BadInput, match="two arms with patients, got a 40"):
        evaluate(made(**SURVIVAL), two_arms(), ["a"], design="randomised").compare()
    with pytest.raises(BadInput, match="c 0"):
        evaluate(made(**SURVIVAL), two_arms(), ["a", "c"], design="randomised").compare()


def test_paired_differences_of_every_kind():
    # By hand from the pairs
    age = ask(made(kind="quantity", value="age_years", summary="mean"), "paired", patients=True)
    one, two = (age.patients.filter(arm=arm)["value"].to_numpy() for arm in "ab")
    row = age.paired().row(0, named=True)
    assert (row["reference"], row["arm"], row["statistic"], row["n_pairs"]) == ("a", "b", "mean", 40)
    assert row["difference"] == pytest.approx((two - one).mean())
    back = age.paired("b").row(0, named=True)
    assert back["difference"] == pytest.approx(-row["difference"])
    mean = ask(made(**SURVIVAL, estimator="restricted_mean", horizon=24), "paired", patients=True)
    told = mean.paired().row(0, named=True)
    table = mean.table()["estimate"].to_list()
    assert told["difference"] == pytest.approx(table[1] - table[0])
    assert told["ci_low"] < told["difference"] < told["ci_high"]
    with pytest.raises(UnknownName):
        mean.paired("c")


def test_influence_on_a_restricted_mean_is_greenwoods_variance_and_the_jackknife():
    # Against a curve of nobody's events the difference is the mean itself; its interval that of one curve, wider by the two pairs
    # added: 2 x 3² to a sum of squares of some 400 x 1.2², 3 % of the variance, and more where fewer are known.
    draw = np.random.default_rng(8)
    n, horizon = 400, 3.0
    time, event = draw.exponential(2.0, n), draw.random(n) < 0.7
    never = (np.full(n, 10.0), np.zeros(n, dtype=int))
    found = paired_restricted_means(never, (time, event), horizon)
    alone = restricted_mean(time, event, horizon)
    assert found.estimate == pytest.approx(alone.estimate - horizon)
    assert found.ci_high - found.ci_low == pytest.approx(alone.ci_high - alone.ci_low, rel=0.05)
    assert found.ci_high - found.ci_low > alone.ci_high - alone.ci_low
    # The same course twice has no difference; by hand: the two pairs alone, 1.96 √2 times the horizon over n + 2.
    same = paired_restricted_means((time, event), (time, event), horizon)
    n_known = int((event | (time >= horizon)).sum())
    half = 1.959964 * np.sqrt(2) * horizon / (n_known + 2)
    assert (same.estimate, same.ci_low, same.ci_high) == pytest.approx((0.0, -half, half))


def test_where_another_event_competes_the_usual_test_is_grays():
    # Gray's test of the same columns; the log-rank of the event's own hazard is there by name
    found = ask(made(**SURVIVAL, competing_day="subsequent_therapy_day", curve="incidence"))
    frame = found.patients
    assert found.compare()["p_value"] == gray_test(frame["time_days"], frame["cause"], frame["arm"]).p_value
    assert found.compare("log_rank")["test"] == "log-rank of the event's own hazard"


def test_identical_randomised_arms_reject_as_often_as_they_say():
    # Uniform p-values: 1,000 replicates of 2 x 100 from one distribution; Kolmogorov-Smirnov and the share below 0.05.
    draw = np.random.default_rng(11)
    p = []
    for _ in range(1000):
        time, last = draw.exponential(2.0, 200), draw.uniform(1.0, 4.0, 200)
        p.append(log_rank(np.minimum(time, last), time <= last, np.repeat(["a", "b"], 100)).p_value)
    assert 0.036 <= np.mean(np.array(p) < 0.05) <= 0.065
    assert stats.kstest(p, "uniform").pvalue > 0.01
