"""Single precision: how accurate, and still the same bits however patients are grouped."""

import numpy as np
import pytest

from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.odes import Odes
from livingdrug.foundation.errors import BadInput

LINEAR = Odes(("y", "z"), ("k",), (0.7,), (), ("-k * y", "k * y - 20 * z"), ("3", "0"))
DAYS = np.array([0.0, 0.5, 1.5, 4.0, 9.0])


def _run(rates, **options):
    options = {"log_scales": {"y": 1e-3}, "linear_scales": {"z": 1e-3}, "outputs": ("y", "z")} | options
    rtol = options.pop("rtol", 1e-4)
    return compile_model(LINEAR, **options).run(np.array(rates)[:, None], DAYS, np.zeros(5), rtol=rtol)


def _exact(k):
    y = 3 * np.exp(-k * DAYS)
    return np.stack([y, 3 * k / (20 - k) * (np.exp(-k * DAYS) - np.exp(-20 * DAYS))], axis=1)


def test_single_precision_against_the_exact_solution():
    # expected: the analytic solution; single precision rounds to 6e-8, steps are good for 1e-4
    rates = np.linspace(0.1, 2, 21)
    got = _run(rates, precision="float32").outputs
    for k, course in zip(rates, got, strict=True):
        np.testing.assert_allclose(np.log(course + 1e-3), np.log(_exact(k) + 1e-3), atol=1e-3)


def test_single_precision_has_the_same_bits_for_any_lanes_and_chunks(everything, arguments, parameters, days):
    # expected: bitwise equality
    whole = None
    for lanes in (4, 8, 16):
        model = compile_model(everything, **arguments, lanes=lanes, precision="float32")
        got = model.run(parameters, days, days >= 1)
        part = model.run(parameters[3:6], days, days >= 1)
        whole = got if whole is None else whole
        np.testing.assert_array_equal(got.outputs, whole.outputs)
        np.testing.assert_array_equal(part.outputs, whole.outputs[3:6])


def test_single_precision_is_close_to_double(everything, arguments, parameters, days):
    # expected: the same model in doubles, without rules (which could decide otherwise)
    runs = [
        compile_model(everything, **arguments, precision=precision).run(parameters, days, np.zeros(days.size))
        for precision in ("float64", "float32")
    ]
    difference = np.log(np.abs(runs[1].outputs[:, :, :5]) + 1) - np.log(np.abs(runs[0].outputs[:, :, :5]) + 1)
    assert np.sqrt(np.mean(difference**2)) < 1e-3


def test_what_is_not_there_is_refused():
    with pytest.raises(BadInput, match="precision"):
        _run([1.0], precision="float16")
    with pytest.raises(BadInput, match=r"Steppers: .*rodas4"):
        _run([1.0], stepper="euler")
    with pytest.raises(BadInput, match="doubles only"):
        _run([1.0], precision="float32", interpret=True)
