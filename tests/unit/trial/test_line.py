"""The frames of the line agree with one another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from livingdrug.course.settings import STAGES, Settings
from livingdrug.foundation.quantities import Quantity
from livingdrug.observation.seen import Seen
from livingdrug.outcome.outcomes import FINISHED
from livingdrug.trial.door import planned
from livingdrug.trial.line import follow
from livingdrug.trial.run import run

N = 60


@pytest.fixture(scope="module")
def result(eliana):
    trial, catalog = eliana
    return run(trial, patients=N, seed=8, threads=1, catalog=catalog, sample=3)


@pytest.fixture(scope="module")
def frames(result):
    return {**result.frames, "patients": result.patients, "events": result.events}


@pytest.fixture(scope="module")
def infused(result):
    return result.patients.filter(pl.col("status") == "infused")


def test_a_group_of_patients_followed_is_a_run_of_them(eliana, result):
    # expected: the run's own rows; the stages in their order; truth and what was seen in frames of their own
    _, plans = planned(*eliana)
    stages = []
    found = follow(plans[0], np.arange(11, 16, dtype=np.int64), 8, settings=Settings(sample=3), stage=stages.append)
    assert tuple(stages) == STAGES
    assert set(found) == {"who", *Seen.__dataclass_fields__, "truth", "courses"}
    for name in ("who", "exits", "log"):
        same = result.frames[name].filter(pl.col("patient").is_between(11, 15))
        assert found[name].select(same.columns).equals(same), name
    assert not [column for name in Seen.__dataclass_fields__ for column in found[name].columns if "truth" in column]


def test_everyone_enrolled_has_one_row(frames):
    # expected: one row per patient, in order; outcomes only for the infused
    patients = frames["patients"]
    assert patients["patient"].to_list() == list(range(1, N + 1))
    others = patients.filter(pl.col("status") != "infused")
    assert others.height > 0
    assert others["last_contact_day"].null_count() == others.height
    assert set(others["course_status"]) == {"not infused"}
    assert {"visits", "grades", "events", "log", "courses"} < set(frames)
    assert all((frame["arm"] == frames["patients"]["arm"][0]).all() for frame in frames.values() if frame.height)


def test_nothing_is_seen_after_the_last_contact(result, frames, infused):
    # expected: death ends contact; visits, drugs, grades and infections lie before it
    last = infused.select("patient", "last_contact_day", "death_day")
    assert infused.filter(pl.col("death_day") > pl.col("last_contact_day")).is_empty()
    dead = infused.filter(pl.col("death_day").is_not_null())
    assert (dead["death_day"] == dead["last_contact_day"]).all()
    assert dead["death_cause"].is_in(list(result.known_names.texts["death_cause"])).all()
    for name in ("visits", "log", "events", "grades"):
        late = frames[name].join(last, on="patient").filter(pl.col("day") > pl.col("last_contact_day"))
        assert late.is_empty(), (name, late)


def test_outcomes_follow_from_each_other(infused):
    # expected: definitions of the columns
    responders = infused.filter("responded_3mo")
    assert (responders["cr_3mo"] != responders["cri_3mo"]).all()
    assert (responders["first_response_day"] <= 90 + 6).all()
    relapsed = infused.filter(pl.col("relapse_day").is_not_null())
    assert (relapsed["relapse_day"] > relapsed["first_response_day"]).all()
    assert relapsed["relapse_antigen_negative"].null_count() == 0
    assert (infused["n_tocilizumab"] <= 4).all()
    assert (infused["icu"] | ~infused["vasopressor"]).all()
    cured = infused.filter("truth_cured")
    assert cured["truth_positive_clone_extinct_day"].null_count() == 0
    assert cured["relapse_day"].null_count() == cured.height, "a cured patient relapsed"


def test_counts_agree_with_their_tables(frames, infused):
    # expected: counted again from the log, the events and the grades
    log = frames["log"].filter(pl.col("drug") == "tocilizumab")
    counted = dict(log.group_by("patient").len().rows())
    assert [counted.get(number, 0) for number in infused["patient"]] == infused["n_tocilizumab"].to_list()
    infections = dict(frames["events"].filter(pl.col("event") == "infection").group_by("patient").len().rows())
    assert [infections.get(number, 0) for number in infused["patient"]] == infused["n_infections"].to_list()
    grades = frames["grades"].filter(pl.col("scale") == "crs_penn")
    highest = dict(grades.group_by("patient").agg(pl.col("grade").max()).rows())
    assert [highest.get(number, 0) for number in infused["patient"]] == infused["crs_penn_max"].to_list()
    deaths = frames["events"].filter(pl.col("event") == "death")
    assert deaths.height == infused["death_day"].is_not_null().sum()


def test_kinetics_in_counts_agree_with_the_visits(frames, infused):
    # expected: highest count of the first 28 days and its day, found again in the visits
    counts = frames["visits"].filter(
        (pl.col("quantity") == "car_t_per_ul")
        & (pl.col("day") <= 28)
        & ~pl.col("below_limit")
        & pl.col("value").is_not_null()
    )
    highest = counts.sort("value").group_by("patient", maintain_order=True).last().sort("patient")
    with_any = infused.filter(pl.col("cmax_cells_per_ul").is_not_null()).sort("patient")
    assert with_any["patient"].to_list() == highest["patient"].to_list()
    assert with_any["cmax_cells_per_ul"].to_list() == highest["value"].to_list()
    assert with_any["tmax_cells_day"].to_list() == highest["day"].to_list()
    assert (with_any["auc_0_28_day_cells_per_ul"] > 0).all()


def test_onset_is_the_first_day_with_a_grade(frames, infused):
    # expected: first and last day with a grade on the broad list of neurological terms, counted again
    days = frames["grades"].filter((pl.col("scale") == "neurological_events_ctcae") & (pl.col("grade") >= 1))
    first = dict(days.group_by("patient").agg(pl.col("day").min()).rows())
    last = dict(days.group_by("patient").agg(pl.col("day").max()).rows())
    for number, onset, duration in infused.select(
        "patient", "neurological_onset_day", "neurological_duration_days"
    ).rows():
        assert onset == first.get(number)
        assert duration == (last[number] - first[number] + 1 if number in last else None)


def test_true_courses_of_the_sample_only(frames, infused):
    # expected: patients 1 to 3, those who were infused; from the first treatment day on
    sample = [number for number in (1, 2, 3) if number in set(infused["patient"])]
    assert frames["courses"]["patient"].unique().sort().to_list() == sample
    assert frames["courses"]["day"].min() == -6.0


def test_a_course_that_fails_is_reported_and_never_dropped(eliana):
    # expected: a number that no equation survives: a sentence per patient, outcomes empty, rows all there
    trial, catalog = eliana
    plain = Quantity(value=1.0, unit="1/day", meaning="no rate at all", kind="assumed", source="a test")
    absurd = plain.model_copy(update={"value": float("nan")})  # the door would refuse it

    def behind_the_door(plan, patients, seed, *, settings, **words):
        return follow(plan, patients, seed, settings=replace(settings, parameters={"growth_max": absurd}), **words)

    result = run(trial, patients=8, seed=8, threads=1, catalog=catalog, simulate=behind_the_door)
    assert result.patients.height == 8
    failed = result.patients.filter(~pl.col("course_status").is_in([*FINISHED, "not infused"]))
    assert failed.height > 0
    assert failed["responded_3mo"].null_count() == failed.height
    assert failed["last_contact_day"].null_count() == failed.height
    assert result.failed["patient"].to_list() == failed["patient"].to_list()
    assert f"{failed.height} of 8 courses did not finish" in result.notes()[0]
