"""Expected: the promise that a route, a part of the surrounding, a kind of lesion and a switch are one file each, and do what the file says."""

from __future__ import annotations

import numpy as np
import polars as pl

from livingdrug.course.equations import assembled, parameters_of
from livingdrug.course.settings import Settings
from livingdrug.trial.line import follow
from tests.science.solid.conftest import number, plan_with

PEOPLE = np.arange(1, 7, dtype=np.int64)


def courses(plan) -> pl.DataFrame:
    found = follow(plan, PEOPLE, 3, settings=Settings(sample=len(PEOPLE), between_patient=False))["courses"]
    assert found is not None
    return found


def test_a_route_a_surrounding_and_a_lesion_are_one_file_each(own):
    own(
        "route/into_the_cyst.toml",
        'title = "Into a cyst of a test"\ncalled = "cyst"\n'
        + number("drain_{cavity}", 0.1, "1/day")
        + number("loss_{cavity}", 0.0, "1/day")
        + number("uptake_{cavity}", 0.9, "1/day"),
    )
    own(
        "surrounding/acid.toml",
        'title = "Acid of a test"\ncalled = "acid"\n'
        + number("resting_{surrounding}", 4.0)
        + number("on_killing_{surrounding}", 3.0),
    )
    own(
        "lesion/cystic.toml",
        'title = "A cystic lesion of a test"\ncalled = "cystic lesion"\n'
        + number("contact_{lesion}", 1.0)
        + number("entry_per_volume_{lesion}", 0.0011, "1/day/mL"),
    )
    folder = own(
        "disease/cystic_glioma.toml",
        'title = "A cystic glioma of a test"\nextends = "small_glioma"\nsurroundings = ["acid"]\n[lesion.midline]\nkind = "cystic"\n',
    )
    plan = plan_with(folder, route="into_the_cyst", disease="cystic_glioma")
    known = parameters_of(plan)
    assert known["entry_per_volume_midline"].value == 0.0011
    assert known["uptake_into_the_cyst"].value == 0.9
    assert [name for name in assembled(plan).states if name.startswith("level_")] == ["level_midline_acid"]
    found = courses(plan)
    one = found.filter(pl.col("patient") == found["patient"][0]).sort("day")
    at = {row["day"]: row for row in one.iter_rows(named=True)}
    # what is left in the cavity after a day: exp(-(drain + loss + uptake)), the whole surface being open
    left = at[2.0]["car_t_in_into_the_cyst"] / at[1.0]["car_t_in_into_the_cyst"]
    assert np.isclose(left, np.exp(-1.0), rtol=0.02)  # the lesion's surface is a little less than the whole
    assert np.isclose(at[1.0]["hindrance_of_killing_midline"], 3.0 * known["hostility"].value * 4.0, rtol=0.05)


def test_a_switch_is_a_mechanism_a_drug_and_a_trait_of_ones_own(own):
    own(
        "mechanisms/cold.ant",
        "cold_amount' = -cold_loss * cold_amount;\nswitch_kill := cold_carried * cold_kill * cold_amount;\n",
    )
    own(
        "mechanisms/cold.toml",
        'title = "A cold switch"\nsummary = "A switch of a test."\n[neutral]\nswitch_kill = { value = 0.0, unit = "1/day" }\n'
        '[state.cold_amount]\nmeaning = "Cold"\nunit = "mg"\nintegrate = "linear"\nscale = 1.0\ninitial = "0"\n'
        + number("cold_loss", 0.01, "1/day") + number("cold_kill", 2.0, "1/day/mg") + number("cold_carried", 0.0),
    )  # fmt: skip
    own(
        "drug/cold.toml",
        'title = "Cold"\ndrug_class = "of a test"\nroute = "any"\nusual_dose = "1 mg/kg"\nenters = "cold_amount"\namount_unit = "mg"\n[amount_per_mg]\n'
        'value = 1.0\nunit = "mg/mg"\nmeaning = "As given"\nkind = "input"\nsource = "made up"\n',
    )
    own(
        "trait/cold_switch.toml",
        'title = "Cold switch"\ncalled = "cold switch"\nsets = ["cold_carried"]\njoins = ["cold"]\n'
        + number("cold_carried", 1.0),
    )
    folder = own(
        "product/switched.toml",
        'title = "Cells with a cold switch"\ngeneric_name = "none"\ntarget = "GD2"\ncostimulation = "4_1bb"\nvector = "lentiviral"\nmaking_process = "gd2_car_t"\ntraits = ["cold_switch"]\n',
    )
    given = '[[arm.given]]\ndrug = "cold"\ndose = "10 mg/patient"\ndays = [10]\n'
    found = courses(plan_with(folder, dose="1e8 cell", given=given, product="switched"))
    for (_,), one in found.group_by("patient"):
        before, after = (one.filter(pl.col("day") == day)["car_t_total"].item() for day in (10.0, 11.0))
        inside = [one.filter(pl.col("day") == day)["effectors_inside"].item() for day in (10.0, 11.0)]
        assert after < 1e-3 * before  # 20 a day
        assert inside[1] < 1e-3 * inside[0]  # inside the lesion too
