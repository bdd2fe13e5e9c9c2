"""Expected: replicate 1 is the plain run; people, sizes and layers as promised; interrupted work goes on to the same numbers."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from livingdrug.catalog.calendar import DataCutoff, Enrolment
from livingdrug.catalog.load import load_trial
from livingdrug.catalog.records.trial import Design
from livingdrug.design.replicate import replicate
from livingdrug.foundation.errors import BadInput, Interrupted
from livingdrug.trial.run import run

ENDPOINTS = ["lugano_orr", "os", "os_enrolled", "enrolment_to_infusion"]


@pytest.fixture(scope="module")
def short():
    trial = load_trial("zuma_1")
    days = {name: tuple(day for day in given if day <= 180) for name, given in trial.visits.days.items()}
    visits = trial.visits.model_copy(update={"days": days})
    return trial.model_copy(
        update={"follow_up": "180 day", "visits": visits, "role": "design", "enrolment": Enrolment(duration="6 month")}
    )


@pytest.fixture(scope="module")
def found(short):
    return replicate(short, replicates=3, patients=12, seed=5, threads=1, endpoints=ENDPOINTS)


def test_the_first_replicate_is_the_plain_run(short, found) -> None:
    plain = run(short, patients=12, seed=5, threads=1)
    mine = found.estimates.filter(pl.col("replicate") == 1).drop("replicate")
    wanted = pl.concat([plain.endpoint(name).table() for name in ENDPOINTS])
    assert mine.sort(pl.all()).equals(wanted.sort(pl.all()))


def test_replicates_have_other_people(found) -> None:
    rows = found.rows("os")
    times = [rows.filter(pl.col("replicate") == one)["time_days"].to_list() for one in (1, 2, 3)]
    assert times[0] != times[1] != times[2]
    assert set(found.people()["patient"]) == set(range(1, 13))


def test_a_smaller_trial_is_the_beginning_of_a_larger(short, found) -> None:
    small = replicate(short, replicates=3, patients=7, seed=5, threads=1, endpoints=["os"])
    wanted = found.rows("os").filter(pl.col("patient") <= 7).sort("replicate", "patient")
    assert small.rows("os").sort("replicate", "patient").equals(wanted)


def test_summary_by_hand(found) -> None:
    share = found.estimates.filter((pl.col("endpoint") == "lugano_orr") & (pl.col("measure") == "proportion"))[
        "estimate"
    ]
    row = found.summary().filter(pl.col("endpoint") == "lugano_orr").row(0, named=True)
    assert row["mean"] == pytest.approx(float(np.mean(share.to_list())))
    assert row["mc_error"] == pytest.approx(float(np.std(share.to_list(), ddof=1) / np.sqrt(3)))
    assert row["n_replicates"] == 3


def test_the_same_people_when_patients_are_off(short) -> None:
    still = replicate(short, replicates=2, patients=6, seed=5, threads=1, endpoints=["os"], without=["patients"])
    rows = still.rows("os")
    one, two = (rows.filter(pl.col("replicate") == number).drop("replicate") for number in (1, 2))
    assert one.equals(two)
    days = still.people().sort("patient")
    assert (
        days.filter(pl.col("replicate") == 1)["entry_day"].to_list()
        != days.filter(pl.col("replicate") == 2)["entry_day"].to_list()
    )
    even = replicate(
        short, replicates=2, patients=6, seed=5, threads=1, endpoints=["os"], without=["patients", "accrual"]
    )
    everyone = even.people().sort("patient")
    assert (
        everyone.filter(pl.col("replicate") == 1)["entry_day"].to_list()
        == everyone.filter(pl.col("replicate") == 2)["entry_day"].to_list()
    )


def test_assays_off_are_exact(short) -> None:
    from livingdrug.catalog.load import default_catalog
    from livingdrug.catalog.plan import plans_of
    from livingdrug.design.layers import Layers

    plan = Layers.without(["assays"]).seen_exactly(plans_of(short, default_catalog())[0])
    assert plan.missed == 0
    assert all(one.assay.error_log_sd.value == 0 and one.window(one.days[0]) == 0 for one in plan.measured if one.days)


def test_draws_of_parameters_move_what_they_concern(short) -> None:
    from livingdrug.catalog.parameter_set import ParameterSet

    draws = [ParameterSet({"disease/lbcl/parameter.tumour_growth": value}) for value in (0.07, 0.2)]
    moved = replicate(
        short, replicates=2, patients=8, seed=5, threads=1, endpoints=["os"], draws=draws, without=["patients"]
    )
    rows = moved.rows("os").sort("patient")
    assert (
        not rows.filter(pl.col("replicate") == 1)
        .drop("replicate")
        .equals(rows.filter(pl.col("replicate") == 2).drop("replicate"))
    )
    assert moved.manifest["layers"]["parameters"].startswith("draws")


def test_differences_between_trials_have_their_spread(short) -> None:
    # a spread on the logarithm of the waiting time: the same people, so the estimates differ by it alone
    many = replicate(
        short, replicates=40, patients=2, seed=5, threads=1, endpoints=["enrolment_to_infusion"], without=["patients"],
        between_trials={"enrolment_to_infusion": 0.2},
    )  # fmt: skip
    log = many.estimates.filter(pl.col("measure") == "median")["estimate"].log()
    assert float(log.std()) == pytest.approx(
        0.2, rel=0.35
    )  # of 40 normal numbers the standard deviation is known to 11 %


def test_each_replicate_has_its_own_cut(short) -> None:
    cut = short.model_copy(update={"data_cutoff": DataCutoff(events=2, endpoint="os_enrolled")})
    rows = replicate(cut, replicates=3, patients=12, seed=5, threads=1, endpoints=["os_enrolled"]).rows("os_enrolled")
    whole = replicate(short, replicates=3, patients=12, seed=5, threads=1, endpoints=["os_enrolled"]).rows(
        "os_enrolled"
    )
    for one in (1, 2, 3):
        events = int((whole.filter(pl.col("replicate") == one)["cause"] == 1).sum())
        assert int((rows.filter(pl.col("replicate") == one)["cause"] == 1).sum()) == min(events, 2)


def test_randomised_replicates_are_balanced_and_blocks_their_own(short) -> None:
    arms = tuple(short.arms[0].model_copy(update={"name": name}) for name in ("one", "two"))
    trial = short.model_copy(update={"arms": arms, "design": Design(kind="randomised")})
    people = replicate(trial, replicates=3, patients=8, seed=5, threads=1, endpoints=["os"]).people()
    sizes = people.group_by("replicate", "arm").len()["len"]
    assert set(sizes) == {4}
    orders = [tuple(people.filter(pl.col("replicate") == one).sort("patient")["arm"]) for one in (1, 2, 3)]
    assert len(set(orders)) > 1
    plain = run(trial, patients=8, seed=5, threads=1).frames["who"].sort("patient")["arm"].to_list()
    assert list(orders[0]) == plain


def test_interrupted_work_goes_on_to_the_same_numbers(short, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("livingdrug.design.replicate.TOGETHER", 40)  # one at a time
    words = {"replicates": 3, "patients": 40, "seed": 5, "threads": 1, "endpoints": ["os"]}

    def stop(done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="1 of 3 replicates"):
        replicate(short, out=tmp_path / "runs", progress=stop, **words)
    seen: list[int] = []
    again = replicate(
        short, out=tmp_path / "runs", resume=True, progress=lambda done, total: seen.append(done), **words
    )
    assert seen[0] == 1
    assert again.estimates.equals(replicate(short, **words).estimates)
    more = replicate(short, out=tmp_path / "runs", resume=True, **{**words, "replicates": 4})
    assert more.n == 4
    assert more.estimates.filter(pl.col("replicate") <= 3).equals(again.estimates)
    with pytest.raises(BadInput, match="not overwritten"):
        replicate(short, out=tmp_path / "runs", **words)
    with pytest.raises(BadInput, match="another run"):
        replicate(short, out=tmp_path / "runs", resume=True, **{**words, "seed": 6})


def test_force_removes_results_and_nothing_else(short, tmp_path) -> None:
    words = {"replicates": 1, "patients": 3, "seed": 5, "threads": 1, "endpoints": ["os"]}
    replicate(short, out=tmp_path, **words)
    (tmp_path / "mine.parquet").write_bytes(b"mine")
    replicate(short, out=tmp_path, force=True, **words)
    assert (tmp_path / "mine.parquet").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"replicates": 0}, "from 1 to"),
        ({"replicates": 10**7}, "from 1 to"),
        ({"replicates": 100_000, "patients": 100}, "would take .* 2 hours are allowed"),
        ({"patients": 0}, "at least 1"),
        ({"without": ["weather"]}, "no layer of chance"),
        ({"endpoints": ["nothing_such"]}, "no endpoint"),
        ({"between_trials": {"pfs": 0.1}, "endpoints": ["os"]}, "not asked for"),
        ({"resume": True}, "needs the folder"),
        ({"hours": -1}, "positive number"),
    ],
)
def test_requests_that_cannot_be_are_refused(short, words, said) -> None:
    with pytest.raises(BadInput, match=said):
        replicate(short, **{"replicates": 1, "patients": 3, "threads": 1, **words})


def test_a_trial_of_one_patient_is_refused() -> None:
    with pytest.raises(BadInput, match="two or more"):
        replicate("eliana", replicates=2, patients=1)


def test_numbers_do_not_depend_on_how_many_replicates_are_simulated_together(short, monkeypatch) -> None:
    # expected: what one replicate at a time tells, to the last bit
    words = {"replicates": 3, "patients": 12, "seed": 5, "threads": 1, "endpoints": ENDPOINTS}
    together = replicate(short, **words)
    monkeypatch.setattr("livingdrug.design.replicate.TOGETHER", 12)
    apart = replicate(short, **words)
    assert len(together.names) == 1
    assert len(apart.names) == 3
    assert together.estimates.equals(apart.estimates)
    assert together.rows("os").equals(apart.rows("os"))
