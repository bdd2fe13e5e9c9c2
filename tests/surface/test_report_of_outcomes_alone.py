"""Expected: the report of the same trial run whole. What both runs have is told with equal numbers; what was not kept is said, not drawn."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import livingdrug as ld
from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.catalog.records.trial import Design, Trial
from livingdrug.cli.main import main
from livingdrug.cli.outcomes_only import run_or_outcomes
from livingdrug.design.outcomes_kept import OutcomesKept, open_outcomes
from livingdrug.design.outcomes_only import outcomes_only
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.quantities import Quantity
from livingdrug.reports.html import render
from livingdrug.reports.not_kept import WHY
from livingdrug.reports.sections import one_patient, swimmer
from livingdrug.trial.run import run

SIZE: dict[str, Any] = {"patients": 60, "seed": 3, "threads": 1}
WHOLE = ("flow", "waiting", "between", "how-much", "patients", "survival", "response", "further", "calibration")
"""Sections that outcomes alone can tell."""
IN_PART = ("kinetics", "toxicity", "b-cells", "marrow", "laboratory")
NOT_AT_ALL = ("swimmer", "patient")


def sections(page: str) -> dict[str, str]:
    """The sections of a page by their id."""
    return dict(re.findall(r'<section[^>]*id="([^"]+)"[^>]*>(.*?)</section>', page, re.S))


def rows(section: str) -> list[str]:
    """The rows of its tables as text, those of the data behind a figure included."""
    found = re.findall(r"<tr.*?</tr>", section, re.S)
    return [re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", row))).strip() for row in found]


def curves(section: str) -> list[str]:
    """What its figures draw."""
    return re.findall(r"<(?:path|polyline)[^>]*>", section)


@pytest.fixture(scope="module", params=["single arm", "paired", "randomised"])
def trial(request) -> Trial:
    if request.param == "single arm":
        return load_trial("eliana")
    two = load_trial("allo_715_myeloma")
    if request.param == "paired":
        return two
    chance = Design.model_validate({"kind": "randomised", "strata": [{"covariate": "age_years", "above": [60]}]})
    return two.model_copy(update={"design": chance})


@pytest.fixture(scope="module")
def kept(trial, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("alone") / "kept"
    outcomes_only(trial, chunk=25, out=place, **SIZE)
    return place


@pytest.fixture(scope="module")
def pages(trial, kept) -> tuple[dict[str, str], dict[str, str]]:
    alone = run_or_outcomes(kept, None)
    assert isinstance(alone, OutcomesKept)
    return sections(render(alone)), sections(render(ld.run(trial, **SIZE)))


def test_what_both_runs_have_is_told_alike(pages):
    alone, whole = pages
    assert list(alone) == list(whole)
    for name in (one for one in WHOLE if one in whole):
        assert rows(alone[name]) == rows(whole[name]), name
        assert curves(alone[name]) == curves(whole[name]), name
        assert WHY not in unescape(alone[name])
    assert rows(alone["survival"])
    assert curves(alone["survival"])


def test_what_was_not_kept_is_said_and_nothing_is_drawn_in_its_place(pages):
    alone, whole = pages
    for name in (one for one in IN_PART if one in whole):
        assert WHY in unescape(alone[name]), name
        assert set(rows(alone[name])) <= set(rows(whole[name])), name  # no number that the whole run does not have
        assert set(curves(alone[name])) <= set(curves(whole[name])), name
    for name in NOT_AT_ALL:
        assert WHY in unescape(alone[name])
        assert not rows(alone[name])
        assert not curves(alone[name])
        assert rows(whole[name]) or curves(whole[name])
    for module in (swimmer, one_patient):
        assert module.LEAD[:40] not in unescape(alone["swimmer"] + alone["patient"])


def test_columns_that_the_report_does_not_read_change_nothing(kept):
    some, every = run_or_outcomes(kept, None), open_outcomes(kept, catalog=default_catalog())
    assert set(some.patients.columns) < set(every.patients.columns)
    assert render(some) == render(every)


def test_an_outcome_that_was_not_kept_is_refused_by_name(kept):
    with pytest.raises(BadInput, match=r"doses_anakinra.*not kept"):
        run_or_outcomes(kept, None).patients_with(["doses_anakinra"])


def test_the_command_writes_it_and_a_run_whole_is_told_as_before(kept, capsys, tmp_path):
    page = tmp_path / "page.html"
    assert main(["report", str(kept), "-o", str(page)]) == 0
    capsys.readouterr()
    assert page.read_text(encoding="utf-8") == render(run_or_outcomes(kept, None))


@pytest.mark.parametrize("harm", ["piece_gone", "piece_cut", "manifest_changed", "definitions_changed", "before"])
def test_a_folder_that_is_not_as_it_was_written_is_refused(harm, kept, tmp_path, capsys):
    import shutil

    place = tmp_path / "harmed"
    shutil.copytree(kept, place)
    manifest, first = place / "manifest.json", sorted((place / "pieces").glob("arm*"))[0]
    match harm:
        case "piece_gone":
            shutil.rmtree(first)
        case "piece_cut":
            (first / "people.parquet").write_bytes((first / "people.parquet").read_bytes()[:-20])
        case "manifest_changed":
            manifest.write_text(manifest.read_text().replace('"seed": 3', '"seed": 4'))
        case "definitions_changed":
            told = json.loads(manifest.read_text()) | {"questions_sha256": "0" * 64}
            _rewritten(place, told)
        case "before":
            told = json.loads(manifest.read_text())
            del told["trial_toml"]
            _rewritten(place, told)
    assert main(["report", str(place)]) == 2
    said = capsys.readouterr().err
    assert str(place) in said
    assert "again" in said
    assert "Traceback" not in said


def _rewritten(place: Path, manifest: dict) -> None:
    """As if the folder had been written with this manifest."""
    from livingdrug.catalog.plan import digest

    (place / "manifest.json").write_text(json.dumps(manifest))
    (place / "pieces" / "plan.json").write_text(json.dumps({"manifest": manifest, "sha256": digest(manifest)}))


def test_a_report_beyond_the_memory_allowed_is_left_to_its_own_command(tmp_path, capsys, monkeypatch):
    from livingdrug.reports import patients_read

    place = tmp_path / "alone"
    words = ["run", "eliana", "-n", "6", "--outcomes-only", "-o", str(place)]
    assert main(words) == 0
    assert (place / "report.html").is_file()
    monkeypatch.setattr(patients_read, "_EACH", 1e9)
    capsys.readouterr()
    assert main([*words, "--force"]) == 0
    assert "livingdrug report" in capsys.readouterr().out
    assert not (place / "report.html").exists()  # of the run that was replaced
    assert main(["report", str(place)]) == 0
    assert (place / "report.html").is_file()


def test_courses_that_did_not_finish_are_told_and_leave_exit_code_3(tmp_path, capsys, monkeypatch):
    # expected: a number that no equation survives, in one run that keeps everything and in one that does not
    from livingdrug.design import outcomes_only as large
    from livingdrug.trial.line import follow

    plain = Quantity(value=1.0, unit="1/day", meaning="no rate at all", kind="assumed", source="a test")
    absurd = plain.model_copy(update={"value": float("nan")})  # the door would refuse it

    def behind_the_door(plan, patients, seed, *, settings, **words):
        return follow(plan, patients, seed, settings=replace(settings, parameters={"growth_max": absurd}), **words)

    whole = run("eliana", patients=6, seed=8, threads=1, simulate=behind_the_door)
    monkeypatch.setattr(large, "follow", behind_the_door)
    place = tmp_path / "alone"
    assert main(["run", "eliana", "-n", "6", "--seed", "8", "--outcomes-only", "-o", str(place)]) == 3
    said = capsys.readouterr().err
    assert whole.failed.height > 0
    assert f"{whole.failed.height} of {whole.n_courses} courses did not finish" in said
    assert "people.parquet" in said
    page = unescape((place / "report.html").read_text(encoding="utf-8"))
    assert "courses did not finish" in page
    assert rows(sections(page)["provenance"])[:3] == rows(sections(render(whole))["provenance"])[:3]
    assert run_or_outcomes(place, None).failed.equals(whole.failed.select("arm", "patient", "course_status"))
