"""Who is bridged is a trial's own number; expected by definition: what was published of one disease says nothing of another."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.catalog.plan import plans_of
from livingdrug.course.equations import parameters_of
from livingdrug.manufacturing import make
from livingdrug.population import draw


def shares():
    """Trial, disease and share of bridging, of every arm of the calibration trials that may be bridged."""
    catalog = default_catalog()
    for name in catalog.names("trial"):
        trial = load_trial(name)
        if trial.role != "calibration":
            continue
        for plan in plans_of(trial, catalog):
            if plan.making is not None and plan.arm.bridging.allowed:
                yield name, plan.disease.title, plan.making.waiting["bridged"]


def test_a_published_share_of_bridging_serves_one_disease():
    served = defaultdict(set)
    for name, disease, share in shares():
        if share.kind == "reported":
            served[share.source, share.where].add((disease, name))
    assert len(served) > 8
    for origin, trials in served.items():
        assert len({disease for disease, _ in trials}) == 1, (
            f"{origin}: {sorted(trials)} share one number; give each its own [arm.bridging.share]"
        )


@pytest.mark.parametrize(
    ("trial", "expected"), [("zuma_5", 0.04), ("transcend_mcl", 0.66), ("transcend_nhl_001", 0.59)]
)
def test_so_many_are_bridged(trial, expected):
    # the trial's own share, or where it tells none the making file's; 1.96 standard errors of 4,000 patients
    plan = plans_of(load_trial(trial), default_catalog())[0]
    lots = make(plan, draw(plan.population, np.arange(1, 4001), 7), parameters_of(plan, {}), 7)
    assert lots.bridging.mean() == pytest.approx(expected, abs=1.96 * np.sqrt(expected * (1 - expected) / 4000))
