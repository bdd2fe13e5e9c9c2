"""Where an integrator is tempted to lie: expected values are exact solutions, given with each case."""

from __future__ import annotations

import logging
import math

import numpy as np
import pytest

from livingdrug.engine.ensemble import Dose, compile_model
from livingdrug.engine.integrate import STATUS
from livingdrug.engine.odes import Odes
from livingdrug.engine.sbml.read import read_sbml
from livingdrug.engine.with_events.driver import run_with_events
from livingdrug.engine.with_events.events import Assignment, Event, EventModel

PRECISIONS = ("float64", "float32")


def _odes(rates: dict[str, str], initial: dict[str, str], **parameters: float) -> Odes:
    return Odes(
        tuple(rates), tuple(parameters), tuple(parameters.values()), (), tuple(rates.values()), tuple(initial.values())
    )


def _ensemble(odes: Odes, times, *, rtol=1e-6, log=None, linear=None, doses=(), **options):
    model = compile_model(odes, log_scales=log or {}, linear_scales=linear or {}, outputs=odes.states, **options)
    return model.run([odes.defaults], times, np.zeros(len(times)), doses, rtol=rtol)


def _events(odes: Odes, times, *, rtol=1e-6, atol=1e-9, events=(), **options):
    return run_with_events(EventModel(odes, tuple(events)), [odes.defaults], times, rtol, atol, **options)


# ---- growth that an L-stable step would damp ------------------------------------------------------------------------

EXPLOSIONS = {
    "1e3": ({"y": "1e3*y"}, {"y": "1.0"}),
    "1e8": ({"y": "1e8*y"}, {"y": "1.0"}),
    "1e40": ({"y": "1e40*y"}, {"y": "1.0"}),
    "from almost nothing": ({"y": "1e4*y"}, {"y": "1e-12"}),
    "square": ({"y": "y**2"}, {"y": "1e8"}),
    "square, later": ({"y": "y**2"}, {"y": "2.0"}),
    "cube": ({"y": "y**3"}, {"y": "10.0"}),
    "exponential": ({"y": "exp(y)"}, {"y": "0.1"}),
    "two apart": ({"y": "1e8*y", "z": "2e9*z"}, {"y": "1.0", "z": "1.0"}),
    "two together": ({"u": "1e8*v", "v": "1e8*u"}, {"u": "1.0", "v": "0.5"}),
    "three in a ring": ({"a": "1e8*b", "b": "1e8*c", "c": "1e8*a"}, {"a": "1.0", "b": "0.0", "c": "0.0"}),
    "spiral": ({"u": "1e4*u - 1e4*v", "v": "1e4*u + 1e4*v"}, {"u": "1.0", "v": "0.0"}),
    "four in a ring": (
        {"a": "b", "b": "c", "c": "d", "d": "-1e20*a"},
        {"a": "1.0", "b": "0.0", "c": "0.0", "d": "0.0"},
    ),
}


@pytest.mark.parametrize("name", EXPLOSIONS)
def test_what_explodes_is_never_finished(name):
    # expected: all solutions pass 1e308, or end at a pole, within the day; a finite number would be wrong
    odes = _odes(*EXPLOSIONS[name])
    for precision in PRECISIONS:
        found = _ensemble(odes, [0.0, 1.0], rtol=1e-4, precision=precision)
        assert found.status[0] >= 2, (precision, STATUS[found.status[0]], found.outputs)
        assert np.isnan(found.outputs[0, 1]).all()
    found = _events(odes, [0.0, 1.0], rtol=1e-4)
    assert found.status[0] >= 2, found.outputs


