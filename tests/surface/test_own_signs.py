"""Expected values: the promise that a sign of one's own is one file of `sign/` in a --catalog folder; by hand where numbers stand."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.signs import signs_of
from livingdrug.cli.main import main
from livingdrug.clinic.management import compile_guideline
from livingdrug.model.texts import package_texts
from livingdrug.trial.result import Result

SIGN = """title = "Heart rate"
kind = "moment"
read_from = "pulse"
order = 15
unit = "1/min"
well = 70
low = 20
high = 300
kept_from = 90
headings = ["pulse", "hr"]
shown = { heading = "pulse", before = "heart rate " }
"""
SCALE = """title = "Tachycardia by our own scale"
toxicity = "Tachycardia"
[[row]]
grade = 1
domain = "heart"
condition = "heart_rate >= 73"
text = "Three beats more than at rest"
source = "made up for a test"
status = "own"
[[row]]
grade = 3
domain = "heart"
condition = "heart_rate >= 130"
text = "Far more"
source = "made up for a test"
status = "own"
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mechanism that makes the heart rate follow the temperature, a sign that it is, a scale that grades it."""
    place = tmp_path_factory.mktemp("catalog")
    texts = {
        "mechanisms/pulse.ant": "heart_rate := resting_rate * temperature / normal_temperature;\n",
        "mechanisms/pulse.toml": (
            'title = "Heart rate"\nsummary = "Follows the temperature."\nreads = ["temperature", "normal_temperature"]\n'
            '[parameter]\nresting_rate = { value = 70, unit = "1/min", meaning = "Heart rate at rest",'
            ' kind = "assumed", source = "made up for a test" }\n'
            '[output.heart_rate]\nmeaning = "Heart rate"\nunit = "1/min"\n'
        ),
        "recipes/b_all_pulse.toml": package_texts()["recipes/b_all_cd19.toml"].replace('"hazards"', '"hazards", "pulse"'),
        "product/pulse_cel.toml": 'extends = "tisa_cel"\ntitle = "With a pulse"\nrecipe = "b_all_pulse"\n',
        "sign/heart_rate.toml": SIGN,
        "scale/tachycardia.toml": SCALE,
        "outcome/days_fast.toml": (
            'title = "Days with a fast heart"\ndefinition = "Days with a heart rate of 73 or more, within eight weeks."\n'
            'of = "ward"\ndays = [0, 55]\nwhen = "heart_rate >= 73"\nreduce = "n_days"\nkind = "whole"\n'
        ),
        "guideline/by_pulse.toml": Catalog().path("guideline", "no_treatment").read_text(encoding="utf-8"),
    }  # fmt: skip
    for name, text in texts.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
    trial = Catalog().path("trial", "eliana").read_text(encoding="utf-8").replace('"tisa_cel"', '"pulse_cel"')
    scales = trial.index("scales = [") + len("scales = [")
    (place / "mine.toml").write_text(trial[:scales] + '"tachycardia", ' + trial[scales:], encoding="utf-8")
    return place


def test_files_that_use_it_are_sound(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("sign/heart_rate.toml", "scale/tachycardia.toml", "outcome/days_fast.toml"):
        assert main(["check", str(own / name)]) == 0, capsys.readouterr().err
    assert main(["check", str(own / "mine.toml"), "--catalog", str(own)]) == 0, capsys.readouterr().err
    assert main(["list", "sign", "--catalog", str(own)]) == 0
    assert "heart_rate" in capsys.readouterr().out


def test_a_run_sees_and_grades_it(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    words = ("-n", "12", "--seed", "7", "--sample", "12", "--threads", "1", "-o", str(out), "--catalog", str(own))
    assert main(["run", str(own / "mine.toml"), *words]) == 0, capsys.readouterr().err
    ward, grades = pl.read_parquet(out / "ward.parquet"), pl.read_parquet(out / "grades.parquet")
    # by hand: 70 beats at 36.8 degC, in proportion; the day's highest of one is the day's highest of the other
    expected = 70.0 * ward["temperature"] / 36.8
    assert ((ward["heart_rate"] - expected).abs() < 1e-9).all()
    mine = grades.filter(pl.col("scale") == "tachycardia").join(ward, on=["patient", "day"], how="inner")
    assert mine.height > 0
    assert (mine["grade"] == (mine["heart_rate"] >= 73).cast(mine.schema["grade"])).all()
    patients = pl.read_parquet(out / "patients.parquet")
    assert "tachycardia_max" in patients.columns
    fast = ward.filter((pl.col("heart_rate") >= 73) & (pl.col("day") < 56)).group_by("patient").len()
    told = Result.load(out, catalog=Catalog([own])).outcome("days_fast").select("patient", "days_fast")
    assert dict(fast.rows()).items() <= dict(told.rows()).items()
    assert fast.height > 0
    number = str(fast["patient"].min())
    words = ("--patient", number, "--seed", "7", "--why", "--catalog", str(own))
    assert main(["patient", str(own / "mine.toml"), *words]) == 0
    assert "pulse" in capsys.readouterr().out


def test_a_table_of_ones_own_has_it(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, graded = tmp_path / "vitals.csv", tmp_path / "graded.csv"
    table.write_text("patient,day,pulse [1/min]\nA,1,70\nA,2,80\nA,3,140\n", encoding="utf-8")
    words = ("grade", str(table), "--scale", "tachycardia", "-o", str(graded))
    assert main([*words, "--catalog", str(own)]) == 0, capsys.readouterr().err
    assert pl.read_csv(graded)["tachycardia"].to_list() == [0, 1, 3]
    assert main(["grade", "--template", "--catalog", str(own)]) == 0
    assert "heart_rate [1/min]" in capsys.readouterr().out
    assert main(list(words)) == 2  # nobody knows the scale without the folder


@pytest.mark.parametrize(
    ("condition", "told"),
    [("heart_rat >= 75", '"heart_rat"'), ("heart_rate >= 400", "20 to 300 1/min"), ("days_neutrophils_at_most_500 >= 7", "sign")],
)  # fmt: skip
def test_a_scale_that_misreads_it_is_refused(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], condition: str, told: str
) -> None:
    (tmp_path / "scale").mkdir()
    (tmp_path / "scale" / "fast.toml").write_text(SCALE.replace("heart_rate >= 73", condition), encoding="utf-8")
    assert main(["check", str(tmp_path / "scale" / "fast.toml"), "--catalog", str(own)]) == 2
    assert told in capsys.readouterr().err


def test_a_rule_may_read_it(own: Path) -> None:
    catalog = Catalog([own])
    policy = catalog.load("guideline", "lee_2014")
    first = policy.rule[0].model_copy(update={"when": f"({policy.rule[0].when}) and heart_rate_before >= 75"})
    policy = policy.model_copy(update={"rule": (first, *policy.rule[1:])})
    scales = {name: catalog.load("scale", name) for name in policy.scales}
    drugs = {name: catalog.load("drug", name) for name in policy.drugs}
    program, _ = compile_guideline(policy, scales, drugs, active_until_day=60.0, signs=signs_of(catalog))
    assert program.memory["heart_rate_before"] == 70.0  # as in a well person
