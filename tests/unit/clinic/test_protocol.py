"""Planned days and doses, counted by hand from the ELIANA protocol's lymphodepletion (30 and 500 mg/m^2)."""

import numpy as np
import pytest

from livingdrug.catalog.arms import Arm
from livingdrug.clinic.protocol import check_days, doses
from livingdrug.foundation.errors import BadInput

ARM = Arm.model_validate(
    {
        "name": "tisa-cel",
        "product": "tisa_cel",
        "lymphodepletion": [
            {"drug": "fludarabine", "dose": "30 mg/m^2", "days": [-6, -5, -4, -3]},
            {"drug": "cyclophosphamide", "dose": "500 mg/m^2", "days": [-6, -5]},
        ],
        "infusion": {"day": 0, "dose_fixed": "1e8 cell"},
        "management": {"guideline": "no_treatment"},
    }
)


def test_lymphodepletion_by_body_surface():
    """4 x 30 and 2 x 500 mg/m^2 on 1.2 and 0.6 m^2."""
    planned = doses(ARM, np.array([40.0, 14.0]), np.array([1.2, 0.6]))
    assert [(dose.day, dose.drug) for dose in planned] == [
        (-6, "fludarabine"), (-6, "cyclophosphamide"), (-5, "fludarabine"), (-5, "cyclophosphamide"),
        (-4, "fludarabine"), (-3, "fludarabine"),
    ]  # fmt: skip
    assert planned[0].milligrams.tolist() == [36.0, 18.0]
    assert planned[1].milligrams.tolist() == [600.0, 300.0]


def test_body_size_must_be_known():
    """Doses by size need a size."""
    with pytest.raises(BadInput, match="body surface"):
        doses(ARM, np.array([40.0, 14.0]), np.array([1.2, np.nan]))


def test_check_days_thin_out():
    """8-hourly to 35, daily to 60, weekly to 365, two-weekly to five years: counted by hand."""
    days = check_days(ARM, {"response": [28, 90.5, 1826.25]}, 1826.25)
    assert days[0] == -6
    assert days[-1] == 1826.25
    assert (np.diff(days) > 0).all()
    assert np.isin([-6, -5, -4, -3, 0, 28, 90.5, 365], days).all()
    acute = days[(days >= 0) & (days <= 35)]
    assert len(acute) == 106
    assert len(days[(days > 35) & (days <= 60)]) == 25
    assert np.diff(days[(days >= 67) & (days <= 88)]).tolist() == [7, 7, 7]
    assert len(days) < 320


def test_short_follow_up():
    """A 28-day trial ends on day 28."""
    assert check_days(ARM, None, 28.0)[-1] == 28.0
    with pytest.raises(BadInput, match="ends before"):
        check_days(ARM, None, 0.0)
