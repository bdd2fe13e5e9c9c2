"""Parameters by name. Expected values: by hand."""

import numpy as np
import pytest

from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.given import parameter_table
from livingdrug.engine.odes import Odes
from livingdrug.engine.with_events.driver import run_with_events
from livingdrug.engine.with_events.events import EventModel
from livingdrug.foundation.errors import BadInput, UnknownName

DECAY = Odes(("x",), ("k", "size"), (0.5, 1.0), (), ("-k * x",), ("size",))


def test_tables_and_names_mean_the_same():
    table = [[0.5, 2.0], [0.5, 3.0]]
    for given in (
        table,
        np.array(table),
        {"size": [2, 3]},
        {"size": np.array([2.0, 3.0]), "k": 0.5},
        [{"size": 2}, {"size": 3}],
    ):
        np.testing.assert_array_equal(parameter_table(given, DECAY), table)
    np.testing.assert_array_equal(parameter_table({}, DECAY), [[0.5, 1.0]])
    np.testing.assert_array_equal(parameter_table([0.1, 2], DECAY), [[0.1, 2.0]])


def test_both_ways_to_run_take_names():
    model = compile_model(DECAY, log_scales={}, linear_scales={}, outputs=("x",))
    exact = np.exp(-np.array([0.5, 2.0]))
    np.testing.assert_allclose(model.run({"k": [0.5, 2.0]}, [0, 1], [0, 0]).outputs[:, 1, 0], exact, rtol=1e-3)
    found = run_with_events(EventModel(DECAY), {"k": [0.5, 2.0]}, [0.0, 1.0])
    np.testing.assert_allclose(found.outputs[:, 1, 0], exact, rtol=1e-5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"k": "fast"}, '"k"'),
        ({"k": [1, 2], "size": [1, 2, 3]}, "different lengths"),
        ({"k": [[1.0]]}, "different lengths"),
        ("k", "expected numbers"),
        (None, "by name"),
        ([[1.0]], "by name"),
        (7, "by name"),
    ],
)
def test_what_is_no_table(given, said):
    with pytest.raises(BadInput, match=said):
        parameter_table(given, DECAY)


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(UnknownName, match='Did you mean "size"'):
        parameter_table({"sise": 1.0}, DECAY)
