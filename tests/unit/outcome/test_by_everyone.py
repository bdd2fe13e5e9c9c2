"""Expected values: by hand, by the textbook's formula written out here, by listing every permutation, or R (survival, quoted)."""

from __future__ import annotations

import csv
import os
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.records.endpoint import Endpoint
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.outcome.endpoints import evaluate
from livingdrug.outcome.estimators.gray import gray_test

BESIDE = Path(__file__).resolve().parents[3].parent / "shared" / "yardsticks"
YARDSTICKS = Path(os.environ.get("LIVINGDRUG_YARDSTICKS", BESIDE)) / "survival"
SURVIVAL = {"kind": "time_to_event", "event_day": "death_day", "censor_day": "last_contact_day"}


def made(**keys) -> Endpoint:
    words = {"id": "mine", "title": "Of our own", "definition": "Something we count.", "source": "this test"}
    return Endpoint.model_validate({**words, **keys})


def people(n: int = 60, seed: int = 8) -> pl.DataFrame:
    """Two arms of n; of the second a third is never infused (died, withdrawn or not made while waiting)."""
    draw = np.random.default_rng(seed)
    lost = np.array(["died_waiting", "withdrawn_waiting", "manufacturing_failure"])
    frames = []
    for k, arm in enumerate(("a", "b")):
        infused = np.arange(n) % 3 != k * 2 + 9 * (1 - k)
        death = draw.exponential(500.0, n)
        day = [float(d) if i and d < 800 else None for d, i in zip(death, infused, strict=True)]
        frames.append(
            pl.DataFrame(
                {
                    "arm": [arm] * n,
                    "patient": np.arange(1 + k * n, 1 + k * n + n),
                    "status": np.where(infused, "infused", lost[np.arange(n) % 9 // 3]),
                    "enrolment_day": np.full(n, -30.0),
                    "waiting_end_day": np.full(n, -10.0),
                    "icu": infused & (draw.random(n) < 0.5),
                    "weight_kg": draw.gamma(9.0, 8.0, n),
                    "death_day": pl.Series(day, dtype=pl.Float64),
                    "last_contact_day": pl.Series(np.where(infused, np.minimum(death, 800.0), np.nan)).fill_nan(None),
                    "stratum": draw.integers(0, 3, n),
                }
            )
        )
    return pl.concat(frames)


def asked(record: Endpoint, frame: pl.DataFrame | None = None, *, strata: bool = False, **words):
    frame = people() if frame is None else frame
    return evaluate(
        record, frame.drop("stratum"), ["a", "b"], design="randomised",
        strata=frame.select("patient", "stratum") if strata else None, **words,
    )  # fmt: skip


def test_a_share_is_tested_among_everyone_with_the_untreated_as_not_having_it():
    """scipy on the table counted here: 60 randomised to each arm, infused or not."""
    frame = people()
    found = asked(made(kind="proportion", success="icu"), frame)
    assert found.patients.group_by("arm").len().sort("arm")["len"].to_list() == [60, 40]
    table = [[60 - n, n] for n in (int(frame.filter(arm=arm)["icu"].sum()) for arm in "ab")]
    told = found.compare()
    assert told["p_value"] == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    assert (told["among"], told["n"]) == ("enrolled", 120)
    own = found.compare(among="own")
    counted = [[60 - table[0][1], table[0][1]], [40 - table[1][1], table[1][1]]]
    assert own["p_value"] == pytest.approx(stats.chi2_contingency(counted, correction=False).pvalue)
    assert (own["among"], own["n"]) == ("treated", 100)


def test_survival_is_tested_from_enrolment_among_everyone():
    """By hand: who died waiting has the event 20 days from enrolment, other untreated are censored then; all others 30 days later than from infusion."""
    catalog = Catalog()
    frame = people()
    found = asked(catalog.load("endpoint", "os"), frame, from_enrolment=catalog.load("endpoint", "os_enrolled"))
    told = found.compare()
    assert (told["endpoint"], told["n"]) == ("os_enrolled", 120)
    everyone = found.by_everyone()
    assert everyone is not None
    who = everyone.patients.join(frame.drop("arm"), on="patient")
    waited = who.filter(pl.col("status") != "infused")
    assert set(waited["time_days"]) == {20.0}
    assert set(waited.filter(status="died_waiting")["cause"]) == {1}
    assert set(waited.filter(pl.col("status") != "died_waiting")["cause"]) == {0}
    both = who.join(found.patients, on="patient", suffix="_own")
    np.testing.assert_allclose(both["time_days"] - both["time_days_own"], 30.0)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"kind": "quantity", "value": "weight_kg"}, "has no value"),
        ({"kind": "proportion", "success": "icu", "among": "treated and weight_kg > 60"}, "after randomisation"),
        (SURVIVAL, "from_enrolment"),
    ],
)
def test_what_cannot_count_everyone_is_not_tested_unless_asked_so(keys, told):
    """Expected: the reason and the way out; the endpoint's own patients when they are asked for."""
    found = asked(made(**keys))
    with pytest.raises(BadInput, match=f'{told}(.|\n)*among="own"'):
        found.compare()
    assert 0 <= found.compare(among="own")["p_value"] <= 1
    with pytest.raises(UnknownName, match="randomised"):
        found.compare(among="everybody")


