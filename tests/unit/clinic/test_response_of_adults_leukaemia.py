"""Remissions of made-up patients, judged by hand with the limits quoted in clinic/response/nccn_all.py and eln_aml.py."""

import polars as pl
import pytest

from livingdrug.clinic.response import eln_aml, nccn_all

NAMES = ("blasts_percent", "anc_1e9_per_l", "platelets_1e9_per_l")
#        (day, blasts, neutrophils, platelets); every course is looked at again on day 84
SAME_IN_BOTH = {
    "CR": [(28, 2, 1.2, 120), (84, 2, 1.2, 120)],
    "CRh": [(28, 2, 0.7, 120), (84, 2, 0.7, 60)],
    "CRi": [(28, 2, 0.3, 120), (84, 2, 2.0, 40)],
    "NR": [(28, 6, 2.0, 200), (84, 30, 2.0, 200)],
}
NEITHER = [(28, 2, 0.3, 30), (84, 2, 0.9, 40)]
COURSES = [
    *((module, best, seen) for module in (nccn_all, eln_aml) for best, seen in SAME_IN_BOTH.items()),
    (nccn_all, "CRi", NEITHER),
    (eln_aml, "MLFS", NEITHER),
]


def visits_of(seen) -> pl.DataFrame:
    rows = [
        {"arm": "a", "patient": 1, "quantity": name, "day_planned": float(day), "day": float(day), "value": float(value),
         "below_limit": False, "missed": False}
        for day, *values in seen
        for name, value in zip(NAMES, values, strict=True)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def best_of(module, visits) -> str:
    return module.CRITERION.judge(visits)["best_response"].item()


@pytest.mark.parametrize(("module", "best", "seen"), COURSES)
def test_by_hand(module, best, seen):
    found = module.CRITERION.judge(visits_of(seen)).row(0, named=True)
    assert found["best_response"] == best
    assert found["responded"] == (best != "NR")
    assert found["complete"] == (best == "CR")


@pytest.mark.parametrize(("module", "at_the_limit"), [(nccn_all, "CRh"), (eln_aml, "CR")])
def test_a_count_at_its_limit(module, at_the_limit):
    # "above" 1.0 and 100 in one guideline, "at least" in the other
    assert best_of(module, visits_of([(28, 2, 1.0, 100), (84, 2, 1.0, 100)])) == at_the_limit


@pytest.mark.parametrize(
    ("module", "measured", "best"),
    [
        (nccn_all, {"blasts_percent"}, "CRi"),
        (eln_aml, {"blasts_percent"}, "MLFS"),
        (eln_aml, {"blasts_percent", "anc_1e9_per_l"}, "CRi"),
    ],
)
def test_a_count_that_was_not_measured_has_not_recovered(module, measured, best):
    # by hand: blasts below 5 %; of the counts nothing is known, or that the neutrophils are back
    visits = visits_of([(28, 2, 1.2, 120), (84, 2, 1.2, 120)])
    assert best_of(module, visits.filter(pl.col("quantity").is_in(list(measured)))) == best


@pytest.mark.parametrize("module", [nccn_all, eln_aml])
def test_the_best_of_a_remission_counts(module):
    # by hand: low counts on day 28, partial recovery on day 56: CRh
    assert best_of(module, visits_of([(28, 2, 0.3, 30), (56, 2, 0.7, 70), (90, 2, 0.4, 70)])) == "CRh"


def test_the_words_tell_the_limits():
    # as printed in the tables at the head of the two files
    assert "neutrophils above 0.5 and platelets above 50" in nccn_all.CRITERION.words.at_a_visit["CRh"]
    assert "neutrophils at least 1.0 or platelets at least 100" in eln_aml.CRITERION.words.at_a_visit["CRi"]
