"""Expected values: R (survival, rpact), Simon's table of 1989, Lan and DeMets as quoted in trials, Lee and Liu's example, BOIN's limits."""

from __future__ import annotations

import csv
import math
import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from livingdrug.design.methods.bayes_binary import predictive_probability
from livingdrug.design.methods.exact_binomial import power
from livingdrug.design.methods.simon import passes, two_stages
from livingdrug.design.phase_1.boin import limits
from livingdrug.design.spending import constant_bounds, crossings, spending_bounds
from livingdrug.design.two_samples import restricted_mean_difference, schoenfeld_events, scores

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "yardsticks"
FOLDER = Path(os.environ.get("LIVINGDRUG_YARDSTICKS", BESIDE)) / "survival"
needs_r = pytest.mark.skipif(
    not (FOLDER / "survival_reference.csv").is_file(),
    reason="no reference numbers from R here; point LIVINGDRUG_YARDSTICKS to them",
)
EXACT = {"rel": 1e-9}


@pytest.fixture(scope="module")
def reference() -> dict[str, dict[str, float]]:
    cases: dict[str, dict[str, float]] = defaultdict(dict)
    with (FOLDER / "survival_reference.csv").open() as file:
        for row in csv.DictReader(file):
            cases[row["case"]][row["quantity"]] = float(row["value"]) if row["value"] else np.nan
    return cases


@pytest.fixture(scope="module")
def lung() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with (FOLDER / "lung.csv").open() as file:
        rows = list(csv.DictReader(file))
    return (
        np.array([float(row["time"]) for row in rows]),
        np.array([row["status"] == "2" for row in rows]),
        np.array([int(row["sex"]) - 1 for row in rows]),  # 1 for women
    )


def second_implementation(time, event, group, rho: float, gamma: float) -> float:
    """Chi-squared of Fleming and Harrington's weight, event time by event time in plain Python."""
    left, observed, variance = 1.0, 0.0, 0.0
    for moment in sorted(set(time[event])):
        risk = time >= moment
        d, r = int((event & (time == moment)).sum()), int(risk.sum())
        d1, r1 = int((event & (time == moment) & (group == 1)).sum()), int((risk & (group == 1)).sum())
        weight = left**rho * (1 - left) ** gamma
        observed += weight * (d1 - d * r1 / r)
        if r > 1:
            variance += weight**2 * d * (r1 / r) * (1 - r1 / r) * (r - d) / (r - 1)
        left *= 1 - d / r
    return observed**2 / variance


@needs_r
@pytest.mark.parametrize("rho", [0, 1])
def test_weighted_log_rank_is_rs_survdiff(rho: int, reference, lung) -> None:
    # R: survdiff(Surv(time, status) ~ sex, lung, rho = rho)
    found = scores(*lung, weights=((float(rho), 0.0),))
    assert found.z[0] ** 2 == pytest.approx(reference["lung_sex"][f"chisq_rho{rho}"], **EXACT)
    assert -found.difference[0] == pytest.approx(reference["lung_sex"][f"OminusE_male_rho{rho}"], **EXACT)


@needs_r
@pytest.mark.parametrize("weight", [(0.0, 1.0), (1.0, 1.0), (0.5, 0.5)])
def test_late_weights_are_a_second_implementation(weight, lung) -> None:
    assert scores(*lung, weights=(weight,)).z[0] ** 2 == pytest.approx(second_implementation(*lung, *weight), **EXACT)


@needs_r
def test_difference_of_restricted_means_is_rs(reference, lung) -> None:
    # R: survival:::survmean(survfit(Surv(time, status) ~ sex, lung), rmean = 365)
    r = reference["lung_sex"]
    apart, error = restricted_mean_difference(*lung, 365.0)
    assert apart == pytest.approx(r["rmst365_female"] - r["rmst365_male"], **EXACT)
    assert error == pytest.approx(math.hypot(r["rmst365_se_female"], r["rmst365_se_male"]), **EXACT)


