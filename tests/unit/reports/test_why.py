"""Why a patient was treated, and what it changed: against the same patient in a run of the untreated trial."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.course.settings import Settings
from livingdrug.foundation.errors import UnknownName
from livingdrug.observation.ward import PLANNED
from livingdrug.reports.why import why
from livingdrug.trial.door import planned
from livingdrug.trial.line import follow

SEED = 7
ARM = "tisa-cel"


@pytest.fixture(scope="module")
def run():
    """Sixty patients of ELIANA, as planned and with the guideline "no_treatment" written into the trial."""
    catalog = default_catalog()
    trial = load_trial("eliana", catalog)
    arm = trial.arms[0].model_copy(
        update={"management": trial.arms[0].management.model_copy(update={"guideline": "no_treatment"})}
    )
    both = (trial, trial.model_copy(update={"arms": (arm,)}))
    patients = np.arange(1, 61, dtype=np.int64)
    return trial, [follow(planned(t, catalog)[1][0], patients, SEED, settings=Settings(sample=0)) for t in both]


@pytest.fixture(scope="module")
def treated(run) -> int:
    """The first patient given tocilizumab."""
    return run[1][0]["log"].filter(pl.col("drug") == "tocilizumab")["patient"].min()


def test_both_lives_are_those_of_two_whole_trials(run, treated):
    """Expected: the grades of the same patient in the two runs, computed there together with 59 others."""
    trial, frames = run
    told = why(trial, ARM, treated, SEED)
    for scale in trial.scales:
        for life, frame in zip(("grades", "untreated_grades"), frames, strict=True):
            rows = frame["grades"].filter(
                (pl.col("patient") == treated) & (pl.col("scale") == scale) & (pl.col("day") <= 30)
            )
            expected = dict(rows.select("day", "grade").iter_rows())
            assert {
                d.day: getattr(d, life)[scale] for d in told.days if d.day <= 30 and scale in getattr(d, life)
            } == expected


def test_every_firing_is_told_with_its_reason(run, treated):
    """Expected: the log of the run."""
    trial, frames = run
    told = why(trial, ARM, treated, SEED)
    log = frames[0]["log"].filter((pl.col("patient") == treated) & (pl.col("rule") != PLANNED)).sort("day")
    assert [(one.day, one.drug) for one in told.given] == list(log.select("day", "drug").iter_rows())
    assert all(one.reason for one in told.given)
    assert [day.day for day in told.days if day.given] == sorted({int(d + 1e-9) for d in log["day"] if d < 56})


def test_peak_is_told_as_a_share_of_the_untreated(run, treated):
    """Expected: maxima of the two true courses, from simulations of this patient alone."""
    trial, _ = run
    told = why(trial, ARM, treated, SEED)
    sentence = next(text for text in told.text if text.startswith("Interleukin-6"))
    peaks = []
    catalog = default_catalog()
    arm = trial.arms[0]
    for guideline in (arm.management.guideline, "no_treatment"):
        other = arm.model_copy(update={"management": arm.management.model_copy(update={"guideline": guideline})})
        plan = planned(trial.model_copy(update={"arms": (other,)}), catalog)[1][0]
        frames = follow(plan, np.array([treated]), SEED, settings=Settings(sample=treated))
        peaks.append(frames["courses"].filter(pl.col("day") <= 56)["il6"].max())
    assert f"{100 * peaks[0] / peaks[1]:.0f} % of untreated" in sentence


def test_table_has_both_lives_and_what_was_given(run, treated):
    """Expected: a row for each of the eight weeks' days lived, columns in pairs."""
    trial, _ = run
    told = why(trial, ARM, treated, SEED)
    assert told.table["day"].to_list() == [day.day for day in told.days]
    for name in ("temperature", *trial.scales):
        assert {name, f"{name}_untreated"} <= set(told.table.columns)
    given = told.table.filter(pl.col("given").str.contains("tocilizumab"))
    assert given.height >= 1


def test_nothing_given_means_nothing_changed(run):
    """Expected: a patient with an empty log has two equal lives."""
    trial, frames = run
    infused = set(frames[0]["who"].filter(pl.col("status") == "infused")["patient"])
    calm = min(infused - set(frames[0]["log"].filter(pl.col("rule") != PLANNED)["patient"]))
    told = why(trial, ARM, calm, SEED)
    assert told.given == ()
    assert all(day.grades == day.untreated_grades and day.signs == day.untreated_signs for day in told.days)
    assert told.text[0].startswith("No rule fired")


def test_cells_never_given_have_nothing_to_explain(run):
    """Expected: a patient whose product failed."""
    trial, frames = run
    lost = frames[0]["who"].filter(pl.col("status") != "infused")["patient"].min()
    told = why(trial, ARM, lost, SEED)
    assert told.days == ()
    assert told.table.height == 0
    assert "never given" in told.text[0]


def test_another_scale_is_graded_on_the_same_course(run, treated):
    """Expected: Lee 2014 in place of the trial's own scales; an unknown scale is refused with the known ones."""
    trial, _ = run
    told = why(trial, ARM, treated, SEED, scales=("crs_lee",))
    assert dict(told.scales) == {"crs_lee": "CRS Lee"}
    assert max(day.grades.get("crs_lee", 0) for day in told.days) >= 1
    with pytest.raises(UnknownName, match="crs_penn"):
        why(trial, ARM, treated, SEED, scales=("crs_pen",))
