"""A plan runs where nothing else is known. Expected: the frames of the same run in this process, bit by bit."""

from __future__ import annotations

import multiprocessing
import pickle
import shutil
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from livingdrug.catalog.load import Catalog, default_catalog
from livingdrug.course.settings import Settings
from livingdrug.model.texts import package_texts
from livingdrug.observation.frames import FRAMES
from livingdrug.trial.door import planned
from livingdrug.trial.line import follow
from livingdrug.trial.run import run

CLONE = """
[instance.clone.dim]
antigens = { CD19 = 0.2 }
source = "made up for a test"
"""


@pytest.mark.parametrize("name", ["eliana", "juliet"])
def test_another_process_gives_the_same_frames(name):
    # a fresh process (spawned, not forked) has the pickle of the plan and nothing of ours
    here = run(name, patients=10, seed=5, threads=1, chunk=5, sample=2)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        there = run(name, patients=10, seed=5, chunk=5, sample=2, executor=pool)
    assert there.manifest == here.manifest
    for frame in FRAMES:
        assert there.frames[frame].equals(here.frames[frame]), frame
    assert there.patients.equals(here.patients)


def test_files_of_ones_own_travel_in_the_plan(tmp_path):
    # expected: a drug and a recipe of one's own, from a folder that is gone when the plan is followed
    own = tmp_path / "own"
    for place in ("drug", "recipes"):
        (own / place).mkdir(parents=True)
    text = default_catalog().path("drug", "tocilizumab").read_text(encoding="utf-8")
    (own / "drug" / "own_drug.toml").write_text(text, encoding="utf-8")
    recipe = package_texts()["recipes/b_all_cd19.toml"] + CLONE
    (own / "recipes" / "b_all_cd19.toml").write_text(recipe, encoding="utf-8")
    catalog = Catalog([own])
    trial = catalog.load("trial", "eliana")
    arm = trial.arms[0]
    given = arm.lymphodepletion[0].model_copy(update={"drug": "own_drug", "dose": "8 mg/kg"})
    arm = arm.model_copy(update={"lymphodepletion": (*arm.lymphodepletion, given)})
    _, plans = planned(trial.model_copy(update={"arms": (arm,)}), catalog)
    shutil.rmtree(own)
    frames = follow(pickle.loads(pickle.dumps(plans[0])), np.arange(1, 4), 5, settings=Settings(sample=3))
    assert "dim" in " ".join(frames["courses"].columns)
    assert frames["courses"]["tocilizumab_central"].max() > 0