def test_growth_from_below_the_tolerance_reaches_its_end():
    # expected: the logistic curve is at 1 long before the day is over; from 1e-12 it takes 28 doublings of 1e-4 day
    for start in ("1e-5", "1e-12"):
        odes = _odes({"y": "1e4*y*(1-y)"}, {"y": start})
        for precision in PRECISIONS:
            for log in ({}, {"y": 1e-3}):
                found = _ensemble(odes, [0.0, 1.0], rtol=1e-4, precision=precision, log=log)
                assert found.outputs[0, 1, 0] == pytest.approx(1.0, abs=1e-3), (start, precision, log)
        assert _events(odes, [0.0, 1.0], rtol=1e-4).outputs[0, 1, 0] == pytest.approx(1.0, abs=1e-3)
    odes = _odes({"y": "1e4*y*(1-y)"}, {"y": "0.0"})
    found = _ensemble(odes, [0.0, 500.0, 1000.0], doses=[Dose(1, "y", np.array([1e-5]))])
    np.testing.assert_allclose(found.outputs[0, :, 0], [0, 0, 1], atol=1e-4)


@pytest.mark.parametrize(("start", "end"), [(0.501, 1.0), (0.499, 0.0)])
def test_each_side_of_a_watershed(start, end):
    # expected: y = 1/2 parts what goes to 1 from what goes to 0
    odes = _odes({"y": "1000*y*(y - 0.5)*(1 - y)"}, {"y": repr(start)})
    assert _events(odes, [0.0, 1e4], rtol=1e-4).outputs[0, 1, 0] == pytest.approx(end, abs=1e-3)
    assert _ensemble(odes, [0.0, 1e4], rtol=1e-4).outputs[0, 1, 0] == pytest.approx(end, abs=1e-3)


def test_a_fast_oscillation_is_not_damped():
    # expected: cos(1e5 t); an L-stable step over many periods would end at 0
    odes = _odes({"u": "v", "v": "-1e10*u"}, {"u": "1.0", "v": "0.0"})
    exact = math.cos(1e5 * 0.01)
    assert _ensemble(odes, [0.0, 0.01], rtol=1e-8).outputs[0, 1, 0] == pytest.approx(exact, abs=1e-3)
    assert _events(odes, [0.0, 0.01], rtol=1e-8).outputs[0, 1, 0] == pytest.approx(exact, abs=1e-3)


# ---- derivatives ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "end"),
    [
        ("1/(1 + exp(100*(time - 5)))", 5.0),
        ("1/(1 + exp(-100*(time - 5)))", 15.0),
        ("tanh((time - 5)*100)", 10.0),
        ("1/(1 + (time/5)**400)", 5.0 + 5 * (math.pi / 400 / math.sin(math.pi / 400) - 1)),  # integral of 1/(1 + u^n)
        ("1/cosh(100*(time - 5))", math.pi / 100),
    ],
)
def test_steep_sigmoids(rate, end):
    # expected: the integral; the derivative of each is 0 times infinity far from the middle
    times = np.linspace(0, 20, 21)
    odes = _odes({"y": rate}, {"y": "0.0"})
    assert _ensemble(odes, times).outputs[0, -1, 0] == pytest.approx(end, abs=1e-4)
    assert _events(odes, times).outputs[0, -1, 0] == pytest.approx(end, abs=1e-4)


def test_derivatives_of_reciprocals_that_underflow():
    # expected: the integral of x^n / (K^n + x^n) along x = x0 e^t is log of (K^n + x^n), end over start, divided by n
    odes = _odes({"y": "x**20/(1 + x**20)", "x": "x"}, {"y": "0.0", "x": "1.0"})
    assert _ensemble(odes, np.linspace(0, 20, 21)).outputs[0, -1, 0] == pytest.approx(20 - math.log(2) / 20, abs=1e-5)
    odes = _odes({"y": "x**4/(K**4 + x**4)", "x": "x"}, {"y": "0.0", "x": "100.0"}, K=1e4)
    exact = (
        np.logaddexp(4 * math.log(1e4), 4 * (math.log(100) + 12)) - np.logaddexp(4 * math.log(1e4), 4 * math.log(100))
    ) / 4
    for precision in PRECISIONS:
        found = _ensemble(odes, np.linspace(0, 12, 11), rtol=1e-4, precision=precision, linear={"y": 1e-3})
        assert found.outputs[0, -1, 0] == pytest.approx(exact, rel=1e-3)
    odes = _odes({"y": "x**3/(K**3 + x**3)", "x": "0.0"}, {"y": "0.0", "x": "5e11"}, K=5e11)
    found = _ensemble(odes, [0.0, 4.0], rtol=1e-4, precision="float32")
    assert found.outputs[0, -1, 0] == pytest.approx(2.0, rel=1e-4)


