"""Prevention and early treatment after axi-cel: which side effect moves and which does not.

Expected values: cohorts 3 (tocilizumab on day 2) and 4 (early steroids and tocilizumab) of ZUMA-1 against cohorts 1 and 2, recalled and
not read: CRS of grade 3 or higher 3, 2 and 13 %; neurotoxicity of grade 3 or higher 42, 17 and 28 %. Cohort 3 was not fitted to; the
effect of steroids was (model/mechanisms/organs.toml, cytokines.toml).
"""

from __future__ import annotations

import polars as pl
import pytest

pytestmark = pytest.mark.may_miss
POLICIES = ("lee_2014", "tocilizumab_day_2_axi_cel", "yescarta_label_2022")


@pytest.fixture(scope="module")
def shares():
    """policy -> share of infused with (severe CRS by Lee, any and severe neurotoxicity by CTCAE)."""
    import livingdrug as ld
    from livingdrug.trial.same_people import run_policies

    plan = ld.load_trial("zuma_1").model_copy(update={"follow_up": "60 day"})
    result = run_policies(plan, list(POLICIES), patients=500, seed=7, sample=0)
    infused = result.patients.filter(pl.col("status") == "infused")
    found = {}
    for policy, arm in zip(POLICIES, result.arms, strict=True):
        here = infused.filter(pl.col("arm") == arm)
        crs, neuro = here["crs_lee_max"], here["neurotoxicity_ctcae_max"]
        found[policy] = tuple(float(events.mean()) for events in (crs >= 3, neuro >= 1, neuro >= 3))
    return found


def test_tocilizumab_prevents_severe_crs_and_not_neurotoxicity(shares):
    usual, prevented = shares["lee_2014"], shares["tocilizumab_day_2_axi_cel"]
    assert prevented[0] < 0.5 * usual[0]
    assert prevented[1] > 0.95 * usual[1]
    assert prevented[2] > 0.95 * usual[2]


def test_early_steroids_halve_severe_neurotoxicity_and_leave_its_number(shares):
    usual, early = shares["lee_2014"], shares["yescarta_label_2022"]
    assert early[0] < 0.3 * usual[0]
    assert 0.25 * usual[2] < early[2] < 0.85 * usual[2]
    assert early[1] > 0.9 * usual[1]
