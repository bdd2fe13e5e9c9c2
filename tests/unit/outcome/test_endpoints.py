"""Expected values: counted by hand in a table of six patients."""

from __future__ import annotations

import polars as pl
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.questions import Questions, questions_of
from livingdrug.catalog.records.endpoint import Endpoint
from livingdrug.foundation.errors import BadInput, CatalogError, UnknownName
from livingdrug.outcome import asked
from livingdrug.outcome.columns import Known, patient_values
from livingdrug.outcome.endpoints import evaluate
from livingdrug.outcome.names import DERIVED, check_names, known_names, outcomes_read, text_words
from livingdrug.outcome.outcomes import TYPES

MONTH = 365.25 / 12
KNOWN = Known(ready_made={"responder": "responded_3mo", "relapsed": "relapse_day", "died": "death_day"})
"""As the outcomes' files say (test_roles.py)."""


@pytest.fixture
def six() -> pl.DataFrame:
    """Four infused (three responders: one relapses, one dies, one goes to transplant), one not made, one failed course."""
    rows = [
        {"patient": 1, "status": "infused", "responded_3mo": True, "first_response_day": 28.0, "relapse_day": 200.0,
         "relapse_antigen_negative": True, "death_day": 300.0, "last_contact_day": 300.0, "crs_penn_max": 3},
        {"patient": 2, "status": "infused", "responded_3mo": True, "first_response_day": 28.0, "death_day": 100.0,
         "death_cause": "infection", "last_contact_day": 100.0, "crs_penn_max": 0},
        {"patient": 3, "status": "infused", "responded_3mo": True, "first_response_day": 30.0,
         "subsequent_therapy_day": 150.0, "last_contact_day": 1826.25, "crs_penn_max": 1},
        {"patient": 4, "status": "infused", "responded_3mo": False, "treatment_failure_day": 28.0, "death_day": 60.0,
         "last_contact_day": 60.0, "crs_penn_max": 4},
        {"patient": 5, "status": "manufacturing_failure", "enrolment_day": -50.0, "waiting_end_day": -10.0},
        {"patient": 6, "status": "infused", "course_status": "the step became too small near day 4"},
    ]  # fmt: skip
    return pl.DataFrame([{"arm": "a", "enrolment_day": -40.0, "waiting_end_day": 0.0, **row} for row in rows])


def ask(name: str, patients: pl.DataFrame):
    return evaluate(Catalog().load("endpoint", name), patients, ["a"], known=KNOWN)


def made(**fields) -> Endpoint:
    words = {"id": "mine", "title": "Of our own", "definition": "Something we count.", "source": "this test"}
    return Endpoint.model_validate({**words, **fields})


def test_proportions_count_the_right_people(six):
    def counts(name):
        row = ask(name, six).table().row(0, named=True)
        return row["n_events"], row["n"]

    assert counts("cr_cri_3mo") == (3, 4)  # the failed course is in no denominator
    assert counts("crs_any") == (3, 4)
    assert counts("crs_severe") == (2, 4)
    assert counts("infused") == (4, 5)
    assert counts("manufacturing_failure") == (1, 5)
    assert counts("relapse_antigen_negative") == (1, 1)


def test_event_free_survival(six):
    # Events on day 28 (failure), 100 (death), 200 (relapse); transplant in remission censors on day 150.
    efs = ask("efs", six)
    assert efs.patients.sort("patient")["time_days"].to_list() == [200.0, 100.0, 150.0, 28.0]
    assert efs.patients.sort("patient")["cause"].to_list() == [1, 1, 0, 1]
    # At 6 months (182.6 d) two of four had an event before the censoring.
    assert efs.at([6], "month")["estimate"].to_list() == pytest.approx([0.5])
    assert efs.at([6 * MONTH], "day")["estimate"].to_list() == pytest.approx([0.5])
    # R's summary of a curve at no time: "no points selected"
    with pytest.raises(BadInput, match="times: got none"):
        efs.at([])
    assert efs.curve()["estimate"].to_list() == pytest.approx([1, 0.75, 0.5, 0.5, 0])


def test_relapse_free_survival_begins_at_response_and_needs_one(six):
    rfs = ask("rfs", six)
    assert rfs.patients.sort("patient")["time_days"].to_list() == [172.0, 72.0, 120.0]


