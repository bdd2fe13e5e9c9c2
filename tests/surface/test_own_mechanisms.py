"""Expected values: the promise that mechanisms and recipes of one's own, named with --catalog, need no checkout and no code."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from livingdrug.model.texts import package_texts

Command = Callable[..., subprocess.CompletedProcess[str]]
ORIGIN = 'kind = "assumed", source = "made up for a test"'


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A recipe with one more clone, and with a mechanism that the package does not have."""
    for place in ("recipes", "mechanisms"):
        (tmp_path / place).mkdir()
    (tmp_path / "mechanisms" / "imaging.ant").write_text("visible := share_seen * tumour_total;\n", encoding="utf-8")
    (tmp_path / "mechanisms" / "imaging.toml").write_text(
        'title = "An imaginary scan"\nsummary = "Sees a share of the tumour."\nreads = ["tumour_total"]\n'
        f'[parameter]\nshare_seen = {{ value = 0.5, unit = "", meaning = "Share that the scan sees", {ORIGIN} }}\n'
        '[output.visible]\nmeaning = "Cells seen by the scan"\nunit = "cell"\n',
        encoding="utf-8",
    )
    text = package_texts()["recipes/b_all_cd19.toml"].replace('"hazards"', '"hazards", "imaging"')
    more = '[instance.clone.dim]\nantigens = { CD19 = 0.1 }\nsource = "made up for a test"\n'
    (tmp_path / "recipes" / "b_all_scanned.toml").write_text(text + more, encoding="utf-8")
    return tmp_path


def test_a_recipe_and_a_mechanism_of_ones_own(own: Path, livingdrug: Command) -> None:
    with_own = ("--catalog", own)
    for file in (own / "recipes" / "b_all_scanned.toml", own / "mechanisms" / "imaging.toml"):
        checked = livingdrug("check", file)
        assert checked.returncode == 0, checked.stderr
        assert f"a sound {file.parent.name[:-1]}" in checked.stdout
    made = livingdrug("model", "b_all_scanned", *with_own, "-o", own / "model.html")
    assert made.returncode == 0, made.stderr
    page = (own / "model.html").read_text(encoding="utf-8")
    for word in ("Share that the scan sees", "tumour\u00a0dim", "survivors\u00a0dim"):
        assert word in page
    sbml = livingdrug("export", "sbml", "b_all_scanned", *with_own, "-o", own / "model.xml")
    assert sbml.returncode == 0, sbml.stderr
    assert 'id="density_dim"' in (own / "model.xml").read_text(encoding="utf-8")


def test_a_product_may_follow_them(own: Path, livingdrug: Command) -> None:
    (own / "product").mkdir()
    text = 'extends = "tisa_cel"\ntitle = "Scanned"\nrecipe = "b_all_scanned"\n'
    (own / "product" / "scanned_cel.toml").write_text(text, encoding="utf-8")
    trial = own / "my_trial.toml"
    assert livingdrug("init", trial, "--from", "eliana").returncode == 0
    trial.write_text(trial.read_text(encoding="utf-8").replace('"tisa_cel"', '"scanned_cel"'), encoding="utf-8")
    options = ("-n", "6", "--seed", "7", "--sample", "6", "--no-report", "-o", own / "run", "--catalog", own)
    done = livingdrug("run", trial, *options)
    assert done.returncode == 0, done.stderr
    import polars as pl

    course = pl.read_parquet(own / "run" / "courses.parquet")
    assert {"tumour_dim", "dim_extinct_day", "visible"} <= set(course.columns)
    seen = course["visible"] / course["tumour_total"]
    assert ((seen - 0.5).abs().filter(course["tumour_total"] > 0) < 1e-12).all()


def test_trouble_in_them_is_told(own: Path, livingdrug: Command) -> None:
    fragment = own / "mechanisms" / "imaging.ant"
    fragment.write_text("visible := share_seen * tumour_{clone};\n", encoding="utf-8")
    for command in (("check", own / "mechanisms" / "imaging.toml"), ("model", "b_all_scanned", "--catalog", own)):
        refused = livingdrug(*command)
        assert refused.returncode == 2
        assert "imaging.ant, line 1" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_if_no_course_finishes_that_is_said_with_the_reason(tmp_path: Path, livingdrug: Command) -> None:
    # y' = 0.5 y² from 1 is infinite on day 2 after its beginning: no course can finish
    for place in ("recipes", "mechanisms", "product"):
        (tmp_path / place).mkdir()
    (tmp_path / "mechanisms" / "blow.ant").write_text(
        "probe' = probe_rate * probe * probe;\nprobe_seen := probe;\n", encoding="utf-8"
    )
    (tmp_path / "mechanisms" / "blow.toml").write_text(
        'title = "A probe that explodes"\nsummary = "Grows by its square."\n'
        '[state.probe]\nmeaning = "Probe"\nunit = ""\nintegrate = "linear"\nscale = 0.01\ninitial = "1"\n'
        f'[parameter]\nprobe_rate = {{ value = 0.5, unit = "1/day", meaning = "Growth of the probe", {ORIGIN} }}\n'
        '[output.probe_seen]\nmeaning = "Probe seen"\nunit = ""\n',
        encoding="utf-8",
    )
    text = package_texts()["recipes/b_all_cd19.toml"].replace('"hazards"', '"hazards", "blow"')
    (tmp_path / "recipes" / "b_all_blown.toml").write_text(text, encoding="utf-8")
    text = 'extends = "tisa_cel"\ntitle = "Blown"\nrecipe = "b_all_blown"\n'
    (tmp_path / "product" / "blown_cel.toml").write_text(text, encoding="utf-8")
    trial = tmp_path / "my_trial.toml"
    assert livingdrug("init", trial, "--from", "eliana").returncode == 0
    trial.write_text(trial.read_text(encoding="utf-8").replace('"tisa_cel"', '"blown_cel"'), encoding="utf-8")
    done = livingdrug("run", trial, "-n", "4", "--no-report", "-o", tmp_path / "run", "--catalog", tmp_path)
    assert done.returncode == 3
    assert "courses did not finish" in done.stderr
    assert "the step became too small" in done.stderr
    assert "No course finished, so no patient is counted" in done.stderr
