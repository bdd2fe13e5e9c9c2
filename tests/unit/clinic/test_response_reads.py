"""What a criterion judges is what it says it reads. Expected: the quantities that its file asks visits for."""

from __future__ import annotations

import polars as pl
import pytest

from livingdrug.clinic import criterion, marrow
from livingdrug.clinic.criterion import criteria, judged_by
from livingdrug.clinic.response import imwg, iwcll, lugano, rano, recist_1_1


@pytest.mark.parametrize("name", criteria())
def test_every_quantity_that_is_looked_at_is_shown(name, monkeypatch):
    asked: set[str] = set()

    def looked(visits, *quantities):
        asked.update(quantities)
        return criterion.looked(visits, *quantities)

    for module in (marrow, imwg, iwcll, lugano, rano, recist_1_1):
        monkeypatch.setattr(module, "looked", looked)
    types = {"arm": pl.String, "patient": pl.Int64, "quantity": pl.String, "day_planned": pl.Float64, "day": pl.Float64,
             "value": pl.Float64, "below_limit": pl.Boolean, "missed": pl.Boolean}  # fmt: skip
    judged_by(name).status_at_visits(pl.DataFrame(schema=types))
    assert asked
    assert asked == set(judged_by(name).reads)
