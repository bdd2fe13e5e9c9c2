"""Expected values: the promise that every approved use runs from its file and is told in the disease's own words; four patients each, no outcome."""

from __future__ import annotations

import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.reports.head import one_line
from livingdrug.reports.html import open_source
from livingdrug.trial.run import run

CATALOG = Catalog()
PREDICTION = [name for name in CATALOG.names("trial") if CATALOG.load("trial", name).role == "prediction"]
USES = {
    ("tisa_cel", "b_all"), ("tisa_cel", "lbcl"), ("tisa_cel", "follicular_lymphoma"),
    ("axi_cel", "lbcl"), ("axi_cel", "follicular_lymphoma"), ("brexu_cel", "mcl"), ("brexu_cel", "b_all_adult"),
    ("liso_cel", "lbcl"), ("liso_cel", "cll"), ("liso_cel", "follicular_lymphoma"), ("liso_cel", "mcl"),
    ("liso_cel", "marginal_zone_lymphoma"), ("ide_cel", "multiple_myeloma"), ("cilta_cel", "multiple_myeloma"), ("obe_cel", "b_all_adult"),
}  # fmt: skip
"""Products and the diseases of their labels (`show product` tells the approvals)."""
WORDS = {"cll": "CR, CRi or PR", "b_all_adult": "CR, CRh or CRi", "follicular_lymphoma": "overall response"}


def lineage(name: str) -> set[str]:
    return set(CATALOG.lineage("product", name)) if name else set()


def test_every_approved_use_has_a_trial():
    # expected: the indications of the eight labels
    trials = [CATALOG.load("trial", name) for name in CATALOG.names("trial")]
    found = {(product, trial.disease) for trial in trials for arm in trial.arms for product in lineage(arm.product)}
    assert found >= USES


@pytest.mark.parametrize("name", [*PREDICTION, "transcend_cll_004", "zuma_5"])
def test_four_patients_run_to_their_end_and_are_told(name):
    # expected: everybody's course ends; the line names the trial; nothing published is looked at
    result = run(name, patients=4, seed=1, threads=1, sample=0)
    assert result.failed.is_empty(), result.notes()
    source = open_source(result, published=False)
    assert one_line(source)
    assert source.criterion is not None
    if name in PREDICTION:
        assert source.evidence is None


def test_a_split_dose_is_guided_by_burden():
    """By hand: 410 million cells; at 20 % or less 100 and 310 million, above 10 and 400 million, whatever the patient."""
    import numpy as np

    arm = CATALOG.load("trial", "felix").arms[0]
    first, second = arm.infusions
    burden = np.array([3.0, 20.0, 20.1, 90.0])
    assert 410 * first.share_of(burden) == pytest.approx([100, 100, 10, 10], abs=0.1)
    assert 410 * second.share_of(burden) == pytest.approx([310, 310, 400, 400], abs=0.1)
    assert second.day - first.day == 9
