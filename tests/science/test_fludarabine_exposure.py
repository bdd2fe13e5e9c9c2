"""One exposure to fludarabine, by the mechanism that patients go through and by Langenhorst's model as published."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.engine.ensemble import Dose, compile_model
from livingdrug.engine.sbml.read import read_sbml
from livingdrug.model.assemble import assemble
from livingdrug.model.published import open_published
from livingdrug.population.cohort import Cohort
from livingdrug.population.drawing import model_parameters

ALONE = """
title = "Lymphodepletion alone"
summary = "The mechanism without a patient's tumour or cells."
mechanisms = ["body", "lymphodepletion"]
"""
DAYS = np.linspace(0.0, 20.0, 8001)
MG = 30.0


def concentration(model, state, output, **values):
    """The concentration [mg/L] at `DAYS` after one dose at day 0."""
    odes = read_sbml(model.sbml)
    compiled = compile_model(
        odes, log_scales=model.log_scales,
        linear_scales={name: 1e-3 * scale for name, scale in model.linear_scales.items()}, outputs=[output],
    )  # fmt: skip
    table = np.array([[values.get(name, one) for name, one in zip(odes.parameters, odes.defaults, strict=True)]])
    given = [Dose(0, state, np.array([MG]))]
    return compiled.run(table, DAYS, np.zeros(DAYS.size, bool), given, rtol=1e-8).outputs[0][:, 0]


@pytest.mark.parametrize("population", ["b_all_paediatric_rr", "lbcl_adult_rr", "mcl_adult_rr", "mm_adult_rr"])
@pytest.mark.parametrize("filtration", [60.0, 110.0, 180.0])
def test_filtration_is_set_at_the_reference_size(population, filtration):
    # expected: mL/min per 1.73 m^2 as L/day, at most 140 mL/min, whatever the patient's size
    record = default_catalog().load("population", population)
    names = {one: np.full(3, 1.0) for one in record.covariate}
    sized = {"weight_kg": np.array([12.0, 30.0, 70.0]), "bsa_m2": np.array([0.55, 1.05, 1.8])}
    cohort = Cohort(np.arange(1, 4), {**names, **sized, "egfr_ml_min_173": np.full(3, filtration)}, population)
    np.testing.assert_allclose(model_parameters(record, cohort)["egfr"], min(filtration, 140.0) * 1440 / 1000)


@pytest.mark.parametrize("weight", [12.0, 30.0, 70.0])
def test_exposure_is_that_of_the_published_model_at_every_size(weight):
    # expected: the published model's own equations (model/published/langenhorst_2019), and the dose over the clearance
    ours = concentration(
        assemble("alone", texts={"recipes/alone.toml": ALONE}),
        "fludarabine_central", "fludarabine_concentration", weight=weight, egfr=100.0 * 1.44,
    )  # fmt: skip
    theirs = concentration(
        open_published("langenhorst_2019").model, "central", "concentration", weight=weight, renal_function=100.0
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-9)
    by_hand = MG / ((3.2 + 0.78 * 100.0 * 0.06) * (weight / 70.0) ** 0.75) / 24.0  # mg day/L
    assert np.trapezoid(ours[1:], DAYS[1:]) == pytest.approx(by_hand, rel=0.02)  # trapezoids over a bolus
