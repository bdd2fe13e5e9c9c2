"""Expected values: collections, lots, failures and clocks that centres and sponsors published (targets M1 to M9 and M13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.catalog.plan import plans_of
from livingdrug.course.equations import parameters_of
from livingdrug.manufacturing import make
from livingdrug.manufacturing.apheresis import Collection, collect, fitness_of
from livingdrug.manufacturing.lots import Lots
from livingdrug.manufacturing.variation import Steps
from livingdrug.population import draw
from livingdrug.population.cohort import Cohort

SEED = 7


@cache
def made(trial: str, making: str, patients: int = 8000) -> Lots:
    """Lots of the people of a trial, made in another way."""
    plan = plans_of(load_trial(trial), default_catalog())[0]
    plan = replace(plan, making=default_catalog().load("making", making))
    return make(plan, draw(plan.population, np.arange(1, patients + 1), SEED), parameters_of(plan, {}), SEED)


@cache
def collected(population: str, making: str, patients: int = 20_000) -> tuple[Cohort, Collection]:
    known = default_catalog()
    cohort = draw(known.load("population", population), np.arange(1, patients + 1), SEED)
    steps = Steps(known.load("making", making).making, f"making/{making}", cohort.patients, SEED)
    return cohort, collect(cohort, fitness_of(cohort, steps), steps)


def quartiles(values: NDArray[np.float64]) -> Sequence[float]:
    return np.nanquantile(values, (0.25, 0.5, 0.75)).tolist()


# ---------------------------------------------------------------- collection


def test_collections_of_three_academic_trials() -> None:
    # M1, doi:10.1111/trf.14003: 0.6e9 CD3-positive cells in 97 % of 71 collections, 2e9 in 77 %; within two points
    first = collected("b_all_paediatric_rr", "point_of_care")[1].first_day
    assert np.mean(first >= 0.6e9) == pytest.approx(0.97, abs=0.02)
    assert np.mean(first >= 2e9) == pytest.approx(0.77, abs=0.02)


def test_who_misses_the_target_had_fewer_t_cells_in_blood() -> None:
    # the same abstract: 349 CD3-positive cells/uL before apheresis where 2e9 was missed, 914 where it was met; not fitted, within 30 %
    cohort, found = collected("b_all_paediatric_rr", "point_of_care")
    in_blood, met = cohort["alc_cells_per_ul"] * cohort["cd3_fraction"], found.first_day >= 2e9
    assert np.median(in_blood[met]) == pytest.approx(914, rel=0.3)
    assert np.median(in_blood[~met]) == pytest.approx(349, rel=0.3)


def test_collections_in_the_united_kingdom() -> None:
    # M2, doi:10.1038/s41408-024-01038-2, table 3: median 2.6e9, within 10 %; quartiles 1.2 and 4.1e9, within 15 % (a quartile of 134)
    low, middle, high = quartiles(collected("b_all_paediatric_rr", "tisa_cel_trial")[1].t_cells)
    assert middle == pytest.approx(2.6e9, rel=0.10)
    assert (low, high) == (pytest.approx(1.2e9, rel=0.15), pytest.approx(4.1e9, rel=0.15))


def test_a_shorter_wash_out_collects_fewer_cells() -> None:
    # direction: lymphopenia after treatment; by the law of the file, (1 - 0.6 exp(-3/14)) / (1 - 0.6 exp(-1))
    known = default_catalog().load("making", "tisa_cel_trial").making
    known = {
        **known,
        "collection_target": known["collection_target"].model_copy(update={"value": 1e13}),
    }  # the longest day for all
    short = {**known, "washout": known["washout"].model_copy(update={"value": 3.0})}
    cohort = draw(default_catalog().load("population", "b_all_paediatric_rr"), np.arange(1, 501), SEED)
    usual, hurried = (
        collect(cohort, np.zeros(500), Steps(numbers, "making/x", cohort.patients, SEED)) for numbers in (known, short)
    )
    expected = (1 - 0.6 * np.exp(-3 / 14)) / (1 - 0.6 * np.exp(-1))
    np.testing.assert_allclose(hurried.first_day / usual.first_day, expected, rtol=1e-12)


# ---------------------------------------------------------------- lots


def test_car_positive_cells_in_the_united_kingdom() -> None:
    # M3, the same table: 17.4 % (12 to 23.1) of the cells of a lot, within a point
    np.testing.assert_allclose(quartiles(made("eliana", "tisa_cel_uk").transduction), [0.12, 0.174, 0.231], atol=0.01)


ACADEMIC = {0.26: 1.45, 0.419: 2.32, 0.397: 2.51}
"""CAR-positive share and copies per cell of three lots (PMC6319086, table 2)."""


def test_copies_refute_a_plain_poisson() -> None:
    # M13: 26 to 42 % positive with 1.45 to 2.51 copies per cell; a plain Poisson would have 0.30 to 0.54. Within 15 %
    lots = made("eliana", "point_of_care")
    copies = lots.transduction * lots.copies_per_car_t_cell
    for positive, published in ACADEMIC.items():
        alike = np.abs(lots.transduction - positive) < 0.02
        assert alike.sum() > 50
        assert np.median(copies[alike]) == pytest.approx(published, rel=0.15)
        assert -np.log1p(-positive) < 0.25 * published


def test_expansion_on_a_closed_device() -> None:
    # PMID 29287970: about 30-fold from 1e8 cells in thirteen days; a row without a tolerance: 15 % of the doublings
    assert np.median(made("eliana", "point_of_care").culture_doublings) == pytest.approx(np.log2(30), rel=0.15)
    assert np.median(made("eliana", "point_of_care_fed", 300).culture_doublings) == pytest.approx(np.log2(30), rel=0.15)


def test_phenotype_of_axicabtagene_ciloleucel() -> None:
    # ASCO abstract 145110: naive 12 % (1 to 57), central memory 29 % (12 to 49), CCR7-positive 42 % (15 to 73): medians within
    # 4 points, ends within 7 (a range of about a hundred, so the 0.5 and 99.5 percentile). Known misfit: hardly anybody here has
    # more than 40 % naive cells, since all divide in a week of culture
    lots = made("zuma_1", "axi_cel_trial", 20_000)
    ends = {
        "naive_fraction": (0.01, 0.12, 0.40),
        "central_memory_fraction": (0.12, 0.29, 0.49),
        "memory_fraction": (0.15, 0.42, 0.73),
    }
    for column, published in ends.items():
        low, middle, high = np.quantile(getattr(lots, column), (0.005, 0.5, 0.995))
        assert middle == pytest.approx(published[1], abs=0.04), column
        assert (low, high) == (pytest.approx(published[0], abs=0.07), pytest.approx(published[2], abs=0.07)), column


# ---------------------------------------------------------------- failures

PANEL = {"axi_cel_uk": ("zuma_1", 38, 903), "brexu_cel_uk": ("zuma_2", 14, 97), "tisa_cel_uk": ("eliana", 6, 138)}
"""Making, the trial whose people are made for, failures, lots (UK National CAR T Panel, 1138 patients)."""


def panel(making: str) -> tuple[Lots, NDArray[np.bool_]]:
    lots = made(PANEL[making][0], making, 30_000)
    return lots, lots.first_failure_reason != ""


@pytest.mark.parametrize("making", PANEL)
def test_failures_of_a_national_panel(making: str) -> None:
    # M4: inside the exact 95 % interval of the published share
    from scipy.stats import binomtest

    _, failures, lots_made = PANEL[making]
    interval = binomtest(failures, lots_made).proportion_ci()
    assert interval.low < panel(making)[1].mean() < interval.high
    assert panel(making)[1].mean() == pytest.approx(failures / lots_made, rel=0.15)


def pooled(what: str) -> float:
    """A share of all 58 failures."""
    total = 0.0
    for making, (_, failures, _) in PANEL.items():
        lots, failed = panel(making)
        again = lots.n_manufacturing_attempts > 1
        told = {
            "out of specification": lots.infused & lots.out_of_specification,
            "remade": lots.infused & again & ~lots.out_of_specification,
            "never infused": ~lots.infused,
            "tried again": again,
        }
        total += failures / 58 * (told.get(what, lots.first_failure_reason == what))[failed].mean()
    return float(total)


@pytest.mark.parametrize(("reason", "share"), [("growth", 12 / 58), ("viability", 12 / 58), ("purity", 6 / 58)])
def test_reasons_of_failure(reason: str, share: float) -> None:
    # M5, within five points
    assert pooled(reason) == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize(
    ("what", "share"), [("out of specification", 19 / 58), ("remade", 17 / 58), ("never infused", 22 / 58)]
)
def test_what_follows_a_failure(what: str, share: float) -> None:
    # M6, within five points
    assert pooled(what) == pytest.approx(share, abs=0.05)


def test_success_of_another_attempt() -> None:
    # 11 of 21 led to an infusion (https://www.repository.cam.ac.uk/handle/1810/380982): within two of its standard errors
    assert pooled("remade") / pooled("tried again") == pytest.approx(11 / 21, abs=2 * np.sqrt(11 * 10 / 21**3))


# ---------------------------------------------------------------- clocks

VEIN_TO_VEIN = {
    "axi_cel_us": 27.0,
    "axi_cel_europe_2018": 38.0,
    "tisa_cel_dlbcl_us": 42.7,
    "tisa_cel_dlbcl_europe": 50.5,
}
TRIAL = {"axi": "zuma_1", "tisa": "juliet"}


@pytest.mark.parametrize("making", VEIN_TO_VEIN)
def test_vein_to_vein_in_practice(making: str) -> None:
    # M7, PMC10431072: within 1.5 days
    lots = made(TRIAL[making.split("_")[0]], making)
    assert np.nanmedian(lots.vein_to_vein_days) == pytest.approx(VEIN_TO_VEIN[making], abs=1.5)


def test_vein_to_vein_in_californian_centres() -> None:
    # M8, http://ashpublications.com/view-large/12889823, 416 patients: 28 days (26 to 34), each within 1.5 days
    np.testing.assert_allclose(quartiles(made("zuma_1", "axi_cel_us").vein_to_vein_days), [26, 28, 34], atol=1.5)


@pytest.mark.parametrize(("making", "days"), [("axi_cel_europe_2018", 25.0), ("axi_cel_europe_2020", 19.0)])
def test_apheresis_to_release_in_europe(making: str, days: float) -> None:
    # M9, EHA2021 PB1445 (1,074 orders) and the two years after (2,432 patients): within a day
    lots, back = made("zuma_1", making), default_catalog().load("making", making).waiting
    share_out = back["ship_to_maker"].value / (back["ship_to_maker"].value + back["ship_to_clinic"].value)
    to_release = lots.slot_days + share_out * lots.shipping_days + lots.culture_days + lots.testing_days
    assert np.median(to_release) == pytest.approx(days, abs=1.0)


# ---------------------------------------------------------------- bridging


@pytest.mark.parametrize(("trial", "responded", "bridged"), [("karmma", 5, 112), ("cartitude_1", 33, 73)])
def test_responses_to_bridging(trial: str, responded: int, bridged: int) -> None:
    # http://ashpublications.net/view-large/11527903: 5 of 112 and 33 of 73 bridged patients responded to it; two standard errors
    plan = plans_of(load_trial(trial), default_catalog())[0]
    assert plan.making is not None
    lots = made(trial, plan.making.id)
    share = responded / bridged
    found = lots.bridging_response[lots.infused & lots.bridging].mean()
    assert found == pytest.approx(share, abs=2 * np.sqrt(share * (1 - share) / bridged))


CLOCKS = {
    "enrolment": ("enrolment to infusion",),
    "apheresis": ("apheresis to infusion", "apheresis to release", "apheresis to disposition"),
}


def test_clocks_say_from_where_they_count() -> None:
    # by the words of their sources: ELIANA and JULIET tell days from enrolment, all others from apheresis
    known, told = default_catalog(), {}
    for name in known.names("making"):
        making = known.load("making", name)
        words = " ".join(
            f"{one.source} {one.where}"
            for key, one in making.waiting.items()
            if key in ("slot", "booking", "review", "ship_to_maker")
        )
        for event, phrases in CLOCKS.items():
            if any(phrase in words for phrase in phrases):
                told.setdefault(name, set()).add(event)
                assert making.counts_from == event, name
    assert all(len(events) == 1 for events in told.values())
    assert {"tisa_cel_trial", "tisa_cel_dlbcl_trial"} == {name for name, events in told.items() if events == {"enrolment"}} & {
        "tisa_cel_trial", "tisa_cel_dlbcl_trial", "axi_cel_trial", "liso_cel_trial", "ide_cel_trial", "cilta_cel_trial", "brexu_cel_trial",
    }  # fmt: skip
    assert len(told) > 15
