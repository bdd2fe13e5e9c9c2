"""Expected: by definition; a population of another disease is refused with both names."""

from __future__ import annotations

import pytest

from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.foundation.errors import CatalogError
from livingdrug.trial.door import planned


def test_a_population_of_another_disease_is_refused_with_both_names():
    trial = load_trial("eliana").model_copy(update={"population": "mm_adult_rr"})
    with pytest.raises(CatalogError, match='population "mm_adult_rr" does not go with disease "b_all"') as caught:
        planned(trial, default_catalog())
    assert "blasts_percent" in str(caught.value)