# ---- roots and powers at zero ---------------------------------------------------------------------------------------


def test_a_root_at_the_start():
    # expected: S' = 1 - sqrt(S) from 0 gives -2 (sqrt(S) + log(1 - sqrt(S))) = t
    exact = {1.0: 0.4876095348465, 5.0: 0.9386646508310}
    for t, value in exact.items():
        assert -2 * (math.sqrt(value) + math.log(1 - math.sqrt(value))) == pytest.approx(t, abs=1e-10)
    odes = _odes({"S": "1 - sqrt(S)"}, {"S": "0.0"})
    for rtol in (1e-4, 1e-6, 1e-8):
        for found in (
            _ensemble(odes, [0.0, 1.0, 5.0], rtol=rtol),
            _events(odes, [0.0, 1.0, 5.0], rtol=rtol, atol=1e-12),
        ):
            np.testing.assert_allclose(found.outputs[0, 1:, 0], list(exact.values()), atol=3 * rtol)


def test_broken_powers_from_zero_and_whole_ones_below_it():
    # expected: fixed point of 0.1 + r/(r0 + r) = S with r = sqrt(S) by bisection; libRoadRunner says 0.6131 at 5
    odes = _odes({"S": "0.1 + S**n/(0.5**n + S**n) - S"}, {"S": "0.0"}, n=0.5)
    for found in (_ensemble(odes, [0.0, 5.0, 200.0]), _events(odes, [0.0, 5.0, 200.0])):
        assert found.outputs[0, 1, 0] == pytest.approx(0.6131, abs=1e-4)
        end = found.outputs[0, 2, 0]
        assert 0.1 + math.sqrt(end) / (math.sqrt(0.5) + math.sqrt(end)) == pytest.approx(end, abs=1e-5)
    # y' = x^4 - y, x = -e^-t / 2: y = (e^-t - e^-4t) / 48
    odes = _odes({"x": "-x", "y": "x**n - y"}, {"x": "-0.5", "y": "0.0"}, n=4.0)
    exact = (math.exp(-1) - math.exp(-4)) / 48
    assert _ensemble(odes, [0.0, 1.0], rtol=1e-8).outputs[0, 1, 1] == pytest.approx(exact, abs=1e-7)


def test_a_truly_negative_base_is_still_told():
    # expected: the square root of what falls below 0 is not a number, and is not made one
    odes = _odes({"x": "-1.0", "y": "x**1.5"}, {"x": "0.5", "y": "0.0"})
    assert _ensemble(odes, [0.0, 2.0]).status[0] >= 2
    assert _events(odes, [0.0, 2.0]).status[0] >= 2


# ---- time -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [0.0, 1.7e9, 1e13, -1e13])
def test_any_origin_of_time(start):
    # expected: e
    odes = _odes({"y": "y"}, {"y": "1.0"})
    assert _events(odes, [start, start + 1], rtol=1e-8).outputs[0, 1, 0] == pytest.approx(math.e, rel=1e-7)
    assert _ensemble(odes, [start, start + 1], rtol=1e-8).outputs[0, 1, 0] == pytest.approx(math.e, rel=1e-7)


PULSES = {
    "from and to": "1e6 if time >= 50.0 and time < 50.001 else -0.1*y",
    "open at the beginning": "1e6 if 50.0 < time and time <= 50.001 else -0.1*y",
    "by a parameter": "1e6 if time >= k and time - k < 0.001 else -0.1*y",
    "scaled": "1e6 if 3*time > 150 and time - 50 < 0.001 else -0.1*y",
}


@pytest.mark.parametrize("name", PULSES)
def test_a_pulse_between_two_times_is_found(name):
    # expected: 1000 given in 0.001 at time 50, then decay at 0.1: 1000 exp(-4.9999) at 100
    odes, exact = _odes({"y": PULSES[name]}, {"y": "0.0"}, k=50.0), 1000 * math.exp(-4.9999)
    for times in ([0.0, 100.0], [0.0, 50.0, 100.0], np.linspace(0, 100, 101)):
        assert _ensemble(odes, times).outputs[0, -1, 0] == pytest.approx(exact, rel=1e-5)
        assert _events(odes, times).outputs[0, -1, 0] == pytest.approx(exact, rel=1e-5)


