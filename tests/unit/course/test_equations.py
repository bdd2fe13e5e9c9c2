"""A plan held against its assembled model. Expected: the layers of parameters in order, and an error with the next step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from livingdrug.catalog.plan import Measured, plans_of
from livingdrug.course.equations import check_plan, equations, parameters_of
from livingdrug.foundation.errors import CatalogError, ModelError
from livingdrug.foundation.quantities import Quantity


@pytest.fixture(scope="module")
def plan(eliana):
    return plans_of(*eliana)[0]


def own(value: float) -> Quantity:
    return Quantity(value=value, unit="", meaning="of this test", kind="assumed", source="a test")


def test_parameters_come_from_the_mechanism_then_disease_then_product_then_the_user(plan):
    # expected: the last who sets a name has it
    found = parameters_of(plan)
    in_disease = next(name for name in plan.disease.parameter if name not in plan.product.parameter)
    in_product = next(iter(plan.product.parameter))
    assert found[in_disease] == plan.disease.parameter[in_disease]
    mine = plan.product.parameter[in_product]  # the sheet's bounds hold for it, too
    assert (found[in_product].value, found[in_product].source) == (mine.value, mine.source)
    assert parameters_of(plan, {in_product: own(3.25)})[in_product].value == 3.25
    untouched = set(found) - set(plan.disease.parameter) - set(plan.product.parameter)
    model = equations(plan).model
    assert all(found[name] == model.parameters[name] for name in untouched)


def test_a_parameter_the_model_does_not_have_is_refused(plan):
    # expected: who sets it, its name and what to do
    with pytest.raises(ModelError, match=r"the user sets warp_factor(.|\n)*Correct the name"):
        parameters_of(plan, {"warp_factor": own(1.0)})
    product = plan.product.model_copy(update={"parameter": {"warp_factor": own(1.0)}})
    with pytest.raises(ModelError, match=f'product "{plan.product.id}" sets warp_factor'):
        check_plan(replace(plan, product=product))


@pytest.mark.parametrize("layer", ["product", "disease"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": -1.0}, "to -1, expected 0 or more"),
        ({"value": 0.0, "spread": 0.3}, "to 0, expected a number above 0"),
        ({"value": 1.5, "spread": 0.3, "spread_scale": "logit"}, "to 1.5, expected a share above 0 and below 1"),
    ],
)
def test_a_layer_keeps_to_the_sign_and_scale_of_what_it_replaces(plan, layer, change, said):
    # expected: killing below nothing has no meaning, and a logarithm or logit needs a number it is defined for
    changed = {"killing_product": own(1.0).model_copy(update=change)}
    record = getattr(plan, layer).model_copy(update={"parameter": changed})
    with pytest.raises(ModelError, match=f'{layer} "{record.id}" sets killing_product {said}'):
        check_plan(replace(plan, **{layer: record}))


def test_a_trait_multiplies_by_plain_numbers(plan):
    # expected: twice the sheet's own number; a factor of two kilograms is none
    from livingdrug.catalog.load import default_catalog

    trait = default_catalog().load("trait", "low_affinity_binder")
    before = parameters_of(plan)["threshold_binder"].value
    for unit, wanted in (("", 2.0 * before), ("kg", None)):
        factor = own(2.0).model_copy(update={"unit": unit})
        with_it = replace(plan, traits=(trait.model_copy(update={"parameter": {"threshold_binder": factor}}),))
        if wanted is not None:
            assert parameters_of(with_it)["threshold_binder"].value == pytest.approx(wanted)
        else:
            with pytest.raises(ModelError, match="by 2 kg, expected a plain number"):
                parameters_of(with_it)


def test_a_number_that_may_be_negative_is_taken(plan):
    # expected: what is negative in its sheet, or states bounds of its own, may be
    known = parameters_of(plan)
    below = next(name for name, one in known.items() if one.value < 0.0)
    assert parameters_of(plan, {below: known[below].model_copy(update={"value": -0.5})})[below].value == -0.5
    bounded = own(-1.0).model_copy(update={"low": -2.0})
    assert parameters_of(plan, {"killing_product": bounded})["killing_product"].value == -1.0


def test_an_assay_that_reads_what_the_model_lacks_is_refused_where_it_was_asked_for(plan):
    # expected: refused at the door when the trial names it; not done, and no trouble, when only its group is visited
    assay = plan.measured[0].assay.model_copy(update={"id": "mine", "reads": "tumour_in_the_moon"})
    with pytest.raises(CatalogError, match=r'assay "mine" reads "tumour_in_the_moon"(.|\n)*\[visits.assays\]'):
        check_plan(replace(plan, measured=(*plan.measured, Measured(assay, (1.0,), 0.0, asked=True))))
    check_plan(replace(plan, measured=(*plan.measured, Measured(assay, (1.0,), 0.0, asked=False))))


def test_a_scale_whose_signs_the_model_lacks_is_refused(plan):
    # expected: the scale, the sign, and what to do
    scale = plan.graded[0]
    row = scale.row[0].model_copy(update={"condition": "glucose_in_urine > 1"})
    odd = scale.model_copy(update={"id": "mine", "row": (*scale.row, row)})
    with pytest.raises((CatalogError, ModelError), match=r"glucose_in_urine"):
        check_plan(replace(plan, graded=(*plan.graded, odd), scales={**plan.scales, "mine": odd}))
