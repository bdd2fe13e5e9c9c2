"""A published result proves itself: counts, shares and limits must agree."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from livingdrug.catalog.records.evidence import Published
from livingdrug.foundation.errors import CatalogError

ROW = {
    "endpoint": "cr_cri_3mo", "value": 81.0, "unit": "percent", "n": 75, "numerator": 61, "ci_low": 71.0,
    "ci_high": 89.0, "at": "3 month", "source": "a paper", "status": "read", "use": "calibration",
}  # fmt: skip


def test_a_sound_row_is_taken():
    assert Published.model_validate(ROW).numerator == 61


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"numerator": 76}, "more than all"),
        ({"numerator": 58}, "77.3 %"),
        ({"ci_low": 85.0}, "outside its own limits"),
        ({"value": 101.0, "n": None}, "outside its own limits"),
        ({"value": 101.0, "n": None, "ci_high": None}, "expected 0 to 100"),
        ({"unverified_fields": ("ci_lo",)}, "ci_lo"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(change, expected):
    with pytest.raises(CatalogError, match=expected):
        Published.model_validate({**ROW, **change})


@pytest.mark.parametrize("change", [{"status": "own"}, {"use": "prediction"}, {"n": 0}, {"source": ""}])
def test_origin_and_use_are_required(change):
    with pytest.raises(ValidationError):
        Published.model_validate({**ROW, **change})