def test_pulses_that_come_again():
    # expected: 1 in 0.001 every 10, decay at rate 1: after the tenth, sum of e^-10k, times (e^0.001 - 1) 1000 e^-10
    odes = _odes({"y": "1000.0*(time - 10*floor(time/10) < 0.001) - y"}, {"y": "0.0"})
    exact = 1000 * math.expm1(0.001) * sum(math.exp(-10.0 * k) for k in range(1, 11))
    linear = {"y": 1e-4}
    assert _ensemble(odes, [0.0, 100.0], rtol=1e-7, linear=linear).outputs[0, -1, 0] == pytest.approx(exact, rel=1e-5)
    assert _events(odes, [0.0, 100.0], rtol=1e-8, atol=1e-10).outputs[0, -1, 0] == pytest.approx(exact, rel=1e-5)


def test_a_pulse_that_cannot_be_foreseen_is_told(caplog):
    # expected: a word, because sin(time) > 0.9999 is not linear in time
    with caplog.at_level(logging.WARNING, "livingdrug.engine"):
        _ensemble(_odes({"y": "(sin(time) > 0.9999) - y"}, {"y": "0.0"}), [0.0, 1.0])
    assert "may be missed" in caplog.text


@pytest.mark.parametrize("times", [[0.0, 2.0], [0.0, 1.0, 2.0], [0.0, 0.3, 0.9, 1.7]])
@pytest.mark.parametrize("first", ["state", "clock"])
def test_triggers_of_state_and_of_time_at_one_instant(times, first):
    # expected: SBML L3V2 4.11.6: of events at one time the higher priority goes first; both happen at 1
    odes = _odes({"x": "1.0", "z": "0.0"}, {"x": "0.0", "z": "0.0"})

    def event(name: str, trigger: str, value: str) -> Event:
        return Event(
            name, trigger, (Assignment("z", value),), priority="2" if name == first else "1",
            use_values_from_trigger_time=False,
        )  # fmt: skip

    found = _events(odes, times, events=(event("state", "x >= 1", "2*z + 1"), event("clock", "time >= 1", "10*z + 3")))
    assert [name for _, _, name in found.fired] == [first, "clock" if first == "state" else "state"]
    assert [time for _, time, _ in found.fired] == pytest.approx([1.0, 1.0], abs=1e-11)
    assert found.outputs[0, -1, 1] == (13.0 if first == "state" else 7.0)


def test_robertson_over_eleven_decades():
    # expected: the reference solution of the test set for IVP solvers (Mazzia & Magherini 2008) at 1e11
    odes = _odes(
        {"a": "-0.04*a + 1e4*b*c", "b": "0.04*a - 1e4*b*c - 3e7*b**2", "c": "3e7*b**2"},
        {"a": "1.0", "b": "0.0", "c": "0.0"},
    )
    exact = [0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050]
    found = _events(odes, [0.0, 1e11], rtol=1e-8, atol=1e-14).outputs[0, 1]
    np.testing.assert_allclose(found, exact, rtol=1e-4)
    scales = {"a": 1e-6, "b": 1e-12, "c": 1e-6}
    np.testing.assert_allclose(_ensemble(odes, [0.0, 1e11], rtol=1e-8, linear=scales).outputs[0, 1], exact, rtol=1e-4)


def test_the_number_of_steps_can_be_set():
    # expected: a course cut short says so
    odes = _odes({"y": "-y"}, {"y": "1.0"})
    model = compile_model(odes, log_scales={}, linear_scales={}, outputs=("y",))
    assert "too many steps" in model.run([[]], [0, 100], [0, 0], most_steps=3).sentences()[0]
    assert "too many steps" in _events(odes, [0.0, 100.0], most_steps=3).sentences()[0]


