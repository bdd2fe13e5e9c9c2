"""Expected values: by hand. Lots against their tests, clocks, what follows a failure, and cells of a defined composition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from livingdrug.catalog.arms import Infusion
from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.catalog.records.making import Making, QualityTest
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.manufacturing.lots import INFUSED, MANUFACTURING_FAILURE, Lots
from livingdrug.manufacturing.supply.autologous import make_lots
from livingdrug.manufacturing.waiting import SHARED_WITH_MODEL
from livingdrug.model.assemble import assemble
from livingdrug.population import draw

MODEL = assemble("b_all_cd19").parameters
SHARED = {name: MODEL[name] for name in SHARED_WITH_MODEL}
N = 600
COHORT = draw(default_catalog().load("population", "b_all_paediatric_rr"), np.arange(1, N + 1), 5)
ARM = load_trial("eliana").arms[0]
NEVER = {"loss_background": 0.0, "loss_progression": 0.0, "loss_by_bridging": 0.0}
"""Nobody is lost: what is looked at is the lot."""


def number(value: float, unit: str = "") -> dict[str, Any]:
    return {"value": value, "unit": unit, "meaning": "of a test", "kind": "assumed", "source": "made up for a test"}


def making(
    name: str = "tisa_cel_trial",
    *,
    tests: dict[str, Any] | None = None,
    fields: dict[str, Any] | None = None,
    **values: float,
) -> Making:
    """A making file with other numbers: those of `making` and `waiting` by name, `tests` in place of its own."""
    base = default_catalog().load("making", name)
    update: dict[str, Any] = dict(fields or {})
    for table in ("making", "waiting"):
        own = getattr(base, table)
        changed = {
            key: own[key].model_copy(update={"value": value, "spread": 0.0})
            for key, value in {**NEVER, **values}.items()
            if key in own
        }
        update[table] = {**own, **changed}
    if tests is not None:
        update["test"] = {key: QualityTest.model_validate(one) for key, one in tests.items()}
    return base.model_copy(update=update)


def made(process: Making, **arm: Any) -> Lots:
    return make_lots(COHORT, process, SHARED, ARM.model_copy(update=arm) if arm else ARM, 5)


LONG = {"sterility": {"days": number(7, "day")}, "potency": {"days": number(3, "day")}}


def test_release_waits_for_the_slowest_test_and_the_review() -> None:
    # by hand: seven and three days side by side are seven, and two of review follow; one attempt, as no test can fail
    lots = made(making(tests=LONG, review=2.0))
    np.testing.assert_allclose(lots.testing_days, 9.0)
    assert (lots.n_manufacturing_attempts == 1).all() or set(lots.first_failure_reason) == {"", "growth"}


def test_nothing_waits_for_a_test_that_answers_after_release() -> None:
    # by hand: the seven days are gone; and it can withhold no lot, though it always fails
    late = {**LONG, "sterility": {"days": number(7, "day"), "after_release": True, "fails": number(1.0)}}
    lots = made(making(tests=late, review=2.0))
    np.testing.assert_allclose(lots.testing_days[lots.n_manufacturing_attempts == 1], 5.0)
    assert "other" not in set(lots.first_failure_reason)


def test_a_test_in_process_ends_the_culture_early() -> None:
    # by hand: sample on day 5, answer half a day later; no further attempt: the decision falls 5.5 days after the start
    early = {
        "in_process": {
            "of": "transduction",
            "least": number(1.0),
            "on_day": number(5, "day"),
            "days": number(0.5, "day"),
            "reason": "transduction",
        }
    }
    lots = made(making(tests=early, remake_tried=0.0))
    assert lots.culture_ended_early.all()
    assert set(lots.status) == {MANUFACTURING_FAILURE}
    np.testing.assert_allclose(lots.culture_days, 5.5)
    np.testing.assert_allclose(lots.testing_days, 0.0, atol=1e-12)
    assert np.isnan(lots.car_t_cells_made).all()


def test_a_lot_that_fails_one_test_by_little_may_be_given() -> None:
    # by hand: viability below an impossible bound in all; those above the floor are given, the others not
    strict = {
        "viability": {
            "of": "viability",
            "least": number(0.999),
            "given_from": number(0.9),
            "days": number(1, "day"),
            "reason": "viability",
        }
    }
    lots = made(making(tests=strict, out_of_specification_given=1.0, remake_tried=0.0))
    assert (lots.first_failure_reason == "viability").all() or set(lots.first_failure_reason) <= {"viability", "growth"}
    enough = lots.first_failure_reason == "viability"
    np.testing.assert_array_equal(lots.out_of_specification[enough], lots.viability[enough] >= 0.9)
    two = {**strict, "record": {"days": number(0, "day"), "fails": number(1.0), "may_be_given": True}}
    assert not made(making(tests=two, out_of_specification_given=1.0, remake_tried=0.0)).out_of_specification.any()


def test_remakes_use_up_frozen_cells_or_new_ones() -> None:
    # by hand: every lot fails; of frozen cells as many attempts as cells allow, each from what is left; else apheresis again
    fails = {"record": {"days": number(0, "day"), "fails": number(1.0)}}
    always = {"remake_tried": 1.0, "attempts_most": 3.0, "out_of_specification_given": 0.0}
    plenty = made(making(tests=fails, remake_least=1e7, **always))
    few = made(making(tests=fails, remake_least=2e9, **always))
    assert plenty.n_manufacturing_attempts.mean() > few.n_manufacturing_attempts.mean() > 1.0
    assert (few.n_manufacturing_attempts[few.t_cells_collected < 2e9] == 1).all()
    again = made(making(tests=fails, fields={"remade_from": "apheresis"}, remake_least=1e7, **always))
    assert (again.n_manufacturing_attempts == 3).all()
    later = again.testing_days - plenty.testing_days  # a second and a third apheresis, and the road
    assert (later[plenty.n_manufacturing_attempts == 3] > 2.0).all()


def test_the_smaller_component_decides_a_dose_of_defined_composition() -> None:
    # by hand: half of what is given is CD4-positive; with few CD4 cells collected the dose that can be filled is far smaller
    apart, together = made(making(fields={"cultures": "apart"}, cd4_collected=0.02)), made(making(cd4_collected=0.02))
    assert set(apart.cd4_fraction) == {0.5}
    assert np.median(together.cd4_fraction) < 0.05
    poor = together.t_cells_collected < np.quantile(together.t_cells_collected, 0.2)
    assert np.median(apart.car_t_cells_made[poor]) < 0.5 * np.median(together.car_t_cells_made[poor])


def test_shares_of_phenotypes_add_up_and_longer_culture_has_fewer_naive_cells() -> None:
    short, long = made(making(culture_time=4.0)), made(making(culture_time=12.0))
    for lots in (short, long):
        total = (
            lots.naive_fraction
            + lots.central_memory_fraction
            + lots.effector_memory_fraction
            + lots.terminal_effector_fraction
        )
        np.testing.assert_allclose(total, 1.0, atol=1e-12)
        np.testing.assert_allclose(lots.memory_fraction, lots.naive_fraction + lots.central_memory_fraction)
    first = (short.n_manufacturing_attempts == 1) & (long.n_manufacturing_attempts == 1)
    assert (long.naive_fraction[first] < short.naive_fraction[first]).all()


def test_a_fresh_product_is_met_by_a_patient_who_is_ready() -> None:
    # by hand: five days of lymphodepletion before release shorten the wait by five, and no more than it lasts itself
    usual, overlapped, too_long = (made(making(overlap=days)) for days in (0.0, 5.0, 50.0))
    np.testing.assert_allclose(usual.enrolment_day - overlapped.enrolment_day, -5.0)
    np.testing.assert_allclose(usual.enrolment_day - too_long.enrolment_day, -6.0)  # day -6 to day 0 in this arm
    np.testing.assert_allclose(overlapped.waiting_end_day[overlapped.status == INFUSED], -6.0)


def test_clocks_add_up_to_the_wait() -> None:
    # by hand: roads, slot, culture, testing and booking, then six days of lymphodepletion
    lots = made(making())
    whole = lots.slot_days + lots.shipping_days + lots.culture_days + lots.testing_days + lots.booking_days + 6.0
    np.testing.assert_allclose(-lots.enrolment_day, whole)


def test_selection_takes_out_tumour_cells() -> None:
    # by hand: three powers of ten less
    none, three = made(making(tumour_log_removal=0.0)), made(making(tumour_log_removal=3.0))
    both = np.isfinite(none.tumour_cells_in_bag) & np.isfinite(three.tumour_cells_in_bag)
    np.testing.assert_allclose(none.tumour_cells_in_bag[both] / three.tumour_cells_in_bag[both], 1000.0, rtol=0.02)


def test_a_law_of_growth_that_there_is_not_is_named() -> None:
    with pytest.raises(UnknownName, match="lag_then_doubling"):
        made(making(fields={"expansion": "lag_then_doublin"}))


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ({"of": "viability", "days": {"value": 1}}, "bound"),
        ({"least": 0.5, "days": {"value": 1}}, "bound"),
        ({"of": "colour", "least": 0.5, "days": {"value": 1}}, "viability"),
        ({"days": {"value": 1000}}, "100"),
        ({"fails": 1.5, "days": {"value": 1}}, "probability"),
        ({"of": "viability", "least": 0.5, "on_day": 3, "days": {"value": 1}}, "harvest"),
    ],
)
def test_a_test_that_makes_no_sense_is_refused(test: dict[str, Any], words: str) -> None:
    read = {
        key: number(one["value"], "day")
        if isinstance(one, dict)
        else number(one)
        if isinstance(one, float | int)
        else one
        for key, one in test.items()
    }
    with pytest.raises((BadInput, ValueError), match=words):
        QualityTest.model_validate(read)


def test_a_dose_that_cannot_be_filled_is_a_failure_of_growth() -> None:
    # by hand: a least dose of 1e12 cells
    lots = made(making(remake_tried=0.0), infusion=Infusion(dose_fixed="1e12 to 2e12 cell"))
    assert set(lots.first_failure_reason) == {"growth"}
    assert set(lots.status) == {MANUFACTURING_FAILURE}
