"""Expected values: the promise that an arm is a list of givens with a supply of cells, written in a trial file alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.foundation.errors import BadInput
from livingdrug.manufacturing.lots import TREATED
from livingdrug.trial.run import run

CHEMOTHERAPY = """[[arm]]
name = "chemotherapy"
[[arm.given]]
drug = "cyclophosphamide"
dose = "500 mg/m^2"
days = [0, 1, 21, 22]
[[arm.given]]
drug = "dexamethasone"
dose = "10 mg"
days = [0, 1, 2, 3]
[arm.management]
guideline = "no_treatment"

"""
INFUSION = re.compile(r"\[arm\.infusion\].*?(?=\[arm\.management\])", re.DOTALL)
FIXED = '[arm.infusion]\nday = 0\ndose_fixed = "1e8 cell"\n'


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """Writes ELIANA's file as a design of one's own, its arms replaced by what `change` makes of them."""

    def write(change: Callable[[str], str], follow_up: str = "1 year") -> Path:
        text = Catalog().path("trial", "eliana").read_text(encoding="utf-8")
        text = text.replace('role = "calibration"', 'role = "design"').replace('"5 year"', f'"{follow_up}"')
        text = re.sub(r"\[([0-9, ]*365[0-9, ]*)\]", lambda days: _to_a_year(days[0]), text)
        before, arms, after = re.split(r"(?=\[\[arm\]\])|(?=\[visits\]\n)", text, maxsplit=2)
        path = tmp_path / "mine.toml"
        path.write_text(before + change(arms) + after, encoding="utf-8")
        return path

    return write


def _to_a_year(days: str) -> str:
    return str([int(day) for day in re.findall(r"\d+", days) if int(day) <= 365])


def peaks(result, quantity: str = "car_t_copies_per_ug") -> pl.DataFrame:
    return result.visits.filter(pl.col("quantity") == quantity).drop_nulls("value")


def test_an_arm_of_drugs_alone_runs_to_endpoints_of_the_treated(written):
    """By definition: everybody enrolled begins on the first drug's day, nobody is infused, and no cell is ever measured."""
    path = written(lambda arms: CHEMOTHERAPY)
    path.write_text(path.read_text(encoding="utf-8").replace("before = [-6]", "before = [0]"), encoding="utf-8")
    result = run(path, patients=12, seed=5, threads=1, sample=12)
    assert set(result.patients["status"]) == {TREATED}
    assert result.failed.is_empty(), result.notes()
    for name in ("os", "efs", "neutropenia_day28"):
        found = result.endpoint(name)
        assert found.record.among.startswith("treated")
        # of a count on day 28 those alive then are asked
        assert found.patients.height == 12 or (name == "neutropenia_day28" and found.patients.height >= 10)
    assert result.endpoint("infused").table()["n_events"].to_list() == [0]
    assert (peaks(result)["below_limit"]).all()
    assert result.patients["cmax_copies_per_ug"].null_count() == 12
    # the drug is in the body: neutrophils fall below what they were before, in everyone
    courses = result.courses.sort("patient", "day")
    fall = courses.group_by("patient").agg(pl.col("neutrophils").first().alias("before"), pl.col("neutrophils").min())
    assert (fall["neutrophils"] < 0.8 * fall["before"]).all()


def test_cells_and_no_cells_in_one_trial_are_the_same_people(written):
    """By definition: who they are does not depend on the arm; each arm has its own denominator."""
    path = written(lambda arms: arms + CHEMOTHERAPY)
    text = path.read_text(encoding="utf-8")
    result = run(path, patients=12, seed=5, threads=1, sample=0)
    assert result.arms == ("tisa-cel", "chemotherapy"), text
    who = {arm: result.patients.filter(pl.col("arm") == arm) for arm in result.arms}
    same = ["patient", "age_years", "weight_kg", "blasts_percent"]
    assert who["tisa-cel"].select(same).equals(who["chemotherapy"].select(same))
    counted = result.endpoint("os").patients.group_by("arm").len()
    n_infused = who["tisa-cel"].filter(pl.col("status") == "infused").height
    assert dict(counted.rows()) == {"tisa-cel": n_infused, "chemotherapy": 12}


