"""Expected: directions (and where published, sizes) of what the burden of tumour does; the same patients with another burden."""

from __future__ import annotations

import numpy as np
import pytest

EVERY = ("eliana", "zuma_1", "transcend_nhl_001", "karmma", "cartitude_1")
CD19 = ("eliana", "zuma_1", "transcend_nhl_001")
BCMA = ("karmma", "cartitude_1")
LOW, HIGH = 0.1, 3.0


def burden(factor):
    """The tumour at the start times a factor, at most nine tenths of the greatest burden."""

    def change(people):
        size = people.parameter("weight") / people.parameter("reference_weight")
        most = 0.9 * people.parameter("tumour_capacity") * size
        return people.having(tumour_start=np.minimum(people.parameter("tumour_start") * factor, most))

    return change


@pytest.fixture(scope="module")
def with_burden(scenes):
    return lambda trial, factor: scenes(trial, f"burden x {factor}", burden(factor)) if factor != 1 else scenes(trial)


def target(trial):
    return "CD19" if trial in CD19 else "BCMA"


@pytest.mark.parametrize("trial", EVERY)
def test_burden_brings_cytokine_release(with_burden, trial):
    # expected: CRS follows burden (Maude 2014, NEJM 371:1507; Hay 2017, Blood 130:2295); KarMMa failed this in the first model
    least, low, high = (with_burden(trial, factor) for factor in (1e-4, LOW, HIGH))
    assert least.pressors.mean() + 0.05 < low.pressors.mean() < high.pressors.mean()
    assert least.fever.mean() <= low.fever.mean() <= high.fever.mean()
    assert np.median(low.peak("il6")) < np.median(high.peak("il6"))


@pytest.mark.parametrize("trial", EVERY)
def test_burden_brings_neurotoxicity(with_burden, trial):
    # expected: ICANS follows burden (Gust 2017, doi:10.1158/2159-8290.CD-17-0698; Dean 2020, Blood Adv 4:3268)
    shares = [with_burden(trial, factor).icans.mean() for factor in (1e-4, LOW, HIGH)]
    assert shares[0] + 0.05 < shares[1]
    assert shares[1] + 0.05 < shares[2]


@pytest.mark.parametrize("trial", EVERY)
def test_burden_lowers_response(with_burden, trial):
    # expected: less response under more tumour (Locke 2020, doi:10.1182/bloodadvances.2020002394)
    assert with_burden(trial, LOW).responded().mean() > with_burden(trial, HIGH).responded().mean() + 0.02


@pytest.mark.parametrize("trial", [*CD19, *BCMA])
def test_burden_lowers_durability(with_burden, trial):
    # expected: hazard ratio of progression 0.29 to 0.40 for low volume (Dean 2020), of relapse 2.66 for high burden in ALL
    # (Fabrizio 2022, doi:10.1182/bloodadvances.2021006418); here only the direction, with a margin
    assert with_burden(trial, LOW).event_free().mean() > with_burden(trial, HIGH).event_free().mean()


@pytest.mark.parametrize("trial", EVERY)
def test_relapse_with_the_antigen_does_not_fall_with_burden(with_burden, trial):
    # expected: little tumour is not relapsed more often (Fabrizio 2022; Dean 2020)
    shares = []
    for factor in (LOW, HIGH):
        story = with_burden(trial, factor)
        positive, _, _ = story.relapse(target(trial))
        shares.append(positive[story.responded()].mean())
    assert shares[0] <= shares[1] + 0.03


@pytest.mark.parametrize("trial", CD19)
def test_relapse_without_the_antigen_grows_with_burden(with_burden, trial):
    # expected: more cells, more mutants before treatment (Luria and Delbrueck 1943; high burden before infusion goes with
    # CD19-negative relapse, Lamble 2023, Blood Adv 7:575)
    shares = []
    for factor in (LOW, 1, HIGH):
        story = with_burden(trial, factor)
        _, negative, _ = story.relapse(target(trial))
        shares.append(negative[story.responded()].mean())
    assert shares[0] + 0.01 < shares[2]
    assert shares[0] <= shares[1] <= shares[2]


@pytest.mark.parametrize("trial", EVERY)
def test_peak_over_burden_predicts_response(scenes, trial):
    # expected: peak related to burden tells who responds better than chance (Locke 2020: durable response by peak over volume)
    story = scenes(trial)
    assert ranking(story.cmax * story.size / story.start, story.responded()) > 0.6


@pytest.mark.parametrize("trial", ["zuma_1", "transcend_nhl_001"])
def test_peak_over_burden_predicts_durable_response(scenes, trial):
    # expected: Locke 2020 (durable response rises with peak over volume; published in large B-cell lymphoma)
    story = scenes(trial)
    assert ranking(story.cmax * story.size / story.start, story.event_free()) > 0.54


RATIOS = {"eliana": (1.15, 3.5), "zuma_1": (1.2, 4.5), "transcend_nhl_001": (1.2, 5.8), "juliet": (0.6, 2.2)}
"""Published: 1.7 in ELIANA, 2.2 in ZUMA-1, 2.9 in TRANSCEND, 1.07 in JULIET; about halved and doubled."""


@pytest.mark.parametrize("trial", [*RATIOS])
def test_responders_peak_higher(scenes, trial):
    # expected: ratios of Cmax of responders and others within a factor of about two of the published ones
    story = scenes(trial)
    responded = story.responded()
    assert (~responded).sum() >= 3
    low, high = RATIOS[trial]
    assert low < np.median(story.cmax[responded]) / np.median(story.cmax[~responded]) < high


@pytest.mark.parametrize("trial", ["eliana", "zuma_1", "transcend_nhl_001"])
def test_cells_of_non_responders_peak_later(scenes, trial):
    # expected: Tmax 10 days in responders, 20 in non-responders of ELIANA (Kymriah US label)
    story = scenes(trial)
    responded = story.responded()
    assert np.median(story.tmax[~responded]) > np.median(story.tmax[responded]) + 1.0


def ranking(score, event):
    """Area under the curve of a score for an event."""
    ranks = np.argsort(np.argsort(score))
    n = event.sum()
    return (ranks[event].mean() - (n - 1) / 2) / (~event).sum()
