"""Joining mechanisms: what is joined, and each way in which it must not be."""

from __future__ import annotations

import libsbml
import pytest

from livingdrug.foundation.errors import ModelError, UnknownName
from livingdrug.foundation.quantities import Quantity
from livingdrug.model.assemble import assemble
from livingdrug.model.texts import HERE, texts_in


def test_both_mechanisms_join(small):
    # expected: the tables of small_model.py
    model = assemble("both", texts=texts_in([small()]))
    assert list(model.states) == ["cells", "drug"]
    assert model.log_scales == {"cells": 1e3}
    assert model.linear_scales == {"drug": 1.0}
    assert set(model.outputs) == {"crowding", "drug_kill"}
    assert model.neutral == {}
    assert model.parameters["growth"].value == 0.1


def test_libsbml_has_nothing_to_say(small):
    # expected: libSBML's own consistency check, all categories
    document = libsbml.readSBMLFromString(assemble("both", texts=texts_in([small()])).sbml)
    document.checkConsistency()
    assert [document.getError(i).getMessage() for i in range(document.getNumErrors())] == []


def test_left_out_mechanism_gives_its_neutral_value(small):
    # expected: [neutral] of the drug's sheet
    model = assemble("alone", texts=texts_in([small()]))
    assert model.neutral["drug_kill"].value == 0.0
    assert "drug_kill = 0.0" in model.antimony


def test_override_is_converted_to_the_sheets_unit(small):
    # expected: 0.7 per week is 0.1 per day
    more = Quantity(value=1.4, unit="1/week", meaning="faster", kind="assumed", source="a test")
    model = assemble("both", texts=texts_in([small()]), overrides={"growth": more})
    assert model.parameters["growth"].value == pytest.approx(0.2, rel=1e-12)
    assert model.parameters["growth"].unit == "1/day"
    with pytest.raises(ModelError, match="growht"):
        assemble("both", texts=texts_in([small()]), overrides={"growht": more})
    wrong = more.model_copy(update={"unit": "cell"})
    with pytest.raises(ModelError, match="growth"):
        assemble("both", texts=texts_in([small()]), overrides={"growth": wrong})


def test_unknown_recipe_offers_the_nearest(small):
    # expected: the file names written by small_model.py
    with pytest.raises(UnknownName, match='Did you mean "both"'):
        assemble("bothh", texts=texts_in([small()]))


MISTAKES = {
    "unit of another dimension": ("cells_ant", "growth*room*cells", "growth*room", "cells.ant, line 4"),
    "unit of another size": ("drug_toml", 'value = 0.5, unit = "1/day"', 'value = 12, unit = "1/hour"', "unit of drug"),
    "bare number where a unit is due": ("drug_ant", "time > 1 day", "time > 1", "drug.ant, line 1"),
    "count units are kept apart": (
        "cells_toml",
        'value = 1e9, unit = "cell"',
        'value = 1e9, unit = "copy"',
        "crowding",
    ),
    "exponent with a unit": ("cells_toml", 'value = 2.0, unit = ""', 'value = 2.0, unit = "day"', "exponent"),
    "logarithm of cells": ("cells_ant", "room := 1 - crowding", "room := 1 - crowding*ln(cells)", "plain number"),
    "undeclared read": ("drug_ant", "-decay*drug", "-decay*drug*crowding", 'lists in "reads"'),
    "idle read": ("cells_ant", " - drug_kill*cells", "", "which no formula uses"),
    "idle parameter": ("drug_ant", "-decay*drug", "-0*drug/(1 day)", "decay"),
    "two owners": ("drug_toml", "[neutral]", "[output.crowding]\nmeaning='twice'\nunit=''\n[neutral]", "no equation"),
    "state without equation": ("drug_ant", "drug' = -decay*drug;", "", "state drug has no equation"),
    "rule for nobody's state": ("drug_ant", "drug' =", "drag' =", "drag"),
    "two rules": ("drug_ant", "drug' = -decay*drug;", "drug' = -decay*drug;\ndrug' = drug;", "has a rule already"),
    "foreign statement": ("drug_ant", "drug' = -decay*drug;", "drug' = -decay*drug;\nat time > 3: drug = 0;", "line 3"),
    "syntax error": ("cells_ant", "room := 1 - crowding", "room := 1 - *crowding", "cells.ant, line 3"),
    "unknown function": ("cells_ant", "room := 1 - crowding", "room := 1 - flor(crowding)", "cells.ant, line 3"),
    "misspelt key": ("cells_toml", "integrate =", "integrat =", "state.cells.integrat"),
    "unknown unit": ("cells_toml", 'unit = "cell"\nintegrate', 'unit = "sell"\nintegrate', "state.cells.unit"),
    "not TOML": ("cells_toml", 'title = "Growth"', "title = Growth", "line 2"),
    "no origin": ("cells_toml", 'kind = "assumed", source = "made up for a test", spread', "spread", "growth"),
    "a word of the language": ("cells_toml", "[state.cells]", "[state.lambda]", "lambda"),
    "name of a unit": ("cells_ant", "room", "day", "name of a unit"),
    "circle": ("cells_ant", "room := 1 - crowding", "room := 1 - nook;\nnook := room", "Loop detected"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_caught_and_placed(name, small, texts):
    # expected: the place where the mistake was planted
    key, old, new, said = MISTAKES[name]
    text = getattr(texts, key.upper())
    assert old in text
    with pytest.raises(ModelError) as caught:
        assemble("both", texts=texts_in([small(**{key: text.replace(old, new)})]))
    assert said in str(caught.value)


def test_two_mechanisms_cannot_own_one_name(small, texts):
    # expected: both define "room"
    with pytest.raises(ModelError, match="two owners"):
        assemble("both", texts=texts_in([small(drug_ant=texts.DRUG_ANT + "room := 1;\n")]))


def test_read_without_owner_or_neutral_value(small, texts):
    # expected: the drug's neutral table taken away
    text = texts.DRUG_TOML.replace('[neutral]\ndrug_kill = { value = 0.0, unit = "1/day" }', "")
    with pytest.raises(ModelError, match="no neutral value"):
        assemble("alone", texts=texts_in([small(drug_toml=text)]))


@pytest.mark.parametrize("path", sorted((HERE / "recipes").glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_of_the_package_is_sound(path):
    # expected: assemble() raises on any fault, libSBML's warnings included
    model = assemble(path)
    assert model.states
