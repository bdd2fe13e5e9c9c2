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
    """Results of 40 patients of ELIANA with a third clone, and the equations they followed."""
    from livingdrug.catalog.load import Catalog, load_trial
    from livingdrug.course.equations import equations
    from livingdrug.course.settings import Settings
    from livingdrug.course.simulate import simulate_patients

    catalog = Catalog([folder_with(tmp_path, DIM)])
    trial = load_trial("eliana", catalog)
    patients = np.arange(1, 41, dtype=np.int64)
    arm = trial.arms[0]
    frames = simulate_patients(trial, arm.name, patients, 7, catalog=catalog, settings=Settings(sample=40))
    return frames, equations(trial, arm, catalog)


def test_a_third_clone_is_one_edited_file(three):
    # expected: the list in the recipe; cells add up at every check; a clone that died out is empty from then on
    frames, ready = three
    model = ready.model
    assert [clone.name for clone in model.clones] == ["positive", "negative", "dim"]
    assert model.parameters["density_dim"].value == 0.2 * model.parameters["density_positive"].value
    course = frames["courses"]
    cells = sum(course[clone.cells] for clone in model.clones)
    np.testing.assert_allclose(course[model.named("tumour_total")], cells, rtol=1e-9, atol=1e-9)
    start = course.group_by("patient", maintain_order=True).first()
    shares = start[model.clones[2].cells] / start[model.named("tumour_total")]
    np.testing.assert_allclose(shares, 0.05, rtol=1e-6)
    extinct = 0
    for clone in model.clones:
        gone = course[extinct_day(clone)]
        assert (course[clone.cells].filter(gone < course["day"]) == 0).all()
        extinct += (gone < NEVER).any()
    assert extinct == 3
    # cure asks for all three
    infused = frames["patients"].drop_nulls("truth_cured")
    days = course.group_by("patient").agg(pl.col(extinct_day(clone)).min() for clone in model.clones)
    joined = infused.join(days, on="patient")
    assert 0 < joined["truth_cured"].sum() < joined.height
    everyone = np.logical_and.reduce([joined[extinct_day(clone)].to_numpy() < NEVER for clone in model.clones])
    np.testing.assert_array_equal(joined["truth_cured"].to_numpy(), everyone)


def test_a_relapse_is_named_after_the_clones_that_carry_it(three):
    # expected: by hand from the true cells of the day; the clone with a fifth of the antigen counts as one without
    frames, _ = three
    relapsed = frames["patients"].drop_nulls("relapse_day")
    assert relapsed.height > 3
    for patient, day, negative in relapsed.select("patient", "relapse_day", "relapse_antigen_negative").rows():
        cells = frames["courses"].filter((pl.col("patient") == patient) & (pl.col("day") >= day)).row(0, named=True)
        lost = cells["leukaemia_negative"] + cells["leukaemia_dim"]
        assert negative == (lost > cells["leukaemia_positive"]), patient


def test_another_clone_changes_no_random_number_of_the_others():
    # expected: addressed randomness
    two = assemble("b_all_cd19").clones
    three = assemble(
        "b_all_cd19", texts={"recipes/b_all_cd19.toml": package_texts()["recipes/b_all_cd19.toml"] + DIM}
    ).clones
    assert three[:2] == two
    patients = np.arange(1, 20, dtype=np.int64)
    before, after = (fate_parameters(patients, 3, clones) for clones in (two, three))
    assert set(after) - set(before) == {name for name in after if "_dim_" in name}
    assert all(before[name].tobytes() == after[name].tobytes() for name in before)


def test_a_clone_cut_into_two_alike_is_the_same_tumour(treated):
    # expected: superposition; two clones of one pattern grow and die at one rate, so nothing that reads their sum can tell
    from livingdrug.engine.ensemble import compile_model
    from livingdrug.engine.read_sbml import read_sbml

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
        doses = [dose for dose in people.doses if dose.check < len(checks)]
        done = compiled.run(rows, checks, np.zeros(len(checks)), doses, rtol=1e-7)
        assert set(done.status.tolist()) == {0}
        totals.append(done.outputs)
    np.testing.assert_allclose(totals[1], totals[0], rtol=2e-4, atol=1e-3)
