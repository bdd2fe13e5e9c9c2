"""The same seed gives the same bytes: threads, chunks, and whatever else is asked of the run."""

from __future__ import annotations

import hashlib

import polars as pl
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.observation.frames import FRAMES
from livingdrug.outcome.names import outcomes_read
from livingdrug.trial.run import run

PATIENTS, SEED = 50, 31


def digests(folder):
    return {name: hashlib.sha256((folder / f"{name}.parquet").read_bytes()).hexdigest() for name in FRAMES}


@pytest.fixture(scope="module")
def plain(tmp_path_factory, eliana):
    folder = tmp_path_factory.mktemp("runs") / "plain"
    return folder, run(eliana[0], patients=PATIENTS, seed=SEED, threads=1, chunk=PATIENTS, out=folder, sample=5)


@pytest.mark.parametrize(("threads", "chunk"), [(2, 7), (1, 7), (2, 50), (2, 25)])
def test_threads_and_chunks_leave_every_byte(plain, eliana, tmp_path, threads, chunk):
    # expected: the files of the run with one thread and one chunk
    run(eliana[0], patients=PATIENTS, seed=SEED, threads=threads, chunk=chunk, out=tmp_path / "run", sample=5)
    assert digests(tmp_path / "run") == digests(plain[0])


def test_the_same_again(plain, eliana, tmp_path):
    # expected: the same bytes, and no time of day in any table
    run(eliana[0], patients=PATIENTS, seed=SEED, threads=1, chunk=PATIENTS, out=tmp_path / "run", sample=5)
    assert digests(tmp_path / "run") == digests(plain[0])
    assert (tmp_path / "run" / "trial.toml").read_bytes() == (plain[0] / "trial.toml").read_bytes()


def test_fewer_patients_are_the_same_persons(plain, eliana):
    # expected: the first 20 rows of the larger run
    fewer = run(eliana[0], patients=20, seed=SEED, threads=1, sample=5)
    for name in FRAMES:
        of_larger = plain[1].frames[name].filter(pl.col("patient") <= 20)
        assert fewer.frames[name].equals(of_larger), name


def answerable(endpoint, questions):
    """Whether this trial grades and measures what the endpoint reads."""
    outcomes = [questions.find(name) for name in outcomes_read(endpoint.needs, questions)]
    return not any(questions.problem(one) for one in outcomes)


def test_another_endpoint_changes_no_table(plain, eliana):
    # expected: endpoints only read the tables
    trial, catalog = eliana
    used, questions = {use.id for use in trial.endpoints}, plain[1].questions
    others = [
        type(trial.endpoints[0])(id=name)
        for name in catalog.names("endpoint")
        if name not in used and answerable(catalog.load("endpoint", name), questions)
    ]
    assert others
    uses = (*trial.endpoints, *others) if others else trial.endpoints[:-1]
    found = run(trial.model_copy(update={"endpoints": uses}), patients=PATIENTS, seed=SEED, threads=1, sample=5)
    for name in FRAMES:
        assert found.frames[name].equals(plain[1].frames[name]), name


def test_another_scale_adds_rows_and_changes_none(plain, eliana):
    # expected: rows of the other scales as before; the true courses get one more column, the patients their worst grade on it
    trial, _ = eliana
    found = run(
        trial.model_copy(update={"scales": (*trial.scales, "crs_lee")}),
        patients=PATIENTS,
        seed=SEED,
        threads=1,
        sample=5,
    )
    before = plain[1].frames
    grades = found.frames["grades"]
    assert grades.filter(pl.col("scale") == "crs_lee").height > 0
    assert grades.filter(pl.col("scale") != "crs_lee").equals(before["grades"])
    assert found.frames["courses"].select(before["courses"].columns).equals(before["courses"])
    assert found.patients["crs_lee_max"].drop_nulls().len() > 0
    assert found.patients.drop("crs_lee_max").equals(plain[1].patients)
    for name in set(FRAMES) - {"grades", "courses"}:
        assert found.frames[name].equals(before[name]), name


def test_another_assay_adds_rows_and_changes_none(plain, eliana, tmp_path):
    # expected: a second measurement of IL-6 under another name leaves all other results alone
    trial, catalog = eliana
    place = tmp_path / "assay"
    place.mkdir()
    text = catalog.path("assay", "il6_immunoassay").read_text(encoding="utf-8")
    text = text.replace('"il6_pg_per_ml"', '"il6_second_pg_per_ml"')
    assert "il6_second" in text
    (place / "il6_second.toml").write_text(text, encoding="utf-8")
    found = run(trial, patients=PATIENTS, seed=SEED, threads=1, sample=5, catalog=Catalog([tmp_path]))
    visits = found.frames["visits"]
    assert visits.filter(pl.col("quantity") == "il6_second_pg_per_ml").height > 0
    assert visits.filter(pl.col("quantity") != "il6_second_pg_per_ml").equals(plain[1].frames["visits"])
    for name in set(FRAMES) - {"visits"}:
        assert found.frames[name].equals(plain[1].frames[name]), name


def test_another_arm_changes_nothing_in_the_first(plain, eliana):
    # expected: the same patients' rows of the first arm; and a twin arm treats the same persons with the same luck
    trial, _ = eliana
    twin = trial.arms[0].model_copy(update={"name": "twin"})
    found = run(
        trial.model_copy(update={"arms": (*trial.arms, twin)}), patients=PATIENTS, seed=SEED, threads=1, sample=5
    )
    first = trial.arms[0].name
    for name in FRAMES:
        frame = found.frames[name]
        assert frame.filter(pl.col("arm") == first).equals(plain[1].frames[name]), name
        assert frame.filter(pl.col("arm") == "twin").drop("arm").equals(plain[1].frames[name].drop("arm")), name
