"""Units at the door, quantities with an origin, errors with a next step."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from livingdrug.foundation.errors import (
    BadInput,
    CatalogError,
    ExpressionError,
    Interrupted,
    LivingDrugError,
    ModelError,
    SimulationFailed,
    UnitError,
    UnknownName,
)
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.units import factor, read, read_range


@pytest.mark.parametrize(
    ("text", "to", "known"),
    [
        # expected: definitions of the units (SI brochure; year of 365.25 days)
        ("2 week", "day", 14.0),
        ("8 hour", "day", 1 / 3),
        ("5 year", "day", 1826.25),
        ("1 month", "day", 365.25 / 12),
        ("500 mg/m^2", "mg/m^2", 500.0),
        ("0.5 g", "mg", 500.0),
        ("2.0e6 cell/kg", "cell/kg", 2e6),
        ("50 cell/µL", "cell/mL", 5e4),
        ("50 cell/μL", "cell/uL", 50.0),
        ("40 %", "", 0.4),
        ("3", "", 3.0),
        (3, "", 3.0),
        ("-6 day", "day", -6.0),
        ("1 ng/mL", "pg/mL", 1000.0),
        ("1 copy/ug", "copy/g", 1e6),
    ],
)
def test_read(text, to, known):
    assert read(text, to) == pytest.approx(known, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "to"),
    [("2e6 cell", "cell/kg"), ("3 day", "mg"), ("5", "day"), (5, "day"), ("day", "day"), ("", "day"), ("1 parsnip", "day"),
     (True, ""), (None, "day"), ("1 cell", "copy"), ("1 cell", "")],
)  # fmt: skip
def test_read_refuses(text, to):
    # expected: wrong dimension, no unit, no number; the message names place and what was given
    with pytest.raises(UnitError, match=r"trial\.toml"):
        read(text, to, where='trial.toml, "dose"')


def test_factor_goes_both_ways():
    # expected: reciprocals
    assert factor("week", "hour") * factor("hour", "week") == pytest.approx(1.0, rel=1e-14)
    with pytest.raises(UnitError, match='"kg"'):
        factor("kg", "day")


def test_ranges():
    # expected: by hand
    assert read_range("0.2e6 to 5.0e6 cell/kg", "cell/kg") == (2e5, 5e6)
    for wrong in ("5 to 1 day", "5 day", "a to 1 day"):
        with pytest.raises(UnitError):
            read_range(wrong, "day")


GOOD = {"value": 1.0, "unit": "day", "meaning": "a delay", "kind": "assumed", "source": "our choice"}


def test_a_number_needs_an_origin():
    # expected: the rules stated in `Quantity`
    assert Quantity(**GOOD).status == "own"
    for change in (
        {"source": ""}, {"meaning": ""}, {"kind": "guessed"}, {"kind": "reported"}, {"status": "read"}, {"spread": -1.0},
        {"colour": "red"},
    ):  # fmt: skip
        with pytest.raises(ValidationError):
            Quantity(**{**GOOD, **change})
    assert Quantity(**{**GOOD, "kind": "reported", "status": "read"}).kind == "reported"
    with pytest.raises(ValidationError, match="frozen"):
        Quantity(**GOOD).value = 2.0


def test_errors_are_one_family_with_exit_codes():
    # expected: the tree drawn at the top of foundation/errors.py
    for kind in (UnknownName, UnitError, CatalogError, ExpressionError, ModelError):
        assert issubclass(kind, BadInput)
        assert kind.exit_code == 2
    assert (LivingDrugError.exit_code, SimulationFailed.exit_code, Interrupted.exit_code) == (1, 3, 130)
    assert all(issubclass(kind, LivingDrugError) for kind in (BadInput, SimulationFailed, Interrupted))


def test_an_unknown_name_offers_the_nearest():
    # expected: nearest name, known names, next step
    text = str(UnknownName("product", "axicel", ["tisa_cel", "axi_cel"], "list_products() shows them all."))
    assert text == (
        'no product "axicel". Did you mean "axi_cel"?\n  Known: axi_cel, tisa_cel.\n  list_products() shows them all.'
    )
    many = str(UnknownName("trial", "zzz", [f"trial_{i:02d}" for i in range(20)]))
    assert "Did you mean" not in many
    assert many.endswith("trial_11, ….")
    assert "Known: none." in str(UnknownName("trial", "x", []))
