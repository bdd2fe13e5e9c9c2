"""Courses of patients under a model with events, each patient alone with its own time, step and queue.

    go on to the next moment ──► a switch turned? ──► which triggers became true ──► queue ──► due ones, by priority
           ▲                                                ▲                                   │
           └────────── nothing due any more ────────────────┴──────── triggers looked at again ◄┘

Semantics: SBML Level 3 Version 2, section 4.11. For doses and rules at fixed times the ensemble of
`engine.ensemble` is much faster; this is for models that come with events of their own.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from livingdrug.engine.given import Parameters, parameter_table
from livingdrug.engine.room import refuse_room
from livingdrug.engine.with_events.events import EventModel
from livingdrug.engine.with_events.growth import longest_step, small_states
from livingdrug.engine.with_events.kernels import EventKernels, build_event_kernels
from livingdrug.engine.with_events.stepping import (
    ARRIVED,
    GAMMA,
    TURNED,
    advance,
    coefficients,
    first_step,
    settle,
)
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.expressions import read_written
from livingdrug.foundation.streams import uniform

Floats = NDArray[np.float64]
STATUS = (
    "finished",
    "",
    "the step became too small: the equations change too abruptly",
    "the equations gave something that is not a finite number",
    "too many steps: more than most_steps allows",
    "conditions of the model contradict one another: no choice of their truth values agrees with itself",
    "events set off one another without end at one moment",
    "a delay of an event is negative or not a number",
)
_SWITCHES_DISAGREE, _ENDLESS, _BAD_DELAY = 5, 6, 7
MOST_STEPS = 1_000_000
_MOST_EVENTS_AT_ONCE = 10_000
_TOGETHER = 1e-11  # moments nearer than this, relatively, are one: delays are added to times that were found by halving


@dataclass(frozen=True)
class EventCourses:
    """What happened.

    Attributes
    ----------
    outputs
        (n, times, outputs); NaN from where a course could not go on.
    status
        (n,) places in `STATUS`.
    fired
        (patient, time, event id) of every event that happened, patient by patient in order of time.
    """

    outputs: Floats
    status: NDArray[np.int8]
    fired: tuple[tuple[int, float, str], ...]

    def sentences(self) -> list[str]:
        """Each patient's status in words."""
        return [STATUS[code] for code in self.status]


def run_with_events(
    model: EventModel,
    parameters: Parameters,
    times: ArrayLike,
    rtol: float = 1e-6,
    atol: float | ArrayLike = 1e-9,
    *,
    outputs: Sequence[str] | None = None,
    longest_step: float | None = None,
    most_steps: int = MOST_STEPS,
    seed: int = 0,
    patients: NDArray[np.int64] | None = None,
    cache_dir: Path | str | None = None,
) -> EventCourses:
    """Integrate patients through a model's events.

    Parameters
    ----------
    model
        Equations and events.
    parameters
        (n, P), in the order of ``model.odes.parameters``; or by name, ``{"k": 0.1}``, one number or one for each patient,
        where names left out keep their default.
    times
        (T,) ascending; the first is the start. An event at one of them has happened before it is recorded.
    rtol, atol
        Relative and absolute tolerance of a step; atol one number or one for each state, in the state's unit.
    outputs
        States, assignments, parameters or ``time``; all states if not given.
    longest_step
        Conditions of states that become true and false again within one step are not seen (conditions of time alone
        are, where they are linear in time); by default a step is at most a quarter of the mean distance of `times`.
    most_steps
        A patient who needs more is given up.
    seed
        Of the lots drawn between events of equal priority.
    patients
        (n,) patient numbers for these lots; 0, 1, 2 … if not given.
    cache_dir
        Where machine code is kept; None for the default place.

    Raises
    ------
    BadInput
        Parameters or times that do not fit.

    Examples
    --------
    >>> from livingdrug.engine.with_events.events import Assignment, Event
    >>> from livingdrug.engine.odes import Odes
    >>> decay = Odes(("x",), (), (), (), ("-x",), ("1.0",))
    >>> refill = Event("refill", "x < 0.5", (Assignment("x", "1.0"),))
    >>> found = run_with_events(EventModel(decay, (refill,)), [[]], [0.0, 1.0])
    >>> [(event, round(time, 6)) for _, time, event in found.fired]
    [('refill', 0.693147)]
    """
    grid = np.ascontiguousarray(times, dtype=float)
    if grid.ndim != 1 or not grid.size or np.any(np.diff(grid) <= 0) or not np.all(np.isfinite(grid)):
        raise BadInput("times: expected one or more finite, ascending numbers")
    values = parameter_table(parameters, model.odes)
    wanted = tuple(model.odes.states if outputs is None else outputs)
    refuse_room(len(values), grid.size, len(wanted))
    kernels = build_event_kernels(model, wanted, cache_dir)
    span = grid[-1] - grid[0]
    longest = longest_step or (span / (4 * (grid.size - 1)) if grid.size > 1 else 1.0)
    start = _starting_values(kernels, values)
    tolerances = np.empty((2, len(kernels.odes.states)))
    tolerances[0], tolerances[1] = atol, rtol
    filled = np.full((len(values), grid.size, len(wanted)), np.nan)
    status = np.zeros(len(values), dtype=np.int8)
    fired: list[tuple[int, float, str]] = []
    numbers = np.arange(len(values)) if patients is None else np.asarray(patients)
    for patient in range(len(values)):
        course = _Course(
            model,
            kernels,
            values[patient],
            start[patient],
            tolerances,
            (longest, float(most_steps)),
            (seed, int(numbers[patient])),
        )
        status[patient] = course.run(grid, filled[patient])
        fired += [(patient, time, event) for time, event in course.fired]
    return EventCourses(filled, status, tuple(fired))


