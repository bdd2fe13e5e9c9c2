"""Models with events, against answers known by hand."""

import math

import numpy as np
import pytest

from livingdrug.engine.odes import Odes
from livingdrug.engine.with_events.driver import STATUS, run_with_events
from livingdrug.engine.with_events.events import Assignment, Event, EventModel
from livingdrug.foundation.errors import BadInput, UnknownName

DECAY = Odes(states=("x",), parameters=("k",), defaults=(1.0,), assignments=(), rates=("-k * x",), initial=("1.0",))
CLOCK = Odes(
    states=("x", "n", "last"),
    parameters=(),
    defaults=(),
    assignments=(),
    rates=("1.0", "0.0", "0.0"),
    initial=("0.0", "0.0", "0.0"),
)


def _event(name, trigger, *changes, **options):
    return Event(name, trigger, tuple(Assignment(state, formula) for state, formula in changes), **options)


def _run(model, times, parameters=None, **options):
    given = np.array([model.odes.defaults], dtype=float).reshape(1, -1) if parameters is None else parameters
    return run_with_events(model, given, times, 1e-9, 1e-12, **options)


def test_refilled_whenever_half_is_gone():
    # expected: exp(-t) falls to 1/2 at every multiple of ln 2
    model = EventModel(DECAY, (_event("refill", "x < 0.5", ("x", "1.0")),))
    found = _run(model, np.linspace(0, 5, 11))
    assert found.status.tolist() == [0]
    np.testing.assert_allclose([time for _, time, _ in found.fired], [math.log(2) * k for k in range(1, 8)], rtol=1e-8)
    np.testing.assert_allclose(found.outputs[0, -1, 0], math.exp(-(5 - 7 * math.log(2))), rtol=1e-7)


def test_a_ball_that_loses_half_its_speed():
    # expected: dropped from 1 with g = 2 it lands at t = 1, then after 1, 1/2, 1/4 ... (speed 2, halved each time)
    odes = Odes(
        states=("h", "v"), parameters=(), defaults=(), assignments=(), rates=("v", "-2.0"), initial=("1.0", "0.0")
    )
    model = EventModel(odes, (_event("bounce", "h < 0 and v < 0", ("v", "-0.5 * v")),))
    found = _run(model, np.linspace(0, 2.9, 30))
    landings = [time for _, time, _ in found.fired]
    np.testing.assert_allclose(landings[:5], [1.0, 2.0, 2.5, 2.75, 2.875], atol=1e-7)


def test_a_rate_that_jumps_at_a_moment_is_met_exactly():
    # expected: 1/3 at slope 1, 2/3 at slope 7
    odes = Odes(
        states=("x",), parameters=(), defaults=(), assignments=(("slope", "1.0 if time < 1/3 else 7.0"),),
        rates=("slope",), initial=("0.0",),
    )  # fmt: skip
    found = _run(EventModel(odes), [0.0, 1.0], outputs=["x", "slope"])
    np.testing.assert_allclose(found.outputs[0, 1], [1 / 3 + 14 / 3, 7.0], rtol=1e-14)


def test_values_of_the_trigger_or_of_the_moment():
    # expected: by hand; x = time, trigger at 1, changes at 1.5
    for early, expected in ((True, 1.0), (False, 1.5)):
        event = _event("late", "x >= 1", ("last", "x"), delay="0.5", use_values_from_trigger_time=early)
        found = _run(EventModel(CLOCK, (event,)), [0.0, 1.25, 2.0], outputs=["last"])
        np.testing.assert_allclose(found.outputs[0, :, 0], [0.0, 0.0, expected], atol=1e-12)
        np.testing.assert_allclose(found.fired[0][1], 1.5, rtol=1e-11)


def test_forgotten_unless_persistent():
    # expected: by hand; the trigger holds from 1 to 1.2, the delay is 0.5
    for persistent, expected in ((True, 1.0), (False, 0.0)):
        event = _event("short", "x >= 1 and x < 1.2", ("n", "n + 1"), delay="0.5", persistent=persistent)
        found = _run(EventModel(CLOCK, (event,)), [0.0, 2.0], outputs=["n"], longest_step=0.1)
        assert found.outputs[0, -1, 0] == expected