def test_overall_survival_of_the_enrolled_counts_from_enrolment(six):
    # Those never infused are watched until waiting ends: 40 days for patient 5.
    found = ask("os_enrolled", six).patients.sort("patient")
    assert found["time_days"].to_list() == [340.0, 140.0, 1866.25, 100.0, 40.0]
    assert found["cause"].to_list() == [1, 1, 0, 1, 0]
    assert ask("efs_enrolled", six).patients.sort("patient")["cause"].to_list() == [1, 1, 0, 1, 1]


def test_competing_death_keeps_relapse_incidence_below_one_minus_kaplan_meier(six):
    found = ask("relapse_incidence", six).curve()
    # Responders' days from response: death 72 (competing), relapse 172, censored late: (2/3) * (1/2).
    assert found["estimate"].to_list()[-1] == pytest.approx(1 / 3)


def test_quantities_leave_out_the_unknown_and_say_so(six):
    found = evaluate(made(kind="quantity", value="relapse_day", unit="day"), six, ["a"])
    assert found.patients["value"].to_list() == [200.0]
    assert found.n_left_out == {"a": 3}
    assert found.table()["measure"][0] == "median"


def test_text_columns_become_names(six):
    values = patient_values(six)
    assert values["death_cause_infection"].tolist() == [0, 1, 0, 0, 0, 0]
    assert values["status_withdrawn_waiting"].tolist() == [0] * 6
    assert values["course_failed"].tolist() == [0, 0, 0, 0, 0, 1]


def nobody(needs, questions) -> pl.DataFrame:
    """A patients table without rows that has the columns these formulas read."""
    schema = {"arm": pl.String, "patient": pl.Int64, "status": pl.String, "course_status": pl.String}
    for name in outcomes_read(needs, questions):
        outcome = questions.find(name)
        schema[outcome.pattern] = TYPES[outcome.kind]
    known = {
        *DERIVED,
        *questions.ready_made,
        *(f"{name}_{word}" for name, words in text_words(questions).items() for word in words),
    }
    others = {name: pl.Float64 for name in needs if name not in known and not name.startswith("status_")}
    return pl.DataFrame(schema={**others, **schema})


def test_an_empty_arm_gives_empty_answers(questions):
    for name in Catalog().names("endpoint"):
        record = Catalog().load("endpoint", name)
        found = evaluate(record, nobody(record.needs, questions), ["a"], known=known_names(questions))
        assert found.table().height >= 1
        assert found.table()["n"].to_list()[0] == 0
        assert "no patient" in repr(found) or "not reached" in repr(found)


@pytest.fixture(scope="module")
def everything(eliana) -> Questions:
    """What may be asked where every scale is graded and every assay done."""
    trial, catalog = eliana
    groups = {group: tuple(catalog.names("assay")) for group in list(trial.visits.days)[:1]}
    visits = trial.visits.model_copy(update={"assays": groups})
    return questions_of(trial.model_copy(update={"scales": tuple(catalog.names("scale")), "visits": visits}), catalog)


def test_every_catalog_endpoint_reads_only_names_that_exist(everything):
    # Generated: a new file is tested by being there.
    for name in Catalog().names("endpoint"):
        check_names(Catalog().load("endpoint", name).needs, everything, f'endpoint "{name}"')


def test_the_restricted_mean_is_asked_for_by_a_file(six):
    # By hand: free of events until day 28, 100 and 200 (one censored on day 150), counted to 24 months = 730.5 days:
    # 28 + 72 * 3/4 + 100 * 2/4 + 530.5 * 0 = 132 days, since the last patient watched had the event.
    found = ask("efs_restricted_mean_24mo", six)
    row = found.table().row(0, named=True)
    assert (row["measure"], row["unit"], row["time"], row["n"]) == ("restricted mean", "month", 24.0, 4)
    assert row["estimate"] == pytest.approx(132 / MONTH)
    assert found.headline() == f"{132 / MONTH:.3g} month ({row['ci_low']:.3g}-{row['ci_high']:.3g}) at 24 month, n = 4"
    with pytest.raises(BadInput, match=r"\.table\(\)"):
        found.curve()


