"""A plan says all that the line needs. Expected: what can move a course is in its hash, what cannot is not; it travels small."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from livingdrug.catalog.load import Catalog, default_catalog
from livingdrug.catalog.plan import plan_arm, plans_of
from livingdrug.catalog.records.trial import EndpointUse
from livingdrug.foundation.errors import CatalogError, UnknownName

MOST_BYTES = 400_000
"""So that handing plans to thousands of jobs elsewhere costs nothing."""


@pytest.fixture(scope="module")
def trial():
    return default_catalog().load("trial", "eliana")


def hash_of(trial) -> str:
    return plan_arm(trial, trial.arms[0].name, default_catalog()).sha256()


def with_arm(trial, **changes):
    return trial.model_copy(update={"arms": (trial.arms[0].model_copy(update=changes),)})


@pytest.mark.parametrize("name", default_catalog().names("trial"))
def test_a_plan_pickles_small_and_whole(name):
    # generated: every trial; it comes back equal, with the same hash
    catalog = default_catalog()
    for plan in plans_of(catalog.load("trial", name), catalog):
        packed = pickle.dumps(plan)
        assert len(packed) < MOST_BYTES
        back = pickle.loads(packed)
        assert back.sha256() == plan.sha256()
        assert back.arm == plan.arm
        assert back.questions == plan.questions


def test_what_is_asked_afterwards_is_not_in_the_hash(trial, tmp_path):
    # expected: endpoints and outcomes read a finished run
    fewer = trial.model_copy(update={"endpoints": trial.endpoints[:2]})
    more = trial.model_copy(update={"endpoints": (*trial.endpoints, EndpointUse(id="infused"))})
    assert hash_of(fewer) == hash_of(trial) == hash_of(more)
    (tmp_path / "outcome").mkdir()
    text = default_catalog().path("outcome", "dialysis").read_text(encoding="utf-8").replace("> 6", "> 3")
    (tmp_path / "outcome" / "dialysis_early.toml").write_text(text, encoding="utf-8")
    other = plan_arm(trial, trial.arms[0].name, Catalog([tmp_path]))
    assert other.questions.find("dialysis_early") is not None
    assert other.sha256() == hash_of(trial)


def test_what_moves_a_course_is_in_the_hash(trial):
    # expected: another dose, drug day, guideline, visit, scale or number of conduct is another plan
    arm = trial.arms[0]
    infusion = arm.infusion.model_copy(update={"dose_above_50kg": "0.1e8 to 3.0e8 cell"})
    drug = arm.lymphodepletion[0].model_copy(update={"dose": "31 mg/m^2"})
    conduct = {
        **trial.conduct,
        "transplant_in_remission": trial.conduct["transplant_in_remission"].model_copy(update={"value": 0.5}),
    }
    days = {**trial.visits.days, "response": (29.0, *trial.visits.days["response"][1:])}
    others = [
        with_arm(trial, infusion=infusion),
        with_arm(trial, lymphodepletion=(drug, *arm.lymphodepletion[1:])),
        trial.model_copy(update={"arms": (arm.with_policy("no_treatment"),)}),
        trial.model_copy(update={"conduct": conduct}),
        trial.model_copy(update={"visits": trial.visits.model_copy(update={"days": days})}),
        trial.model_copy(update={"scales": (*trial.scales, "crs_lee")}),
        trial.model_copy(update={"follow_up": "4 year"}),
    ]
    hashes = {hash_of(other) for other in others}
    assert len(hashes) == len(others)
    assert hash_of(trial) not in hashes


def test_a_changed_record_changes_the_hash(trial):
    # expected: each record of the plan counts, by its content and not by its name
    plan = plan_arm(trial, trial.arms[0].name, default_catalog())
    product = plan.product.model_copy(update={"title": "another"})
    assert replace(plan, product=product).sha256() != plan.sha256()
    assert replace(plan, texts={"mechanisms/mine.ant": "x = 1"}).sha256() != plan.sha256()
    told = plan.hashes()
    assert {f"product/{plan.product.id}", f"disease/{plan.disease.id}", f"guideline/{plan.guideline.id}"} <= set(told)
    assert told == plan_arm(trial, trial.arms[0].name, default_catalog()).hashes()


def test_names_that_lead_nowhere_are_refused(trial):
    # expected: kind, name and the next step
    catalog = default_catalog()
    with pytest.raises(UnknownName, match=r'no arm .*"tisa-sel"'):
        plan_arm(trial, "tisa-sel", catalog)
    lost = with_arm(trial, product="tisa_sel")
    with pytest.raises(UnknownName, match='Did you mean "tisa_cel"'):
        plan_arm(lost, lost.arms[0].name, catalog)
    (name,) = {arm.name for arm in trial.arms}
    unmade = with_arm(trial, apheresis=trial.arms[0].apheresis.model_copy(update={"making": ""}))
    if not catalog.load("product", trial.arms[0].product).making_process:
        with pytest.raises(CatalogError, match="does not say how"):
            plan_arm(unmade, name, catalog)


OTHERS = 'arm "tisa-cel", "apheresis.making": "axi_cel_trial" is how axi_cel is made, but the arm gives tisa_cel'


def test_the_making_of_another_product_is_refused_unless_it_is_meant(trial, tmp_path):
    # expected: what is made how and given where, and the two ways to say that it is meant
    catalog = default_catalog()
    making = trial.arms[0].apheresis.model_copy(update={"making": "axi_cel_trial"})
    mistaken = with_arm(trial, apheresis=making)
    with pytest.raises(CatalogError, match=f"(?s){OTHERS}.*of_another_product = true.*also"):
        plan_arm(mistaken, "tisa-cel", catalog)
    meant = with_arm(trial, apheresis=making.model_copy(update={"of_another_product": True}))
    assert plan_arm(meant, "tisa-cel", catalog).making.product == "axi_cel"
    (tmp_path / "making").mkdir()
    text = catalog.path("making", "axi_cel_trial").read_text(encoding="utf-8")
    told = tmp_path / "making" / "axi_cel_trial.toml"
    told.write_text(text.replace("product =", 'also = ["tisa_cel"]\nproduct =', 1), encoding="utf-8")
    assert plan_arm(mistaken, "tisa-cel", Catalog([tmp_path])).making.also == ("tisa_cel",)


def test_a_product_that_extends_another_is_made_like_it(trial, tmp_path):
    # expected: two steps of extending still lead to tisa_cel, whose making this is
    (tmp_path / "product").mkdir()
    for name, base in (("mine_cel", "tisa_cel"), ("younger_cel", "mine_cel")):
        text = f'extends = "{base}"\ntitle = "Of our own"\n'
        (tmp_path / "product" / f"{name}.toml").write_text(text, encoding="utf-8")
    mine = with_arm(trial, product="younger_cel")
    assert trial.arms[0].apheresis.making == "tisa_cel_trial"
    assert plan_arm(mine, "tisa-cel", Catalog([tmp_path])).making.id == "tisa_cel_trial"
