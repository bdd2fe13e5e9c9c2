"""Expected values: a person who mistypes. Each fault stops at the door: code 2, one sentence, a next step, no traceback."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from livingdrug.cli.main import main

TrialFile = Callable[..., Path]


def refused(words: list[str], capsys: pytest.CaptureFixture[str], *expected: str, code: int = 2) -> str:
    """Run a command line that must be refused, and return what it said."""
    found = main(words)
    out, err = capsys.readouterr()
    told = [
        line
        for line in err.splitlines()
        if not re.match(r"([\w-]+: )?(cohort|making|courses|visits|saving|report)( \d+/\d+)?$", line)
    ]
    assert told, out
    assert told[0].startswith("Error: "), err
    assert found == code, err
    assert "Traceback" not in err
    assert "defect" not in err
    for piece in expected:
        assert piece in err, err
    return err


def test_unknown_trial_suggests_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    refused(["check", "elianna"], capsys, "elianna", 'Did you mean "eliana"?')


def test_unknown_product_suggests_the_nearest(trial_file: TrialFile, capsys: pytest.CaptureFixture[str]) -> None:
    path = trial_file('product = "tisa_cel"', 'product = "tisacel"')
    refused(["check", str(path)], capsys, "tisacel", 'Did you mean "tisa_cel"?')


@pytest.mark.parametrize("command", ["check", "run"])
def test_what_other_files_miss_in_a_trial_names_the_trials_file(
    command: str, trial_file: TrialFile, capsys: pytest.CaptureFixture[str]
) -> None:
    path = trial_file("[conduct.b_cell_recovery]", "[conduct.b_cell_recoveby]")
    refused([command, str(path)], capsys, str(path), "b_cell_recovery_day", "conduct")


def test_unknown_kind_and_name(capsys: pytest.CaptureFixture[str]) -> None:
    refused(["list", "produkt"], capsys, "produkt", 'Did you mean "product"?')
    refused(["show", "produkt", "tisa_cel"], capsys, 'Did you mean "product"?')
    refused(["show", "drug", "tocilizumap"], capsys, 'Did you mean "tocilizumab"?')


@pytest.mark.parametrize(
    ("old", "new", "pieces"),
    [
        ('dose = "30 mg/m^2"', 'dose = "30 mg/hour"', ("30 mg/hour", "mg/m^2")),
        ('dose = "30 mg/m^2"', 'dose = "-30 mg/m^2"', ("-30 mg/m^2", "more than 0")),
        ('dose = "30 mg/m^2"', "dose = 30", ("lymphodepletion[1].dose", "30")),
        ('follow_up = "5 year"', 'follow_up = "5 kg"', ("follow_up", "5 kg", "day")),
        ('follow_up = "5 year"', 'follow_up = "0 year"', ("follow_up", "more than 0")),
        ("kinetics = [1,", "kinetics = [-30, 1,", ("visits.kinetics", "before the first day of treatment")),
        ("days = [-6, -5, -4, -3]", "days = [-6, -5, -4, 3]", ("fludarabine", "not before the infusion")),
        ('id = "efs"', 'id = "evs"', ("evs", 'Did you mean "efs"?')),
        ('drug = "fludarabine"', 'drug = "fludarabin"', ('Did you mean "fludarabine"?',)),
        ('guideline = "tisa_cel_trials"', 'guideline = "tisa_cel_trial"', ("guideline", "tisa_cel_trials")),
        ('population = "b_all_paediatric_rr"', 'population = "adults"', ("population", "b_all_paediatric_rr")),
        ("disease = ", "desease = ", ("desease", 'Did you mean "disease"?')),
        ("[visits]", "[visits", ("mine.toml", "not valid TOML", "line")),
    ],
)
def test_a_fault_in_a_trial_file(
    old: str, new: str, pieces: tuple[str, ...], trial_file: TrialFile, capsys: pytest.CaptureFixture[str]
) -> None:
    path = trial_file(old, new)
    refused(["check", str(path)], capsys, *pieces)
    # `run` finds the same fault, and has made no folder.
    refused(["run", str(path), "-n", "2", "-o", str(path.parent / "out")], capsys, *pieces)
    assert not (path.parent / "out").exists()


def test_a_folder_for_a_file_and_a_file_for_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(["check", f"{tmp_path}/"], capsys, str(tmp_path), "folder")
    refused(["init", str(tmp_path)], capsys, str(tmp_path), "folder")
    blocker = tmp_path / "results"
    blocker.write_text("a file")
    refused(["run", "eliana", "-n", "2", "-o", str(blocker)], capsys, str(blocker))
    assert blocker.read_text(encoding="utf-8") == "a file"
    refused(["show", "drug", "anakinra", "--catalog", str(blocker)], capsys, str(blocker))


def test_a_file_that_is_not_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "trial.toml"
    path.write_bytes(b"\xff\xfe\x00\x01")
    refused(["check", str(path)], capsys, str(path), "UTF-8")


def test_init_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("precious")
    refused(["init", str(path)], capsys, "--force")
    assert path.read_text(encoding="utf-8") == "precious"
    assert main(["init", str(path), "--force"]) == 0
    written = path.read_text(encoding="utf-8")
    assert (
        'title = "mine: begun from ELIANA' in written
    )  # a trial of one's own is neither registered nor of a family of trials
    assert "registration" not in written
    assert "\nfamily" not in written
    assert main(["check", str(path)]) == 0
    refused(["init", str(tmp_path / "missing" / "mine.toml")], capsys, "missing")


@pytest.mark.parametrize(
    ("options", "pieces"),
    [
        (["-n", "0"], ("0",)),
        (["-n", "-5"], ("-5",)),
        (["-n", "many"], ("-n", "--patients")),
        (["-n", "2", "--seed", "-1"], ("seed", "-1")),
        (["-n", "2", "--threads", "0"], ("threads", "0")),
        (["-n", "2", "--sample", "-1"], ("sample", "-1")),
        (["-n", "2", "--chunk", "0"], ("chunk", "0")),
    ],
    ids=" ".join,
)
def test_numbers_that_make_no_run(
    options: list[str], pieces: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(["run", "eliana", *options, "-o", str(tmp_path / "out")], capsys, *pieces)
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_patients_and_arms_that_do_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    refused(["patient", "eliana", "--patient", "-1"], capsys, "-1")
    refused(["patient", "eliana", "--arm", "tisacel"], capsys, "tisacel", "tisa-cel")
    refused(["export", "sbml", "eliana", "--arm", "tisacel"], capsys, "tisacel", "tisa-cel")
    refused(["export", "sbml", "eliana", "--patient", "0"], capsys, "0")
    refused(["model", "b_all_cd91"], capsys, "b_all_cd91", "b_all_cd19")


def test_an_endpoint_that_needs_what_nobody_has(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "endpoint"
    folder.mkdir()
    (folder / "hair.toml").write_text(
        'title = "Hair regrowth"\ndefinition = "Hair has grown back by day 100."\nkind = "proportion"\n'
        'success = "hair_regrowth_day <= 100"\nsource = "made up for this test"\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVINGDRUG_CATALOG", str(tmp_path))
        refused(["endpoints", str(finished), "--add", "hair"], capsys, "hair_regrowth_day")
    refused(["endpoints", str(finished), "--add", "efz"], capsys, "efz", "efs")


def test_a_folder_that_holds_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("endpoints", "report"):
        refused([command, str(tmp_path)], capsys, str(tmp_path))
        refused([command, str(tmp_path / "nowhere")], capsys, "nowhere")


def test_a_report_onto_a_folder(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(["report", str(finished), "-o", str(tmp_path)], capsys, str(tmp_path))


def test_a_mistyped_command_or_option(capsys: pytest.CaptureFixture[str]) -> None:
    refused(["rnu", "eliana"], capsys, "rnu", "run", "--help")
    refused(["run", "eliana", "--patience", "3"], capsys, "--patience", "--help")
    refused(["run"], capsys, "TRIAL", "--help")


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The disk fills up at the third file; what is whole stays, nothing is half-written, the next step is said."""
    written = 0

    def full(descriptor: int) -> None:
        nonlocal written
        written += 1
        if written >= 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        refused(["run", "eliana", "-n", "4", "--chunk", "2", "--threads", "1", "-o", str(out)], capsys, "disk", "full")
    left = [path.name for path in out.rglob("*") if path.is_file()]
    assert not [name for name in left if re.search(r"\.(part|tmp)$", name)], left
    assert "report.html" not in left
    # With space again, the run is completed.
    assert main(["run", "eliana", "-n", "4", "--no-report", "-o", str(out), "--resume"]) == 0
    assert "Frames: " in capsys.readouterr().out


def test_a_defect_of_ours_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("livingdrug.catalog.load.Catalog.names", broken)
    assert main(["list"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("Error: ZeroDivisionError")
    assert "please report" in err
    assert "Traceback" not in err
    assert main(["list", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_table_where_a_fit_belongs_and_no_control_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ck.csv"
    path.write_text("ID,TIME,DV\n1,1,10\n", encoding="utf-8")
    refused(["design", "sampling", str(path), "-n", "5"], capsys, "folder of a fit", "livingdrug fit")
    words = ["design", "external", str(tmp_path), "--endpoint", "os", "--covariates", "age_years"]
    refused(words, capsys, "neither a control nor --drift", "table of your own")
