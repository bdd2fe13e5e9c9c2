"""Expected: a number in another unit is the same number by hand; other units, signs and names are refused with the next step."""

from __future__ import annotations

import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.foundation.errors import BadInput, UnitError, UnknownName
from livingdrug.trial.door import own_parameters, planned


@pytest.fixture(scope="module")
def plans():
    return planned("eliana", default_catalog())[1]


def test_text_with_a_unit_becomes_the_models_number(plans):
    """By hand: 0.1 an hour is 2.4 a day; the spread between patients stays the model's."""
    known = own_parameters(plans, {"growth_max": "2.8 1/day"})["growth_max"]
    found = own_parameters(plans, {"growth_max": "0.1 1/hour"})["growth_max"]
    assert found.value == pytest.approx(2.4)
    assert (found.unit, found.spread, found.kind) == (known.unit, known.spread, "input")
    other = known.model_copy(update={"value": 0.1, "unit": "1/hour"})
    assert own_parameters(plans, {"growth_max": other})["growth_max"].value == pytest.approx(2.4)
    assert own_parameters(plans, None) == {}


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"growth_max": "2.8 kg"}, UnitError, '"growth_max": got "2.8 kg", expected .*"1/day"'),
        ({"growth_max": 2.8}, UnitError, 'without a unit, expected "1/day"; write for example "2.8 1/day"'),
        ({"growth_max": "-5 1/day"}, BadInput, "got -5 1/day, expected above"),
        ({"growth_max": "0 1/day"}, BadInput, "got 0 1/day, expected above"),
        ({"growth_max": {"value": 1}}, BadInput, r'Write it as text: "\d\S* 1/day"'),
        ({"growht_max": "1 1/day"}, UnknownName, 'Did you mean "growth_max"'),
        (["growth_max"], BadInput, "expected names with values"),
        (
            {"kill_max": "1e12 1/day"},
            BadInput,
            r"got 1e\+12 1/day, expected at most 10000 1/day in size .*; look at the unit",
        ),
        ({"kill_max": "10 1/second"}, BadInput, "got 864000 1/day, expected at most 10000 1/day"),
        (
            {"il6_production": "1e9 pg/mL/day"},
            BadInput,
            "expected at most 100,000 times and at least a 100,000,000th of",
        ),
        ({"kill_max": "1e-30 1/day"}, BadInput, "expected at most 100,000 times and at least a 100,000,000th of"),
    ],
)
def test_what_does_not_fit_is_refused(plans, given, error, told):
    with pytest.raises(error, match=told):
        own_parameters(plans, given)


def test_the_command_line_takes_a_name_and_a_value():
    from livingdrug.cli.own_parameters import own_parameters as as_written

    assert as_written(["growth_max = 2.8 1/day", "a=1"]) == {"growth_max": "2.8 1/day", "a": "1"}
    for wrong in (["growth_max"], ["=1"], ["a="], ["a=1", "a=2"]):
        with pytest.raises(BadInput, match="--parameter"):
            as_written(wrong)
