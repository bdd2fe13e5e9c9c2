"""A third clone, added by editing one list: it runs, dies out and relapses as its antigen pattern says, and cells add up."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from livingdrug.course.fate import NEVER, extinct_day, fate_parameters
from livingdrug.model.assemble import assemble
from livingdrug.model.texts import package_texts

DIM = """
[instance.clone.dim]
called = "CD19-dim"
antigens = { CD19 = 0.2 }
source = "made up for a test"
[instance.clone.dim.parameter."{clone}_share"]
value = 0.05
unit = ""
meaning = "Share of the {clone} clone"
kind = "assumed"
source = "made up for a test"
"""
TWIN = DIM.replace("dim", "twin").replace("CD19 = 0.2", "CD19 = 1.0").replace("value = 0.05", "value = 0.5")


def folder_with(tmp_path, more):
    """A catalogue folder whose only file is the recipe of ELIANA with one more clone."""
    (tmp_path / "recipes").mkdir()
    text = package_texts()["recipes/b_all_cd19.toml"]
    (tmp_path / "recipes" / "b_all_cd19.toml").write_text(text + more, encoding="utf-8")
    return tmp_path


@pytest.fixture
def three(tmp_path):
    """Frames of 40 patients of ELIANA with a third clone, their model, and their course."""
    from livingdrug.catalog.load import Catalog
    from livingdrug.course.equations import assembled, parameters_of
    from livingdrug.course.simulate import Settings, simulate
    from livingdrug.manufacturing import make
    from livingdrug.population import draw
    from livingdrug.trial.door import planned

    _, (plan, *_) = planned("eliana", Catalog([folder_with(tmp_path, DIM)]))
    cohort = draw(plan.population, np.arange(1, 41, dtype=np.int64), 7)
    lots = make(plan, cohort, parameters_of(plan), 7)
    # the sample's courses are kept whole
    return assembled(plan), simulate(plan, cohort, lots, 7, settings=Settings(sample=40))


def test_a_third_clone_is_one_edited_file(three):
    # expected: the list in the recipe; cells add up at every check; a clone that died out is empty from then on
    model, course = three
    assert [clone.name for clone in model.clones] == ["positive", "sheltered", "negative", "dim"]
    assert model.parameters["density_dim"].value == 0.2 * model.parameters["density_positive"].value
    whole = course.sampled  # a sum is not kept of everyone
    total = whole.values[:, :, whole.names.index(model.named("tumour_total"))]
    cells = [course[clone.cells] for clone in model.clones]
    np.testing.assert_allclose(total, np.sum(cells, axis=0), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(cells[-1][:, 0] / total[:, 0], 0.05, rtol=1e-6)
    for clone, many in zip(model.clones, cells, strict=True):
        gone = course[extinct_day(clone)]
        assert (many[gone < course.days] == 0).all()
        assert (gone < NEVER).any(), "someone must lose this clone, or nothing was tested"
    # cure asks for all of them
    fates = course.fates()
    days = fates.select(f"truth_{clone.name}_clone_extinct_day" for clone in model.clones)
    assert 0 < fates["truth_cured"].sum() < fates.height
    np.testing.assert_array_equal(
        fates["truth_cured"], days.select(pl.all_horizontal(pl.all().is_not_null())).to_series()
    )


def test_antigen_loss_follows_the_patterns(three):
    # expected: by hand from the true cells; the clone with a fifth of the antigen counts as one without
    _, course = three
    lost = course["tumour_negative"] + course["tumour_dim"]
    every = lost + course["tumour_positive"] + course["tumour_sheltered"]
    some = every > 0
    np.testing.assert_allclose(course["antigen_negative_percent"][some], 100 * lost[some] / every[some], rtol=1e-12)
    assert np.ptp(course["antigen_negative_percent"][some]) > 50


def test_another_clone_changes_no_random_number_of_the_others():
    # expected: addressed randomness
    usual = assemble("b_all_cd19").clones
    more = assemble(
        "b_all_cd19", texts={"recipes/b_all_cd19.toml": package_texts()["recipes/b_all_cd19.toml"] + DIM}
    ).clones
    assert more[:-1] == usual
    patients = np.arange(1, 20, dtype=np.int64)
    before, after = (fate_parameters(patients, 3, clones) for clones in (usual, more))
    assert set(after) - set(before) == {name for name in after if "_dim_" in name}
    assert all(before[name].tobytes() == after[name].tobytes() for name in before)


def test_a_clone_cut_into_two_alike_is_the_same_tumour(treated):
    # expected: superposition; two clones of one pattern grow and die at one rate where both are reached alike, so nothing that reads their sum can tell
    from livingdrug.engine.ensemble import compile_model
    from livingdrug.engine.sbml.read import read_sbml

    people = treated(6, between_patient=False)
    text = package_texts()["recipes/b_all_cd19.toml"]
    checks = people.checks[people.checks <= 60]
    totals = []
    for more in ("", TWIN):
        model = assemble("b_all_cd19", states=(), texts={"recipes/b_all_cd19.toml": text + more})
        names = (model.named("tumour_total"), "car_t_effector", "il6")
        compiled = compile_model(
            read_sbml(model.sbml), log_scales=model.log_scales, linear_scales=model.linear_scales, outputs=names
        )
        rows = compiled.default_parameters(len(people))
        for name in compiled.odes.parameters:
            if name in people.ready.odes.parameters:
                rows[:, compiled.odes.parameters.index(name)] = people.parameter(name)
            if name in ("access_positive", "access_twin"):  # how well a place is reached follows its size, but at one
                rows[:, compiled.odes.parameters.index(name)] = 1.0
        doses = [dose for dose in people.doses if dose.check < len(checks)]
        done = compiled.run(rows, checks, np.zeros(len(checks)), doses, rtol=1e-7)
        assert set(done.status.tolist()) == {0}
        totals.append(done.outputs)
    np.testing.assert_allclose(totals[1], totals[0], rtol=2e-4, atol=1e-3)
