"""One place grown is progression. Expected: volumes of spheres by hand (pi/6 d^3) and the limits of the Lugano classification as tabulated in J Nucl Med, table 6
"Tumor Response Classifications of Lugano Criteria (2014)": a node longer than 1.5 cm, product of diameters up by half, length by 0.5 cm up to 2 cm and by 1 cm beyond."""

import math

import numpy as np
import polars as pl
import pytest

from livingdrug.clinic.places import SPHERE, Grown, grown_on
from livingdrug.clinic.response.iwcll import CRITERION as IWCLL
from livingdrug.clinic.response.lugano import CRITERION as LUGANO


def ml(cm: float) -> float:
    """Volume of a sphere."""
    return math.pi / 6 * cm**3


def visits_of(courses) -> pl.DataFrame:
    """{quantity: [(day, value)]} of one patient as a visits frame."""
    return pl.DataFrame([
        {"arm": "a", "patient": 1, "quantity": name, "day_planned": float(day), "day": float(day), "value": float(value),
         "below_limit": False, "missed": False}
        for name, seen in courses.items() for day, value in seen
    ])  # fmt: skip


def test_the_diameter_of_a_millilitre():
    assert pytest.approx(1.0, rel=1e-12) == ml(SPHERE)


@pytest.mark.parametrize(
    ("lengths", "grown"),
    [
        ((3.0, 4.1), True),  # square up by 87 %, 1.1 cm longer
        ((3.0, 3.9), False),  # square up by 69 %, but 0.9 cm only, of a node beyond 2 cm
        ((1.6, 2.2), True),  # square up by 89 %, 0.6 cm longer: enough up to 2 cm
        ((1.6, 2.05), False),  # square up by 64 %, 0.45 cm
        ((6.0, 7.2), False),  # 1.2 cm longer, but the square is up by 44 % only
        ((6.0, 7.4), True),  # up by 52 %
        ((1.0, 1.45), False),  # never abnormal
        ((0.3, 1.55), True),  # from nothing seen to an abnormal node: new
        ((5.0, 1.99, 2.6), True),  # from the smallest, which was up to 2 cm: 0.61 cm and 71 % are enough
        ((5.0, 2.5, 3.6), True),  # smaller than at the start, yet grown from the smallest by 1.1 cm
    ],
)
def test_one_place_by_hand(lengths, grown):
    visits = visits_of({"first_place_volume_ml": [(30 * k, ml(cm)) for k, cm in enumerate(lengths)]})
    who, days = np.zeros(len(lengths), dtype=np.int64), visits["day"].to_numpy()
    found = grown_on(visits, who, who, days, Grown())
    assert found[-1] == grown
    assert not found[0]


def test_each_place_of_each_patient_is_held_against_itself():
    """By hand: the second patient's third place grows from 2 to 3 cm on day 30; nobody else's does, and on day 31 nobody looked."""
    one = {"first_place_volume_ml": [(0, ml(4)), (30, ml(4))], "third_place_volume_ml": [(0, ml(2)), (30, ml(2))]}
    other = {"first_place_volume_ml": [(0, ml(3)), (30, ml(1))], "third_place_volume_ml": [(30, ml(3)), (0, ml(1.99))]}
    lesions = pl.concat([visits_of(one), visits_of(other)])
    who = np.repeat([0, 1], [4, 4])
    found = grown_on(lesions, who, np.array([0, 1, 1, 1, 0]), np.array([30.0, 30.0, 0.0, 31.0, 0.0]), Grown())
    assert found.tolist() == [False, True, False, False, False]


def test_a_small_lesion_that_grows_is_progression_though_the_sum_has_shrunk():
    """Mixed response: 100 mL shrink to 10, a lesion of 2 cm grows to 3."""
    whole = [(0, 104.2), (28, 24.1)]
    courses = {
        "metabolic_volume_ml": whole, "tumour_volume_ml": whole, "first_place_volume_ml": [(0, 100), (28, 10)],
        "third_place_volume_ml": [(0, ml(1.99)), (28, ml(3.0))],
    }  # fmt: skip
    mixed = LUGANO.judge(visits_of(courses)).row(0, named=True)
    assert (mixed["best_response"], mixed["treatment_failure_day"]) == ("PD", 28.0)
    unseen = {name: seen for name, seen in courses.items() if "place" not in name}
    assert LUGANO.judge(visits_of(unseen)).row(0, named=True)["best_response"] == "PR"


def test_of_leukaemia_nodes_are_judged_and_not_blood_and_marrow():
    """iwCLL 2018, table of response: no node of 1.5 cm or more for a complete remission; blood is counted, not imaged."""
    blood = {
        "leukaemic_lymphocytes_per_ul": [(0, 40_000), (28, 100)], "anc_1e9_per_l": [(0, 2), (28, 2)],
        "platelets_1e9_per_l": [(0, 150), (28, 150)], "haemoglobin_g_per_dl": [(0, 12), (28, 12)],
    }  # fmt: skip
    courses = {"tumour_volume_ml": [(0, 1000), (28, 500)], "second_place_volume_ml": [(0, 250), (28, 10)], **blood}
    for mass, best in ((1.4, "CR"), (1.6, "PR")):
        seen = courses | {"third_place_volume_ml": [(0, ml(4)), (28, ml(mass))]}
        assert IWCLL.judge(visits_of(seen)).row(0, named=True)["best_response"] == best
    nodes_stay = courses | {"second_place_volume_ml": [(0, 250), (28, 240)], "tumour_volume_ml": [(0, 1000), (28, 245)]}
    assert IWCLL.judge(visits_of(nodes_stay)).row(0, named=True)["best_response"] == "SD"
