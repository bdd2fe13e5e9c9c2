"""Expected: ranges from the numbers' own files by hand, turned plans as written, and requests that make no sense refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm, truncnorm

from livingdrug.catalog.load import default_catalog
from livingdrug.course.equations import parameters_of
from livingdrug.course.settings import Settings
from livingdrug.design.factors import factors_of, turned
from livingdrug.design.sensitivity import _tornado, sensitivity
from livingdrug.design.typical import typical
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.quantities import Quantity
from livingdrug.trial.door import planned

SHARES = np.array([0.001, 0.05, 0.3, 0.5, 0.95, 0.999])


@pytest.fixture(scope="module")
def plan():
    return planned("zuma_1", default_catalog())[1][0]


def test_a_prior_is_turned_over_its_own_central_90_percent(plan) -> None:
    # by hand: median times exp(-1.645 sd) and exp(1.645 sd), cut off at the bounds of the sheet
    number = parameters_of(plan)["growth_max"]
    (found,) = factors_of(plan, ["growth_max"])
    middle = number.value if number.prior.median is None else number.prior.median
    sd = number.prior.sd_log
    ends = [(np.log(bound / middle)) / sd for bound in (number.low, number.high)]
    law = truncnorm(*ends)
    assert (found.low, found.high) == pytest.approx(middle * np.exp(sd * law.ppf([0.05, 0.95])), rel=1e-6)
    assert found.at(SHARES) == pytest.approx(middle * np.exp(sd * law.ppf(SHARES)), rel=1e-6)
    assert found.origin == "prior"


def test_no_value_leaves_what_a_number_may_be(plan) -> None:
    known = parameters_of(plan)
    for one in factors_of(plan, []):
        values = one.at(np.linspace(0, 1, 101))
        number = known[one.address]
        assert (number.low is None) or (values >= number.low).all(), one.address
        assert (number.high is None) or (values <= number.high).all(), one.address
        assert (np.diff(values) >= 0).all(), one.address
        assert one.low < one.high, one.address


def test_a_number_without_a_prior_is_turned_by_a_quarter(plan) -> None:
    (dose,) = factors_of(plan, ["dose"])
    assert (dose.low, dose.value, dose.high, dose.origin) == (0.8, 1.0, 1.25, "usual")
    # evenly on the logarithm
    assert dose.at(np.array([0.0, 0.5, 1.0])) == pytest.approx([0.8, 1.0, 1.25])


def test_an_asked_range_is_as_asked(plan) -> None:
    (dose,) = factors_of(plan, ["dose"], {"dose": (0.1, 10.0)})
    assert dose.at(np.array([0.0, 0.5, 1.0])) == pytest.approx([0.1, 1.0, 10.0])


def test_what_is_turned_stands_in_the_plan(plan) -> None:
    covariate = next(name for name, one in plan.population.covariate.items() if one.number)
    number = next(iter(plan.population.covariate[covariate].number))
    address = f"covariate.{covariate}.{number}"
    clock = next(iter(plan.making.waiting))
    values = {"dose": 0.5, "growth_max": 2.5, address: 3.25, f"waiting.{clock}": 1.5}
    moved, settings = turned(plan, Settings(sample=0), values)
    assert settings.parameters["growth_max"].value == 2.5
    assert moved.population.covariate[covariate].number[number].value == 3.25
    assert moved.making.waiting[clock].value == 1.5
    was, now = (float(one.arm.infusion.dose_per_kg.split()[0]) for one in (plan, moved))
    assert now == 0.5 * was
    assert plan.making.waiting[clock].value != 1.5


def test_a_swing_is_not_known_where_an_end_has_no_number(plan) -> None:
    turning = factors_of(plan, ["dose", "growth_max"])
    table = _tornado("os", turning, [], np.array([5.0, 4.0, np.nan, 3.0, 6.0]), np.array([]))
    assert table["factor"].to_list() == ["dose", "growth_max"]
    assert np.isnan(table["swing"][0])
    assert table["swing"][1] == 3.0


def test_twice_the_same_bytes_and_one_run_is_the_trial(tmp_path) -> None:
    from livingdrug.trial.run import run

    words = {"factors": ["dose"], "ranges": {"dose": (0.05, 1.0)}, "patients": 12, "seed": 4, "threads": 1}
    found = sensitivity("zuma_1", ["lugano_orr"], out=tmp_path / "one", **words)
    row = found.table.row(0, named=True)
    plain = run("zuma_1", patients=12, seed=4, threads=1).endpoint("lugano_orr").shown().table()["estimate"][0]
    assert row["as_it_is"] == pytest.approx(plain)
    assert row["at_high"] == row["as_it_is"]  # a factor of 1
    again = sensitivity("zuma_1", ["lugano_orr"], out=tmp_path / "one", resume=True, **words)
    assert again.table.equals(found.table)
    assert pl.read_parquet(tmp_path / "one" / "sensitivity.parquet").height == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"patients": 0}, "at least 1"),
        ({"threads": -1}, "threads"),
        ({"seed": -1}, "seed"),
        ({"targets": []}, "none given"),
        ({"targets": ["pfs", "pfs"]}, "each once"),
        ({"targets": ["nothing_such"]}, "no endpoint"),
        ({"factors": ["nothing_such"]}, "factor"),
        ({"ranges": {"dose": (-1.0, 1.0)}}, "within"),
        ({"ranges": {"dose": (2.0, 1.0)}}, "higher number"),
        ({"factors": ["growth_max"], "ranges": {"growth_max": (0.1, 9.0)}}, "within 1.5 to 3.3"),
        ({"ranges": {"growth_max": (2.0, 3.0)}}, "not among the factors"),
        ({"method": "sobol", "samples": 100}, "power of two"),
        ({"method": "prcc", "samples": 2}, "at least 5"),
        ({"method": "prcc", "policies": ["early_steroid"]}, "tornado"),
        ({"method": "sobol", "samples": 2**20}, "from 1 to 100,000"),
        ({"method": "sobol", "samples": 2**16, "patients": 1000}, "would take"),
    ],
)
def test_requests_that_cannot_be_are_refused(words, said) -> None:
    given = {"targets": ["pfs"], "factors": ["dose"], "patients": 3, "threads": 1, **words}
    with pytest.raises(BadInput, match=said):
        sensitivity("zuma_1", given.pop("targets"), **given)


def test_a_typical_patient_is_in_the_middle() -> None:
    # by another route: the median of the population's own distribution, and the whole course with its units
    found = typical("zuma_1", seed=3)
    age = found.covariates["age_years"]
    population = planned("zuma_1", default_catalog())[1][0].population
    low, high = population.covariate["age_years"].range()
    assert low < age < high
    assert found.course["day"].is_sorted()
    assert set(found.units) <= set(found.course.columns)
    other = typical("zuma_1", seed=3, covariates={"age_years": 80.0})
    assert other.covariates["age_years"] == 80.0
    assert {**other.covariates, "age_years": age} == dict(found.covariates)


@pytest.mark.parametrize("words", [{"covariates": {"nothing_such": 1.0}}, {"covariates": {"age_years": float("nan")}},
                                   {"parameters": {"growth_max": "9 1/day"}}, {"arm": "nobody"}])  # fmt: skip
def test_a_typical_patient_of_unknown_names_is_refused(words) -> None:
    with pytest.raises(BadInput):
        typical("zuma_1", **words)


def test_the_law_of_a_wide_number_is_not_cut() -> None:
    from livingdrug.design.factors import _quantiles

    found = _quantiles((0.0, 1.0), "plain", SHARES, -np.inf, np.inf)
    assert found == pytest.approx(norm.ppf(SHARES), abs=1e-9)
    share = _quantiles((0.0, 2.0), "logit", SHARES, 0.0, 1.0)
    assert share == pytest.approx(1 / (1 + np.exp(-2 * norm.ppf(SHARES))), abs=1e-9)


def test_shares_of_making_and_waiting_stay_between_0_and_1() -> None:
    """By the reading code: what happens by chance is a probability, and recoveries and viabilities are shares."""
    import re
    from pathlib import Path

    import livingdrug.manufacturing

    catalog, room = default_catalog(), Path(livingdrug.manufacturing.__file__).parent
    chances = {
        name for path in room.rglob("*.py") for name in re.findall(r'happens\("(\w+)"\)', path.read_text("utf-8"))
    }
    assert {"bridged", "remake_tried", "run_fails"} <= chances
    for name in catalog.names("making"):
        record = catalog.load("making", name)
        for kind in ("making", "waiting"):
            for key, number in getattr(record, kind).items():
                share = key in chances or key.endswith(("formulation_recovery", "viability"))
                if share and number.spread_scale != "logit":
                    assert (number.low, number.high) == (0.0, 1.0), f"{name}, {kind}.{key}"


@pytest.mark.parametrize(
    "address", ["making.thaw_viability", "making.thaw_recovery", "waiting.bridged", "making.remake_tried"]
)
def test_a_share_is_never_turned_above_1(address: str) -> None:
    plan = planned("eliana", default_catalog())[1][0]
    (found,) = factors_of(plan, [address])
    assert 0.0 <= found.low < found.high <= 1.0
    assert (found.at(SHARES) <= 1.0).all()
    with pytest.raises(BadInput, match="within 0 to 1"):
        factors_of(plan, [address], {address: (0.5, 1.2)})


def test_a_trials_own_share_is_never_turned_above_1() -> None:
    """A trial tells its share without the bounds that a making file writes; 0.925 of ALYCANTE times 1.25 would be 1.16."""
    plan = planned("alycante", default_catalog())[1][0]
    share = plan.making.waiting["bridged"].model_copy(update={"low": None, "high": None})
    plan = replace(plan, making=plan.making.model_copy(update={"waiting": {**plan.making.waiting, "bridged": share}}))
    (found,) = factors_of(plan, ["waiting.bridged"])
    assert (found.value, found.high) == (0.925, 1.0)


def test_a_number_of_the_disease_is_turned_where_it_counts(plan) -> None:
    """A disease's entries stand in for those of the making file (docs/files.md): turning the other would move nothing."""
    clock = next(iter(plan.making.waiting))
    its_own = Quantity(value=2.0, unit="day", meaning="a clock", kind="assumed", source="for the test")
    plan = replace(plan, disease=plan.disease.model_copy(update={"waiting": {clock: its_own}}))
    (found,) = factors_of(plan, [f"waiting.{clock}"])
    assert (found.low, found.value, found.high) == (1.6, 2.0, 2.5)
    moved, _ = turned(plan, Settings(sample=0), {f"waiting.{clock}": 1.6})
    assert moved.disease.waiting[clock].value == 1.6
    assert moved.making == plan.making


