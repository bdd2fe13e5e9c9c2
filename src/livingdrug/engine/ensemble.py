"""Many patients' courses at once: compile a model, run it with doses and rules at checks.

    model = compile_model(odes, log_scales=..., linear_scales=..., outputs=..., program=...)
    ensemble = model.run(parameters, checks, program_on, doses)

One call of `run` uses one thread and lets others run: split patients into chunks over a thread pool. What a patient's
course is does not depend, to the last bit, on the chunk, its order or the other patients in it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from livingdrug.engine.given import Parameters, parameter_table
from livingdrug.engine.odes import Odes
from livingdrug.engine.program import CheckProgram
from livingdrug.engine.room import refuse_room, room_for, side_by_side
from livingdrug.engine.summaries import Summary
from livingdrug.foundation.errors import BadInput, ModelError
from livingdrug.foundation.expressions import read_written

if TYPE_CHECKING:
    from livingdrug.engine.compiler.check_kernels import CheckKernels
    from livingdrug.engine.compiler.kernel import Kernel
    from livingdrug.engine.compiler.sparse import Pattern
    from livingdrug.engine.rosenbrock import Rosenbrock

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MAX_STEPS = 200_000
_DECAYED = 1e-30  # of its scale: a drug long gone is set to zero at a check, before it slows the processor down


@dataclass(frozen=True)
class Dose:
    """An amount added to a state at one check, before the program.

    Attributes
    ----------
    check
        Index into the check days.
    state
        Name of the state.
    amounts
        One for each patient, shaped (n,), in the state's unit.
    """

    check: int
    state: str
    amounts: Floats


@dataclass(frozen=True)
class Firings:
    """Nonzero values of the program's firing names, sorted by patient, check and firing; four columns of one length.

    Attributes
    ----------
    patient
        Row index in the parameters of the run.
    check
        Index into the check days.
    firing
        Index into `CompiledModel.firings`.
    value
        The value.
    """

    patient: Integers
    check: Integers
    firing: Integers
    value: Floats


@dataclass(frozen=True)
class Ensemble:
    """What `CompiledModel.run` found.

    Attributes
    ----------
    outputs
        Shaped (patients, checks, outputs kept), in memory each output's checks side by side; not a number after a course
        stopped.
    memory
        The program's memory at the end, shaped (patients, memory names).
    firings
        The program's log.
    status
        (patients,) int8, an index into `STATUS`: 0 finished, 1 ended by the program, 2 and more a failure.
    stop_check
        (patients,) the last check reached.
    steps
        (patients,) steps tried.
    summaries
        (patients, summaries), in the order given to `compile_model`.
    """

    outputs: Floats
    memory: Floats
    firings: Firings
    status: NDArray[np.int8]
    stop_check: Integers
    steps: Integers
    summaries: Floats = field(default_factory=lambda: np.empty((0, 0)))

    def sentences(self) -> tuple[str, ...]:
        """How each patient's course ended, in words."""
        from livingdrug.engine.integrate import STATUS

        return tuple(STATUS[status] for status in self.status)

    def followed_by(self, other: Ensemble, outputs: Floats) -> Ensemble:
        """These patients and then others of the same model, as one ensemble; `outputs` are those of all."""
        log, more = self.firings, other.firings
        firings = Firings(
            np.concatenate([log.patient, more.patient + len(self.status)]),
            *(np.concatenate([getattr(log, n), getattr(more, n)]) for n in ("check", "firing", "value")),
        )
        both = {
            name: np.concatenate([getattr(self, name), getattr(other, name)])
            for name in ("memory", "status", "stop_check", "steps", "summaries")
        }
        return Ensemble(outputs=outputs, firings=firings, **both)


