"""Unit texts as our own comparison, and as libSBML sees them."""

from __future__ import annotations

import antimony
import libsbml
import pytest

from livingdrug.foundation.errors import UnitError
from livingdrug.model.units import antimony_definition, parse_unit, unit_id, unit_text

UNITS = ["1/day", "pg/mL/day/cell", "copy/ug", "1e9/L", "m^2", "degC/day", "mmHg", "percent", "L/day", "kg", "nmol/L"]


@pytest.mark.parametrize("unit", UNITS)
def test_definition_is_the_same_unit_in_libsbml(unit):
    # expected: SI factors from pint, through parse_unit; libSBML reads the definition independently
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(f"model m\n unit u = {antimony_definition(unit)};\n x = 1; x has u;\nend") >= 0
    document = libsbml.readSBMLFromString(antimony.getSBMLString("m"))
    definition = libsbml.UnitDefinition.convertToSI(document.getModel().getUnitDefinition("u"))
    factor = 1.0
    for part in definition.getListOfUnits():
        factor *= (part.getMultiplier() * 10.0 ** part.getScale()) ** part.getExponentAsDouble()
    ours = parse_unit(unit)
    grams = sum(power for name, power in ours.powers if name == "gram")
    assert factor == pytest.approx(ours.factor * 1e-3**grams, rel=1e-9)  # SI has the kilogram, we count in grams


def test_sizes_and_counts_are_told_apart():
    # expected: definitions of the units
    assert parse_unit("mg/L").same(parse_unit("ug/mL"))
    assert not parse_unit("mg/L").same(parse_unit("pg/mL"))
    assert parse_unit("mg/L").alike(parse_unit("pg/mL"))
    assert not parse_unit("cell").alike(parse_unit("copy"))
    assert not parse_unit("cell").alike(parse_unit(""))


def test_names_go_both_ways():
    # expected: the same text
    for text in ("day", "1/day", "pg/mL/day", "cell/uL", "m^2"):
        assert parse_unit(unit_text(unit_id(text))).same(parse_unit(text))


def test_nonsense_is_refused():
    # expected: neither pint nor we know it
    with pytest.raises(UnitError, match="sells"):
        parse_unit("sells/day")
