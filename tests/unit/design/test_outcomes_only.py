"""A trial of which outcomes alone are kept, against the same trial run whole: the expected values are those of `livingdrug.run`."""

from __future__ import annotations

from pathlib import Path

import pytest

import livingdrug as ld
from livingdrug.design.outcomes_only import outcomes_only
from livingdrug.design.pieces import PIECES
from livingdrug.foundation.errors import BadInput


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    place = tmp_path_factory.mktemp("large") / "kept"
    return outcomes_only("eliana", patients=45, seed=3, threads=2, chunk=20, out=place), place


def test_patients_and_endpoints_are_those_of_the_whole_run(kept):
    found, _ = kept
    whole = ld.run("eliana", patients=45, seed=3, threads=1)
    wanted, people = whole.patients, found.patients()
    assert set(wanted.columns) <= set(people.columns)
    assert people.select(wanted.columns).equals(wanted)
    assert found.numbers.equals(whole.table())
    assert found.numbers.height > 30


def test_an_interrupted_one_goes_on_to_the_same_bytes(kept, tmp_path):
    found, place = kept
    assert len(found.names) == 3
    again = tmp_path / "again"
    outcomes_only("eliana", patients=45, seed=3, threads=1, chunk=20, out=again)
    lost = again / PIECES / found.names[1]
    for file in lost.iterdir():
        file.unlink()
    lost.rmdir()
    (again / "endpoints.parquet").unlink()
    outcomes_only("eliana", patients=45, seed=3, threads=1, chunk=20, out=again, resume=True)
    for file in ["endpoints.parquet", *(f"{PIECES}/{name}/people.parquet" for name in found.names)]:
        assert (again / file).read_bytes() == (place / file).read_bytes()


def test_what_cannot_be_is_refused_before_it_starts(kept, tmp_path: Path):
    _, place = kept
    with pytest.raises(BadInput, match="would take"):
        outcomes_only("eliana", patients=50_000_000, out=tmp_path / "big")
    with pytest.raises(BadInput, match="not overwritten"):
        outcomes_only("eliana", patients=45, seed=3, out=place)
    with pytest.raises(BadInput, match="another run"):
        outcomes_only("eliana", patients=46, seed=3, out=place, chunk=20, resume=True)
    with pytest.raises(BadInput, match="outcomes of a large trial"):
        ld.run("eliana", patients=4, out=place, force=True)
    assert not (tmp_path / "big").exists()


def test_a_cut_by_day_is_known_before_and_one_that_waits_for_events_is_refused():
    # expected by hand: two a month at even times, ten patients; the cut a year after the last of them
    from livingdrug.catalog.calendar import DataCutoff, Enrolment
    from livingdrug.catalog.load import load_trial
    from livingdrug.trial.calendar import known_before

    trial = load_trial("eliana")
    assert known_before(trial, 10, 1) == (None, None)
    even = trial.model_copy(update={"enrolment": Enrolment(rate="2 1/month", pattern="even")})
    days, day = known_before(even, 10, 1)
    assert day is None
    assert days is not None
    assert days["patient"].to_list() == list(range(1, 11))
    last = days["entry_day"].max()
    later = even.model_copy(update={"data_cutoff": DataCutoff(after_last="12 month")})
    assert known_before(later, 10, 1)[1] == pytest.approx(last + 365.25)
    waits = even.model_copy(update={"data_cutoff": DataCutoff(events=5, endpoint="os")})
    with pytest.raises(BadInput, match="waits for events"):
        known_before(waits, 10, 1)
