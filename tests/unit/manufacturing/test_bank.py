"""Expected values: by hand and in closed form. Donor runs, their edits, what depletion leaves, and who is served from which."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.manufacturing.bank import classes, run_of, runs
from livingdrug.manufacturing.grafts import grafts
from livingdrug.manufacturing.variation import Steps

BANK = default_catalog().load("making", "allogeneic_bank").making
EDITS = [default_catalog().load("edit", name) for name in ("trac", "cd52", "b2m")]
FIRST = np.arange(2000, dtype=np.int64)


def steps(**values: float) -> Steps:
    fixed = {name: BANK[name].model_copy(update={"value": value, "spread": 0.0}) for name, value in values.items()}
    return Steps({**BANK, **fixed}, "bank/test", FIRST, 3)


def test_eight_kinds_of_cells_add_up_and_edits_go_together() -> None:
    # by hand: P(both) = p e1 e2 > (p e1)(p e2), as cells that took up nothing keep all genes
    kinds = classes(np.array([0.7]), [np.array([share]) for share in (0.9, 0.8, 0.5)])
    assert sum(share[0] for share in kinds.values()) == pytest.approx(1.0)
    both = sum(share[0] for cut, share in kinds.items() if cut[0] and cut[1])
    assert both == pytest.approx(0.7 * 0.9 * 0.8)
    assert both > (0.7 * 0.9) * (0.7 * 0.8)


def test_what_depletion_leaves_in_closed_form() -> None:
    # by hand: of 1 - 0.95 x 0.9 = 14.5 % with a receptor, a hundredth is left beside 85.5 %
    found = runs(FIRST, steps(editor_taken_up=0.95, edit_trac=0.9, tcr_log_removal=2.0), EDITS)
    left = 0.145 * 0.01
    np.testing.assert_allclose(found.tcr_positive, left / (left + 0.855))


def test_runs_above_the_limit_are_not_released_and_give_no_dose() -> None:
    found = runs(FIRST, steps(run_fails=0.0), EDITS)
    np.testing.assert_array_equal(found.released, found.tcr_positive <= BANK["tcr_positive_most"].value)
    assert 0.5 < found.released.mean() < 1.0
    assert (found.doses[~found.released] == 0).all()
    assert (found.doses[found.released] > 0).all()
    assert not runs(FIRST, steps(edit_trac=0.3, tcr_log_removal=0.0), EDITS).released.any()


def test_doses_of_a_run_are_cells_over_what_a_vial_takes() -> None:
    # by hand: 1e10 cells, nearly all kept, half recovered, 80 % filled, vials of 1e8: 40 doses less what depletion takes
    law = steps(run_fails=0.0, editor_taken_up=0.999, edit_trac=0.999, cells_per_run=1e10, depletion_recovery=0.5,
                formulation_recovery=0.8, cells_per_vial=1e8)  # fmt: skip
    assert set(runs(FIRST, law, EDITS).doses) == {39}


def test_patients_use_up_one_run_after_the_other() -> None:
    # conservation: as many patients from each run as it has doses, in order, whatever others are asked for
    law, places = steps(), np.arange(500, dtype=np.int64)
    found = run_of(places, law, EDITS)
    assert (np.diff(found) >= 0).all()
    doses = runs(np.arange(found.max() + 1), law, EDITS).doses
    served = np.bincount(found, minlength=len(doses))
    np.testing.assert_array_equal(served[:-1], doses[:-1])
    np.testing.assert_array_equal(run_of(places[[3, 77, 402]], law, EDITS), found[[3, 77, 402]])


def test_a_bank_that_can_release_nothing_serves_nobody() -> None:
    assert run_of(np.zeros(1, dtype=np.int64), steps(run_fails=1.0), EDITS)[0] == -1


def test_hosts_tell_four_kinds_apart_when_class_i_and_cd52_are_cut() -> None:
    # by hand: the receptor is nobody's sign of foreignness; class I and CD52 are, each there or not
    kinds = grafts(EDITS)
    assert [tuple(kind.seen.values()) for kind in kinds] == [
        (1.0, 0.0, 1.0),
        (0.1, 1.0, 1.0),
        (1.0, 0.0, 0.0),
        (0.1, 1.0, 0.0),
    ]
    assert sorted(pattern for kind in kinds for pattern in kind.patterns) == sorted(np.ndindex(2, 2, 2))
    assert [kind.patterns for kind in grafts([])] == [((),)]


def test_shares_of_kinds_add_up_and_agree_with_each_edit() -> None:
    # conservation: of all kinds without class I together, as many as are cut in B2M
    found = runs(FIRST, steps(), EDITS)
    np.testing.assert_allclose(found.graft_shares.sum(axis=1), 1.0)
    np.testing.assert_allclose(found.graft_shares[:, [1, 3]].sum(axis=1), found.edited["b2m"])
    np.testing.assert_allclose(1.0 - found.edited["trac"], found.tcr_positive)
    np.testing.assert_array_equal(found.wear, 1.0)
