"""Expected values: the promise that a new product, drug or endpoint is one file and no code, as docs/change_something.md shows it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def own(tmp_path: Path, livingdrug: Command) -> Path:
    """The files of the documentation page, and a trial that uses them."""
    page = (ROOT / "docs" / "change_something.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n# my_catalog/(\S+)\n(.*?)```", page, flags=re.S)
    assert {Path(name).parent.name for name, _ in blocks} == {
        "drug", "product", "disease", "endpoint", "outcome", "evidence",
    }  # fmt: skip
    for name, text in blocks:
        path = tmp_path / "my_catalog" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    trial = tmp_path / "my_trial.toml"
    made = livingdrug("init", trial, "--from", "eliana")
    assert made.returncode == 0, made.stderr
    text = trial.read_text(encoding="utf-8")
    for old, new in (
        ('product = "tisa_cel"', 'product = "example_cel"'),
        ('drug = "cyclophosphamide"\ndose = "500 mg/m^2"', 'drug = "example_alkylator"\ndose = "1000 mg/m^2"'),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    trial.write_text(f'{text}\n[[endpoint]]\nid = "alive_in_remission_6mo"\n', encoding="utf-8")
    return tmp_path


def test_an_imaginary_product_drug_and_endpoint_are_simulated(own: Path, finished: Path, livingdrug: Command) -> None:
    with_own = ("--catalog", own / "my_catalog")
    for file in sorted((own / "my_catalog").rglob("*.toml")):
        checked = livingdrug("check", file, *with_own)
        assert checked.returncode == 0, checked.stderr

    out = own / "run"
    options = ("-n", "12", "--seed", "7", "--sample", "3", "--no-report", "--json")
    done = livingdrug("run", own / "my_trial.toml", *options, "-o", out, *with_own)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    row = told["endpoints"]["alive_in_remission_6mo"][0]
    assert row["measure"] == "proportion"
    assert 0 <= row["estimate"] <= 1

    # An outcome is a column of the patients table, counted again on the ward.
    import polars as pl

    patients, ward = (pl.read_parquet(out / f"{name}.parquet") for name in ("patients", "ward"))
    hot = ward.filter(pl.col("temperature") >= 38).group_by("patient").len().rows()
    told = patients.filter(pl.col("feverish_days") > 0).select("patient", "feverish_days").rows()
    assert sorted(told) == sorted(hot)
    assert hot

    # The same people: what they were before treatment is untouched by product and drug …
    mine, eliana = (pl.read_parquet(folder / "patients.parquet") for folder in (out, finished))
    before = ["patient", "age_years", "weight_kg", "blasts_percent", "alc_cells_per_ul"]
    assert mine.select(before).equals(eliana.select(before))
    # … and what happened to the infused is not.
    both = pl.col("status") == "infused"
    assert mine.filter(both).height > 0
    assert not mine.filter(both).select("cmax_copies_per_ug").equals(eliana.filter(both).select("cmax_copies_per_ug"))


def test_a_new_endpoint_reads_a_finished_run(own: Path, finished: Path, livingdrug: Command) -> None:
    done = livingdrug(
        "endpoints", finished, "--add", "alive_in_remission_6mo", "--catalog", own / "my_catalog", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert "alive_in_remission_6mo" in json.loads(done.stdout)["endpoints"]


def test_a_published_trial_of_ones_own_stands_on_the_scoreboard(own: Path, livingdrug: Command) -> None:
    # expected: the number of the page's own evidence file, and its exact interval of 27 of 50 (Clopper-Pearson)
    with_own = ("--catalog", own / "my_catalog")
    trial = own / "my_catalog/trial/example_published.toml"
    trial.parent.mkdir()
    made = livingdrug("init", trial, "--from", "zuma_1")
    assert made.returncode == 0, made.stderr
    asked = livingdrug("validate", "example_published", *with_own, "-o", own / "board")
    assert asked.returncode == 2
    assert 'role = "calibration"' in asked.stderr
    text = trial.read_text(encoding="utf-8")
    for old, new in (
        ('role = "design"', 'role = "calibration"'),
        ('product = "axi_cel"', 'product = "example_cel"'),
        ('making = "axi_cel_trial"', 'making = "tisa_cel_trial"'),
        ('disease = "lbcl"', 'disease = "example_lymphoma"'),
        ("enrolled = 111\n", "enrolled = 9\n"),  # the size that is simulated many times
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    trial.write_text(text, encoding="utf-8")
    done = livingdrug(
        "validate", "example_published", *with_own, "-n", "9", "--replicates", "2", "-o", own / "board", "--json"
    )
    assert done.returncode == 0, done.stderr
    row = (own / "board/scoreboard.csv").read_text(encoding="utf-8").splitlines()[1].split(",")
    assert row[:5] == ["example_published", "axi-cel", "calibration", "lugano_cr", "best"]
    assert [float(number) for number in row[6:9]] == [54.0, 39.324, 68.185]
