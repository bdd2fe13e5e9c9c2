"""Files that set parameters, each by itself. Expected: what `run` says of the same file, and the units of the sheets."""

import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.course.layer_alone import LAYERS, check_layer
from livingdrug.foundation.errors import LivingDrugError, ModelError, UnknownName
from livingdrug.model.texts import package_texts

CATALOG = default_catalog()
FILES = [(kind, name) for kind in LAYERS for name in CATALOG.names(kind)]


@pytest.mark.parametrize(("kind", "name"), FILES, ids=lambda one: one)
def test_the_packages_own_are_sound(kind, name):
    record = CATALOG.load(kind, name)
    factors = set(record.parameter) - set(record.sets) if kind == "trait" else ()
    check_layer(name, record.parameter, package_texts(), factors=factors)


def _layer(**changed):
    killing = next(iter(CATALOG.load("costimulation", "cd28").parameter.values()))
    return {name: killing.model_copy(update=update) for name, update in changed.items()}


@pytest.mark.parametrize(
    ("layer", "error", "named"),
    [
        ({"growth_mx": {}}, UnknownName, "growth_max"),
        ({"growth_max": {"value": 2.0, "unit": "kg"}}, ModelError, "1/day"),
        ({"growth_max": {"value": -1.0, "unit": "1/day"}}, ModelError, "growth_max"),
        ({"access_nobody_knows": {"value": 0.5, "unit": "", "spread": 0.0}}, None, ""),  # a clone of one's own
    ],
    ids=str,
)
def test_what_run_would_refuse_is_refused(layer, error, named):
    found = _layer(**layer)
    if error is None:
        check_layer('product "x"', found, package_texts())
        return
    with pytest.raises(error, match=named) as told:
        check_layer('product "x"', found, package_texts())
    assert isinstance(told.value, LivingDrugError)
    assert told.value.exit_code == 2
