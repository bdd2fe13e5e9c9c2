"""Expected values: the rules of the house. Every association names what exists, and none is a trial kept for prediction."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug.catalog.load import Catalog, load_trial
from livingdrug.catalog.questions import questions_of
from livingdrug.foundation.errors import CatalogError
from livingdrug.outcome.names import check_names
from livingdrug.trial.associations.board import names_read
from livingdrug.trial.associations.compare import measure_named

CATALOG = Catalog()
NAMES = CATALOG.names("association")
KEPT_FOR_PREDICTION = (
    "zuma7", "belinda", "elara", "zuma3", "cartitude4", "felix", "karmma3", "transcendfl", "ct041", "auto3", "cemacel",
    "cassiopeia", "zuma1cohort6",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_name_exists_in_every_trial_that_answers(name):
    record = CATALOG.load("association", name)
    flags = {f"from_{part.trial}" for part in record.simulated_by}
    for part in record.simulated_by:
        questions = questions_of(load_trial(part.trial, CATALOG), CATALOG)
        for one in sorted(names_read([record], CATALOG) - flags):
            check_names([one], questions, name)
    for row in record.rows:
        assert measure_named(row.measure).title
        if row.endpoint:
            CATALOG.load("endpoint", row.endpoint)


@pytest.mark.parametrize("name", NAMES)
def test_no_trial_kept_for_prediction_is_named(name):
    record = CATALOG.load("association", name)
    assert {load_trial(part.trial, CATALOG).role for part in record.simulated_by} == {"calibration"}
    flat = CATALOG.path("association", name).read_text(encoding="utf-8").lower()
    flat = flat.replace("_", "").replace("-", "").replace(" ", "")
    assert not [trial for trial in KEPT_FOR_PREDICTION if trial in flat]


def test_use_is_fixed_by_cohort():
    uses: dict[str, set[str]] = {}
    for name in NAMES:
        record = CATALOG.load("association", name)
        uses.setdefault(record.cohort, set()).add(record.use)
    assert not [cohort for cohort, found in uses.items() if len(found) > 1]


def test_recalled_rows_are_marked_and_others_say_where_they_were_seen():
    for name in NAMES:
        for row in CATALOG.load("association", name).rows:
            assert (row.status == "unverified") == (not row.seen_at), (name, row.title)


def own(folder: Path, *, role: str, **keys: str) -> Catalog:
    """A catalogue with a trial of this role and an association that it simulates."""
    for kind in ("trial", "association"):
        (folder / kind).mkdir()
    text = CATALOG.path("trial", "eliana").read_text(encoding="utf-8")
    (folder / "trial" / "kept.toml").write_text(
        text.replace('role = "calibration"', f'role = "{role}"'), encoding="utf-8"
    )
    row = {"title": "burden and death", "topic": "burden", "predictor": "age_years", "contrast": "per_unit", "endpoint": "os",
           "measure": "hazard_ratio", "source": "made up", "status": "unverified", **keys}  # fmt: skip
    lines = [f'{key} = "{value}"' for key, value in row.items()]
    (folder / "association" / "mine.toml").write_text(
        'title = "Mine"\nuse = "shape"\ncohort = "mine"\nsimulated_by = [{ trial = "kept" }]\nbecause = "made up for this test"\n'
        "[[row]]\nvalue = 1.5\n" + "\n".join(lines) + "\n",
        encoding="utf-8",
    )
    return Catalog([folder])


def test_a_trial_kept_for_prediction_is_refused(tmp_path: Path):
    with pytest.raises(CatalogError, match='role "prediction"'):
        own(tmp_path, role="prediction").load("association", "mine")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({}, ""),
        ({"outcome": "died"}, 'either "endpoint" or "outcome"'),
        ({"contrast": "everyone"}, "has no predictor"),
        ({"direction": "higher"}, 'either "value" or "direction"'),
        ({"endpoint": "oss"}, 'no endpoint "oss"'),
        ({"status": "read"}, "seen_at"),
        ({"predictor": "age_years +"}, "cannot read the formula"),
        ({"use": "calibration"}, "use"),
    ],
)
def test_faults_are_told(tmp_path: Path, keys: dict[str, str], words: str):
    catalog = own(tmp_path, role="calibration", **keys)
    if not words:
        assert catalog.load("association", "mine").rows[0].value == 1.5
        return
    with pytest.raises(Exception, match=words):
        catalog.load("association", "mine")
