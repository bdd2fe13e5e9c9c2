"""A product is given in a disease whose cells carry its target, and in no other: expected from the definition of a target."""

from __future__ import annotations

from dataclasses import replace

import pytest

from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.catalog.plan import plans_of
from livingdrug.course.equations import check_plan, parameters_of
from livingdrug.foundation.errors import CatalogError, ModelError


@pytest.fixture(scope="module")
def plan():
    catalog = default_catalog()
    return plans_of(load_trial("zuma_1", catalog), catalog)[0]


def test_a_product_aimed_at_what_the_cells_do_not_carry_is_refused_with_both_names(plan):
    other = default_catalog().load("product", "cilta_cel")
    with pytest.raises(CatalogError, match=r'"cilta_cel" is aimed at BCMA.*"lbcl".*CD19 only'):
        check_plan(replace(plan, product=other))


def test_another_product_of_the_same_target_needs_no_numbers_of_its_own(plan):
    for name in ("liso_cel", "tisa_cel", "brexu_cel"):
        other = default_catalog().load("product", name)
        domain = default_catalog().load("costimulation", other.costimulation)
        check_plan(replace(plan, product=other, costimulation=domain))


def test_two_products_of_one_domain_share_its_ratios(plan):
    found = []
    for name in ("axi_cel", "brexu_cel"):
        product = default_catalog().load("product", name)
        one = replace(
            plan, product=product, costimulation=default_catalog().load("costimulation", product.costimulation)
        )
        found.append({key: value.value for key, value in parameters_of(one).items() if key.endswith("_costimulation")})
    assert found[0] == found[1]
    assert any(value != 1.0 for value in found[0].values())


def test_a_number_outside_what_the_sheet_allows_is_refused(plan):
    fast = parameters_of(plan)["growth_max"].model_copy(update={"value": 7.19, "high": None})
    product = plan.product.model_copy(update={"parameter": {"growth_max": fast}})
    with pytest.raises(ModelError, match=r"growth_max to 7\.19"):
        parameters_of(replace(plan, product=product))


def test_the_form_of_a_law_is_not_a_products(plan):
    power = parameters_of(plan)["density_hill"].model_copy(update={"value": 3.0})
    product = plan.product.model_copy(update={"parameter": {"stimulation_steepness": power}})
    with pytest.raises(ModelError, match="gives a law its form"):
        parameters_of(replace(plan, product=product))
