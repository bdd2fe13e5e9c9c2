"""The highest usual dose of a drug is a dose; expected by definition."""

from __future__ import annotations

import tomllib

import pytest

from livingdrug.catalog.load import HERE
from livingdrug.catalog.records.drug import Drug
from livingdrug.foundation.errors import BadInput


@pytest.mark.parametrize(
    ("value", "unit", "told"), [(30.0, "mg/L", "expected mg/m^2 or mg/kg or mg"), (0.0, "mg/m^2", "more than 0")]
)
def test_a_highest_dose_that_is_none_is_refused(value, unit, told):
    table = tomllib.loads((HERE / "drug/fludarabine.toml").read_text(encoding="utf-8"))
    assert Drug.model_validate({"id": "mine", **table}).usual_highest is not None
    table["usual_highest"] |= {"value": value, "unit": unit}
    with pytest.raises(BadInput, match="usual_highest") as refused:
        Drug.model_validate({"id": "mine", **table})
    assert told in str(refused.value)
