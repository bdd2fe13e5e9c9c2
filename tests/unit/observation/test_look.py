"""How follow-up ends, from courses made by hand and a trial's numbers set so that only one thing can happen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from livingdrug.clinic.infections import draw_infections
from livingdrug.model.instance import Clone
from livingdrug.observation.look import look

DAYS = np.arange(0.0, 401.0)
CLONES = tuple(
    Clone(name, name, {"CD19": antigen}, f"{name}_cells", f"{name}_lineage", f"{name}_survivors")
    for name, antigen in (("full", 1.0), ("lost", 0.0))
)
REMISSION = {"marrow_tumour_percent": 0.1, "mrd_fraction": 0.0, "neutrophils": 3.0, "platelets": 250.0}
N, SEED = 60, 4


def having(plan, infection=None, **numbers):
    """The plan over 400 days, with other numbers of the aftermath: nothing happens but what is said."""
    quiet = {
        "other_death": 0.0, "lost_to_follow_up": 0.0, "transplant_in_remission": 0.0, "transplant_death": 0.0, "salvaged": 1.0,
        **numbers,
    }  # fmt: skip
    number = {name: one.model_copy(update={"value": quiet.get(name, one.value)})
              for name, one in plan.aftermath.number.items()}  # fmt: skip
    after = plan.aftermath.model_copy(update={"number": number})
    read = {*REMISSION, "antigen_negative_percent"}
    measured = tuple(one for one in plan.measured if one.assay.reads in read)
    return replace(
        plan, conduct={}, aftermath=after, follow_up_days=400.0, missed=0.0, infection=infection, measured=measured
    )


def disease_words(plan):
    """What the outcome calls death from the disease: its one word that is none of the other causes."""
    return set(plan.questions.outcomes["death_cause"].values) - {"toxicity", "infection", "transplant", "other"}


def test_nobody_dies_where_nothing_kills(made, plan):
    # expected: everyone in remission is in view to the end of follow-up
    exits = look(having(plan), made(DAYS, REMISSION, N), SEED).exits
    assert exits["death_day"].null_count() == exits["death_cause"].null_count() == N
    assert set(exits["last_contact_day"]) == {400.0}
    assert set(exits["course_status"]) == {"finished"}


def test_death_from_toxicity_is_called_so(made, plan):
    # expected: the day in the course, and its cause
    day = np.full((N, len(DAYS)), 1e6)
    day[3, 12:] = 11.25
    exits = look(having(plan), made(DAYS, {**REMISSION, "toxicity_death_day": day}, N), SEED).exits
    assert exits.filter(pl.col("death_day").is_not_null()).select("patient", "death_day", "death_cause").rows() == [
        (4, 11.25, "toxicity")
    ]
    assert exits.filter(pl.col("patient") == 4)["last_contact_day"].to_list() == [11.25]


def test_death_from_infection_is_called_so(made, plan):
    # expected: the fatal infections drawn from the same hazard
    hazard = np.broadcast_to(DAYS / 60.0, (N, len(DAYS)))
    course = made(DAYS, {**REMISSION, "infection_exposure": hazard}, N)
    seen = look(having(plan, plan.infection), course, SEED)
    drawn = draw_infections(DAYS, hazard, course.patients, SEED, plan.infection).filter("fatal")
    died = seen.exits.drop_nulls("death_day")
    assert drawn.height > 3
    assert dict(died.select("patient", "death_day").rows()) == dict(drawn.select("patient", "day").rows())
    assert set(died["death_cause"]) == {"infection"}
    told = seen.events.filter(pl.col("event") == "death")
    assert set(told["detail"]) == {"infection"}
    assert seen.events.filter(pl.col("event") == "infection")["patient"].is_in(course.patients.tolist()).all()


def test_death_after_failure_is_called_by_the_disease(made, plan):
    # expected: nobody responds and nobody is saved, so within a year of a median of ten days all are dead of the disease
    numbers = {"salvaged": 0.0, "death_after_failure": 0.07, "further_therapy_delay": 1e6}
    exits = look(having(plan, **numbers), made(DAYS, {**REMISSION, "marrow_tumour_percent": 80.0}, N), SEED).exits
    assert exits["death_day"].null_count() == 0
    assert set(exits["death_cause"]) == disease_words(plan)
    assert len(disease_words(plan)) == 1
    # a first marrow shows failure about day 28, and nobody dies of it before
    assert exits["death_day"].min() > 21


def test_death_in_remission_from_anything_else_is_other(made, plan):
    # expected: exponential with mean 20 days: within 400 days everyone but e^-20 of them
    exits = look(having(plan, other_death=0.05), made(DAYS, REMISSION, N), SEED).exits
    assert set(exits["death_cause"]) == {"other"}
    assert exits["death_day"].mean() == pytest.approx(20.0, rel=3 / np.sqrt(N))


def test_the_earliest_death_is_the_one_that_counts(made, plan):
    # expected: toxicity on day 9 comes before failure can be seen
    numbers = {"salvaged": 0.0, "death_after_failure": 0.07}
    course = made(DAYS, {**REMISSION, "marrow_tumour_percent": 80.0, "toxicity_death_day": 9.0}, N)
    exits = look(having(plan, **numbers), course, SEED).exits
    assert set(exits["death_cause"]) == {"toxicity"}
    assert set(exits["death_day"]) == {9.0}


def test_a_failed_course_ends_in_its_sentence_and_nothing_else(made, plan):
    # expected: unknown everywhere, never "finished"
    failed = np.arange(N) == 7
    words = tuple("step became too small" if bad else "finished" for bad in failed)
    exits = look(having(plan), made(DAYS, REMISSION, N, failed=failed, sentences=words), SEED).exits
    row = exits.row(7, named=True)
    assert (row["last_contact_day"], row["death_day"], row["course_status"]) == (None, None, "step became too small")


@pytest.mark.parametrize(("lost", "negative"), [(9.0, True), (0.1, False)])
def test_a_relapse_is_biopsied_and_its_antigen_read(made, plan, lost, negative):
    """By hand: of ten cells nine lack CD19, or one of eleven; flow cytometry at relapse reads that share, within its error."""
    back = np.where(DAYS >= 120, 60.0, 0.1)
    cells = {CLONES[0].cells: 1.0, CLONES[1].cells: lost}
    course = made(DAYS, {**REMISSION, "marrow_tumour_percent": back, **cells}, N, clones=CLONES, target="CD19")
    seen = look(having(plan), course, SEED)
    relapse = seen.events.filter(pl.col("event") == "relapse")
    assert relapse.height == N
    assert relapse["day"].min() >= 120
    flow = seen.visits.filter(pl.col("quantity") == "antigen_negative_percent")
    assert dict(flow.select("patient", "day").rows()) == dict(relapse.select("patient", "day").rows())
    share = 100 * lost / (1 + lost)
    assert flow["value"].median() == pytest.approx(share, rel=0.1)
    assert ((flow["value"] >= 50) == negative).all()


def test_nothing_is_seen_after_another_therapy(made, plan):
    # expected: transplanted in remission about day 60: later visits, grades and the relapse do not count
    numbers = {"transplant_in_remission": 1.0, "transplant_day": 60.0, "transplant_day_log_sd": 0.01}
    back = np.where(DAYS >= 120, 60.0, 0.1)
    seen = look(having(plan, **numbers), made(DAYS, {**REMISSION, "marrow_tumour_percent": back}, N), SEED)
    assert seen.exits["subsequent_therapy_day"].median() == pytest.approx(60.0, rel=0.02)
    assert seen.visits["day"].max() < 65
    assert seen.events.filter(pl.col("event") == "relapse").is_empty()
    assert set(seen.exits["last_contact_day"]) == {400.0}


def test_survival_after_relapse_goes_by_what_was_seen_of_it(made, plan, monkeypatch):
    """By hand: blasts 40 %, read within the assay's error; nine of ten cells without CD19; day and age are the patient's."""
    from livingdrug.observation import look as module

    told = []
    inner = module.aftermath
    monkeypatch.setattr(
        module, "aftermath", lambda number, who, seen, seed: told.append(seen) or inner(number, who, seen, seed)
    )
    back = np.where(DAYS >= 120, 40.0, 0.1)
    cells = {CLONES[0].cells: 1.0, CLONES[1].cells: 9.0}
    person = {"age": np.linspace(3.0, 20.0, N)}
    course = made(
        DAYS, {**REMISSION, "marrow_tumour_percent": back, **cells}, N, clones=CLONES, target="CD19", person=person
    )
    seen = look(having(plan), course, SEED)
    (failure,) = told
    relapse = seen.events.filter(pl.col("event") == "relapse").sort("patient")
    assert failure.day.tolist() == relapse["day"].to_list()
    assert failure.responded.all()
    assert np.median(failure.burden) == pytest.approx(40.0, rel=0.08)
    assert np.ptp(failure.burden) > 5  # an assay's results, not the truth
    assert np.median(failure.antigen_negative) == pytest.approx(90.0, rel=0.05)
    flow = seen.visits.filter(pl.col("quantity") == "antigen_negative_percent").sort("patient")
    assert failure.antigen_negative.tolist() == flow["value"].to_list()
    assert failure.age.tolist() == person["age"].tolist()


def test_a_death_from_a_transplant_is_called_so(made, plan):
    # expected: everyone transplanted about day 60, all of whom die of it within the year
    numbers = {
        "transplant_in_remission": 1.0,
        "transplant_day": 60.0,
        "transplant_day_log_sd": 0.01,
        "transplant_death": 1.0,
    }
    exits = look(having(plan, **numbers, transplant_death_within=100.0), made(DAYS, REMISSION, N), SEED).exits
    assert set(exits["death_cause"]) == {"transplant"}
    assert exits["death_day"].max() < 165
    assert (exits["death_day"] > exits["subsequent_therapy_day"]).all()