def _starting_values(kernels: EventKernels, parameters: Floats) -> Floats:
    """(n, S) states at the start, elementwise over patients."""
    columns = dict(zip(kernels.odes.parameters, np.ascontiguousarray(parameters.T), strict=True))
    start = np.empty((len(parameters), len(kernels.odes.states)))
    with np.errstate(all="ignore"):  # a value the model does not give is nan, said as inf - inf
        for i, formula in enumerate(kernels.odes.initial):
            start[:, i] = read_written(formula).evaluate(columns)
    return start


@dataclass
class _Due:
    """An event whose trigger became true, waiting for its moment."""

    event: int
    moment: float
    values: Floats | None  # of its assignments, if they are those of the trigger's time


class _Course:
    """One patient on the way."""

    def __init__(
        self,
        model: EventModel,
        kernels: EventKernels,
        parameters: Floats,
        start: Floats,
        tolerances: Floats,
        limits: tuple[float, float],
        address: tuple[int, int],
    ) -> None:
        self.events, self.states = model.events, kernels.odes.states
        self.fired: list[tuple[float, str]] = []
        self._p, self._x = np.ascontiguousarray(parameters), np.array(start)
        self._follows, pattern = kernels.follows, kernels.pattern
        self._listed = (pattern.columns, pattern.rows, pattern.below, pattern.first)
        self._c, self._w, self._now = np.zeros(len(self._follows)), np.zeros(len(self._follows)), np.zeros(1)
        self._clock = np.zeros(4)
        code = kernels.code
        self._addresses = np.array([code.address(name) for name in ("rhs", "linearise", "switch")], dtype=np.int64)
        self._method = coefficients()
        self._tolerances, self._limits, self._address = tolerances, limits, address
        n_changes = sum(len(event.assignments) for event in self.events)
        self._sizes_from = 3 * len(self.events) + 2 * n_changes
        self._facts = np.zeros(self._sizes_from + len(model.concentrations))
        self._concentrations = [self.states.index(state) for state, _ in model.concentrations]
        self._firsts = np.cumsum([0, *(len(event.assignments) for event in self.events)])
        self._happen, self._record, self._turn = (
            ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5)(code.address(name)) for name in ("happen", "record", "turn")
        )
        self._linearise = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 6)(code.address("linearise"))
        self._turns, self._blur, self._least = np.zeros(2 * kernels.n_turns), 0.0, 0.0
        self._was = np.array([event.initial_value for event in self.events], dtype=bool)
        self._waiting: list[_Due] = []
        self._lots = 0

    # ---- main loop --------------------------------------------------------------------------------------------------

    def run(self, grid: Floats, rows: Floats) -> int:
        """Fill a row for each time; the place in `STATUS`. Moments are counted from the first."""
        clock, origin, span = self._clock, float(grid[0]), float(max(grid[-1] - grid[0], 1e-300))
        clock[:] = 0.0, 0.0, 0.0, origin
        self._blur, self._least = 1e-15 * abs(origin), 1e-3 * span
        longest, most_steps = self._limits
        limits = np.array([1e-30 * span, longest, most_steps, 1e-12 * span, origin])
        if problem := self._react():
            return problem
        clock[1] = first_step(self._addresses, self._tolerances, self._x, self._p, self._c, clock[3], longest)
        for k, time in enumerate(grid):
            moment = float(time - origin)
            while clock[0] < moment:
                target = min([moment, self._next_turn(moment), *(max(due.moment, clock[0]) for due in self._waiting)])
                if moment - target <= _TOGETHER * moment + self._blur:
                    target = moment
                limits[1] = min(longest, self._longest_here(span - float(clock[0])))
                code = advance(
                    self._addresses, self._method, GAMMA, self._tolerances, limits, self._follows, self._listed,
                    self._x, self._p, self._c, clock, target, time if target == moment else origin + target,
                )  # fmt: skip
                if code not in (ARRIVED, TURNED):
                    return int(code)
                if (code == TURNED or self._any_due()) and (problem := self._react()):
                    return problem
            self._call(self._record, rows[k])
        return 0

    def _next_turn(self, latest: float) -> float:
        """The first moment from now on at which a switch of time alone turns, or just after it; `latest` if none."""
        if not self._turns.size:
            return latest
        self._call(self._turn, self._turns)
        time = float(self._clock[3])
        little = 4 * np.spacing(max(abs(time), self._least))
        with np.errstate(all="ignore"):
            until = np.where(self._turns[1::2] == 0, np.inf, -self._turns[::2] / self._turns[1::2])
        until = np.where(np.abs(until) <= little, little, until)
        ahead = until[until > 0]
        return min(latest, float(self._clock[0] + ahead.min())) if ahead.size else latest

    def _longest_here(self, left: float) -> float:
        """The longest step that does not damp what grows from far below the tolerance."""
        n, absolute = len(self._x), self._tolerances[0]
        small = small_states(self._x, absolute)
        if not small.size:
            return np.inf
        slopes, jacobian = np.zeros(n), np.zeros(n * n + n)
        self._now[0] = self._clock[3]
        arrays = (self._x, self._p, self._c, self._now, slopes, jacobian)
        self._linearise(*(array.ctypes.data for array in arrays))
        return longest_step(jacobian[: n * n].reshape(n, n), self._x, absolute, small, left)

    def _call(self, kernel: Callable[..., None], result: Floats) -> None:
        self._now[0] = self._clock[3]
        kernel(*(array.ctypes.data for array in (self._x, self._p, self._c, self._now, result)))

    # ---- events -----------------------------------------------------------------------------------------------------

    def _is_due(self, due: _Due) -> bool:
        moment = self._clock[0]
        return due.moment <= moment + _TOGETHER * moment + self._blur

    def _any_due(self) -> bool:
        return any(self._is_due(due) for due in self._waiting)

    def _react(self) -> int:
        """Everything that happens at this moment; 0 or the place in `STATUS`."""
        for _ in range(_MOST_EVENTS_AT_ONCE):
            if not settle(self._addresses, self._x, self._p, self._c, self._clock[3], self._w, self._now):
                return _SWITCHES_DISAGREE
            if not self.events:
                return 0
            self._call(self._happen, self._facts)
            if not self._look_at_triggers():
                return _BAD_DELAY
            due = [entry for entry in self._waiting if self._is_due(entry)]
            if not due:
                return 0
            self._carry_out(self._first(due))
        return _ENDLESS

    def _look_at_triggers(self) -> bool:
        """Queue what became true, forget what became false; False for an impossible delay."""
        now = self._facts[0 : 3 * len(self.events) : 3] != 0
        for e in np.flatnonzero(now != self._was).tolist():  # of thousands of events few turn at one moment
            event, true = self.events[e], bool(now[e])
            if true:
                delay = self._facts[3 * e + 1]
                if not delay >= 0:
                    return False
                values = self._values(e) if event.use_values_from_trigger_time else None
                self._waiting.append(_Due(e, self._clock[0] + delay, values))
            elif not event.persistent:
                self._waiting = [entry for entry in self._waiting if entry.event != e]
            self._was[e] = true
        return True

    def _values(self, e: int) -> Floats:
        first = 3 * len(self.events)
        return self._facts[first + 2 * self._firsts[e] : first + 2 * self._firsts[e + 1] : 2].copy()

    def _first(self, due: list[_Due]) -> _Due:
        """The one with the highest priority; among equals by lot."""
        priorities = [self._facts[3 * entry.event + 2] for entry in due]
        highest = max((p for p in priorities if p == p), default=float("nan"))
        equal = [entry for entry, p in zip(due, priorities, strict=True) if p == highest] or due
        if len(equal) == 1:
            return equal[0]
        seed, patient = self._address
        lot = uniform(seed, "engine/with_events/events", np.array([patient]), self._lots)[0]
        self._lots += 1
        return equal[int(lot * len(equal))]

    def _carry_out(self, due: _Due) -> None:
        """Make the changes of one event."""
        event = self.events[due.event]
        values = due.values if due.values is not None else self._values(due.event)
        self._waiting = [entry for entry in self._waiting if entry is not due]
        self.fired.append((float(self._clock[3]), event.id))
        first = 3 * len(self.events)
        homes = self._facts[first + 2 * self._firsts[due.event] + 1 : first + 2 * self._firsts[due.event + 1] : 2]
        before = self._facts[self._sizes_from :].copy()
        for change, value, home in zip(event.assignments, values, homes, strict=True):
            self._x[self.states.index(change.state)] = value * home if change.home is not None else value
        if self._concentrations:
            settle(self._addresses, self._x, self._p, self._c, self._clock[3], self._w, self._now)
            self._call(self._happen, self._facts)
            after = self._facts[self._sizes_from :]
            for state, old, new in zip(self._concentrations, before, after, strict=True):
                if old != new:
                    self._x[state] *= old / new
