"""Expected: bodies and laboratories. A body has 4e13 cells (Sender 2016), a second is the 86,400th part of a day, water weighs 1e6 mg/L."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from livingdrug.catalog.load import default_catalog
from livingdrug.foundation.limits import LARGEST, beyond, too_far, too_wide
from livingdrug.foundation.quantities import Quantity


def number(value: float, unit: str, **more: object) -> Quantity:
    return Quantity.model_validate(
        {"value": value, "unit": unit, "meaning": "a number", "kind": "assumed", "source": "test", **more}
    )


@pytest.mark.parametrize(
    ("value", "unit"),
    [(1e12, "1/day"), (0.2, "1/second"), (1e15, "cell"), (1e6, "kg"), (1e13, "pg/mL"), (1e5, "year"), (-1e12, "1/day"), (1e10, ""), (1e20, "mg/cell")],
)  # fmt: skip
def test_a_number_beyond_every_body_is_refused_with_its_bound(value, unit):
    with pytest.raises(ValidationError, match=r"is too large: expected at most .* look at the unit"):
        number(value, unit)


@pytest.mark.parametrize(
    ("value", "unit"),
    [(1000.0, "1/day"), (0.1, "1/second"), (4e13, "cell"), (160.0, "kg"), (1e6, "mg/L"), (120.0, "year"), (1.5e5, "cell/ug"), (5e6, "cell/uL"), (2e5, "molecule/cell")],
)  # fmt: skip
def test_what_bodies_have_is_taken(value, unit):
    assert number(value, unit).value == value


@pytest.mark.parametrize(("scale", "spread"), [("log", 4.1), ("log", 1e3), ("logit", 9.0)])
def test_a_spread_that_no_two_patients_have_is_refused(scale, spread):
    with pytest.raises(ValidationError, match="no two patients differ as much"):
        number(0.5, "", spread=spread, spread_scale=scale)


def test_limits_of_one_dimension_agree():
    """The same amount in another unit is refused or taken alike."""
    for limit, unit, _ in LARGEST:
        assert not beyond(limit, unit)
        assert beyond(1.001 * limit, unit)
    assert bool(beyond(417.0, "1/hour")) is bool(beyond(24 * 417.0, "1/day")) is True
    assert bool(beyond(416.0, "1/hour")) is bool(beyond(24 * 416.0, "1/day")) is False


def test_far_and_wide_by_hand():
    assert all(too_far(value, 1.0) for value in (2e5, 1e-9, -2e5))
    assert not any((too_far(0.0, 1.0), too_far(1e9, 0.0), too_far(9e4, 1.0)))
    assert too_wide(5.0, "log")
    assert not any((too_wide(3.9, "log"), too_wide(100.0, "normal")))


@pytest.mark.parametrize(
    ("kind", "base", "text", "told"),
    [
        ("product", "axi_cel", "[parameter.kill_max]\nvalue = 1e12\nunit = \"1/day\"", "parameter.kill_max.*1e[+]12 1/day is too large"),
        ("disease", "lbcl", "[parameter.tumour_capacity]\nvalue = 1e18\nunit = \"cell\"", "tumour_capacity.*expected at most 1e[+]14 cell"),
        ("disease", "lbcl", "[parameter.tumour_growth]\nvalue = 0.05\nunit = \"1/day\"\nspread = 50.0", "spread 50 is too wide"),
    ],
)  # fmt: skip
def test_a_users_file_is_refused_with_place_and_bound(tmp_path, kind, base, text, told):
    from livingdrug.foundation.errors import LivingDrugError

    file = tmp_path / "mine.toml"
    rest = 'meaning = "mine"\nkind = "assumed"\nsource = "a slip"\n'
    file.write_text(f'extends = "{base}"\n{text}\n{rest}', encoding="utf-8")
    with pytest.raises(LivingDrugError, match=told) as caught:
        default_catalog().load(kind, file)
    assert "mine.toml" in str(caught.value)