@needs_r
def test_bounds_are_rpacts(reference) -> None:
    # rpact's own numbers are good to about 1e-7
    thirds = (1 / 3, 2 / 3, 1.0)
    for case, found in (
        ("rpact_OF_k3", constant_bounds(thirds, 0.025, -0.5)),
        ("rpact_P_k3", constant_bounds(thirds, 0.025, 0.0)),
        ("rpact_asOF_.5_.75_1", spending_bounds((0.5, 0.75, 1.0), 0.025, "obrien_fleming").upper),
        ("rpact_asKD2_k2", spending_bounds((0.5, 1.0), 0.025, "square").upper),
    ):
        wanted = [reference[case][f"crit{look}"] for look in range(1, len(found) + 1)]
        assert found == pytest.approx(wanted, abs=2e-6), case


@needs_r
def test_events_and_sizes_are_rpacts(reference) -> None:
    assert schoenfeld_events(0.7, 0.025, 0.9, sided=1) == pytest.approx(
        reference["rpact_surv_schoenfeld_HR.7"]["events"], **EXACT
    )
    # the least n with exact power of 90 % for 0.2 against 0.4, and the one before it
    n = int(reference["rpact_onearm_exact_.2_.4"]["N"])
    assert power(n, 0.2, 0.025, 0.4) >= 0.9 > power(n - 1, 0.2, 0.025, 0.4)


def test_bounds_of_the_textbooks() -> None:
    # Lan and DeMets' O'Brien-Fleming spending of two-sided 0.05 with one look at half the information: 2.963 and 1.969
    found = spending_bounds((0.5, 1.0), 0.025, "obrien_fleming").upper
    assert [round(z, 3) for z in found] == [2.963, 1.969]
    # hazard ratio 0.6, two-sided 0.05, power 90 %: 162 events
    assert math.ceil(schoenfeld_events(0.6, 0.05, 0.9)) == 162


@pytest.mark.parametrize(
    ("p0", "p1", "beta", "choice", "wanted"),
    [
        (0.2, 0.4, 0.2, "optimal", (3, 13, 12, 43)),
        (0.2, 0.4, 0.2, "minimax", (4, 18, 10, 33)),
        (0.1, 0.3, 0.1, "optimal", (2, 18, 6, 35)),
        (0.1, 0.3, 0.1, "minimax", (2, 22, 6, 33)),
    ],
)
def test_simons_table(p0, p1, beta, choice, wanted) -> None:
    found = two_stages(p0, p1, 0.05, beta, choice, 70)
    assert (found.r1, found.n1, found.r, found.n) == wanted
    assert passes(*wanted, p0) <= 0.05
    assert passes(*wanted, p1) >= 1 - beta


def test_lee_and_lius_example() -> None:
    # 16 responses of 23, 40 at the end, p0 = 0.6, prior Beta(0.6, 0.4), certain above 0.9: 0.5656
    assert predictive_probability(16, 23, 40, 0.6, 0.9, 0.6, 0.4) == pytest.approx(0.5656, abs=5e-5)


def test_limits_of_boin() -> None:
    # Liu and Yuan's table: target 0.25 gives 0.197 and 0.298, target 0.3 gives 0.236 and 0.358 (0.3585)
    assert limits(0.25, 0.15, 0.35) == pytest.approx((0.197, 0.298), abs=5.1e-4)
    assert limits(0.3, 0.18, 0.42) == pytest.approx((0.236, 0.358), abs=6e-4)


@pytest.mark.parametrize("spending", ["obrien_fleming", "pocock", "linear", "cube"])
def test_what_is_spent_is_the_level(spending: str) -> None:
    # analytic: probabilities of first crossing at each look are what was to be spent there
    bounds = spending_bounds((0.3, 0.6, 0.8, 1.0), 0.025, spending)
    above, _ = crossings(bounds.fractions, bounds.upper)
    assert np.cumsum(above) == pytest.approx(bounds.spent, abs=1e-9)
