"""Expected: lots of one product differ, and it matters: naive cells, CD8 cells, what the cells release in a test tube."""

from __future__ import annotations

import numpy as np
import pytest

BULK = ("zuma_1", "juliet", "karmma")


def lot(**values):
    return lambda people: people.having(**values)


@pytest.mark.parametrize("trial", BULK)
def test_more_naive_cells_expand_more_and_last_longer(scenes, trial):
    # expected: CCR7+ CD45RA+ cells infused go with durable response (Locke 2020, doi:10.1182/bloodadvances.2020002394)
    few, many = scenes(trial, "2 % naive", lot(naive_share=0.02)), scenes(trial, "40 % naive", lot(naive_share=0.4))
    assert np.median(few.cmax) < np.median(many.cmax)
    assert few.event_free().mean() < many.event_free().mean()


@pytest.mark.parametrize("trial", BULK)
def test_more_cd8_cells_expand_more(scenes, trial):
    # expected: CD8 cells infused go with durable response (Locke 2020); CD8 central memory in the bag goes with expansion
    # (Monfrini 2022); weak: bags of one half and of one third CD4 cells are both given with success
    cd4, cd8 = (scenes(trial, f"{share:.0%} CD4", lot(lot_cd4_share=share)) for share in (0.8, 0.2))
    assert np.median(cd4.cmax) < np.median(cd8.cmax)
    assert cd4.responded().mean() <= cd8.responded().mean()


@pytest.mark.parametrize("trial", BULK)
def test_a_potent_lot_brings_cytokine_release(scenes, trial):
    # expected: cytokine release of grade 3 and above goes with what cells of the bag release (Rossi 2018, doi:10.1182/blood-2018-01-828343)
    weak, strong = (
        scenes(trial, "half as potent", lot(lot_potency=0.5)),
        scenes(trial, "twice as potent", lot(lot_potency=2.0)),
    )
    assert weak.fever.mean() < strong.fever.mean()
    assert weak.pressors.mean() < strong.pressors.mean()
    assert weak.responded().mean() <= strong.responded().mean()


@pytest.mark.parametrize("trial", ["zuma_1"])
def test_in_the_reference_lot_none_of_them_matters(scenes, trial):
    # expected: by definition of the scales, exactly: a lot of 10 % naive and 50 % CD4 cells with the usual potency follows from the rest
    same = {"naive_share": 0.1, "lot_cd4_share": 0.5, "lot_potency": 1.0}
    without = {"reserve_by_naive": 0.0, "reserve_by_cd8": 0.0, "release_by_potency": 0.0, "killing_by_potency": 0.0}
    reference = scenes(trial, "reference lot", lot(**same))
    blind = scenes(trial, "lot not read", lot(**without))
    np.testing.assert_array_equal(reference["car_t_total"], blind["car_t_total"])
    np.testing.assert_array_equal(reference["tumour_total"], blind["tumour_total"])