class LateCode:
    """Machine code made when it is first run: whoever only holds a model against its rules pays for none.

    Parameters
    ----------
    make
        Makes the code.
    wanted
        Names of its functions in the order in which the integrator takes them; empty where there is none.
    """

    def __init__(self, make: Callable[[], Any], wanted: Sequence[str]) -> None:
        self._make, self._wanted, self._lock = make, tuple(wanted), threading.Lock()
        self._made: Any = None

    @property
    def made(self) -> Any:
        """The code itself; several threads make it once, and that of another model at the same time."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    @property
    def addresses(self) -> Integers:
        """Where its functions lie; 0 for none."""
        made = self.made
        return np.array([made.address(name) if name else 0 for name in self._wanted])


class Beginning:
    """Begins to make machine code of models, side by side and in the background; who runs one waits for that one alone.

    Parameters
    ----------
    threads
        How many at a time.
    """

    def __init__(self, threads: int) -> None:
        self._threads, self._waiting, self._lock = threads, deque[LateCode](), threading.Lock()
        self._known: list[LateCode] = []
        self._working = 0

    def of(self, models: Iterable[CompiledModel]) -> None:
        """Begin these, the first one first; those that were begun are left alone."""
        codes = [model._code for model in models]
        with self._lock:
            new = [code for code in dict.fromkeys(codes) if code not in self._known]
            self._known += new
            self._waiting += new
            wanted = min(self._threads - self._working, len(self._waiting))
            self._working += wanted
        for _ in range(wanted):
            threading.Thread(target=self._work, name="machine-code", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._working -= 1
                    return
                code = self._waiting.popleft()
            with suppress(Exception):  # whatever is wrong is told to who runs the model
                _ = code.made


@dataclass(frozen=True)
class CompiledModel:
    """A model with everything the integrator needs; it becomes machine code when it first runs. Made by `compile_model`.

    Attributes
    ----------
    odes, outputs, program
        As given.
    memory, firings
        Names in the order of `Ensemble.memory` and `Firings.firing`.
    lanes
        Patients per vector; results do not depend on it.
    summaries
        As given.
    precision
        Of the steps: "float64" or "float32".
    """

    odes: Odes
    outputs: tuple[str, ...]
    program: CheckProgram
    memory: tuple[str, ...]
    firings: tuple[str, ...]
    lanes: int
    summaries: tuple[Summary, ...]
    precision: str
    _code: LateCode = field(repr=False)
    _pattern: Pattern = field(repr=False)
    _method: Rosenbrock = field(repr=False)
    _checks: CheckKernels = field(repr=False)
    _n_jacobian: int = field(repr=False)
    _n_parameters: int = field(repr=False)
    _log_scales: Floats = field(repr=False)
    _scales: Floats = field(repr=False)
    _turns: Kernel | None = field(repr=False, default=None)
    _linearise: Kernel | None = field(repr=False, default=None)

    @property
    def is_long(self) -> bool:
        """Whether its machine code takes seconds, most of them of a process of its own."""
        return self._pattern.is_long

    def default_parameters(self, n: int) -> Floats:
        """The model's default values for n patients, shaped (n, parameters)."""
        return np.tile(np.array(self.odes.defaults, dtype=np.float64), (n, 1))

    def run(
        self,
        parameters: Parameters,
        checks: ArrayLike,
        program_on: ArrayLike,
        doses: Sequence[Dose] = (),
        *,
        initial: ArrayLike | None = None,
        rtol: float = 1e-4,
        most_steps: int = MAX_STEPS,
        keep: Collection[str] | None = None,
        into: Floats | None = None,
    ) -> Ensemble:
        """Simulate patients from the first check to the last.

        At each check: outputs of the model are recorded, doses given, then the program runs where `program_on`.
        Outputs that are the program's own names are recorded after it (not a number where it does not run; memory
        always).

        Parameters
        ----------
        parameters
            Shaped (patients, parameters); or by name, ``{"k": 0.1, "dose": doses}``, one number or one for each patient,
            where names left out keep their default.
        checks
            Days, ascending, shaped (checks,); the first is the start.
        program_on
            Whether the program runs at each check, shaped (checks,).
        doses
            What is given when.
        initial
            Starting states (patients, states) in their units, instead of the model's formulas.
        rtol
            Relative tolerance of a step.
        most_steps
            A patient who needs more is given up.
        keep
            Outputs to store, by name; the others are left out of `Ensemble.outputs`. All when omitted.
        into
            Room for the outputs, made by `livingdrug.engine.room.room_for` (or the first patients of it); what stands there is overwritten.

        Raises
        ------
        BadInput
            Arrays of the wrong shape, days out of order, a dose of an unknown state, an output to keep that there is not.
        """
        values = parameter_table(parameters, self.odes)
        n = len(values)
        days = np.array(checks, dtype=np.float64).ravel()
        on = np.array(program_on, dtype=np.uint8).ravel()
        if days.size == 0 or not np.all(np.isfinite(days)) or np.any(np.diff(days) <= 0):
            raise BadInput("checks: expected at least one day, strictly ascending; remove repeated days")
        if on.size != days.size:
            raise BadInput(f"program_on has {on.size} entries for {days.size} checks; give one for each")
        if not 1e-12 <= rtol <= 0.1:
            raise BadInput(f"rtol: got {rtol:g}, expected between 1e-12 and 0.1; 1e-4 is a good choice")
        start = self._initial(values) if initial is None else _matrix("initial", initial, len(self.odes.states))
        if len(start) != n:
            raise BadInput(f"initial has {len(start)} rows for {n} patients; give one for each")
        dose_first, dose_state, dose_amount = self._dose_table(doses, days.size, n)
        stored = self._stored(keep)
        shape = (n, days.size, int((stored >= 0).sum()))
        if into is None:
            refuse_room(*shape)
        outputs = room_for(*shape) if into is None else into
        if outputs.shape != shape or not side_by_side(outputs).flags.c_contiguous:
            raise BadInput(f"into: got an array shaped {outputs.shape}, expected one shaped {shape} made by room_for")
        outputs.fill(np.nan)
        planned = (dose_first, dose_state, dose_amount)
        return self._integrated(values, start, days, on, planned, rtol, most_steps, stored, outputs)

    def _stored(self, keep: Collection[str] | None) -> Integers:
        """Where each output is stored (outputs,); -1 for what is not kept."""
        if keep is None:
            return np.arange(len(self.outputs))
        if strangers := sorted(set(keep) - set(self.outputs)):
            raise BadInput(f"keep: {', '.join(strangers)} is no output of this model.\n  Compile the model with it.")
        kept = np.array([name in keep for name in self.outputs], dtype=bool)
        return np.where(kept, np.cumsum(kept) - 1, -1)

    def _integrated(
        self,
        values: Floats,
        start: Floats,
        days: Floats,
        on: NDArray[np.uint8],
        doses: tuple[Integers, Integers, Floats],
        rtol: float,
        most_steps: int,
        stored: Integers,
        outputs: Floats,
    ) -> Ensemble:
        from livingdrug.engine.hidden_growth import longest_steps
        from livingdrug.engine.integrate import run_integrator
        from livingdrug.engine.summaries import starting_values
        from livingdrug.engine.turns import turning_times

        n, is_log, method = len(values), self._log_scales > 0, self._method
        tolerances = np.stack([np.where(is_log, rtol, rtol * self._scales), np.where(is_log, 0.0, rtol)])
        memory_start = np.array([self.program.memory[name] for name in self.memory], dtype=np.float64)
        summary_start, places = starting_values(self.summaries)
        memory, summed = np.tile(memory_start, (n, 1)), np.tile(np.array(summary_start, dtype=np.float64), (n, 1))
        where, value = np.zeros((0, 3), np.int64), np.zeros(0)
        status, stop_check, steps = np.zeros(n, np.int8), np.zeros(n, np.int64), np.zeros(n, np.int64)
        if n:
            assert self._linearise is not None
            addresses, recorded = self._recording(stored)
            longest = longest_steps(
                self._linearise, self._pattern, values, start, self._log_scales, tolerances[0], days
            )  # fmt: skip
            where, value = run_integrator(
                addresses, self.lanes, self._n_jacobian, len(self._pattern.filled) + 1, len(self.firings),
                _pairs(self._pattern.jacobian), method.gamma, method.table(), tolerances.astype(self.precision),
                self._log_scales, int(most_steps),
                values, self._n_parameters, start, days, on, *doses, turning_times(self._turns, values, days[0], days[-1]),
                longest,
                memory_start, np.array(summary_start, dtype=np.float64),
                recorded, stored[np.array(self._checks.acted, dtype=np.int64)],
                _pairs([(int(stored[column]), place) for column, place in self._checks.remembered if stored[column] >= 0]),
                self._checks.read,
                side_by_side(outputs), memory, summed, status, stop_check, steps,
            )  # fmt: skip
        order = np.lexsort((where[:, 2], where[:, 1], where[:, 0]))
        patient, check, firing = (np.ascontiguousarray(column) for column in where[order].T)
        return Ensemble(
            outputs, memory, Firings(patient, check, firing, value[order]), status, stop_check, steps,
            np.ascontiguousarray(summed[:, places]),
        )  # fmt: skip

    def _recording(self, stored: Integers) -> tuple[Integers, Integers]:
        """Addresses of the kernels, and where the rows of the one that records go: the brief one where nothing else is kept."""
        from livingdrug.engine.integrate import RECORD

        code, checks = self._code.addresses, self._checks
        others = [column for column in checks.recorded if column not in checks.briefly]
        brief = checks.brief is not None and bool((stored[np.array(others, dtype=np.int64)] < 0).all())
        addresses = code[:-1].copy()
        if brief:
            addresses[RECORD] = code[-1]
        return addresses, stored[np.array(checks.briefly if brief else checks.recorded, dtype=np.int64)]

    def _initial(self, values: Floats) -> Floats:
        """Starting states from the model's formulas, shaped (n, states)."""
        columns = {name: np.ascontiguousarray(values[:, i]) for i, name in enumerate(self.odes.parameters)}
        start = np.empty((len(values), len(self.odes.states)))
        with np.errstate(all="ignore"):
            for i, formula in enumerate(self.odes.initial):
                start[:, i] = read_written(formula).evaluate(columns)
        return start

    def _dose_table(self, doses: Sequence[Dose], n_checks: int, n: int) -> tuple[Integers, Integers, Floats]:
        counts = np.zeros(n_checks + 1, np.int64)
        ordered = sorted(doses, key=lambda dose: dose.check)
        state = np.zeros(len(ordered), np.int64)
        amount = np.zeros((len(ordered), n))
        for q, dose in enumerate(ordered):
            if dose.state not in self.odes.states:
                known = ", ".join(self.odes.states)
                raise BadInput(f'a dose goes to "{dose.state}", which is not a state of the model. States: {known}')
            if not 0 <= dose.check < n_checks:
                raise BadInput(f'a dose to "{dose.state}" is at check {dose.check}, expected 0 to {n_checks - 1}')
            given = np.asarray(dose.amounts, dtype=np.float64)
            if given.shape not in ((), (n,)):
                raise BadInput(f'a dose to "{dose.state}" has amounts shaped {given.shape}, expected ({n},)')
            state[q], amount[q] = self.odes.states.index(dose.state), given
            counts[dose.check + 1] += 1
        return np.cumsum(counts), state, amount


