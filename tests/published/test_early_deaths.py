"""Expected: early deaths of children after tisagenlecleucel, 2 of 137 infused dead of adverse events within 30 days and 4 of any cause
(ELIANA and ENSIGN, Levine 2021, doi:10.1136/jitc-2020-002287, table 1), and what intensivists do in a child's shock
(70 % ventilate early, doi:10.1186/s13613-019-0545-4, abstract).
"""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from scipy.stats import binomtest

import livingdrug as ld
from livingdrug.catalog.load import default_catalog
from livingdrug.foundation.expressions import read_formula

PATIENTS, SEED = 250, 13
DAYS = 30.0


@pytest.fixture(scope="module")
def infused() -> pl.DataFrame:
    who = ld.run(ld.load_trial("eliana"), patients=PATIENTS, seed=SEED, sample=0).patients
    return who.filter(pl.col("dose_cells").is_not_null())


@pytest.mark.parametrize(("deaths", "counted"), [(2, ("toxicity", "infection")), (4, None)])
def test_few_children_die_within_a_month(infused: pl.DataFrame, deaths: int, counted: tuple[str, ...] | None):
    """The simulated share lies below the upper limit of the published one (exact, 95 %)."""
    early = infused.filter(pl.col("death_day") <= DAYS)
    if counted:
        early = early.filter(pl.col("death_cause").is_in(counted))
    limit = binomtest(deaths, 137).proportion_ci(0.95, method="exact").high
    assert early.height / infused.height <= limit


def test_most_children_with_hlh_like_toxicity_outlive_it(infused: pl.DataFrame):
    """At most 2 of the 19 of 137 who had it (14.1 %, Blood Adv 2023, 7:2758, abstract) died early; exact upper limit, 95 %."""
    ill = infused.filter(pl.col("hlh_like").cast(pl.Int8) == 1)
    dead = ill.filter((pl.col("death_cause") == "toxicity") & (pl.col("death_day") <= DAYS))
    assert ill.height >= 10
    assert dead.height / ill.height <= binomtest(2, 19).proportion_ci(0.95, method="exact").high


@pytest.mark.parametrize(
    ("ventilation", "high_dose", "age", "expected"),
    [(0, 0, 9, False), (0, 1, 9, True), (0, 1, 30, False), (1, 0, 9, True), (1, 1, 30, True)],
)
def test_a_child_in_shock_counts_as_ventilated_and_an_adult_does_not(
    ventilation: int, high_dose: int, age: float, expected: bool
):
    endpoint: Any = default_catalog().load("endpoint", "intubation_given_crs")
    formula = read_formula(endpoint.success)
    values = {"ventilation": ventilation, "vasopressor_high_dose": high_dose, "age_years": age}
    assert bool(formula.evaluate(values)) is expected
