"""Expected values: by hand, from small files written for the test; the rules of the sheets as docs/calibration.md states them."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.parameter_set import ParameterSet
from livingdrug.fitting.joint.free import count_fitted, fitted_numbers, free_numbers
from livingdrug.foundation.errors import BadInput, CatalogError
from livingdrug.foundation.priors import Prior, off_scale, on_scale
from livingdrug.foundation.quantities import Quantity

PRODUCT = """
extends = "axi_cel"
title = "A product like another"
[parameter.growth_max]
value = 2.0
unit = "1/day"
meaning = "Fastest growth"
kind = "fitted"
source = "a test"
spread = 0.3
low = 0.5
high = 2.77
prior = { median = 1.5, sd_log = 0.4 }
spread_prior = { sd_log = 0.3 }
spread_high = 1.0
[parameter.kill_max]
value = 1.0
unit = "1/day"
meaning = "Fastest killing"
kind = "assumed"
source = "a test"
"""


@pytest.fixture
def catalog(tmp_path) -> Catalog:
    (tmp_path / "product").mkdir()
    (tmp_path / "product" / "like.toml").write_text(PRODUCT, encoding="utf-8")
    return Catalog([tmp_path])


def quantity(**changes) -> Quantity:
    base = {"value": 2.0, "unit": "", "meaning": "a number", "kind": "fitted", "source": "a test"}
    return Quantity.model_validate({**base, **changes})


def test_a_file_that_extends_another_gives_its_own_numbers_only(catalog):
    mine = [one for one in fitted_numbers(catalog) if one.address.startswith("product/like/")]
    assert [one.address for one in mine] == [
        "product/like/parameter.growth_max",
        "product/like/parameter.growth_max.spread",
    ]
    assert [one.value for one in mine] == [2.0, 0.3]
    assert {one.level for one in mine} == {"product"}


def test_counts_are_by_level_and_a_fitted_spread_counts(catalog, tmp_path):
    before, after = count_fitted(Catalog()), count_fitted(catalog)
    assert after["product"] == before["product"] + 2
    assert after["all"] == before["all"] + 2
    assert after["all"] == sum(number for level, number in after.items() if level != "all")
    assert after["shared"] == before["shared"]


def test_only_numbers_with_a_prior_move_unless_they_are_named(catalog):
    free = free_numbers(catalog)
    mine = {one.address: one for one in free if one.address.startswith("product/like/")}
    growth = mine["product/like/parameter.growth_max"]
    assert growth.scale == "log"
    assert (growth.centre, growth.width) == (math.log(1.5), 0.4)
    assert (growth.low, growth.high) == (math.log(0.5), math.log(2.77))
    spread = mine["product/like/parameter.growth_max.spread"]
    assert (spread.centre, spread.high) == (math.log(0.3), 0.0)
    assert not any(one.prior_assumed for one in free)
    named = free_numbers(catalog, ["mechanism/marrow/parameter.fitness_crp"])
    assert [one.prior_assumed for one in named] == [True]
    with pytest.raises(BadInput, match="no fitted number"):
        free_numbers(catalog, ["product/like/parameter.kill_max"])  # assumed: it never moves


def test_bounds_and_priors_are_held_at_the_door(tmp_path):
    for wrong, words in (
        ({"low": 3.0}, "outside its bounds"),
        ({"high": 1.0}, "outside its bounds"),
        ({"kind": "assumed", "prior": {"sd_log": 0.5}}, 'kind "fitted"'),
        ({"prior": {"sd_log": 0.5, "sd": 1.0}}, "exactly one"),
        ({"prior": {}}, "exactly one"),
        ({"prior": {"sd_logit": 0.5}}, "not between 0 and 1"),
        ({"value": -1.0, "prior": {"sd_log": 0.5}}, "no logarithm"),
        ({"prior": {"sd_log": 0.5, "median": -1.0}}, "no logarithm"),
        ({"spread_prior": {"sd_log": 0.5}}, "spread above 0"),
        ({"spread": 1.5, "spread_high": 1.0}, "above its bound"),
    ):
        with pytest.raises(ValidationError, match=words):
            quantity(**wrong)
    (tmp_path / "product").mkdir()
    bad = PRODUCT.replace("value = 2.0", "value = 3.0")
    (tmp_path / "product" / "like.toml").write_text(bad, encoding="utf-8")
    with pytest.raises(CatalogError, match="outside its bounds"):
        Catalog([tmp_path]).load("product", "like")


def test_values_are_laid_on_where_they_stand_and_reach_files_that_extend(catalog, tmp_path):
    (tmp_path / "product" / "child.toml").write_text('extends = "like"\ntitle = "A child"\n', encoding="utf-8")
    known = Catalog([tmp_path])
    for name in ("like", "child", "tisa_cel"):
        known.load("product", name)
    under = known.under(
        ParameterSet({"product/like/parameter.growth_max": 2.5, "product/like/parameter.growth_max.spread": 0.4})
    )
    for name in ("like", "child"):
        found = under.load("product", name).parameter["growth_max"]
        assert (found.value, found.spread) == (2.5, 0.4)
        assert known.load("product", name).parameter["growth_max"].value == 2.0
    assert under.load("product", "tisa_cel") is known.load("product", "tisa_cel")
    with pytest.raises(CatalogError, match="outside its bounds"):
        known.under(ParameterSet({"product/like/parameter.growth_max": 9.0})).load("product", "like")
    with pytest.raises(BadInput, match="no number there"):
        known.under(ParameterSet({"product/like/parameter.nothing": 9.0})).load("product", "like")


@pytest.mark.parametrize(("scale", "value"), [("linear", -3.0), ("log", 0.02), ("logit", 0.7)])
def test_scales_are_inverse(scale, value):
    assert off_scale(on_scale(value, scale), scale) == pytest.approx(value)
    assert Prior(sd_log=0.5).width == 0.5
