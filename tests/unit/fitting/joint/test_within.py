"""Expected values: logarithms, arcsines and normal quantiles by hand; a p-value's error by Altman and Bland (BMJ 2011;343:d2090); and the
rule that nothing of a file kept for test is opened."""

from __future__ import annotations

import math

import numpy as np
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.records.association import Association
from livingdrug.fitting.joint.bench import Bench
from livingdrug.fitting.joint.calibrate import calibration_trials
from livingdrug.fitting.joint.free import free_numbers
from livingdrug.fitting.joint.problem import TrialProblem
from livingdrug.fitting.joint.statistics import arcsine, arcsine_error
from livingdrug.fitting.joint.within import (
    NONE_ERROR,
    TOLD,
    TOLD_ERROR,
    Cohorts,
    answer_within,
    cohorts_of,
    names_wanted,
    refuse_test,
    shaping,
    together,
)
from livingdrug.foundation.errors import BadInput
from livingdrug.trial.associations.patients import Patients

HEAD = """
title = "A cohort"
use = "{use}"
cohort = "Somebody's patients"
simulated_by = [{{ trial = "zuma_1" }}]
because = "made for this test"
"""
ROW = 'topic = "burden"\nsource = "a made-up cohort"\nstatus = "unverified"\n'


def record(*rows: str, use: str = "shape", trials: tuple[str, ...] = ("zuma_1",)) -> Association:
    import tomllib

    table = tomllib.loads(HEAD.format(use=use) + "".join(f"[[row]]\n{ROW}{row}\n" for row in rows))
    table["simulated_by"] = [{"trial": trial, "share": 1 / len(trials)} for trial in trials]
    return Association.model_validate({"id": "made_up", **table})


def patients(**values: list[float]) -> Patients:
    n = len(next(iter(values.values())))
    known = {name: np.array(column, dtype=float) for name, column in values.items()}
    whole = {"treated": np.ones(n), "course_failed": np.zeros(n), **known}
    return Patients(np.arange(1, n + 1), whole, {}, {}, ())


MANY = patients(high=[0.0] * 40 + [1.0] * 40, yes=[1.0] * 10 + [0.0] * 30 + [1.0] * 20 + [0.0] * 20)
"""A quarter of the low and a half of the high have it: odds ratio 3, concordance 0.625."""


def only_row(text: str, people: Patients = MANY):
    cohorts = cohorts_of([record(text)], {"zuma_1": people}, {"zuma_1": "axi"}, Catalog())
    ((row,),) = ([row for _, row in cohort.rows] for cohort in cohorts.every)
    return row, cohorts.at({"zuma_1": ("now", people)})[0]


def test_a_ratio_with_its_interval():
    row, simulated = only_row(
        'title = "high: yes"\npredictor = "high"\ncontrast = "yes_no"\noutcome = "yes"\nmeasure = "odds_ratio"\nvalue = 2.0\nci_low = 0.8\nci_high = 5.0'
    )
    assert (row.measure, row.about, row.family, row.within) == ("log ratio", "who: ratio", "axi", True)
    assert row.number == pytest.approx(math.log(2))
    assert row.error == pytest.approx(math.log(5 / 0.8) / (2 * 1.959964))
    assert simulated.number == pytest.approx(math.log(3), abs=1e-6)
    # Woolf: the error of a log odds ratio from its four counts
    assert simulated.error == pytest.approx(math.sqrt(1 / 10 + 1 / 30 + 1 / 20 + 1 / 20), rel=1e-3)
    assert row.shown(row.number) == pytest.approx(2.0)


def test_a_ratio_with_a_p_value_alone():
    # expected: |log| over the normal quantile of p; 1.96 for 0.05
    row, _ = only_row(
        'title = "high: yes"\npredictor = "high"\ncontrast = "yes_no"\noutcome = "yes"\nmeasure = "odds_ratio"\nvalue = 2.7\np_value = "0.05"'
    )
    assert row.error == pytest.approx(math.log(2.7) / 1.959964, rel=1e-5)


@pytest.mark.parametrize(("word", "measure", "number", "told"), [
    ("higher", "at least", TOLD, TOLD), ("lower", "at most", 1 - TOLD, 0.625), ("none", "concordance", 0.5, 0.625),
])  # fmt: skip
def test_a_direction_pulls_from_its_wrong_side_only(word: str, measure: str, number: float, told: float):
    row, simulated = only_row(
        f'title = "high: yes"\npredictor = "high"\ncontrast = "yes_no"\noutcome = "yes"\nmeasure = "direction"\ndirection = "{word}"'
    )
    assert (row.measure, row.number) == (measure, number)
    assert row.error == (NONE_ERROR if word == "none" else TOLD_ERROR)
    assert simulated.number == pytest.approx(told)


def test_shares_of_two_groups_are_one_contrast():
    row, simulated = only_row(
        'title = "high: yes"\npredictor = "high"\ncontrast = "yes_no"\noutcome = "yes"\nmeasure = "share"\nvalue = 48\nreference_value = 5\nunit = "percent"\nn = 80'
    )
    assert row.measure == "contrast"
    assert row.number == pytest.approx(arcsine(0.48, 80) - arcsine(0.05, 40))
    assert row.error == pytest.approx(math.sqrt(2) * arcsine_error(40))
    assert simulated.number == pytest.approx(arcsine(0.5, 40) - arcsine(0.25, 40))