def test_a_chance_above_1_is_refused_where_it_is_read() -> None:
    from livingdrug.foundation.errors import CatalogError
    from livingdrug.manufacturing.variation import Steps

    number = Quantity(value=1.2, unit="", meaning="a chance", kind="assumed", source="for the test")
    with pytest.raises(CatalogError, match="a probability from 0 to 1"):
        Steps({"bridged": number}, "waiting/tisa_cel_trial", np.arange(3), 1).happens("bridged")


def test_a_changed_policy_is_not_taken_for_the_old_one(tmp_path) -> None:
    """Expected: a resumed analysis simulates a policy file again when what is in it has changed, and only that run."""
    from pathlib import Path

    source = Path(__file__).parents[3] / "examples" / "policies" / "tocilizumab_alone.toml"
    mine = tmp_path / "mine.toml"
    mine.write_text(source.read_text("utf-8"), encoding="utf-8")
    words = {"factors": ["dose"], "policies": [str(mine)], "patients": 4, "threads": 1, "out": tmp_path / "out"}
    done: list[tuple[int, int]] = []
    sensitivity("zuma_1", ["lugano_orr"], **words)
    sensitivity("zuma_1", ["lugano_orr"], resume=True, progress=lambda n, total: done.append((n, total)), **words)
    assert done == [(4, 4)]  # nothing is simulated again
    mine.write_text(source.read_text("utf-8").replace(', "methylprednisolone_taper"', ""), encoding="utf-8")
    assert mine.read_text("utf-8") != source.read_text("utf-8")
    done.clear()
    sensitivity("zuma_1", ["lugano_orr"], resume=True, progress=lambda n, total: done.append((n, total)), **words)
    assert done == [(3, 4), (4, 4)]


def test_one_patient_is_refused() -> None:
    with pytest.raises(BadInput, match="two or more"):
        sensitivity("zuma_1", ["pfs"], factors=["growth_max"], patients=1)
