"""Expected values: the parameter set kept in docs/calibration/parameters, written by `livingdrug calibrate`; the files of the package hold its point."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.fitting.joint.calibrated import DRAWS, read_between_trials, read_parameters
from livingdrug.fitting.joint.free import free_numbers

KEPT = Path(__file__).parents[2] / "docs" / "calibration" / "parameters"
NUMBERS = {one.address: one for one in free_numbers(Catalog(), ())}


@pytest.fixture(scope="module")
def kept():
    return read_parameters(KEPT)


def test_every_number_that_moves_is_in_the_set_and_no_other(kept):
    assert set(kept[0].values) == set(NUMBERS)


@pytest.mark.parametrize("address", sorted(NUMBERS))
def test_the_package_holds_its_point_to_four_digits(kept, address):
    assert NUMBERS[address].value == float(f"{kept[0].values[address]:.4g}")


def test_draws_lie_within_bounds_about_the_point(kept):
    point, draws = kept
    assert len(draws) == DRAWS
    for address, one in NUMBERS.items():
        drawn = np.array([one.at(draw.values) for draw in draws])
        assert (drawn >= one.low - 1e-3 * one.width).all()
        assert (drawn <= one.high + 1e-3 * one.width).all()
        sd = json.loads((KEPT / "parameters.json").read_text(encoding="utf-8"))["sd_on_scale"][address]
        # means of 200 draws stray by a tenth of their deviation at most 1.4 times; bounds pull them inwards
        assert abs(np.median(drawn) - one.at(point.values)) < 0.5 * sd + 1e-9


def test_differences_between_trials_are_told_for_every_class(kept):
    kinds = {"efficacy", "survival", "CRS", "CRS: amount", "ICANS", "kinetics: amount", "kinetics: spread", "any"}
    assert kinds <= set(read_between_trials(KEPT))
