"""Expected values: exit codes and places of faults as promised in docs/logistics.md; the bytes of an undisturbed run after kill -9."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.page_policy import held

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, livingdrug: Command) -> Path:
    """The file that `init network` writes."""
    folder = tmp_path_factory.mktemp("network")
    made = subprocess.run(
        [sys.executable, "-m", "livingdrug", "init", "network"], cwd=folder, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    return folder / "network.toml"


def changed(file: Path, tmp_path: Path, old: str, new: str) -> Path:
    text = file.read_text(encoding="utf-8")
    if old.startswith("loss"):  # a network whose tiers say their own hazards
        text = re.sub(r"\[losses\]\n(?:\w.*\n)+", "", text)
        for rank, hazard in ((1, 'loss = "0.009 1/day"\nspread = 0.3 '), (2, 'loss = "0.002 1/day"\nspread = 0.3 ')):
            text = re.sub(rf"^rank = {rank}\b", f"{hazard}\nrank = {rank}", text, flags=re.MULTILINE)
    assert old in text
    path = tmp_path / "changed.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_a_network_from_init_to_its_page(file: Path, livingdrug: Command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = livingdrug("logistics", file, "-r", "3", "-n", "300", "-o", out)
    assert done.returncode == 0, done.stderr
    assert "Simulation; not for patient care" in done.stdout
    for words in (
        "Vein to vein, median",
        "queue for a line",
        "lines, in use",
        "2 chairs, in use",
        "1 chair, in use",
        "beds, in use",
        "analysts, in use",
        "queue for a bed",
        "Lives lost while waiting",
        "Cost per patient infused",
    ):
        assert words in done.stdout
    page = held((out / "report.html").read_text(encoding="utf-8"))
    assert "not for patient care" in page
    assert "Sample patients" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    again = livingdrug("logistics", file, "-r", "3", "-n", "300", "-o", out)
    assert again.returncode == 2
    assert "--resume" in again.stderr
    other = livingdrug("logistics", file, "-r", "4", "-n", "300", "-o", out, "--resume")
    assert other.returncode == 2
    assert "replicates" in other.stderr


def test_json_is_whole(file: Path, livingdrug: Command, tmp_path: Path) -> None:
    done = livingdrug("logistics", file, "-r", "2", "-n", "120", "-o", tmp_path / "out", "--json")
    told = json.loads(done.stdout)
    shares = {
        row["measure"]: row["mean"] for row in told["measures"] if row["place"] == "" and row["policy"] == "first_come"
    }
    whole = sum(
        shares[name] for name in ("infused", "lost while waiting", "no product", "infused with another patient's cells")
    )
    assert whole == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("lines = 5 ", "lines = 0 ", ('"factory[1].lines"', "0 lines")),
        ('testing = "7 day"', 'testing = "7"', ('"factory[2].testing"', "without a unit")),
        ("remade = 0.6 ", "remad = 0.6 ", ('"factory[1].remad"', 'Did you mean "remade"')),
        ('centre = "Islands"\nfactory', 'centre = "Island"\nfactory', ("lane[4].centre", "Did you mean")),
        ('[[lane]]\ncentre = "Islands"\nfactory = "New works"\nout = "2 to 3 day"\nback = "2 to 4 day"\n', "", ("Islands", "no lane")),
        ('loss = "0.009 1/day"', 'loss = "0.009"', ('"tier[1]"', "unit")),
        ('arrivals = "3 per month"', 'arrivals = "3"', ('"centre[3]"', "4 per month")),
        ('policy = "first_come"', 'policy = "first"', ("no policy", "first_come")),
        ("share = 0.7", "share = 0.6", ("tier.share", "0.9")),
        ('opens = "6 hour"', 'opens = "23 hour"', ("factory[1].hours", "opens")),
        ('loss = "0.009 1/day"\nspread = 0.3 ', 'loss = "0 1/day" ', ()),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(
    old: str, new: str, words: tuple[str, ...], file: Path, livingdrug: Command, tmp_path: Path
) -> None:
    path = changed(file, tmp_path, old, new)
    if not words:  # nobody leaves, and more come than can be served for ever
        path.write_text(
            path.read_text(encoding="utf-8").replace('loss = "0.002 1/day"', 'loss = "0 1/day"'), encoding="utf-8"
        )
        words = ('centre "North", "slots"', "without end")
    done = livingdrug("logistics", path, "-o", tmp_path / "out")
    assert done.returncode == 2, done.stdout
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    assert not (tmp_path / "out" / "report.html").exists()


def test_check_reads_a_network(file: Path, livingdrug: Command, tmp_path: Path) -> None:
    done = livingdrug("check", file)
    assert done.returncode == 0, done.stderr
    for words in (
        "a sound network",
        'centre "North", "slots": 12 a month come and 10 can be served',
        f"livingdrug logistics {file}",
    ):
        assert words in done.stdout
    shut = changed(file, tmp_path, "chairs = 2 ", "chairs = 2\nhours = { days = [] } ")
    assert livingdrug("check", shut).returncode == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('warm_up = "120 day"', 'warm_up = "9 year"', ('"warm_up"', "too few to count")),
        ("attempts = 2 ", 'attempts = 2\nkeeps = "1 hour" ', ('factory "Old works", "keeps"', "North")),
    ],
)
def test_what_check_refuses_logistics_refuses(
    old: str, new: str, words: tuple[str, ...], file: Path, livingdrug: Command, tmp_path: Path
) -> None:
    path = changed(file, tmp_path, old, new)
    for command in (("check", path), ("logistics", path, "-o", tmp_path / "out")):
        done = livingdrug(*command)
        assert done.returncode == 2, done.stdout
        assert "Traceback" not in done.stderr
        for word in (*words, str(path)):
            assert word in done.stderr


def test_a_network_is_no_trial_and_a_trial_no_network(file: Path, livingdrug: Command) -> None:
    done = livingdrug("run", file, "-n", "4")
    assert done.returncode == 2
    assert f"this is a network, not a trial.\n  Simulate it by: livingdrug logistics {file}" in done.stderr
    trial = Path(__file__).parents[2] / "examples" / "waiting" / "trial.toml"
    done = livingdrug("logistics", trial)
    assert done.returncode == 2
    assert f"livingdrug run {trial}" in done.stderr
    assert livingdrug("logistics", file, "-r", "0").returncode == 2


def test_killed_runs_resume_to_the_same_bytes(file: Path, livingdrug: Command, tmp_path: Path) -> None:
    words = ["logistics", file, "-r", "12", "-n", "400", "--no-report"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert livingdrug(*words, "-o", whole).returncode == 0
    kept = 0
    for wanted in (2, 9, 16):  # of 24 replicates
        command = [sys.executable, "-m", "livingdrug", *map(str, words), "-o", str(killed), "--resume"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and len(list((killed / "replicates").glob("*.parquet"))) < wanted:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        there = len(list((killed / "replicates").glob("*.parquet")))
        assert there >= kept
        kept = there
    assert livingdrug(*words, "-o", killed, "--resume").returncode == 0
    assert not (killed / "replicates").exists()
    for name in ("measures.parquet", "stays.parquet", "manifest.json"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
    assert pl.read_parquet(killed / "measures.parquet")["replicate"].n_unique() == 12