def test_an_endpoint_that_needs_what_nobody_has(six):
    with pytest.raises(UnknownName, match="tumour_size") as problem:
        evaluate(made(kind="proportion", success="tumour_size > 3"), six, ["a"])
    assert 'endpoint "mine"' in str(problem.value)
    assert "endpoint/mine.toml" in str(problem.value)


def test_a_time_that_cannot_be_is_refused(six):
    with pytest.raises(BadInput, match="no time from origin"):
        evaluate(made(kind="time_to_event", event_day="death_day", censor_day="never"), six, ["a"])


def test_times_belong_to_curves(six):
    with pytest.raises(CatalogError, match="no curve over time"):
        evaluate(made(kind="proportion", success="icu", at=[6.0]), six, ["a"])


def test_a_level_in_per_cent_is_refused(six):
    with pytest.raises(BadInput, match=r"level=0\.95"):
        evaluate(made(kind="proportion", success="icu"), six, ["a"], level=95)


def test_a_proportion_has_no_curve(six):
    with pytest.raises(BadInput, match=r"\.table\(\)"):
        ask("crs_any", six).at([6], "month")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"kind": "proportion"}, "success"),
        ({"kind": "proportion", "success": "icu", "value": "icu"}, "belongs to a quantity"),
        ({"kind": "time_to_event", "event_day": "death_day"}, "censor_day"),
        ({"kind": "quantity", "value": "import os"}, "cannot read"),
        ({"kind": "proportions", "success": "icu"}, 'Did you mean "proportion"'),
        ({"kind": "proportion", "sucess": "icu"}, 'Did you mean "success"'),
        ({"kind": "proportion", "success": "icu", "amomg": "infused"}, 'Did you mean "among"'),
        ({"kind": "proportion", "success": "icu", "horizon": "1"}, 'belongs to estimator "restricted_mean"'),
        ({"kind": "proportion", "success": "icu", "estimator": "kaplan_meier"}, "is for a time_to_event endpoint"),
        ({"kind": "proportion", "success": "icu", "estimator": "../amount"}, "no estimator"),
        ({"kind": "quantity", "value": "age_years", "summary": "mode"}, "one of 'median'"),
    ],
)
def test_incomplete_files_are_refused_with_the_key(tmp_path, fields, expected):
    text = "\n".join(f'{key} = "{value}"' for key, value in fields.items())
    path = tmp_path / "mine.toml"
    path.write_text(f'title = "Mine"\ndefinition = "Something we count."\nsource = "this test"\n{text}\n')
    with pytest.raises((CatalogError, BadInput), match=expected):
        asked.ask(Catalog().load("endpoint", path))


def test_a_curve_is_carried_on_a_little_and_no_further(six):
    # Overall survival is watched until day 1826.25; one twentieth more is day 1917.6, about month 63.
    found = ask("os", six).at([60, 62, 64], "month")
    assert found["estimate"].to_list()[:2] == pytest.approx([0.25, 0.25])
    assert found["estimate"].to_list()[2] is None
    assert found["n_at_risk"].to_list() == [1, 0, 0]


def test_a_grade_on_a_scale_that_nobody_used_is_refused(questions):
    """Expected: an error with the next step; an ungraded scale would read as nobody having had anything."""
    check_names(Catalog().load("endpoint", "crs_any").needs, questions, 'endpoint "crs_any"')
    with pytest.raises(BadInput, match=r'reads crs_lee_max.*does not grade scale "crs_lee"') as caught:
        check_names(Catalog().load("endpoint", "crs_any_lee").needs, questions, 'endpoint "crs_any_lee"')
    assert 'Add "crs_lee" to "scales"' in str(caught.value)


def test_a_name_that_nobody_has_is_refused_at_the_door(questions):
    # expected: the nearest known name, and who asks
    with pytest.raises(UnknownName, match=r'"tumour_size".*') as caught:
        check_names(["tumour_size"], questions, 'endpoint "mine"')
    assert 'endpoint "mine"' in str(caught.value)
    with pytest.raises(UnknownName, match='Did you mean "crs_penn_max"'):
        check_names(["crs_pen_max"], questions, "a test")
