"""Expected values: the trial's own file (visits, limit, enrolment), and the model's numbers in closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from livingdrug.cli.main import main
from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.fit import fit
from livingdrug.fitting.result import Fit
from livingdrug.fitting.saem import Settings
from livingdrug.fitting.trial_kinetics import simulate_trial
from livingdrug.foundation.errors import BadInput
from tests.page_policy import held

DAYS = np.array([1, 3, 5, 7, 9, 11, 14, 21, 28, 60, 120.0])
QUICK = Settings(explore=60, settle=40)


def _data(unit: str = "copy/ug", scale: float = 1.0, day: float = 1.0) -> KineticsData:
    rng = np.random.default_rng(3)
    peak = 2e4 * np.exp(rng.normal(0, 0.5, 20))[:, None]
    level = np.where(DAYS < 9, peak * 4000 ** (DAYS / 9 - 1), peak * (0.99 * np.exp(-0.16 * (DAYS - 9)) + 0.01 * np.exp(-0.004 * (DAYS - 9))))  # fmt: skip
    y = (level * np.exp(rng.normal(0, 0.3, level.shape))).ravel()
    names = tuple(str(i) for i in range(20))
    return KineticsData(names, np.repeat(np.arange(20), DAYS.size), np.tile(DAYS, 20) * day, np.maximum(y, 50) * scale,
                        (y < 50).astype(np.int64), pl.DataFrame({"patient": names}), value_unit=unit,
                        time_unit="day" if day == 1 else "hour")  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Fit:
    return fit(_data(), "stein2019", settings=QUICK, refined=False, no_spread=["FB", "beta"])


def test_visits_limit_and_numbers_are_the_trials(found: Fit) -> None:
    told = simulate_trial(found, "eliana", draws=20, seed=2)
    visits = told.visits
    # eliana.toml: 97 enrolled, 23 visits of kinetics; qpcr_transgene.toml: 50 copies per microgram
    assert visits.height == 97 * 23
    assert visits["lower_limit"].unique().to_list() == [50.0]
    assert visits["unit"].unique().to_list() == ["copy/ug"]
    low = visits.filter(pl.col("below_limit"))
    assert (low["value"] < 50).all()
    assert visits["missed"].mean() == pytest.approx(0.03, abs=3 * (0.03 * 0.97 / visits.height) ** 0.5)
    assert visits.filter("missed")["value"].null_count() == visits["missed"].sum()
    rows = {row["what"]: row for row in told.expected.iter_rows(named=True)}
    peak = rows["Cmax, geometric mean"]
    by_patient = (
        visits.filter(~pl.col("missed") & ~pl.col("below_limit") & (pl.col("day") <= 28))
        .group_by("patient")
        .agg(pl.col("value").max())
    )
    assert peak["value"] == pytest.approx(float(np.exp(np.log(by_patient["value"]).mean())))
    assert peak["low"] < peak["middle"] < peak["high"]
    assert told.kinetics.height == 97
    assert any("beyond day 120" in note for note in told.notes)


def test_the_same_seed_gives_the_same_trial_and_uncertainty_widens(found: Fit) -> None:
    one, two = (simulate_trial(found, "eliana", patients=30, draws=5, seed=4) for _ in range(2))
    assert one.visits.equals(two.visits)
    assert one.expected.equals(two.expected)
    other = simulate_trial(found, "eliana", patients=30, draws=5, seed=5)
    assert not one.visits.equals(other.visits)


def test_units_are_brought_to_the_assays() -> None:
    options = {"settings": QUICK, "refined": False, "no_spread": ["FB", "beta"]}
    one = simulate_trial(fit(_data(), "stein2019", **options), "eliana", patients=50, draws=3)
    # the same data in copies per nanogram and hours
    two = simulate_trial(fit(_data("copy/ng", 1e-3, 24.0), "stein2019", **options), "eliana", patients=50, draws=3)
    first, second = (
        table.expected.filter(pl.col("what") == "Cmax, geometric mean")["value"][0] for table in (one, two)
    )
    # two fits of the same data by chains of their own way: within a tenth
    assert second == pytest.approx(first, rel=0.1)


def test_what_cannot_be_is_told(found: Fit) -> None:
    from dataclasses import replace

    with pytest.raises(BadInput, match="does not say the unit"):
        simulate_trial(replace(found, data=replace(found.data, value_unit="")), "eliana")
    with pytest.raises(BadInput, match="measures nothing in mg/L"):
        simulate_trial(replace(found, data=replace(found.data, value_unit="mg/L")), "eliana")
    with pytest.raises(BadInput, match="refused"):
        simulate_trial(found, "eliana", patients=10_000_000)


def test_the_command_writes_a_folder(found: Fit, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found.save(tmp_path / "fit")
    words = [
        "run",
        "eliana",
        "--from-fit",
        str(tmp_path / "fit"),
        "-n",
        "20",
        "--uncertainty",
        "5",
        "-o",
        str(tmp_path / "run"),
    ]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "Cmax, geometric mean" in said
    assert "20 patients, all taken as infused" in said
    for name in ("visits.parquet", "kinetics.csv", "expected.csv", "trial_from_fit.json", "report.html"):
        assert (tmp_path / "run" / name).is_file()
    held((tmp_path / "run" / "report.html").read_text(encoding="utf-8"))
    assert main(words) == 2  # never overwritten
    assert "--force" in capsys.readouterr().err
    assert main(["run", "eliana", "--from-fit", str(tmp_path / "fit"), "--resume"]) == 2
    assert "--from-fit" in capsys.readouterr().err
    assert main(["export", "petab", str(tmp_path / "fit"), "-o", str(tmp_path / "petab")]) == 0
    assert "censored" in capsys.readouterr().out
