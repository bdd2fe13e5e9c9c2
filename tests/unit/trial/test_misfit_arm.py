"""Expected: a published number is held against the arm that it tells of, whatever its place in the file."""

from __future__ import annotations

import pytest

import livingdrug as ld
from livingdrug.catalog.load import default_catalog
from livingdrug.catalog.records.evidence import Evidence
from livingdrug.foundation.errors import CatalogError
from livingdrug.reports.comparison import compare
from livingdrug.reports.html import open_source
from livingdrug.trial.misfit import misfits

TRIAL = "b_all_residual_chemotherapy"


def test_a_row_is_compared_with_its_own_arm():
    result = ld.run(TRIAL, patients=40, seed=5)
    rows = default_catalog().load("evidence", TRIAL).results
    assert {row.arm for row in rows} == {"chemotherapy"}  # the second arm
    unnamed = [row.model_copy(update={"arm": ""}) for row in rows]
    own, first, asked = misfits(result, rows), misfits(result, unnamed), misfits(result, unnamed, "chemotherapy")
    assert [one.simulated for one in own] == [one.simulated for one in asked]
    assert [one.simulated for one in own] != [one.simulated for one in first]
    assert {one.arm for one in compare(open_source(result))[0]} == {"chemotherapy"}


def test_an_arm_that_the_trial_has_not_is_refused():
    record = default_catalog().load("evidence", TRIAL)
    wrong = record.model_copy(update={"results": (record.results[0].model_copy(update={"arm": "chemo"}),)})
    with pytest.raises(CatalogError, match=r'no arm "chemo"(.|\n)*tisa-cel, chemotherapy'):
        Evidence.check_in(wrong, default_catalog())
