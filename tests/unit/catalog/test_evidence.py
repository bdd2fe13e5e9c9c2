"""A published result proves itself: counts, shares and limits must agree."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from livingdrug.catalog.load import Catalog
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


@pytest.mark.parametrize(
    ("unit", "sound"),
    [("day", True), ("d", True), ("hour", False), ("percent", False), ("", False), ("nobody knows", False)],
)
def test_an_amount_is_in_the_unit_that_its_endpoint_is_told_in(tmp_path, unit, sound):
    # expected: 168 hours are 7 days; a row in hours would stand beside days as it is
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "mine.toml").write_text(
        f"""title = "mine"
[[result]]
endpoint = "crs_duration"
value = 7
unit = "{unit}"
statistic = "median"
n = 40
source = "a paper"
status = "read"
use = "comparison"
""",
        encoding="utf-8",
    )
    known = Catalog([tmp_path])
    if sound:
        assert known.load("evidence", "mine").results[0].value == 7
        return
    with pytest.raises(CatalogError, match='expected "day", in which the endpoint is told') as told:
        known.load("evidence", "mine")
    assert "evidence/mine.toml" in str(told.value).replace("\\", "/")
