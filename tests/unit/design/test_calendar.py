"""Expected values: the calendar counted by hand, the law of Poisson arrivals, and censoring worked out patient by patient."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from livingdrug.catalog.calendar import DataCutoff, Enrolment
from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.foundation.errors import BadInput
from livingdrug.trial.calendar import entry_days
from livingdrug.trial.run import run

MONTH = 365.25 / 12


@pytest.fixture(scope="module")
def open_trial():
    trial = load_trial("zuma_1")
    update = {"role": "design", "enrolment": Enrolment(duration="12 month"), "follow_up": "2 year"}
    days = {name: tuple(day for day in given if day <= 730) for name, given in trial.visits.days.items()}
    return trial.model_copy(update={**update, "visits": trial.visits.model_copy(update={"days": days})})


@pytest.fixture(scope="module")
def whole(open_trial):
    return run(open_trial, patients=40, seed=3, threads=1)


def cut_at(trial, **words):
    return run(trial.model_copy(update={"data_cutoff": DataCutoff(**words)}), patients=40, seed=3, threads=1)


def test_arrivals_are_poissons() -> None:
    gaps = np.random.default_rng(1).exponential(size=4000)
    days = Enrolment(rate="2 1/day").entry_days(gaps)
    assert days[0] == 0
    assert np.diff(days).mean() == pytest.approx(0.5, rel=0.05)
    spread = Enrolment(duration="100 day").entry_days(gaps)
    assert 0 < spread[-1] <= 100
    assert np.mean(spread) == pytest.approx(50, abs=2)


def test_a_ramp_of_two_months_is_worth_half_of_it() -> None:
    # by hand: rate t / 60 until day 60 brings 30 patients, then one a day
    days = Enrolment(rate="1 1/day", ramp_up="60 day", pattern="even").entry_days(np.ones(61))
    assert days[30] == pytest.approx(60)
    assert days[60] == pytest.approx(90)
    assert days[15] == pytest.approx(np.sqrt(2 * 60 * 15))


def test_even_enrolment_ends_on_its_last_day() -> None:
    assert Enrolment(duration="90 day", pattern="even").entry_days(np.ones(4)).tolist() == [0, 30, 60, 90]
    assert Enrolment(duration="90 day").entry_days(np.ones(1)).tolist() == [0]


def test_entry_days_belong_to_people() -> None:
    rate = Enrolment(rate="1 1/day")
    few, many = (entry_days(rate, np.arange(1, n + 1), 5) for n in (5, 50))
    assert many[:5] == pytest.approx(few)


def test_without_a_cut_only_the_days_are_added(whole) -> None:
    assert (whole.frames["who"]["entry_day"].to_numpy() >= 0).all()
    assert "cut_day" not in whole.frames["who"].columns


def test_a_cut_censors_each_patient_on_their_own_day(open_trial, whole) -> None:
    found = cut_at(open_trial, at="15 month")
    keys = ["arm", "patient"]
    before = whole.endpoint("os").patients.join(
        whole.frames["who"].select(*keys, "entry_day", "enrolment_day"), on=keys
    )
    own = before.with_columns(most=15 * MONTH - pl.col("entry_day") + pl.col("enrolment_day")).filter(
        pl.col("most") >= 0
    )
    after = found.endpoint("os").patients.sort("patient")
    assert after["patient"].to_list() == own["patient"].to_list()
    assert after["time_days"].to_numpy() == pytest.approx(np.minimum(own["time_days"], own["most"]).to_numpy())
    expected = ((own["cause"] == 1) & (own["time_days"] <= own["most"])).to_list()
    assert (after["cause"] == 1).to_list() == expected


def test_nothing_later_is_in_the_frames(open_trial) -> None:
    found = cut_at(open_trial, at="8 month")
    limit = found.frames["who"].select("arm", "patient", "cut_day")
    for name in ("visits", "ward", "grades", "events", "log"):
        rows = found.frames[name].join(limit, on=["arm", "patient"], how="left")
        assert (rows["day"] <= rows["cut_day"]).all(), name
    assert found.frames["who"]["entry_day"].max() <= 8 * MONTH


def test_who_waits_is_enrolled_and_not_treated(open_trial) -> None:
    found = cut_at(open_trial, at="30 day")
    who = found.frames["who"]
    waiting = who.filter(pl.col("status") == "waiting")
    assert 0 < waiting.height <= who.height
    assert waiting["dose_cells"].null_count() == waiting.height
    assert (waiting["waiting_end_day"] == waiting["cut_day"]).all()
    assert "waiting" in set(found.patients["status"])
    assert found.endpoint("os_enrolled").patients.height == who.height


ASKS_FROM_ENROLMENT = [
    "os_enrolled", "pfs_enrolled", "efs_enrolled", "efs_restricted_mean_24mo_enrolled",
    "efs_second_line_week_9", "efs_second_line_week_12", "efs_second_line_day_150",
]  # fmt: skip


@pytest.mark.parametrize("endpoint", ASKS_FROM_ENROLMENT)
def test_who_still_waits_at_the_cut_is_censored_that_day(open_trial, endpoint) -> None:
    """Whether cells will be given is not known yet: no event, and watched from enrolment to the cut."""
    found = cut_at(open_trial, at="30 day")
    who = found.frames["who"].filter(pl.col("status") == "waiting")
    asked = found.endpoint(endpoint).patients.join(who, on=["arm", "patient"], how="inner")
    assert asked.height == who.height > 0
    assert (asked["cause"] == 0).all()
    assert asked["time_days"].to_numpy() == pytest.approx((asked["cut_day"] - asked["enrolment_day"]).to_numpy())


def test_every_endpoint_from_enrolment_is_among_them() -> None:
    catalog = default_catalog()
    records = {name: catalog.load("endpoint", name) for name in catalog.names("endpoint")}
    found = {name for name, one in records.items() if "waiting_end_day" in str(one.further.get("event_day"))}
    assert found == set(ASKS_FROM_ENROLMENT)


def test_a_cut_at_events_has_as_many(open_trial) -> None:
    for name in ("os_enrolled", "efs_enrolled"):
        found = cut_at(open_trial, events=6, endpoint=name)
        assert int((found.endpoint(name).patients["cause"] == 1).sum()) == 6, name


def test_a_cut_after_the_last_patient(open_trial, whole) -> None:
    found = cut_at(open_trial, after_last="5 month")
    who = found.frames["who"]
    assert who.height == whole.frames["who"].height
    last = who["entry_day"].max() + 5 * MONTH
    assert (who["cut_day"] - who["enrolment_day"] + who["entry_day"]).to_numpy() == pytest.approx(last)


def test_events_that_never_come_cut_nothing(open_trial, whole) -> None:
    found = cut_at(open_trial, events=4000, endpoint="os")
    assert found.frames["exits"].equals(whole.frames["exits"])


def test_a_cut_run_is_read_back(open_trial, tmp_path) -> None:
    from livingdrug.trial.result import Result

    found = cut_at(open_trial, at="8 month")
    found.save(tmp_path / "run")
    again = Result.load(tmp_path / "run")
    assert again.trial.data_cutoff == found.trial.data_cutoff
    assert again.endpoint("pfs").table().equals(found.endpoint("pfs").table())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"enrolment": {"duration": "18 month", "rate": "1 1/day"}}, "either a duration or a rate"),
        ({"enrolment": "-3 month"}, "more than 0 days"),
        ({"enrolment": {"rate": "0 1/day"}}, "more than 0 patients"),
        ({"enrolment": {"duration": "3 month", "ramp_up": "4 month"}}, "longer than the enrolment"),
        ({"enrolment": "18 kg"}, "kg"),
        ({"data_cutoff": "24 month"}, "needs to know when patients enrol"),
        ({"enrolment": "1 year", "data_cutoff": {"events": 3}}, "one of a time"),
        ({"enrolment": "1 year", "data_cutoff": {"events": 0, "endpoint": "os"}}, "at least 1"),
        ({"enrolment": "1 year", "data_cutoff": {"events": 5, "endpoint": "lugano_orr"}}, "no events"),
        ({"enrolment": "1 year", "data_cutoff": {"events": 5, "endpoint": "rfs"}}, "counts from"),
    ],
)
def test_calendars_that_cannot_be_are_refused(given, said, tmp_path) -> None:
    from livingdrug.catalog.load import HERE, default_catalog
    from livingdrug.trial.door import planned

    text = (HERE / "trial" / "zuma_1.toml").read_text(encoding="utf-8")
    path = tmp_path / "own.toml"
    path.write_text(text.replace("population =", _lines(given) + "population =", 1), encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        planned(str(path), default_catalog())


def _lines(given) -> str:
    def plain(value) -> str:
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{key} = {plain(one)}" for key, one in value.items()) + " }"
        return f'"{value}"' if isinstance(value, str) else str(value)

    return "".join(f"{key} = {plain(value)}\n" for key, value in given.items())