def _pairs(pairs: Sequence[tuple[int, int]]) -> Integers:
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _matrix(name: str, given: ArrayLike, n_columns: int) -> Floats:
    # always a fresh, writable array: the integrator is compiled for exactly this type
    values = np.array(given, dtype=np.float64, order="C")
    if values.ndim != 2 or values.shape[1] != n_columns:
        raise BadInput(f"{name}: got an array shaped {values.shape}, expected (patients, {n_columns})")
    return values


def compile_model(
    odes: Odes,
    *,
    log_scales: Mapping[str, float],
    linear_scales: Mapping[str, float],
    outputs: Sequence[str],
    program: CheckProgram | None = None,
    cache_dir: Path | str | None = None,
    interpret: bool = False,
    lanes: int | None = None,
    summaries: Sequence[Summary] = (),
    precision: str = "float64",
    stepper: str = "rodas4",
    brief: Collection[str] = (),
) -> CompiledModel:
    """A model ready to run.

    Parameters
    ----------
    odes
        The equations.
    log_scales
        States integrated as ln(1 + y / scale), with that scale in the state's unit: cells over many decades. Their
        error is controlled to rtol in that logarithm.
    linear_scales
        Sizes below which other states are of no interest: error is controlled to rtol (|y| + scale). A state in
        neither mapping is linear with scale 1.
    outputs
        Names to record: states, assignments, parameters, `time`; memory and other names of the program.
    program
        Rules at checks.
    cache_dir
        Where to keep machine code; None for the default.
    interpret
        True runs the kernels in NumPy: thousands of times slower, to check the compiled ones.
    lanes
        Patients per vector (4 or 8; None for what suits the processor). Results do not depend on it.
    summaries
        Numbers kept for each patient while the course runs; with `outputs=()` nothing else is stored.
    precision
        "float64", or "float32" to step in single precision: about twice as fast and good for 3 to 4 digits. Programs and
        summaries compute in doubles in any case.
    stepper
        Integration method: the name of a file in `engine/steppers/`.
    brief
        Outputs that `CompiledModel.run` is often asked to keep alone: nothing else is then computed at checks. Values are the same.

    Raises
    ------
    ModelError, ExpressionError, UnknownName
        Equations, scales, outputs or program that do not fit together.
    BadInput
        Two summaries of one name, no such precision or stepper.
    """
    from livingdrug.engine.compiler.check_kernels import build_checks
    from livingdrug.engine.compiler.hoisting import hoist
    from livingdrug.engine.compiler.machine import host_lanes
    from livingdrug.engine.compiler.system import build_system, check_odes
    from livingdrug.engine.integrate import ACT
    from livingdrug.engine.steppers import find_stepper
    from livingdrug.engine.turns import turns_kernel

    check_odes(odes)
    _check_scales(odes, log_scales, linear_scales)
    bits, method = _bits(precision, interpret=interpret), find_stepper(stepper)
    _refuse_twins(summaries)
    lanes = host_lanes() * 64 // bits if lanes is None else lanes
    scales = np.array([float(log_scales.get(name, linear_scales.get(name, 1.0))) for name in odes.states])
    decayed = [
        _DECAYED * (1.0 if name in log_scales else scale) for name, scale in zip(odes.states, scales, strict=True)
    ]
    system = build_system(odes, log_scales, bits)
    hoisted = hoist((system.rhs, system.linearise))
    checks = build_checks(odes, log_scales, outputs, program, summaries=summaries, decayed=decayed, brief=brief)
    kernels = [
        *hoisted.kernels,
        hoisted.prepare,
        checks.settle,
        *filter(None, (checks.record, checks.act, checks.brief)),
    ]
    own = [one.name if one else "" for one in (checks.record, checks.act, checks.brief)]
    wanted = ["step", "linearise", "rhs", "prepare", "settle", *own]
    assert len(wanted) == ACT + 2  # the brief way to record is put in the place of the other
    code = LateCode(partial(_code, kernels, system, method, lanes, bits, cache_dir, interpret), wanted)
    program = program or CheckProgram()
    return CompiledModel(
        odes=odes,
        outputs=tuple(outputs),
        program=program,
        memory=tuple(program.memory),
        firings=tuple(program.firings),
        lanes=lanes,
        summaries=tuple(summaries),
        precision=precision,
        _code=code,
        _pattern=system.pattern,
        _method=method,
        _checks=checks,
        _n_jacobian=system.linearise.arrays[-1].size,
        _n_parameters=hoisted.n_parameters,
        _log_scales=np.array([float(log_scales.get(name, 0.0)) for name in odes.states]),
        _scales=scales,
        _linearise=system.linearise,
        _turns=turns_kernel(system.graph, system.plain_rates, system.time, len(odes.parameters)),
    )


