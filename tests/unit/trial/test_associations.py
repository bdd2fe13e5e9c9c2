"""Expected values: associations planted in made-up patients, shares and medians counted by hand, and the rules of use."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.records.association import Association, AssociationRow, SimulatedBy
from livingdrug.catalog.records.determinants import Determinants
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.trial.associations import board
from livingdrug.trial.associations.compare import compare_row, published_limits, significant
from livingdrug.trial.associations.determinants import KINDS, chance, cross_validated, determinants_frame
from livingdrug.trial.associations.patients import Patients, pooled

CATALOG = Catalog()
N = 500
BASE = {"source": "made up", "status": "unverified", "topic": "made up"}


def patients(n: int = N, seed: int = 8, problems: dict[str, str] | None = None) -> Patients:
    """Made-up patients: burden doubles the hazard with each doubling, marker does nothing, the hidden draw decides CRS."""
    rng = np.random.default_rng(seed)
    burden, marker, draw = 2 ** rng.normal(size=n), rng.normal(size=n), rng.normal(size=n)
    event_day = 300 * rng.exponential(1 / burden)
    values = {
        "treated": np.ones(n), "course_failed": np.zeros(n), "burden": burden, "marker": marker,
        "infused": np.ones(n), "responder": (rng.random(n) < 0.5).astype(float),
        "death_day": event_day, "relapse_day": np.full(n, np.inf), "treatment_failure_day": np.full(n, np.inf),
        "last_contact_day": np.full(n, 900.0), "subsequent_therapy_day": np.full(n, np.inf),
        "severe": (draw + 0.3 * rng.normal(size=n) > 0.8).astype(float), "never": np.full(n, np.inf),
        "switch_day": 100 * rng.exponential(size=n), "half_known": np.where(np.arange(n) % 2, 1.0, np.nan),
    }  # fmt: skip
    hidden = {"draw": draw, **{f"other_{k}": rng.normal(size=n) for k in range(20)}}
    return Patients(np.arange(1, n + 1), values, problems or {}, hidden, [{}])


def association(*rows: dict, use: str = "shape") -> Association:
    told = [AssociationRow.model_validate({"title": f"row number {k}", **BASE, **row}) for k, row in enumerate(rows)]
    return Association.model_validate(
        {"id": "made_up", "title": "Made up", "use": use, "cohort": "made up", "row": told,
         "simulated_by": [SimulatedBy(trial="eliana")], "because": "made up for a test"}
    )  # fmt: skip


def compared(**row):
    one = association(row)
    return compare_row(one, one.rows[0], patients(), CATALOG)


HAZARD = {"predictor": "burden", "contrast": "per_doubling", "endpoint": "os", "measure": "hazard_ratio"}


def test_a_planted_hazard_ratio_is_recovered():
    found = compared(**HAZARD, value=2.1, ci_low=1.6, ci_high=2.8)
    assert found.simulated.low < 2.0 < found.simulated.high  # hazard = burden / 300: twice for each doubling
    assert (found.direction, found.inside) == ("right", True)


def test_the_other_direction_is_wrong_and_nothing_is_undecided():
    assert compared(**HAZARD, value=0.5, ci_low=0.3, ci_high=0.8).direction == "wrong"
    idle = {**HAZARD, "predictor": "marker", "contrast": "per_unit"}
    assert compared(**idle, value=2.0, ci_low=1.5, ci_high=2.5).direction == "undecided"
    assert compared(**idle, value=2.0, ci_low=1.5, ci_high=2.5).inside is False


def test_a_published_interval_that_holds_one_tells_no_direction():
    assert compared(**HAZARD, value=1.3, ci_low=0.9, ci_high=1.8).direction == ""
    assert compared(**HAZARD, value=1.3, p_value=".07").direction == ""
    assert significant("<0.0001")


def test_no_association_is_right_near_one_half_and_wrong_far_from_it():
    ranked = {"contrast": "ranked", "endpoint": "os", "measure": "direction", "direction": "none"}
    assert compared(**ranked, predictor="marker").direction == "right"
    assert compared(**ranked, predictor="burden").direction == "wrong"


def test_direction_of_a_time_is_that_of_the_hazard():
    ranked = {"contrast": "ranked", "endpoint": "os", "measure": "direction", "predictor": "burden"}
    assert compared(**ranked, direction="higher").direction == "right"
    assert compared(**ranked, direction="lower").direction == "wrong"


def test_groups_told_over_time_lean_as_their_figures():
    share = {"predictor": "burden", "contrast": "above_median", "endpoint": "os", "measure": "share", "at_months": 6}
    found = compared(**share, value=20, reference_value=60, unit="percent", n=100)
    made = patients().values
    high = made["burden"] > np.median(made["burden"])
    alive = made["death_day"] > 6 * 365.25 / 12
    assert found.simulated.estimate == pytest.approx(100 * alive[high].mean())  # nobody is censored before 900 days
    assert found.reference is not None
    assert found.reference.estimate == pytest.approx(100 * alive[~high].mean())
    assert found.direction == "right"
    median = {"predictor": "burden", "contrast": "below_median", "endpoint": "os", "measure": "median"}
    assert compared(**median, value=12, reference_value=5).direction == "right"
    assert compared(**median, value=5, reference_value=12).direction == "wrong"


def test_a_landmark_leaves_the_earlier_out_and_counts_from_there():
    row = {"contrast": "everyone", "endpoint": "os", "measure": "median", "value": 5, "from_day": 100}
    days = patients().values["death_day"]
    expected = np.median(days[days > 100] - 100) / (365.25 / 12)
    assert compared(**row).simulated.estimate == pytest.approx(expected, rel=0.02)


def test_exposure_that_begins_later_is_not_immortal_time():
    row = {"predictor": "switch_day", "contrast": "since", "endpoint": "os", "measure": "hazard_ratio", "value": 1.5}
    found = compared(**row).simulated
    assert found.low < 1.0 < found.high  # the switch does nothing; a plain yes or no would look protective
    naive = compared(**{**row, "predictor": "switch_day < death_day", "contrast": "yes_no"}).simulated
    assert naive.high < 1.0


def test_adjusting_takes_away_what_came_from_another():
    made = patients()
    echo = made.values["burden"] * np.exp(0.3 * np.random.default_rng(1).normal(size=N))
    made = Patients(made.patient, {**made.values, "echo": echo}, {}, {}, [{}])
    row = {**HAZARD, "predictor": "echo", "value": 2.0}
    alone, joint = (association({**row, "given": given}) for given in ((), ("log(burden)",)))
    assert compare_row(alone, alone.rows[0], made, CATALOG).simulated.low > 1.3
    after = compare_row(joint, joint.rows[0], made, CATALOG).simulated
    assert after.low < 1.0 < after.high


def test_patients_whose_predictor_is_unknown_are_left_out():
    found = compared(predictor="half_known + marker", contrast="ranked", outcome="severe", measure="auroc", value=0.6)
    assert found.simulated.n == N // 2


def test_what_cannot_be_asked_says_why():
    one = association({**HAZARD, "predictor": "ghost", "value": 2.0})
    found = compare_row(one, one.rows[0], patients(problems={"ghost": "the trial measures no ghost"}), CATALOG)
    assert found.unanswered == "the trial measures no ghost"
    assert (found.direction, found.inside) == ("", None)
    few = compared(predictor="burden > 1000", contrast="yes_no", endpoint="os", measure="hazard_ratio", value=2.0)
    assert "in the group" in few.unanswered
    with pytest.raises(UnknownName, match="odds_ratio"):
        compared(**{**HAZARD, "measure": "odd_ratio"}, value=2.0)


def test_limits_of_a_printed_share_are_exact():
    row = AssociationRow.model_validate(
        {**BASE, "title": "share of all", "contrast": "everyone", "outcome": "severe", "measure": "share", "value": 81,
         "unit": "percent", "n": 75}
    )  # fmt: skip
    low, high, origin = published_limits(row)
    assert (round(low), round(high), origin) == (71, 89, "exact")  # 61 of 75, as printed for ELIANA


def test_a_pool_takes_nobody_twice_and_says_whose_they_are():
    runs = {"a": patients(seed=1), "b": patients(seed=2)}
    parts = [SimulatedBy(trial="a", share=0.3), SimulatedBy(trial="b", share=0.7)]
    pool = pooled(parts, runs, N)
    assert sorted(pool.patient) == list(range(1, N + 1))
    assert pool.values["from_a"].sum() == 0.3 * N
    assert np.array_equal(pool.values["burden"][:150], runs["a"].values["burden"][:150])
    with pytest.raises(BadInput):
        pool.formula("from_c")


def test_the_hidden_draw_is_found_and_covariates_are_not_flattered():
    table = Determinants.model_validate(
        {"id": "x", "title": "Made up", "outcome": [{"name": "severe CRS", "formula": "severe"}],
         "covariate": [{"name": "burden", "formula": "ghost", "instead": ["burden"]}, {"name": "marker", "formula": "marker"}]}
    )  # fmt: skip
    frame = determinants_frame(table, {"made_up": patients()})
    best = frame.filter(
        frame["kind"] == KINDS[1]
    ).to_dicts()[0]  # fmt: skip
    assert best["predictor"] == "draw"
    assert best["auroc"] > 0.95
    for one in frame.filter(frame["kind"] != KINDS[1]).to_dicts():
        assert one["ci_low"] < 0.5 < one["ci_high"], one
    assert set(frame.filter(frame["kind"] == KINDS[0])["predictor"]) == {"burden", "marker"}


def test_cross_validation_of_noise_is_a_coin():
    # the mean of many: no systematic distance from one half (standard error of each about 0.04)
    from livingdrug.trial.associations.determinants import auroc

    rng, found = np.random.default_rng(3), []
    for _ in range(40):
        event, x = (rng.random(200) < 0.15).astype(float), rng.normal(size=(200, 6))
        score = cross_validated(x, event, np.arange(200) % 5)
        assert score is not None
        found.append(auroc(score, event))
    assert np.mean(found) == pytest.approx(0.5, abs=0.03)


def test_chance_is_the_median_of_the_best_of_noise():
    rng, n, tried = np.random.default_rng(5), 120, 30
    event = np.repeat([1.0, 0.0], [40, 80])
    from livingdrug.trial.associations.determinants import auroc

    best = [max(abs(auroc(rng.normal(size=n), event) - 0.5) for _ in range(tried)) for _ in range(150)]
    assert chance(40, 80, tried) == pytest.approx(0.5 + np.median(best), abs=0.01)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Uses of the rows that were compared; nothing is simulated."""
    seen: list[str] = []
    true = board.compare_row

    def compare(one, row, asked, catalog):
        seen.append(one.use)
        return true(one, row, asked, catalog)

    monkeypatch.setattr(
        board, "simulate_patients", lambda trial, names, *, patients, **other: globals()["patients"](patients)
    )
    monkeypatch.setattr(board, "compare_row", compare)
    return seen


def test_rows_kept_to_test_are_not_looked_at_unless_asked_for(looked_at: list[str]):
    found = board.associations(patients=60, catalog=CATALOG)
    assert set(looked_at) == {"shape"}
    kept = sum(len(CATALOG.load("association", name).rows) for name in CATALOG.names("association")
               if CATALOG.load("association", name).use == "test")  # fmt: skip
    assert found.hidden == {"test": kept}
    told = found.told()
    assert {row["use"] for row in told["rows"]} == {"shape"}
    assert "test" not in told["summary"]

    both = board.associations(patients=60, catalog=CATALOG, with_test_rows=True)
    assert set(looked_at) == {"shape", "test"}
    assert both.hidden == {}
    assert both.summary("test").n_rows == kept