def test_a_direction_is_recalled_with_twice_its_error():
    row, _ = only_row(
        'title = "high: yes"\npredictor = "high"\ncontrast = "yes_no"\noutcome = "yes"\nmeasure = "direction"\ndirection = "higher"'
    )
    assert row.weighted_error == pytest.approx(2 * TOLD_ERROR)


def test_too_few_patients_are_no_answer():
    few = patients(high=[0.0] * 40 + [1.0], yes=[0.0, 1.0] * 20 + [1.0])
    text = 'title = "high: yes"\npredictor = "high"\ncontrast = "yes_no"\noutcome = "yes"\nmeasure = "direction"\ndirection = "higher"'
    assert not cohorts_of([record(text)], {"zuma_1": few}, {"zuma_1": "axi"}, Catalog()).rows
    row = record(text).rows[0]
    assert math.isnan(answer_within(row, "at least", few, Catalog()).number)


def test_a_cohort_whose_trials_are_not_simulated_has_no_answers():
    text = 'title = "high: yes"\npredictor = "high"\ncontrast = "yes_no"\noutcome = "yes"\nmeasure = "direction"\ndirection = "higher"'
    cohorts = cohorts_of([record(text)], {"zuma_1": MANY}, {"zuma_1": "axi"}, Catalog())
    assert isinstance(cohorts, Cohorts)
    assert math.isnan(cohorts.at({})[0].number)


def test_a_cohort_of_two_products_takes_as_many_of_each_as_its_shares_allow():
    # expected: of equal shares everyone, numbered from 1 in both
    text = 'title = "from one: yes"\npredictor = "from_juliet"\ncontrast = "yes_no"\noutcome = "yes"\nmeasure = "direction"\ndirection = "higher"'
    both = record(text, trials=("zuma_1", "juliet"))
    people = together(both, {"zuma_1": MANY, "juliet": MANY})
    assert people.n == 2 * MANY.n
    assert people.values["from_juliet"].sum() == MANY.n
    rows = cohorts_of([both], {"zuma_1": MANY, "juliet": MANY}, {"zuma_1": "axi", "juliet": "tisa"}, Catalog()).rows
    assert rows[0].family == "cohort made_up"
    assert rows[0].families == ("axi", "tisa")


def test_rows_kept_for_test_are_not_even_parsed(tmp_path):
    # expected: a file whose rows are no TOML at all is passed over, because its head says what it is for
    (tmp_path / "association").mkdir()
    kept = HEAD.format(use="test") + '[[row]]\ntitle = "unreadable\nvalue = = 3\n'
    (tmp_path / "association" / "kept.toml").write_text(kept, encoding="utf-8")
    shape = (
        HEAD.format(use="shape")
        + f'[[row]]\n{ROW}title = "age: CRS"\npredictor = "age_years"\ncontrast = "ranked"\noutcome = "crs_lee_max"\nmeasure = "direction"\ndirection = "higher"\n'
    )
    (tmp_path / "association" / "shapes.toml").write_text(shape, encoding="utf-8")
    found = {one.id for one in shaping(Catalog([tmp_path]), ["zuma_1"])}
    assert "shapes" in found
    assert "kept" not in found


def test_only_files_that_may_shape_the_model_are_loaded():
    loaded = []

    class Watched(Catalog):
        def load(self, kind, name):
            found = super().load(kind, name)
            if kind == "association":
                loaded.append(found)
            return found

    watched = Watched()
    records = shaping(watched, calibration_trials(Catalog()))
    assert len(records) > 20
    assert {one.use for one in loaded} == {"shape"}
    wanted = names_wanted(records, Catalog())
    assert set(wanted) <= set(calibration_trials(Catalog()))


def test_a_file_kept_for_test_is_refused_by_its_kind():
    text = 'title = "high: yes"\npredictor = "high"\ncontrast = "yes_no"\noutcome = "yes"\nmeasure = "direction"\ndirection = "higher"'
    kept = record(text, use="test")
    with pytest.raises(BadInput, match="kept to test"):
        refuse_test(kept)
    with pytest.raises(BadInput, match="kept to test"):
        cohorts_of([kept], {"zuma_1": MANY}, {"zuma_1": "axi"}, Catalog())


def test_an_association_is_left_out_with_every_family_that_stands_for_its_cohort():
    # expected: by definition; a cohort of two families is held out with either, and predicted by neither
    text = 'title = "high: yes"\npredictor = "high"\ncontrast = "yes_no"\noutcome = "yes"\nmeasure = "direction"\ndirection = "higher"'
    alone, both = record(text), record(text, trials=("zuma_1", "juliet"))
    cohorts = cohorts_of(
        [alone, both], {"zuma_1": MANY, "juliet": MANY}, {"zuma_1": "axi", "juliet": "tisa"}, Catalog()
    )
    free = free_numbers(Catalog(), ["*kill_max"])
    bench = Bench(Catalog(), (), 80, 1)
    problem = TrialProblem(bench, free, cohorts=cohorts)
    assert problem.families == ("axi", "cohort made_up")
    assert problem.taught_by(0).tolist() == [True, True]
    assert problem.taught_by(1).tolist() == [False, True]
    assert TrialProblem(bench, free, frozenset({"tisa"}), cohorts).fitted.tolist() == [True, False]
    assert TrialProblem(bench, free, frozenset({"axi"}), cohorts).fitted.tolist() == [False, False]
    # nobody was simulated, so nobody answers, and rows without an answer have no weight
    assert np.isnan(problem.simulate([np.array([free[0].at({})])])[0]).all()