def test_priority_decides_who_is_last():
    # expected: by hand; the one of lower priority writes last
    for first, second in (("1", "2"), ("2", "1")):
        events = (
            _event("a", "time >= 1", ("last", "10 * last + 1"), priority=first, use_values_from_trigger_time=False),
            _event("b", "time >= 1", ("last", "10 * last + 2"), priority=second, use_values_from_trigger_time=False),
        )
        found = _run(EventModel(CLOCK, events), [0.0, 1.0, 2.0], outputs=["last"])
        assert found.outputs[0, 1, 0] == (21.0 if second == "2" else 12.0)


def test_before_the_start():
    # expected: SBML L3V2 4.11.2, the trigger's initial value decides whether being true at the start counts as turning
    for before, expected in ((True, 0.0), (False, 1.0)):
        found = _run(
            EventModel(CLOCK, (_event("now", "x >= 0", ("n", "n + 1"), initial_value=before),)), [0.0], outputs=["n"]
        )
        assert found.outputs[0, 0, 0] == expected


def test_one_event_sets_off_the_next_at_the_same_moment():
    # expected: by hand
    events = (_event("first", "time >= 1", ("n", "5")), _event("second", "n > 4", ("last", "n + time")))
    found = _run(EventModel(CLOCK, events), [0.0, 1.0], outputs=["last"])
    assert [event for _, _, event in found.fired] == ["first", "second"]
    np.testing.assert_allclose(found.outputs[0, 1, 0], 6.0, rtol=1e-14)


def test_events_without_end_are_a_status_of_one_patient():
    # expected: by hand; patient 1 is caught in a circle, patient 0 is not
    odes = Odes(("x",), ("on",), (0.0,), (), ("0.0",), ("0.0",))
    events = (_event("up", "x < 1 and on > 0", ("x", "1")), _event("down", "x >= 1", ("x", "0")))
    events = tuple(Event(e.id, e.trigger, e.assignments, initial_value=False) for e in events)
    found = _run(EventModel(odes, events), [0.0, 1.0], np.array([[0.0], [1.0]]))
    assert [STATUS[code] for code in found.status] == [
        "finished",
        "events set off one another without end at one moment",
    ]
    assert found.outputs[0].tolist() == [[0.0], [0.0]]
    assert np.all(np.isnan(found.outputs[1]))


def test_patients_do_not_feel_one_another():
    # expected: the same bits alone as in company
    model = EventModel(DECAY, (_event("refill", "x < 0.5", ("x", "1.0")),))
    rates = np.linspace(0.3, 3.0, 7)[:, None]
    times = np.linspace(0, 5, 6)
    together = _run(model, times, rates)
    for i in range(7):
        alone = _run(model, times, rates[i : i + 1])
        assert np.array_equal(alone.outputs[0], together.outputs[i])


def test_compiled_formulas_mean_what_they_mean_in_numpy():
    # expected: the formula language's own evaluation
    from livingdrug.foundation.expressions import read_formula

    formulas = [
        "exp(a) + log(b) - sqrt(a) * abs(-b) / floor(7 * b)", "sin(a) + cos(b) * atan(a - b)", "a ** b + a ** 3 + b ** -2",
        "min(a, b, 2) + max(a, b)", "1 if a < b and not b > 3 or a == 1 else 2", "(a > b) + (a <= b) * 3", "floor(-a) + (a != b)",
    ]  # fmt: skip
    odes = Odes((), ("a", "b"), (0.0, 0.0), tuple((f"y{i}", f) for i, f in enumerate(formulas)), (), ())
    given = np.array([[0.7, 1.3], [2.5, 0.4], [1.0, 1.0]])
    found = run_with_events(EventModel(odes), given, [0.0], outputs=[f"y{i}" for i in range(len(formulas))])
    for row, (a, b) in zip(found.outputs[:, 0], given, strict=True):
        expected = [float(read_formula(f).evaluate({"a": a, "b": b})) for f in formulas]
        np.testing.assert_allclose(row, expected, rtol=1e-14)


def test_bad_input_stops_at_the_door():
    # expected: an explanation
    with pytest.raises(BadInput, match="ascending"):
        _run(EventModel(DECAY), [1.0, 0.0])
    with pytest.raises(BadInput, match="shaped"):
        _run(EventModel(DECAY), [0.0, 1.0], np.zeros((2, 3)))
    with pytest.raises(UnknownName, match='no output "y"'):
        _run(EventModel(DECAY), [0.0], outputs=["y"])
