"""Cytopenia in the patients frame: expected values by hand from the ICAHT and CAR-HEMATOTOX tables."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.course.cytopenia import Cytopenia


@pytest.fixture(scope="module")
def cytopenia():
    return Cytopenia.of(Catalog())


def test_days_and_grades_by_hand(cytopenia):
    # by hand: 0.3 on days 0 to 8 is nine days: early grade 2; platelets 15 on one day: grade 3; nothing seen: None
    days = np.vstack([np.arange(31.0), np.full(31, np.nan)])
    neutrophils = np.vstack([np.where(np.arange(31) < 9, 0.3, 2.0), np.full(31, np.nan)])
    platelets = np.vstack([np.where(np.arange(31) == 4, 15.0, 120.0), np.full(31, np.nan)])
    found = cytopenia.seen((days, neutrophils), (days, platelets))
    assert found["days_anc_below_500"] == [9.0, None]
    assert found["icaht_early"] == [2, None]
    assert found["icaht_platelets_early"] == [3, None]
    assert found["icaht_late"] == [None, None]


def test_score_before_by_hand(cytopenia):
    # by hand: platelets 60 (2), neutrophils 0.7 (1), haemoglobin 8.5 (1), CRP 24 mg/L (0), ferritin 1400 (1): 5
    first = {"platelets": 60.0, "neutrophils": 0.7, "haemoglobin": 8.5, "crp": 24.0, "ferritin": 1400.0}
    truth = {name: np.array([[value, 1e3]]) for name, value in first.items()}
    assert cytopenia.score_before(truth).tolist() == [5.0]
    del truth["haemoglobin"]
    assert np.isnan(cytopenia.score_before(truth)).all()