def test_a_split_dose_is_given_on_its_days_in_its_parts(written):
    """By hand: 10, 30 and 60 percent of 1e8 cells on days 0, 1 and 2 are 1e8 cells in all, and none is there before."""
    more = "".join(
        f'[[arm.given]]\ncells = "tisa_cel"\nshare = {share}\ndays = [{day}]\n' for share, day in ((0.3, 1), (0.6, 2))
    )
    path = written(lambda arms: INFUSION.sub(FIXED.replace("day = 0", "day = 0\nshare = 0.1") + more, arms))
    plan = _plan(path)
    assert [(one.day, one.share) for one in plan.arm.infusions] == [(0.0, 0.1), (1.0, 0.3), (2.0, 0.6)]
    doses = _planned_cells(plan)
    assert [day for day, _ in doses] == [0.0, 1.0, 2.0]
    total = np.sum([amounts for _, amounts in doses], axis=0)
    np.testing.assert_allclose(doses[1][1] / total, 0.3)
    result = run(path, patients=6, seed=5, threads=1, sample=6)
    assert result.failed.is_empty()
    whole = run(written(lambda arms: INFUSION.sub(FIXED, arms)), patients=6, seed=5, threads=1, sample=6)
    at_once, split = (_cells_on(one, 0.34) for one in (whole, result))
    assert 0 < np.median(split) < 0.3 * np.median(at_once)


def test_a_second_infusion_raises_the_cells_on_its_day(written):
    """By hand: the same dose again on day 90; before that day nothing differs, on it the blood holds more."""
    again = '[[arm.given]]\ncells = "tisa_cel"\nshare = 1.0\ndays = [90]\n'
    once, twice = (
        run(written(lambda arms, more=more: INFUSION.sub(FIXED + more, arms)), patients=8, seed=5, threads=1, sample=8)
        for more in ("", again)
    )
    before = pl.col("day") <= 89
    names = ["patient", "day", "car_t_copies_per_ug", "il6"]
    courses = [one.courses.filter(before).select(names) for one in (once, twice)]
    for patient in courses[0]["patient"].unique():
        first, second = (one.filter(pl.col("patient") == patient) for one in courses)
        both = first.join(second, on="day", suffix="_again")
        assert both.height > 100
        np.testing.assert_allclose(both["car_t_copies_per_ug_again"], both["car_t_copies_per_ug"], rtol=2e-3, atol=1e-6)
    after = [_cells_on(one, 91.0) for one in (once, twice)]
    assert (after[1] > after[0]).all()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda arms: INFUSION.sub("", arms), '"infusion" is missing'),
        (lambda arms: arms.replace('product = "tisa_cel"\n', ""), '"product" is missing'),
        (lambda arms: arms.replace('product = "tisa_cel"\n', 'product = "tisa_cel"\nsupply = "none"\n'), '"none" is for an arm'),
        (lambda arms: arms.replace('product = "tisa_cel"\n', 'product = "tisa_cel"\nsupply = "magic"\n'), "supply of cells"),
        (lambda arms: arms + '[[arm.given]]\ncells = "axi_cel"\ndays = [1]\n', "One arm gives one product"),
        (lambda arms: arms + '[[arm.given]]\ncells = "tisa_cel"\ndose = "10 mg"\ndays = [1]\n', '"share" of the dose'),
        (lambda arms: arms + "[[arm.given]]\ndays = [1]\n", "neither or both"),
        (lambda arms: '[[arm]]\nname = "empty"\n[arm.management]\nguideline = "no_treatment"\n', "nothing is given"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)  # fmt: skip
def test_what_makes_no_arm_is_refused_at_the_door(written, change, told):
    """Expected: a sentence with the arm and the next step, before anything is simulated."""

    def never(*_, **__):
        raise AssertionError("simulated")

    with pytest.raises(BadInput, match=told):
        run(written(change), patients=2, simulate=never)


def _plan(path: Path):
    from livingdrug.catalog.load import default_catalog
    from livingdrug.trial.door import planned

    return planned(path, default_catalog())[1][0]


def _planned_cells(plan) -> list[tuple[float, np.ndarray]]:
    """(day, cells) of each infusion of the first treated patients."""
    from livingdrug.course.equations import parameters_of
    from livingdrug.course.simulate import CELLS_ENTER, start
    from livingdrug.manufacturing import make
    from livingdrug.population import draw

    cohort = draw(plan.population, np.arange(1, 7), 5)
    begin = start(plan, cohort, make(plan, cohort, parameters_of(plan), 5), 5)
    return [(float(begin.days[one.check]), one.amounts) for one in begin.doses if one.state == CELLS_ENTER]


def _cells_on(result, day: float) -> np.ndarray:
    """Transgene of each patient in the true course, at the first check from this day on."""
    found = result.courses.filter(pl.col("day") >= day).sort("patient", "day")
    return found.group_by("patient", maintain_order=True).first()["car_t_copies_per_ug"].to_numpy()
