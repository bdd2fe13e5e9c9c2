"""Expected values: what the parameter set says, at any address of a file that another was completed from."""

from __future__ import annotations

import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.parameter_set import ParameterSet

LOSS = "loss/while_waiting/numbers.loss_background"


@pytest.fixture
def read() -> Catalog:
    """A catalogue in which everything that is asked for below has been read before."""
    catalog = Catalog()
    for kind, name in (("making", "axi_cel_us"), ("making", "axi_cel_trial"), ("network", "three_centres")):
        catalog.load(kind, name)
    return catalog


def test_the_law_of_loss_reaches_every_making_that_was_read_before(read):
    under = read.under(ParameterSet({LOSS: 0.0006}))
    for name in ("axi_cel_us", "axi_cel_trial"):
        assert under.load("making", name).waiting["loss_background"].value == 0.0006
        assert read.load("making", name).waiting["loss_background"].value != 0.0006


def test_it_reaches_what_was_completed_from_such_a_making(read):
    under = read.under(ParameterSet({LOSS: 0.0006}))
    assert under.load("network", "three_centres").referred.making.waiting["loss_background"].value == 0.0006


def test_a_making_that_a_network_names_moves_in_the_network(read):
    under = read.under(ParameterSet({"making/axi_cel_us/waiting.slot": 9.0}))
    assert under.load("network", "three_centres").referred.making.waiting["slot"].value == 9.0


def test_twice_under_is_the_second_alone(read):
    twice = read.under(ParameterSet({LOSS: 0.0006})).under(
        ParameterSet({"product/tisa_cel/parameter.destiny_product": -1.0})
    )
    assert (
        twice.load("making", "axi_cel_us").waiting["loss_background"]
        == read.load("making", "axi_cel_us").waiting["loss_background"]
    )


def test_what_is_not_concerned_is_not_read_again(read):
    under = read.under(ParameterSet({"product/tisa_cel/parameter.destiny_product": -1.0}))
    for kind, name in (("making", "axi_cel_us"), ("network", "three_centres")):
        assert under.load(kind, name) is read.load(kind, name)
