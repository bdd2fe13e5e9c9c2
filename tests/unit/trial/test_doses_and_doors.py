"""Expected: by hand from the plan: what is given is counted once and told as planned, and what cannot be is refused at the door."""

from __future__ import annotations

import pytest

from livingdrug.catalog.arms import Arm, Given, Management
from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.foundation.errors import BadInput, CatalogError, UnknownName
from livingdrug.observation.ward import PLANNED
from livingdrug.trial.compare import compare
from livingdrug.trial.door import planned
from livingdrug.trial.run import run
from livingdrug.trial.same_people import run_policies


def drugs_alone(**given) -> Arm:
    """An arm without cells."""
    return Arm(name="drugs", given=(Given(**given),), management=Management(guideline="no_treatment"))


def juliet(**update):
    return load_trial("juliet").model_copy(update=update)


def test_planned_doses_are_logged_and_counted_apart_from_those_of_rules():
    arm = drugs_alone(drug="dexamethasone", dose="40 mg/patient", days=(0, 1, 2, 3))
    use = tuple(use for use in load_trial("juliet").endpoints if use.id == "os")
    result = run(juliet(arms=(arm,), endpoints=use), patients=5, seed=2, sample=0)
    assert set(result.log["rule"]) == {PLANNED}
    assert result.outcome("doses_dexamethasone")["doses_dexamethasone"].to_list() == [4] * 5
    assert result.outcome("n_steroid")["n_steroid"].to_list() == [0] * 5


@pytest.mark.parametrize("trial", ["juliet", "zuma_2", "cartitude_1"])
def test_policies_are_compared_in_every_disease(trial):
    record = load_trial(trial)
    result = run_policies(record, ["no_treatment"], patients=6, seed=3, sample=0)
    assert compare(result).table.height > 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"drug": "cyclophosphamide", "dose": "500 mg/m^2", "days": (-30, 0)}, "expected day 0"),
        ({"drug": "cyclophosphamide", "dose": "500 mg/m^2", "days": (5,)}, "expected day 0"),
    ],
)
def test_an_arm_without_cells_begins_on_day_0(given, told):
    with pytest.raises(CatalogError, match=told):
        drugs_alone(**given)


def test_what_is_given_after_the_end_of_follow_up_is_refused():
    trial = load_trial("juliet")
    late = trial.arms[0].model_copy(update={"given": (Given(cells=trial.arms[0].product, days=(9000,)),)})
    with pytest.raises(CatalogError, match="after the end of follow-up"):
        type(trial).model_validate({**trial.model_dump(by_alias=True), "arm": [late.model_dump()]})


def test_times_of_an_endpoint_that_has_none_are_refused_before_the_run():
    """A proportion is one number: a run would finish, and its row be left out."""
    trial = load_trial("juliet")
    uses = tuple(
        use.model_copy(update={"at_months": (3.0,)}) if use.id == "crs_any" else use for use in trial.endpoints
    )
    assert uses != trial.endpoints
    with pytest.raises(CatalogError, match="of crs_any: it is a proportion"):
        planned(juliet(endpoints=uses), default_catalog())


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("transplant_in_remission", {"value": -125.0}, "expected 0 to"),
        ("transplant_in_remission", {"unit": "mg"}, 'expected ""'),
        ("transplant_in_remission", {"value": 1.5}, "expected 0 to 1"),
    ],
)
def test_numbers_of_conduct_are_held_against_unit_and_range(name, change, told):
    trial = load_trial("juliet")
    conduct = {**trial.conduct, name: trial.conduct[name].model_copy(update=change)}
    with pytest.raises(CatalogError, match=told):
        planned(trial.model_copy(update={"conduct": conduct}), default_catalog())


def test_survival_after_failure_is_no_trials_to_say():
    trial = load_trial("juliet")
    conduct = {**trial.conduct, "salvage_success": trial.conduct["transplant_in_remission"]}
    with pytest.raises(CatalogError, match="lbcl"):
        planned(trial.model_copy(update={"conduct": conduct}), default_catalog())


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ('of = "ward"\nwhen = "temprature >= 38"\nreduce = "any"', UnknownName, "temprature"),
        ('of = "grades"\nmatch = { scales = "crs_penn" }\nreduce = "any"', UnknownName, "scales"),
        ('of = "visits"\nreduce = "area"', CatalogError, "until"),
        ('name = "icu"\nof = "ward"\nreduce = "any"', CatalogError, "icu"),
        ('of = "ward"\nreduce = "ndays"', UnknownName, "ndays"),
    ],
)
def test_an_outcome_file_that_cannot_work_is_refused_before_the_run(tmp_path, text, error, told):
    from livingdrug.catalog.load import Catalog

    (tmp_path / "outcome").mkdir()
    file = tmp_path / "outcome" / "mine.toml"
    file.write_text(f'title = "Mine"\ndefinition = "An outcome of my own."\n{text}\n', encoding="utf-8")
    catalog = Catalog([tmp_path])
    with pytest.raises(error, match=told):
        planned(load_trial("eliana", catalog), catalog)


def test_a_share_above_the_whole_dose_is_refused():
    with pytest.raises((BadInput, ValueError), match="less than or equal to 1"):
        Given(cells="tisa_cel", share=1.1, days=(7,))
