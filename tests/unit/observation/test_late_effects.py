"""Late effects: expected values from the exponential and lognormal laws that their files name, and from counting."""

from __future__ import annotations

import math

import numpy as np
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.plan import plans_of
from livingdrug.catalog.records.late_effect import LateEffect
from livingdrug.foundation.errors import BadInput, CatalogError
from livingdrug.observation.late import late_effects

PATIENTS = np.arange(1, 40_001, dtype=np.int64)


def number(value, unit=""):
    return {"value": value, "unit": unit, "meaning": "Of a test", "kind": "assumed", "source": "made up for a test"}


def effect(**numbers) -> LateEffect:
    units = {"hazard": "1/day", "onset_day": "day", "death_after_days": "day"}
    return LateEffect(
        id="x", title="A late effect", number={key: number(value, units.get(key, "")) for key, value in numbers.items()}
    )


def test_a_lasting_hazard_is_exponential():
    """By theory: 1 - exp(-0.001 x 365) are ill within a year, a quarter of the ill die of it, half of them within the median."""
    one = late_effects([effect(hazard=0.001, fatal=0.25, death_after_days=100)], PATIENTS, 3)[0]
    assert (one.onset_day <= 365).mean() == pytest.approx(1 - math.exp(-0.365), abs=0.008)
    dies = np.isfinite(one.death_day)
    assert dies.mean() == pytest.approx(0.25, abs=0.008)
    assert np.median((one.death_day - one.onset_day)[dies]) == pytest.approx(100, rel=0.05)
    assert (one.death_day >= one.onset_day).all()


def test_a_probability_has_a_lognormal_onset():
    """By theory: one in ten, half of them by the median day, 84 % by a standard deviation later."""
    one = late_effects(
        [effect(probability=0.1, onset_day=90, onset_log_sd=0.5, fatal=0.0, death_after_days=1)], PATIENTS, 3
    )[0]
    ill = np.isfinite(one.onset_day)
    assert ill.mean() == pytest.approx(0.1, abs=0.006)
    assert np.median(one.onset_day[ill]) == pytest.approx(90, rel=0.04)
    assert (one.onset_day[ill] <= 90 * math.exp(0.5)).mean() == pytest.approx(0.841, abs=0.02)
    assert not np.isfinite(one.death_day).any()


def test_products_have_those_of_their_boxed_warnings():
    # expected: the box of each label: T-cell malignancies for all, enterocolitis for cilta-cel; one series saw it after ide-cel
    catalog = Catalog()
    every = [catalog.load("late_effect", name) for name in catalog.names("late_effect")]
    found = {
        name: {one.called for one in every if one.follows((name,))} for name in ("axi_cel", "cilta_cel", "ide_cel")
    }
    assert found["axi_cel"] == {"second_t_cell_malignancy"}
    assert found["cilta_cel"] == found["ide_cel"] == {"second_t_cell_malignancy", "enterocolitis"}


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ({"hazard": 0.001, "fatal": 0.2}, "expected a hazard, or probability"),
        (
            {"hazard": 0.001, "probability": 0.1, "fatal": 0.2, "death_after_days": 9},
            "expected a hazard, or probability",
        ),
        ({"hazard": -0.001, "fatal": 0.2, "death_after_days": 9}, "expected 0 or more"),
        ({"hazard": 0.001, "fatal": 1.2, "death_after_days": 9}, "expected 0 to 1"),
    ],
)
def test_what_is_no_late_effect_is_refused(numbers, told):
    with pytest.raises((BadInput, CatalogError, ValueError), match=told):
        effect(**numbers)


def test_a_late_effect_of_a_regimen_follows_those_who_are_planned_it():
    # expected: death from chemotherapy in the arm of chemotherapy of the residual-disease scenario and in no other; T-cell malignancy after cells alone
    catalog = Catalog()
    trial = catalog.load("trial", "b_all_residual_chemotherapy")
    told = {plan.arm.name: {one.called for one in plan.late_effects} for plan in plans_of(trial, catalog)}
    assert told == {"tisa-cel": {"second_t_cell_malignancy"}, "chemotherapy": {"toxic_death_of_chemotherapy"}}
    first = catalog.load("trial", "b_all_first_line_chemotherapy")
    assert [plan.late_effects for plan in plans_of(first, catalog)] == [()]


def test_a_late_effect_comes_after_drugs_or_after_products():
    made = {"id": "x", "title": "A late effect", "drugs": ["fludarabine"], "products": ["axi_cel"]}
    with pytest.raises(CatalogError, match="after drugs or after products"):
        LateEffect(
            **made, number={"hazard": number(0.1, "1/day"), "fatal": number(0), "death_after_days": number(1, "day")}
        )
