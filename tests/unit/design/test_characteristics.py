"""Expected: sizes, paces and follow-ups by hand; the null and planted effects as drawn; requests that make no sense are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from livingdrug.catalog.load import load_trial
from livingdrug.catalog.records.trial import Design
from livingdrug.design.characteristics import operating_characteristics
from livingdrug.design.dose_finding import dose_finding
from livingdrug.design.method import Analysis
from livingdrug.design.observed import proportion, times_to_event
from livingdrug.foundation.errors import BadInput

EXAMPLES = Path(__file__).parents[3] / "examples" / "design"
SINGLE, TWO, DOSES = (str(EXAMPLES / name) for name in ("single_arm.toml", "two_arms.toml", "doses.toml"))
FEW = {"replicates": 3, "seed": 2, "threads": 1}


def test_a_look_censors_on_the_calendar() -> None:
    # by hand: enrolled on days 0, 10, 20; events after 5, 30, 100 days
    entry = np.array([0.0, 10.0, 20.0])
    seen = times_to_event(entry, np.arange(3), np.array([5.0, 30.0, 100.0]), np.ones(3, dtype=bool), entry)
    assert seen.event_days().tolist() == [5.0, 40.0, 120.0]
    now = seen.by(40.0)
    assert now.time.tolist() == [5.0, 30.0, 20.0]
    assert now.event.tolist() == [True, True, False]
    assert seen.by(15.0).m == 2
    assert Analysis(events=2).day(seen) == 40.0
    assert Analysis(after_last="10 day").day(seen) == 30.0
    assert Analysis(events_per_patient=0.5).wanted(3) == 2
    assert Analysis(events=9).day(seen) == 120.0


def test_the_first_stage_ends_when_its_last_response_is_known() -> None:
    # by hand: two patients a stage, known 30 days after they come on days 0, 10, 20 ...
    from livingdrug.design.binary import look_after, paused

    entry = np.arange(0.0, 60.0, 10.0)
    seen = proportion(entry, np.arange(6), np.ones(6, dtype=bool), entry + 30)
    assert look_after(seen, 2, 0.0, False) == (40.0, 5)
    assert look_after(seen, 2, 0.0, True) == (40.0, 2)
    assert paused(seen, 2, 40.0, 0.0) == 20.0


def test_sizes_paces_and_planted_effects() -> None:
    found = operating_characteristics(
        SINGLE,
        "exact_binomial",
        sizes=[10, 20],
        keys={"p0": 0.4, "alpha": 0.1},
        effects=[0.0, 1.0],
        paces=["10 month", "2 1/month"],
        **FEW,
    )
    table = found.table
    assert table.height == 2 * 2 * 4
    go = {(row["scenario"], row["n"]): row["go"] for row in table.iter_rows(named=True)}
    assert go["planted 0", 20] == 0.0
    assert go["planted 1", 20] == 1.0
    ten = table.filter((table["enrolment"] == "10 month") & (table["scenario"] == "model"))
    # both sizes enrol within ten months; a response is known three months after treatment, a month after enrolment
    assert all(11 < months < 15.5 for months in ten["months"])
    rate = table.filter((table["enrolment"] == "2 1/month") & (table["scenario"] == "model")).sort("n")["months"]
    assert rate[1] - rate[0] == pytest.approx(5, abs=4)
    assert found.decisions.height == 3 * table.height


def test_attrition_takes_people_away() -> None:
    words = {"sizes": [40], "keys": {"p0": 0.4}, "null": False, **FEW}
    all_, fewer = (
        operating_characteristics(SINGLE, "exact_binomial", attrition=one, **words).table["counted"][0]
        for one in (0.0, 0.5)
    )
    assert 0.25 < fewer / all_ < 0.75


def test_two_arms_and_their_null(tmp_path) -> None:
    found = operating_characteristics(
        TWO, "log_rank", sizes=[16], keys={"events": 5}, endpoint="pfs", out=tmp_path, **FEW
    )
    assert found.endpoint == "pfs_enrolled"  # everyone randomised
    assert set(found.table["scenario"]) == {"model", "null"}
    assert (tmp_path / "characteristics.parquet").is_file()
    again = operating_characteristics(
        TWO, "log_rank", sizes=[16], keys={"events": 5}, endpoint="pfs", out=tmp_path, resume=True, **FEW
    )
    assert again.table.equals(found.table)


def test_dose_finding_on_the_models_people() -> None:
    found = dose_finding(DOSES, "boin", toxicity="crs_severe_astct", response="lugano_orr", keys={"most": 6}, **FEW)
    assert found.table["dose"].to_list() == ["0.2e6", "0.7e6", "2e6", "6e6", "none"]
    assert found.table["selected"].sum() == pytest.approx(1.0)
    assert found.trials["treated"].max() <= 6
    assert found.table["treated"].sum() == pytest.approx(found.trials["treated"].mean())


def paired_two():
    trial = load_trial(TWO)
    return trial.model_copy(update={"design": Design(kind="paired")})


@pytest.mark.parametrize(
    ("trial", "rule", "words", "said"),
    [
        (SINGLE, "log_rank", {}, "compares two arms"),
        (TWO, "exact_binomial", {"keys": {"p0": 0.2}}, "looks at one arm"),
        (paired_two, "log_rank", {}, "same people in both arms"),
        (SINGLE, "exact_binomial", {}, 'needs "p0"'),
        (SINGLE, "exact_binomial", {"keys": {"p0": 1.2}}, "between 0 and 1"),
        (SINGLE, "exact_binomial", {"keys": {"p0": 0.2, "p9": 1}}, "p9"),
        (SINGLE, "exact_binomial", {"keys": {"p0": 0.2}, "endpoint": "os"}, "is a time_to_event"),
        (SINGLE, "exact_binomial", {"keys": {"p0": 0.2}, "sizes": [1]}, "at least 2"),
        (SINGLE, "exact_binomial", {"keys": {"p0": 0.2}, "attrition": 1.0}, "from 0 to below 1"),
        (SINGLE, "exact_binomial", {"keys": {"p0": 0.2}, "after_last": ["12 month"]}, "does not wait"),
        (SINGLE, "exact_binomial", {"keys": {"p0": 0.2}, "paces": ["12 kg"]}, "kg"),
        (SINGLE, "exact_binomial", {"keys": {"p0": 0.2}, "missed": 2.0}, "probability"),
        (SINGLE, "simon_optimal", {"keys": {"p0": 0.4, "p1": 0.2}}, "more than p0"),
        (SINGLE, "simon_optimal", {"keys": {"p0": 0.2, "p1": 0.21}}, "no two-stage design"),
        (SINGLE, "simon_optimal", {"keys": {"p0": 0.2, "p1": 0.4}, "sizes": [10]}, "the design needs 43"),
        (SINGLE, "exact_binomial", {"keys": {"p0": 0.2}, "effects": [0.4, 1.4]}, "probability from 0 to 1"),
        (SINGLE, "simon_optimal", {"keys": {"p0": 0.2, "p1": 0.4}, "sizes": [50], "effects": [-0.1]}, "probability"),
        (SINGLE, "one_sample_log_rank", {"keys": {"median": "6 month"}, "effects": [0.0]}, "positive hazard ratio"),
        (SINGLE, "one_sample_log_rank", {}, "historical curve"),
        (SINGLE, "boin", {}, "its own command"),
        (SINGLE, "nothing_such", {}, "no rule"),
        (TWO, "group_sequential_pocock", {}, "does not say how many"),
        (TWO, "group_sequential_pocock", {"keys": {"events": 20, "looks": [0.5, 0.9]}}, "end with 1"),
        (TWO, "log_rank", {"effects": [0.5]}, "own arms"),
        (TWO, "log_rank", {"reference": "nobody"}, "no arm"),
        (TWO, "log_rank", {"replicates": 10**5}, "would take"),
    ],
)
def test_bad_requests_are_refused_before_anything_is_simulated(trial, rule, words, said) -> None:
    with pytest.raises(BadInput, match=said):
        operating_characteristics(trial() if callable(trial) else trial, rule, **{**FEW, **words})


@pytest.mark.parametrize(
    ("trial", "rule", "words", "said"),
    [
        (SINGLE, "boin", {}, "an arm for each dose"),
        (DOSES, "crm", {}, 'needs "skeleton"'),
        (DOSES, "crm", {"keys": {"skeleton": [0.1, 0.2]}}, "4 rising rates"),
        (DOSES, "boin", {"keys": {"start": 9}}, "1 to 4"),
        (DOSES, "three_plus_three", {"keys": {"cohort": 2}}, "expected 3"),
        (DOSES, "tite_boin", {}, "the day of a toxicity"),
        (DOSES, "simon_optimal", {}, "their own command"),
        (DOSES, "boin", {"toxicity": "enrolment_to_infusion"}, "expected a proportion"),
    ],
)
def test_dose_finding_that_cannot_be_is_refused(trial, rule, words, said) -> None:
    with pytest.raises(BadInput, match=said):
        dose_finding(trial, rule, **{"toxicity": "crs_severe_astct", **FEW, **words})


@pytest.mark.parametrize("rule", ["simon_optimal", "bop2"])
def test_a_stopped_trial_has_enrolled_no_more_than_its_design_counts(rule: str) -> None:
    # by hand: all 60 come within six days, nobody responds; the design never needs more than its own size
    from livingdrug.catalog.load import Catalog
    from livingdrug.design.ruled import rule_of

    keys = {"p0": 0.2, "p1": 0.4} | ({"size": 43, "looks": [13]} if rule == "bop2" else {})
    ruled = rule_of(rule, Catalog(), keys)
    entry = np.arange(60) * 0.1
    seen = proportion(entry, np.arange(60), np.zeros(60, dtype=bool), entry + 90)
    found = ruled.method.decide(ruled.planned(60), seen)
    assert (found.word, found.enrolled) == ("stopped for futility", 43)


@pytest.mark.parametrize("words", [{"replicates": 0}, {"seed": -1}, {"threads": 0}])
def test_numbers_that_make_no_work_are_refused(words) -> None:
    with pytest.raises(BadInput, match="expected"):
        operating_characteristics(SINGLE, "exact_binomial", keys={"p0": 0.4}, sizes=[10], **{**FEW, **words})
    with pytest.raises(BadInput, match="expected"):
        dose_finding(DOSES, "boin", toxicity="crs_severe_astct", **{**FEW, **words})


def test_looks_closer_than_the_grid_are_refused() -> None:
    from livingdrug.design.spending import spending_bounds

    with pytest.raises(BadInput, match="Look less often"):
        spending_bounds((0.5, 0.9999, 1.0), 0.025, "pocock")


def test_a_simon_design_that_is_short_says_what_it_attains() -> None:
    """By hand: of 3/13 and 30 in all, the least r whose probability of more than 3 of 13 and more than r of 30 at 0.2 is at most 0.05."""
    from scipy.stats import binom

    words = {"keys": {"p0": 0.2, "p1": 0.4}, **FEW}
    found = operating_characteristics(SINGLE, "simon_optimal", sizes=[30, 60], **words)

    def passing(r: int, p: float) -> float:
        return sum(binom.pmf(x, 13, p) * binom.sf(r - x, 17, p) for x in range(4, 14))

    r = next(r for r in range(30) if passing(r, 0.2) <= 0.05)
    assert found.notes == (
        f"n = 30: fewer than the 43 of the design: with all 30 counted it goes above {r}/30, at a level of {passing(r, 0.2):.3f} and a"
        f" power of {passing(r, 0.4):.2f} at 0.4 (planned: at most 0.05, at least 0.8).",
    )
    short = {(row["scenario"], row["n"]): row["short"] for row in found.table.iter_rows(named=True)}
    gone_on = found.decisions.filter(
        (found.decisions["n"] == 30) & (found.decisions["decision"] != "stopped for futility")
    )
    assert gone_on["short"].all()
    assert gone_on.height > 0
    assert short["model", 60] == 0.0


def test_closed_form_of_a_short_simon_design_is_the_share_of_all_its_trials() -> None:
    """Every outcome of 20 patients of a 3/13, 12/43 design, drawn once each way: 2^20 is too many, so by the law of both stages."""
    from scipy.stats import binom

    from livingdrug.catalog.load import Catalog
    from livingdrug.design.ruled import rule_of

    ruled = rule_of("simon_optimal", Catalog(), {"p0": 0.2, "p1": 0.4})
    design, entry, p = ruled.planned(20), np.arange(20.0), 0.35
    go = 0.0
    for first in range(14):
        for later in range(8):
            success = np.r_[np.arange(13) < first, np.arange(7) < later]
            told = ruled.method.decide(design, proportion(entry, np.arange(20), success, entry))
            go += (told.word == "go") * binom.pmf(first, 13, p) * binom.pmf(later, 7, p)
    assert ruled.method.exact(design, p, 20)["go"] == pytest.approx(go)
    assert ruled.method.exact(design, p, 13) == {"go": 0.0, "stopped for futility": 0.0, "no go": 1.0}


@pytest.mark.parametrize(
    ("rule", "keys", "said"),
    [
        ("log_rank", {"events": 1}, False),
        ("log_rank", {"events": 99}, True),
        ("log_rank", {"after_last": "2 month"}, False),
        ("restricted_mean", {"horizon": "1 month", "events": 99}, True),
        ("group_sequential_pocock", {"events": 99}, True),
    ],
)
def test_events_that_never_come_are_told(rule, keys, said) -> None:
    found = operating_characteristics(TWO, rule, sizes=[8], keys=keys, endpoint="pfs", null=False, **FEW)
    assert (found.table["short"][0] > 0) == said


def test_looks_that_are_never_held_are_told() -> None:
    keys = {"p0": 0.4, "looks": [5, 40], "futile_below": 0.01}
    found = operating_characteristics(SINGLE, "bayes_single_arm", sizes=[10], keys=keys, null=False, **FEW)
    assert found.notes == ("n = 10: looks at 40 are never held.",)


def test_sizes_that_run_down_are_told_how_to_be_written() -> None:
    from livingdrug.cli.designs import sizes

    with pytest.raises(BadInput, match=r"runs down, from 30 to 10.\n  Write 10:30:5"):
        sizes("30:10:5")
    with pytest.raises(BadInput, match="the step is 0"):
        sizes("10:30:0")


def test_a_search_for_a_dose_says_when_nobody_more_came() -> None:
    words = {"toxicity": "crs_severe_astct", "keys": {"most": 12, "certain": 0.999}, **FEW}
    few = dose_finding(DOSES, "boin", patients=7, **words).trials
    assert few["ran_out"].all()
    assert few["treated"].max() <= 7
    assert not dose_finding(DOSES, "boin", **words).trials["ran_out"].any()


def test_boin_pools_doses_by_the_inverse_of_the_variance() -> None:
    """By hand, as the R package BOIN does: 2 of 3 at the second dose above 2 of 12 at the third, (y + 0.05) / (n + 0.1)."""
    from livingdrug.design.finder import rising
    from livingdrug.design.phase_1.boin import posterior

    toxic, treated = np.array([0, 2, 2]), np.array([3, 3, 12])
    middle, certainty = posterior(toxic, treated)
    means = [0.05 / 3.1, 2.05 / 3.1, 2.05 / 12.1]
    variances = [0.05 * 3.05 / (3.1**2 * 4.1), 2.05 * 1.05 / (3.1**2 * 4.1), 2.05 * 10.05 / (12.1**2 * 13.1)]
    pooled = (means[1] / variances[1] + means[2] / variances[2]) / (1 / variances[1] + 1 / variances[2])
    assert middle == pytest.approx(means)
    assert rising(middle, certainty) == pytest.approx([means[0], pooled, pooled])
    assert pooled < (2.05 + 2.05) / 15.2  # by the numbers treated it would be higher
