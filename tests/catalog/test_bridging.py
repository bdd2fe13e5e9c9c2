"""Who is bridged is a trial's own number; expected by definition: what was published of one disease says nothing of another."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

import livingdrug.catalog
from livingdrug.catalog.arms import Bridging
from livingdrug.catalog.doses_told import bridging_told
from livingdrug.catalog.load import Catalog, default_catalog, load_trial
from livingdrug.catalog.plan import plans_of
from livingdrug.course.equations import parameters_of
from livingdrug.foundation.quantities import Quantity
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


@pytest.mark.parametrize(
    ("own", "expected", "told"),
    [
        (None, 0.0, "bridged while waiting: 0 %, as in disease/b_all (made for this test)"),
        (1.0, 1.0, "bridged while waiting: 100 %, told by the trial"),
    ],
)
def test_a_disease_stands_in_for_the_making_file_and_a_trial_for_both(tmp_path, own, expected, told):
    # by docs/files.md: "A disease may override single entries"; the trial's own share is that of this trial's patients (decision 0061)
    number = 'value = {}\nunit = ""\nmeaning = "Share bridged"\nkind = "assumed"\nsource = "made for this test"\n'
    (tmp_path / "disease").mkdir()
    shipped = (Path(livingdrug.catalog.__file__).parent / "disease" / "b_all.toml").read_text()
    (tmp_path / "disease" / "b_all.toml").write_text(f"{shipped}\n[waiting.bridged]\n{number.format(0.0)}")
    trial = load_trial("eliana")
    if own is not None:
        share = Quantity(value=own, unit="", meaning="Share bridged", kind="assumed", source="made for this test")
        arm = trial.arms[0].model_copy(update={"bridging": Bridging(share=share)})
        trial = trial.model_copy(update={"arms": (arm,)})
    plan = plans_of(trial, Catalog([tmp_path]))[0]
    assert bridging_told(plan) == [told]
    lots = make(plan, draw(plan.population, np.arange(1, 51), 7), parameters_of(plan, {}), 7)
    assert lots.bridging.mean() == expected