def _refuse_twins(summaries: Sequence[Summary]) -> None:
    names = [summary.name for summary in summaries]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadInput(f"two summaries share the name {', '.join(twice)}; rename one of each")


def _code(
    kernels: Sequence[Any], system: Any, method: Any, lanes: int, bits: int, cache_dir: Path | str | None, interpret: bool
) -> Any:  # fmt: skip
    """The kernels as machine code, or as NumPy where they are interpreted."""
    from livingdrug.engine.compiler.interpret import InterpretedCode

    if interpret:
        return InterpretedCode({kernel.name: kernel for kernel in kernels}, method, system.pattern, lanes)
    return _machine_code(kernels, system, method, lanes, bits, cache_dir)


def _machine_code(
    kernels: Sequence[Any], system: Any, method: Any, lanes: int, bits: int, cache_dir: Path | str | None
) -> Any:
    """The kernels, the linear algebra of one step and the step itself, as machine code."""
    from livingdrug.engine.compiler.assembly import calls_ir, declared_ir, kernel_ir
    from livingdrug.engine.compiler.machine import MachineCode
    from livingdrug.engine.compiler.pieces import LONGEST
    from livingdrug.engine.compiler.row_loops import factor_ir, factor_rest_ir, first_in_loops, solve_ir
    from livingdrug.engine.compiler.sparse import factor_kernel, solve_kernel
    from livingdrug.engine.compiler.vector_math import vector_math
    from livingdrug.engine.rosenbrock import step_ir

    widths = {(1, bits), (lanes, bits), (lanes, 64)}
    functions = {node[0] for kernel in kernels for node in kernel.graph.nodes}
    math, pattern = "\n".join(vector_math(*width, functions) for width in sorted(widths)), system.pattern
    parts = [math]
    every = [*kernels]
    if pattern.is_huge:
        parts += [factor_ir(pattern, lanes, bits), solve_ir(pattern, lanes, bits)]
    elif pattern.is_long:
        first = first_in_loops(pattern)
        begun = factor_kernel(pattern, first)
        every.append(begun)
        parts += [factor_rest_ir(pattern, first, lanes, bits), calls_ir("factor", begun, "factor_rest")]
        parts.append(solve_ir(pattern, lanes, bits))
    else:
        every += [factor_kernel(pattern), solve_kernel(pattern)]
    in_pieces = {kernel.name: pattern.is_huge or len(kernel.graph.nodes) > LONGEST for kernel in every}
    written = {kernel.name: kernel_ir(kernel, lanes, bits, in_pieces=in_pieces[kernel.name]) for kernel in every}
    names = ("step", *written)
    slopes = system.linearise.name
    apart = [math, written.pop(slopes)] if pattern.is_long and not in_pieces[slopes] else []  # half of LLVM's time
    parts += [*written.values(), step_ir(method, lanes, pattern, time_derivative=system.time_derivative, bits=bits)]
    if not apart:
        return MachineCode("\n".join(parts), names, cache_dir)
    return MachineCode(["\n".join([*parts, declared_ir(system.linearise)]), "\n".join(apart)], names, cache_dir)


def _bits(precision: str, *, interpret: bool) -> int:
    if precision not in ("float64", "float32"):
        raise BadInput(f'precision: got "{precision}", expected "float64" or "float32"')
    if interpret and precision == "float32":
        raise BadInput("the interpreter computes in doubles only; leave precision at float64")
    return 64 if precision == "float64" else 32


def _check_scales(odes: Odes, log_scales: Mapping[str, float], linear_scales: Mapping[str, float]) -> None:
    if both := sorted(log_scales.keys() & linear_scales.keys()):
        raise ModelError(f"states with both a log and a linear scale: {', '.join(both)}. Keep one.")
    for name, scale in [*log_scales.items(), *linear_scales.items()]:
        if name not in odes.states:
            raise ModelError(f'a scale is given for "{name}", which is not a state of the model')
        if not (np.isfinite(scale) and scale > 0):
            raise ModelError(f'the scale of "{name}" is {scale}, expected a positive number in the state\'s unit')
