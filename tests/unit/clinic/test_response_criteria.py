"""Every criterion of clinic/response/, found by looking: expected values are the promises of `livingdrug.clinic.criterion`, and hand counts."""

import re

import polars as pl
import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.clinic import response
from livingdrug.clinic.criterion import BASELINE_UNTIL, RECORDED, STATUS_SCHEMA, criteria, judged_by
from livingdrug.foundation.errors import UnknownName

FRAME = {
    "arm": pl.String, "patient": pl.Int64, "quantity": pl.String, "day_planned": pl.Float64, "day": pl.Float64,
    "value": pl.Float64, "below_limit": pl.Boolean, "missed": pl.Boolean,
}  # fmt: skip
QUANTITIES = {
    "all_marrow": {"blasts_percent": 1.0, "anc_1e9_per_l": 2.0, "platelets_1e9_per_l": 200.0, "mrd_fraction": 1e-6},
    "nccn_all": {"blasts_percent": 1.0, "anc_1e9_per_l": 2.0, "platelets_1e9_per_l": 200.0, "mrd_fraction": 1e-6},
    "iwcll": {
        "tumour_volume_ml": 5.0, "leukaemic_lymphocytes_per_ul": 100.0, "anc_1e9_per_l": 2.0, "platelets_1e9_per_l": 200.0,
        "haemoglobin_g_per_dl": 12.0, "mrd_fraction": 1e-6,
    },
    "lugano": {"metabolic_volume_ml": 0.1, "tumour_volume_ml": 0.1},
    "imwg": {"m_protein_g_per_l": 0.1, "marrow_plasma_percent": 0.1, "mrd_fraction": 1e-6},
}  # fmt: skip
"""What nobody could call anything but the best response."""


def seen(looks, values):
    """[(planned day, day)] as a visits frame of one patient in whom nothing is left."""
    rows = [
        ("a", 1, name, planned, day, value, True, False) for planned, day in looks for name, value in values.items()
    ]
    return pl.DataFrame(rows, schema=FRAME, orient="row")


@pytest.mark.parametrize("name", criteria())
def test_words_cover_every_status(name):
    one = judged_by(name)
    assert one.responses == one.order[: len(one.responses)]
    assert one.complete == one.order[: len(one.complete)]
    assert set(one.words.or_better) == set(one.responses)
    assert set(one.words.at_a_visit) == set(one.order)
    assert set(one.words.status) >= set(one.order)
    assert one.heading


@pytest.mark.parametrize("name", criteria())
def test_every_criterion_returns_the_common_columns(name):
    nobody = pl.DataFrame(schema=FRAME)
    roster = pl.DataFrame({"arm": ["a"], "patient": [1]})
    one = judged_by(name)
    assert dict(one.status_at_visits(nobody).schema) == STATUS_SCHEMA
    assert dict(one.judge(nobody, roster).schema) == {"arm": pl.String, "patient": pl.Int64, **RECORDED}
    assert one.judge(nobody, roster)["responded"].to_list() == [False]


@pytest.mark.parametrize("name", [name for name in criteria() if name in QUANTITIES])
def test_the_look_planned_as_the_start_is_no_response(name):
    # by hand: planned for day 0 and done on day 4 it is the start, done on day 28 for day 28 it is a response
    one, values = judged_by(name), QUANTITIES[name]
    start = [(0.0, BASELINE_UNTIL + 3.0)]
    roster = pl.DataFrame({"arm": ["a"], "patient": [1], "last_contact_day": [400.0]})
    assert one.status_at_visits(seen(start, values)).is_empty()
    assert one.judge(seen(start, values), roster)["first_response_day"].to_list() == [None]
    after = one.judge(seen([*start, (28.0, 28.0), (90.0, 90.0)], values), roster)
    assert after["first_response_day"].to_list() == [28.0]
    assert after["best_response"].to_list() == [one.order[0]]


@pytest.mark.parametrize("name", [name for name in criteria() if name in QUANTITIES])
def test_response_can_be_judged_by_any_day(name):
    # by hand: a response first seen on day 150 is none by 3 months and one by 6 months
    one = judged_by(name)
    visits = seen([(150.0, 150.0), (200.0, 200.0)], QUANTITIES[name])
    roster = pl.DataFrame({"arm": ["a"], "patient": [1], "last_contact_day": [400.0]})
    assert one.judge(visits, roster)["responded"].to_list() == [False]
    assert one.judge(visits, roster, by_day=190.0)["responded"].to_list() == [True]


def test_a_criterion_is_one_file(tmp_path, monkeypatch):
    # the promise of docs/architecture.md: the file alone is found, named by a disease, and speaks its own words
    (tmp_path / "own_words.py").write_text(
        "from dataclasses import replace\n"
        "from livingdrug.clinic.response.lugano import CRITERION as LUGANO\n"
        "CRITERION = replace(LUGANO, words=replace(LUGANO.words, or_better={'CR': 'gone', 'PR': 'better'}))\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(response, "__path__", [*response.__path__, str(tmp_path)])
    assert "own_words" in criteria()
    assert judged_by("own_words").heading == "better"


def test_ways_to_judge_are_found_by_name():
    # expected: a near name is offered; every disease of the catalogue names a file
    with pytest.raises(UnknownName, match="lugano"):
        judged_by("lugana")
    catalog = default_catalog()
    assert {catalog.load("disease", name).response for name in catalog.names("disease")} <= set(criteria())


COUNTS = re.compile(r"neutrophils (at least|above) ([\d.]+) and platelets (at least|above) (\d+)")


@pytest.mark.parametrize(
    "name", [name for name in criteria() if any(map(COUNTS.search, judged_by(name).words.at_a_visit.values()))]
)
def test_words_of_counts_mean_what_is_compared(name):
    # expected from the words: "at least" holds at the limit itself, "above" does not and holds just above it
    one = judged_by(name)
    for status, words in one.words.at_a_visit.items():
        if (limit := COUNTS.search(words)) is None:
            continue
        for factor in (1.0, 1.001, 0.999):
            values = {
                "blasts_percent": 1.0,
                "anc_1e9_per_l": factor * float(limit[2]),
                "platelets_1e9_per_l": factor * float(limit[4]),
            }
            holds = factor > 1 or (factor == 1 and limit[1] == limit[3] == "at least")
            found = one.status_at_visits(seen([(28.0, 28.0)], values))["status"].to_list()
            assert (found == [status]) == holds, (status, factor, found)
