"""Each patient's own parameters: what the lot, the covariates and fate put in."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.course.fate import fate_parameters
from livingdrug.course.individuals import patient_parameters


@pytest.fixture(scope="module")
def story(eliana):
    from livingdrug.catalog.plan import plans_of
    from livingdrug.course.equations import equations, parameters_of
    from livingdrug.manufacturing import make
    from livingdrug.population import draw

    plan = plans_of(*eliana)[0]
    cohort = draw(plan.population, np.arange(1, 201, dtype=np.int64), 4)
    quantities = parameters_of(plan)
    lots = make(plan, cohort, quantities, 4)
    rows = np.flatnonzero(lots.infused)
    return equations(plan), quantities, plan.population, cohort.select(rows), lots.select(rows)


def made(story, **options):
    """The parameter table of these patients."""
    ready, *rest = story
    return patient_parameters(ready.odes, *rest, 4, clones=ready.model.clones, **options)


def column(odes, table, name):
    return table[:, odes.parameters.index(name)]


def test_the_lot_and_the_wait_set_their_parameters(story):
    # expected: by hand from the lots and the covariates
    ready, _, _, cohort, lots = story
    odes, table = ready.odes, made(story)
    np.testing.assert_array_equal(column(odes, table, "weight"), cohort["weight_kg"])
    np.testing.assert_array_equal(column(odes, table, "copies_per_cell"), lots.copies_per_car_t_cell)
    np.testing.assert_array_equal(column(odes, table, "memory_share"), lots.memory_fraction)
    np.testing.assert_array_equal(column(odes, table, "culture_doublings"), lots.culture_doublings)
    np.testing.assert_array_equal(column(odes, table, "naive_share"), lots.naive_fraction)
    np.testing.assert_array_equal(column(odes, table, "lot_cd4_share"), lots.cd4_fraction)
    np.testing.assert_array_equal(column(odes, table, "lot_potency"), lots.potency)
    # fitter cells are those whose lot says so, with its sign
    np.testing.assert_array_equal(column(odes, table, "fitness"), lots.fitness)
    assert lots.fitness.min() < 0 < lots.fitness.max()
    size = cohort["weight_kg"] / column(odes, table, "reference_weight")
    full = column(odes, table, "tumour_capacity") * size
    start = column(odes, table, "tumour_start")
    np.testing.assert_allclose(100 * start / full, np.clip(lots.burden_percent_at_lymphodepletion, 0, 100), rtol=1e-12)
    for name, values in fate_parameters(cohort.patients, 4, ready.model.clones).items():
        np.testing.assert_array_equal(column(odes, table, name), values)
    assert np.isfinite(table).all()


def test_what_a_supply_does_not_tell_stays_as_the_model_has_it(story):
    # expected: a bank that says nothing of CD4 cells and potency gives usual ones, and no logarithm of nothing
    from dataclasses import replace

    ready, *rest, lots = story
    unknown = np.full(len(lots), np.nan)
    dumb = replace(lots, cd4_fraction=unknown, potency=unknown, naive_fraction=unknown)
    table = patient_parameters(ready.odes, *rest, dumb, 4, clones=ready.model.clones)
    for name in ("lot_cd4_share", "lot_potency", "naive_share"):
        assert set(column(ready.odes, table, name)) == {rest[0][name].value}, name


def test_spread_is_the_stated_one_and_can_be_switched_off(story):
    # expected: log-normal with the sheet's spread around the sheet's value; typical values without it
    ready, quantities, _, cohort, _ = story
    odes = ready.odes
    spread = {name: one for name, one in quantities.items() if one.spread > 0 and one.spread_scale == "log"}
    assert spread
    table = made(story)
    typical = made(story, between_patient=False)
    n = len(cohort)
    for name, one in spread.items():
        if np.ptp(column(odes, typical, name)) > 0:
            continue  # covariates set this one
        np.testing.assert_allclose(column(odes, typical, name), one.value, rtol=1e-12)
        logs = np.log(column(odes, table, name) / one.value)
        assert abs(logs.mean()) < 4.5 * one.spread / np.sqrt(n), name
        assert logs.std() == pytest.approx(one.spread, rel=4.5 / np.sqrt(2 * n)), name


def test_a_patient_is_the_same_in_any_company(story):
    # expected: bitwise the same row
    ready, quantities, population, cohort, lots = story
    table = made(story)
    rows = np.array([7, 3])
    few = made((ready, quantities, population, cohort.select(rows), lots.select(rows)))
    assert few.tobytes() == table[rows].tobytes()
