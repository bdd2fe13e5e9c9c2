"""Expected: what holds of any receptor that meets several antigens or healthy tissue, whatever the numbers; the directions are from
the field (docs/mechanisms/gates.md, docs/window.md), none of them was fitted to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from livingdrug.catalog.plan import Plan
from livingdrug.course.equations import parameters_of
from livingdrug.course.settings import Settings
from livingdrug.design.window import window
from livingdrug.trial.line import follow, outcomes_of
from tests.science.receptors.conftest import number, plan_with, product_with

PEOPLE = np.arange(1, 81, dtype=np.int64)
Own = Callable[[str, str], Path]


def patients(plan: Plan, *names: str, people: np.ndarray = PEOPLE, **given: float) -> pl.DataFrame:
    """Outcomes of the treated, with some parameters in place of the plan's."""
    known = parameters_of(plan)
    own = {name: known[name].model_copy(update={"value": value}) for name, value in given.items()}
    frames = follow(plan, people, 11, settings=Settings(sample=0, parameters=own))
    return outcomes_of(plan.questions, frames, plan.arm.name).table(names).filter(pl.col(names[0]).is_not_null())


def escapes(plan: Plan, **given: float) -> float:
    return float(patients(plan, "relapse_antigen_negative", **given)["relapse_antigen_negative"].sum())


def densities(plan: Plan, value: float) -> dict[str, float]:
    return {
        name: value
        for name in parameters_of(plan)
        if name.startswith("density_cd22_") and "without" not in name and not name.endswith(("_mural", "_plasma"))
    }


def test_a_second_receptor_prevents_escape_and_more_so_with_balanced_densities() -> None:
    one, two = plan_with("cd19_only_cel"), plan_with("cd19_cd22_cel")
    alone, dim, balanced = escapes(one), escapes(two, **densities(two, 600.0)), escapes(two, **densities(two, 15000.0))
    assert balanced < dim <= alone
    assert balanced <= 0.5 * alone


def tissue(molecules: float, blocker: float = 0.0) -> str:
    """A tissue of a test that carries CD19, and perhaps a blocking antigen."""
    return (
        'title = "A tissue of a test"\ncalled = "tissue of a test"\norgan = "an organ"\nsign = "a sign"\n'
        + number("antigens.CD19", molecules, "molecule/cell")
        + number("antigens.HLA_A02", blocker, "molecule/cell")
        + number("parameter.access", 1.0)
        + number("parameter.cell_number", 1.0e9, "cell")
    )


def damage(plan: Plan, **given: float) -> float:
    """Mean grade of damage."""
    return float(patients(plan, "tissue_damage_max", people=PEOPLE[:30], **given)["tissue_damage_max"].mean())  # pyright: ignore[reportArgumentType]


def test_and_not_spares_the_tissue_that_it_names_and_no_other(own: Own) -> None:
    own("product/plain.toml", product_with())
    own("product/gated.toml", product_with('[receptor.hla]\ntarget = "HLA_A02"\ngate = "and_not"\n'))
    own("tissue/named.toml", tissue(9000.0, blocker=50000.0))
    folder = own("tissue/other.toml", tissue(9000.0))
    plain, gated = (plan_with(name, folder) for name in ("plain", "gated"))
    lost = {}
    for plan in (plain, gated):
        frames = follow(plan, PEOPLE[:6], 11, settings=Settings(sample=6))
        lost[plan.product.id] = {name: frames["courses"][f"tissue_lost_{name}"].max() for name in ("named", "other")}  # pyright: ignore[reportOptionalMemberAccess]
    assert lost["plain"]["named"] > 50
    assert lost["gated"]["named"] < 5
    assert lost["gated"]["other"] > 50


def test_a_tissue_that_carries_nothing_is_none_to_the_last_byte(own: Own) -> None:
    own("product/plain.toml", product_with())
    own("tissue/empty.toml", tissue(0.0))
    folder = own("tissue/empty_too.toml", tissue(0.0, blocker=1000.0))
    frames = [
        follow(plan_with(name, place), PEOPLE[:5], 11, settings=Settings(sample=0))
        for name, place in (("plain", folder), ("cd19_only_cel", None))
    ]
    for name in ("ward", "visits"):
        assert frames[0][name].equals(frames[1][name])


def test_lower_affinity_widens_the_window_until_it_loses_dim_cells(own: Own) -> None:
    own("product/plain.toml", product_with())
    folder = own("tissue/shared.toml", tissue(800.0))  # a twentieth of what the tumour carries
    from livingdrug.catalog.load import Catalog

    found = window(
        "plain",
        trial="eliana",
        affinities=(0.01, 0.3, 3.0),
        doses=(1.0,),
        patients=60,
        benefit="cr_cri_3mo",
        catalog=Catalog([folder]),
    ).table
    at = {row["affinity"]: row for row in found.iter_rows(named=True)}
    assert at[0.3]["harm"] < at[3.0]["harm"]
    # the window widens: much less benefit is lost than harm
    spared = at[3.0]["harm"] - at[0.3]["harm"]
    assert at[3.0]["benefit"] - at[0.3]["benefit"] < 0.25 * spared
    assert at[0.01]["benefit"] < at[0.3]["benefit"] - 0.2
    assert at[0.3]["inside"]
    assert not at[3.0]["inside"]


@pytest.mark.parametrize("product", ["cd19_cd22_cel"])
def test_window_without_a_tissue_says_what_to_do(product: str) -> None:
    from livingdrug.foundation.errors import BadInput

    with pytest.raises(BadInput, match="no healthy tissue of the catalogue carries CD19 or CD22"):
        window(product, trial="eliana", patients=4)