def test_stratified_shares_are_cochran_mantel_haenszel():
    """Mantel and Haenszel 1959, written out: sums over strata of counts, their expectations and hypergeometric variances."""
    frame = people()
    told = asked(made(kind="proportion", success="icu"), frame, strata=True).compare()
    apart = variance = 0.0
    for stratum in range(3):
        here = frame.filter(stratum=stratum)
        n, yes, first = here.height, int(here["icu"].sum()), here.filter(arm="a").height
        apart += here.filter(arm="a")["icu"].sum() - first * yes / n
        variance += first * (n - first) * yes * (n - yes) / (n**2 * (n - 1))
    assert told["test"] == "Cochran-Mantel-Haenszel"
    assert told["statistic"] == pytest.approx(apart**2 / variance)
    assert told["p_value"] == pytest.approx(stats.chi2.sf(apart**2 / variance, 1))


def test_stratified_amounts_are_van_elterens():
    """Every way to deal the ranks within two strata is listed: the mean and variance of the weighted rank sum are theirs."""
    values = np.array([1.0, 4.0, 2.0, 2.0, 7.0, 3.0, 9.0, 5.0, 6.0])
    arm, layer = np.array(list("aabbbabab")), np.array([0, 0, 0, 0, 0, 1, 1, 1, 1])
    frame = pl.DataFrame({"arm": arm, "patient": np.arange(9), "status": "infused", "value": values, "stratum": layer})
    told = asked(made(kind="quantity", value="value"), frame, strata=True).compare()
    observed = mean = variance = 0.0
    for stratum in range(2):
        inside = layer == stratum
        ranks, n = stats.rankdata(values[inside]), int(inside.sum())
        first = arm[inside] == "a"
        sums = np.array([ranks[list(one)].sum() for one in combinations(range(n), int(first.sum()))]) / (n + 1)
        observed += ranks[first].sum() / (n + 1)
        mean, variance = mean + sums.mean(), variance + sums.var()
    assert told["test"] == "van Elteren's"
    assert told["statistic"] == pytest.approx((observed - mean) ** 2 / variance)
    one = asked(made(kind="quantity", value="value"), frame.with_columns(stratum=0), strata=True).compare()
    assert one["p_value"] == pytest.approx(stats.kruskal(values[arm == "a"], values[arm == "b"]).pvalue)


def test_strata_of_gray_add_up():
    """By definition: the same people in two strata give twice the score and twice the variance, so twice the statistic."""
    draw = np.random.default_rng(4)
    time, cause, arm = draw.exponential(9.0, 80), draw.integers(0, 3, 80), draw.integers(0, 2, 80)
    one = gray_test(time, cause, arm)
    two = gray_test(*(np.tile(column, 2) for column in (time, cause, arm)), strata=np.repeat([0, 1], 80))
    assert two.statistic == pytest.approx(2 * one.statistic)
    # a stratum without any event says nothing
    quiet = gray_test(
        np.append(time, [5.0, 6.0]), np.append(cause, [0, 0]), np.append(arm, [0, 1]), strata=np.repeat([0, 1], [80, 2])
    )
    assert quiet.statistic == pytest.approx(one.statistic)


def test_a_test_without_a_form_within_strata_says_so():
    found = asked(made(kind="proportion", success="icu"), strata=True)
    assert found.compare("fisher_exact")["test"] == "Fisher's exact, not stratified"


@pytest.mark.skipif(
    not (YARDSTICKS / "veteran.csv").is_file(), reason="the reference data of R's survival are not here"
)
def test_stratified_log_rank_of_arms_is_that_of_r():
    """R survival: survdiff(Surv(time, status) ~ trt + strata(celltype), veteran)."""
    with (YARDSTICKS / "veteran.csv").open() as file:
        rows = list(csv.DictReader(file))
    cells = sorted({row["celltype"] for row in rows})
    frame = pl.DataFrame(
        {
            "arm": ["ab"[int(row["trt"]) - 1] for row in rows],
            "patient": range(len(rows)),
            "status": "infused",
            "death_day": [float(row["time"]) if row["status"] == "1" else None for row in rows],
            "last_contact_day": [float(row["time"]) for row in rows],
            "stratum": [cells.index(row["celltype"]) for row in rows],
        }
    )
    with (YARDSTICKS / "survival_reference.csv").open() as file:
        expected = {(one["case"], one["quantity"]): float(one["value"]) for one in csv.DictReader(file)}
    told = asked(made(**SURVIVAL), frame, strata=True).compare()
    assert told["test"] == "stratified log-rank"
    assert told["statistic"] == pytest.approx(expected["veteran", "strat_logrank_chisq"], rel=1e-9)


def test_the_headline_of_a_curve_is_told_at_the_time_it_is_shown_at():
    """By definition: at 6 months when the file says so, whatever times its table begins with."""
    found = asked(made(**SURVIVAL, at=[3.0, 6.0, 12.0], shown_at=6.0))
    assert "at 6 month" in found.headline("a")
    assert found.rows("a")[0].time == 3.0
    assert found.shown().at()["time"].unique().to_list() == [6.0]


def test_two_arms_may_be_named_as_a_pair():
    """Expected: the second name is the arm held against the first; the same or an unknown name is refused with both."""
    frame = people().with_columns(patient=pl.int_range(120) % 60)
    found = evaluate(made(kind="proportion", success="icu"), frame, ["a", "b"], design="paired")
    assert found.paired("b", "a").select("reference", "arm").rows() == [("b", "a")]
    with pytest.raises(BadInput, match="twice"):
        found.paired("a", "a")
    with pytest.raises(UnknownName, match="Known: a, b"):
        found.paired("a", "c")
