"""``python -m benchmarks.event_models``: the event driver beside libRoadRunner, on generated models with an event.

    python -m benchmarks.event_models --states 150 300 400

A model is a chain of saturable steps, with a second, slower step from each state to the one `LINK` places on, and a dose in the middle of the
course as an event. Both integrate to day 200 with the same tolerance and eleven outputs; the row says how far each is from libRoadRunner
at 1e-11. Times are of the processor, the least of the rounds, taken in turns; reading and compiling are left out.

    python -m benchmarks.event_models --events 1000 5000      events that fire one by one: seconds to compile, seconds to run
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from livingdrug.engine.odes import Odes
from livingdrug.engine.sbml.model import read_sbml_model
from livingdrug.engine.with_events.driver import run_with_events
from livingdrug.engine.with_events.events import Assignment, Event, EventModel
from livingdrug.engine.with_events.kernels import build_event_kernels

DAYS, LINK, ROUNDS, MORE, RTOL, ATOL = 200.0, 5, 4, 5, 1e-6, 1e-9


def chain(n: int) -> str:
    """SBML of a chain of n states with an event."""
    import antimony

    lines = ["model chain()", "  compartment c = 1;", "  k = 2.0; half = 3.0; slow = 0.05;"]
    lines += [f"  species x{i} in c; x{i} = {10.0 if i == 0 else 0.0};" for i in range(n)]
    for i in range(n):
        following, linked = (i + 1) % n, (i + LINK) % n
        lines.append(f"  x{i} -> x{following}; k*x{i}/(half + x{i});")
        lines.append(f"  x{i} -> x{linked}; slow*x{i};")
    lines += [f"  dose: at (time > {DAYS / 2}): x0 = x0 + 5;", "end"]
    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString("\n".join(lines)) < 0:
        raise RuntimeError(antimony.getLastError())
    return antimony.getSBMLString("chain")


def measure(n: int) -> dict[str, Any]:
    """Seconds of each, their ratio, and how far each is from the truth."""
    import roadrunner

    roadrunner.Logger.disableLogging()
    sbml, grid = chain(n), np.linspace(0.0, DAYS, 11)
    runner, model = roadrunner.RoadRunner(sbml), read_sbml_model(sbml)
    names = [f"x{i}" for i in range(n)]

    def theirs(tolerance: float) -> np.ndarray:
        runner.resetAll()
        runner.integrator.relative_tolerance = tolerance
        runner.integrator.absolute_tolerance = tolerance * ATOL / RTOL
        return np.array(runner.simulate(0, DAYS, 11, ["time", *(f"[{name}]" for name in names)]))[:, 1:]

    def ours(patients: int) -> np.ndarray:
        table = np.tile(model.odes.defaults, (patients, 1)) if len(model.odes.parameters) else np.zeros((patients, 0))
        return run_with_events(model, table, grid, RTOL, ATOL, outputs=names).outputs[0]

    truth = theirs(1e-11)
    actions = {"one": lambda: ours(1), "more": lambda: ours(1 + MORE), "theirs": lambda: theirs(RTOL)}
    times: dict[str, list[float]] = {name: [] for name in actions}
    found: dict[str, np.ndarray] = {}
    for turn in range(ROUNDS + 1):
        for name, action in actions.items():
            began = time.process_time()
            found[name] = action()
            if turn:
                times[name].append(time.process_time() - began)
    least = {name: min(each) for name, each in times.items()}
    own = (least["more"] - least["one"]) / MORE  # what is prepared once for a model is left out
    apart = {name: float(np.abs(found[name] - truth).max()) for name in ("one", "theirs")}
    return {"states": n, "ours": own, "theirs": least["theirs"], "ratio": own / least["theirs"], "apart": apart}


def one_by_one(n: int) -> dict[str, Any]:
    """Seconds to compile and to run a model of n events that fire one after another."""
    odes = Odes(("x", "y"), (), (), (), ("1.0", "-0.1*y"), ("0.0", "1.0"))
    events = tuple(Event(f"e{k}", f"x > {k + 0.5}", (Assignment("y", "y + 1.0"),)) for k in range(n))
    model = EventModel(odes, events)
    began = time.process_time()
    build_event_kernels(model, odes.states)
    compiled = time.process_time() - began
    began = time.process_time()
    found = run_with_events(model, [[]], np.linspace(0.0, n, 11))
    return {"events": n, "fired": len(found.fired), "compile": compiled, "run": time.process_time() - began}


def main() -> None:
    """Print a row for each size."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.event_models")
    options.add_argument("--states", type=int, nargs="*", default=[150, 300, 400])
    options.add_argument("--events", type=int, nargs="*", default=[1000, 5000])
    chosen = options.parse_args()
    for n in chosen.states:
        row = measure(n)
        print(
            f"{n:5d} states: {row['ours']:.3f} s, libRoadRunner {row['theirs']:.3f} s, {row['ratio']:.1f} times;"
            f" away from the truth {row['apart']['one']:.1e} and {row['apart']['theirs']:.1e}",
            flush=True,
        )
    for n in chosen.events:
        row = one_by_one(n)
        print(
            f"{n:5d} events, {row['fired']} fired: {row['compile']:.1f} s to compile, {row['run']:.1f} s to run",
            flush=True,
        )


if __name__ == "__main__":
    main()
