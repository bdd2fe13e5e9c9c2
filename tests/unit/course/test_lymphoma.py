"""A lymphoma trial runs through the same line as tumour; expected values: the catalogue's own files."""

import numpy as np
import polars as pl
import pytest

from livingdrug.population.cohort import Cohort

PATIENTS = 40


@pytest.fixture(scope="module")
def parts():
    from livingdrug.catalog.load import default_catalog, load_trial

    catalog = default_catalog()
    trial = load_trial("juliet", catalog)
    return trial, catalog, catalog.load("disease", trial.disease), catalog.load("population", trial.population)


@pytest.fixture(scope="module")
def result():
    from livingdrug.trial.run import run

    return run("juliet", patients=PATIENTS, seed=2, sample=PATIENTS, threads=1)


def test_burden_is_told_by_the_covariate_the_disease_names(parts):
    # expected: the lots of a cohort whose other burden is that covariate
    from livingdrug.catalog.plan import plans_of
    from livingdrug.course.equations import parameters_of
    from livingdrug.manufacturing import make
    from livingdrug.population import draw

    plan = plans_of(parts[0], parts[1])[0]
    numbers, burden = parameters_of(plan), plan.disease.burden
    cohort = draw(plan.population, np.arange(1, 21), 3)
    lots = make(plan, cohort, numbers, 3)
    more = Cohort(
        cohort.patients, {**cohort.covariates, burden: 1.5 * cohort[burden], "blasts_percent": np.full(20, 60.0)}
    )
    other = make(plan, more, numbers, 3)
    ratio = other.tumour_cells_at_lymphodepletion / lots.tumour_cells_at_lymphodepletion
    assert np.median(ratio) == pytest.approx(1.5, rel=0.15)


def test_one_capacity_in_two_files(parts):
    # expected: the disease's capacity; the population divides by it, and making does not state it again
    trial, catalog, disease, population = parts
    from livingdrug.model.assemble import assemble

    model = assemble(disease.recipe)
    cells = disease.parameter["tumour_capacity"].value
    numbers = population.covariate["burden_percent"].number
    assert numbers["capacity"].value * model.parameters["lymphoma_density"].value == cells
    assert numbers["reference_weight"].value == model.parameters["reference_weight"].value
    assert "tumour_capacity" not in catalog.load("making", trial.arms[0].apheresis.making).waiting


def test_the_course_begins_with_the_volume_the_patient_enrolled_with(parts, result):
    # expected: growth and bridging change it while waiting, by less than a factor of 100, and never below nothing
    courses = result.courses.sort("patient", "day").group_by("patient", maintain_order=True).first()
    both = courses.join(result.patients, on="patient")
    ratio = (both["metabolic_volume"] / both["tumour_volume_ml"]).to_numpy()
    assert both.height == result.patients.filter(pl.col("status") == "infused").height
    assert ((ratio > 0.01) & (ratio < 100)).all()
    assert 0.3 < np.median(ratio) < 5


def test_every_course_finishes_and_responses_are_those_of_lymphoma(result):
    # expected: the words of the Lugano table
    assert result.failed.is_empty()
    infused = result.patients.filter(pl.col("status") == "infused")
    assert set(infused["best_response"]) <= {"CR", "PR", "SD", "PD", "NE"}
    assert set(result.visits["quantity"]) >= {"metabolic_volume_ml", "tumour_volume_ml"}
    assert not set(result.visits["quantity"]) & {"blasts_percent", "mrd_fraction"}


def test_a_healthy_marrow_is_not_crowded(parts, result):
    # expected: lymphoma does not hold blood formation down, so the weight of crowding is nothing
    assert parts[2].parameter["crowding_weight"].value == 0.0


def test_every_scale_of_the_trial_is_graded(parts, result):
    # expected: the trial's list, and what is graded wherever the model has its signs
    always = {name for name in parts[1].names("scale") if parts[1].load("scale", name).graded_when_modelled}
    assert set(parts[0].scales) <= set(result.grades["scale"]) <= {*parts[0].scales, *always}


def test_dose_is_within_the_label_whatever_the_weight(result):
    # expected: 0.6 to 6.0e8 cells (label)
    dose = result.patients.filter(pl.col("status") == "infused")["dose_cells"]
    assert 0.6e8 <= dose.min() <= dose.max() <= 6.0e8


def test_every_disease_names_a_way_to_judge_response(parts):
    # expected: the ways there are; tumour keeps the marrow
    from livingdrug.clinic.criterion import judged_by

    catalog = parts[1]
    for name in catalog.names("disease"):
        judged_by(catalog.load("disease", name).response)
    tumour = catalog.load("disease", "b_all")
    assert (tumour.response, tumour.burden) == ("all_marrow", "blasts_percent")