def test_functions_lost_no_digits_in_sbml():
    # expected: NumPy
    for x in (-1e5, -7e7, -1e9, 1e200):
        odes = read_sbml(f"model m\n x = {x!r}; z = 0; y := arcsinh(x); z' = 1\nend")
        found = run_with_events(EventModel(odes), [odes.defaults], [0.0, 1.0], outputs=["y"])
        assert found.outputs[0, 1, 0] == pytest.approx(np.arcsinh(x), rel=1e-15)


@pytest.mark.parametrize(
    ("grows", "turns", "start", "until"),
    [(1, 100, 1e-9, 24.74), (1, 100, 1e-12, 30), (1, 10, 1e-9, 24), (0.2, 50, 1e-9, 120)],
)
@pytest.mark.parametrize("n_times", [2, 11])
def test_an_oscillation_that_grows_from_far_below_the_tolerance_is_followed(grows, turns, start, until, n_times):
    # analytic: the radius is start * exp(grows * until); CVODE, Radau and BDF end at 1e-18 here. 5 %: the errors of
    # thousands of steps of relative tolerance 1e-4 add up
    rates = (f"{grows}*x - {turns}*y", f"{turns}*x + {grows}*y")
    spiral = Odes(("x", "y"), (), (), (), rates, (repr(start), "0.0"))
    found = run_with_events(EventModel(spiral, ()), [[]], np.linspace(0.0, until, n_times), 1e-4, 1e-6)
    assert found.sentences() == ["finished"]
    assert np.hypot(*found.outputs[0, -1]) == pytest.approx(start * np.exp(grows * until), rel=0.05)


def test_an_oscillation_that_dies_out_below_the_tolerance_costs_few_steps():
    # analytic: exp(-24) of 1e-9 is nothing; steps of a tenth of a turn would be 24,000
    spiral = Odes(("x", "y"), (), (), (), ("-x - 100*y", "100*x - y"), ("1e-9", "0.0"))
    found = run_with_events(EventModel(spiral, ()), [[]], np.linspace(0.0, 24.0, 3), 1e-4, 1e-6, most_steps=500)
    assert found.sentences() == ["finished"]
    assert np.hypot(*found.outputs[0, -1]) < 1e-9


@pytest.mark.parametrize(
    ("grows", "turns", "start", "until"),
    [(1, 100, 1e-9, 24.74), (1, 100, 1e-12, 30), (0.2, 50, 1e-9, 120)],
)
@pytest.mark.parametrize("scale", [1e-3, 1e-9])
def test_an_ensemble_follows_it_too(grows, turns, start, until, scale):
    # analytic as above; without a look at what is far below the tolerance both end at 0 and say "finished"
    rates = (f"{grows}*x - {turns}*y", f"{turns}*x + {grows}*y")
    spiral = Odes(("x", "y"), (), (), (), rates, (repr(start), "0.0"))
    model = compile_model(spiral, log_scales={}, linear_scales={"x": scale, "y": scale}, outputs=["x", "y"])
    times = np.linspace(0.0, until, 3)
    found = model.run(np.zeros((1, 0)), times, np.zeros(3, bool))
    assert found.sentences() == ("finished",)
    assert np.hypot(*found.outputs[0, -1]) == pytest.approx(start * np.exp(grows * until), rel=0.05)


def test_patients_who_do_not_hide_one_are_not_slowed_nor_changed():
    # expected: the same bits and steps alone as beside a patient whose steps are short
    odes = Odes(("x", "y"), ("g", "x0"), (1.0, 1e-9), (), ("g*x - 100*y", "100*x + g*y"), ("x0", "0.0"))
    model = compile_model(odes, log_scales={}, linear_scales={"x": 1e-3, "y": 1e-3}, outputs=["x", "y"])
    times, on = np.linspace(0.0, 24.0, 3), np.zeros(3, bool)
    dying, growing = [-1.0, 1e-9], [1.0, 1e-9]
    alone = model.run([dying], times, on)
    both = model.run([growing, dying, growing], times, on)
    assert both.steps[1] == alone.steps[0] < 100 < 1000 < both.steps[0] == both.steps[2]
    assert both.outputs[1].tobytes() == alone.outputs[0].tobytes()
