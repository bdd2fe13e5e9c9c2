"""Every stepper of the folder, and one of one's own: expected values are analytic solutions."""

import numpy as np
import pytest

from livingdrug.engine import steppers as folder
from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.odes import Odes
from livingdrug.engine.steppers import find_stepper, steppers
from livingdrug.foundation.errors import BadInput

LINEAR = Odes(("y", "z"), ("k",), (0.7,), (), ("-k * y", "k * y - 20 * z"), ("3", "0"))
DAYS = np.array([0.0, 0.5, 1.5, 4.0, 9.0])
Y = 3 * np.exp(-0.7 * DAYS)
EXACT = np.stack([Y, 3 * 0.7 / (20 - 0.7) * (np.exp(-0.7 * DAYS) - np.exp(-20 * DAYS))], axis=1)

# Ros2 (Verwer, Spee, Blom and Hundsdorfer 1999): two stages, order 2, L-stable with this gamma; by its definition
# k_i = h f(x + sum a_ij k_j) + h J sum g_ij k_j, brought into transformed form as Hairer and Wanner II, IV.7 do.
OWN = '''
"""Ros2: the smallest method there is."""

import numpy as np

from livingdrug.engine.rosenbrock import Rosenbrock

_GAMMA = 1 + 1 / np.sqrt(2)
_INVERSE = np.linalg.inv(np.array([[_GAMMA, 0.0], [-2 * _GAMMA, _GAMMA]]))
_A, _B, _BELOW = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([0.5, 0.5]), np.array([1.0, 0.0])
ROS2 = Rosenbrock(
    name="ros2", order=2, gamma=_GAMMA, a=((float((_A @ _INVERSE)[1, 0]),),), c=((float(-_INVERSE[1, 0]),),),
    alpha=(0.0, 1.0), d=(_GAMMA, -_GAMMA), m=tuple(map(float, _B @ _INVERSE)),
    e=tuple(map(float, (_B - _BELOW) @ _INVERSE)),
)
'''


def _run(stepper, rtol):
    options = {"log_scales": {"y": 1e-3}, "linear_scales": {"z": 1e-3}, "outputs": ("y", "z")}
    return compile_model(LINEAR, **options, stepper=stepper).run([[0.7]], DAYS, np.zeros(5), rtol=rtol)


@pytest.mark.parametrize("stepper", steppers())
def test_order_of_convergence(stepper):
    # expected: analytic solution; a tolerance 100 times tighter takes about 100^(1/order) as many steps and lowers the error
    assert find_stepper(stepper).name == stepper
    errors, steps = [], []
    for rtol in (1e-4, 1e-6, 1e-8):
        ensemble = _run(stepper, rtol)
        errors.append(np.abs(ensemble.outputs[0] - EXACT).max())
        steps.append(int(ensemble.steps[0]))
    assert errors[2] < 1e-6
    assert errors[0] > errors[1] > errors[2]
    expected = 100 ** (1 / find_stepper(stepper).order)
    assert 0.6 * expected < steps[2] / steps[1] < 1.8 * expected


def test_a_file_in_the_folder_is_all_a_stepper_needs(tmp_path, monkeypatch):
    # expected: analytic solution; the page on the architecture promises "an integrator: one file in engine/steppers/"
    (tmp_path / "ros2.py").write_text(OWN, encoding="utf-8")
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(tmp_path)])
    assert "ros2" in steppers()
    errors = [np.abs(_run("ros2", rtol).outputs[0] - EXACT).max() for rtol in (1e-3, 1e-5)]
    assert errors[0] < 1e-2
    assert errors[1] < 0.1 * errors[0]


def test_a_stepper_that_is_not_there_is_refused():
    with pytest.raises(BadInput, match=r"Steppers: .*rodas4"):
        find_stepper("euler")
