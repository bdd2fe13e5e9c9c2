"""``python -m benchmarks``: the engine beside other people's solvers, in one run, on the trial's real model.

    python -m benchmarks                 the table; writes benchmarks/results/latest.json
    python -m benchmarks --patients 4    fewer patients for peers (default 8)
    python -m benchmarks --million       also a million patients (ten minutes); else up to 10,000

Everyone simulates the same ELIANA patients over five years through the same checks, at the loosest of its tolerances
whose error is at most 1e-4: root mean square of the difference in ln(y + scale) from CVODE at 1e-10; the engine in
doubles also at one where no treatment decision of 200 patients differs from its own at 1e-9. The engine runs rules; peers are told what rules changed and only integrate. Engines take turns in one process, each row is the least
processor time of its rounds. diffrax runs in its own Python if LIVINGDRUG_DIFFRAX_PYTHON names one.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import compiling, machine_peak, scale, whole_trial
from benchmarks.peers import cvode, lsoda, roadrunner, vmapped
from benchmarks.reference import NoTruth, Reference, true_courses
from benchmarks.workload import Workload, eliana
from livingdrug.engine.ensemble import Ensemble

ERROR = 1e-4
ROUNDS = 5
RESULTS = Path(__file__).parent / "results"
OURS = (1e-3, 5e-4, 3e-4, 1e-4, 5e-5, 3e-5, 1e-5)
GOALS = {
    "libRoadRunner, loop over checks": 120,
    "libRoadRunner, one call without rules": 14,
    "diffrax": 200,
    "CVODE": 80,
}


def processor_seconds(action: Callable[[], Any]) -> float:
    """Of this process, all threads."""
    start = time.process_time()
    action()
    return time.process_time() - start


def loosest(tolerances: tuple[float, ...], error_of: Callable[[float], float]) -> tuple[float, float]:
    """The first tolerance good enough, and its error; a solver that fails at a tolerance goes on to the next."""
    for tolerance in tolerances:
        try:
            error = error_of(tolerance)
        except Exception as failure:  # a peer that gives up is not a failure of the benchmark
            print(f"    tolerance {tolerance:g}: {str(failure).splitlines()[0][:90]}")
            continue
        if error <= ERROR:
            return tolerance, error
    return math.nan, math.nan


def engine_rows(work: Workload, truth: Reference) -> dict[str, tuple[Callable[[], Any], int, dict[str, Any]]]:
    """What to time for the engine: action, patients, and facts for the table."""
    rows: dict[str, tuple[Callable[[], Any], int, dict[str, Any]]] = {}
    few, many = work.first(len(truth.last)), work.first(400)
    tight = decisions(work.run(work.compiled(outputs=()), rtol=1e-9))
    for precision in ("float64", "float32"):
        model = work.compiled(precision=precision)
        bare = work.compiled(precision=precision, outputs=())

        def error_of(tolerance: float, model: Any = model, bare: Any = bare, precision: str = precision) -> float:
            """Beyond use when a treatment decision of any of the 200 patients differs (asked of doubles only)."""
            if precision == "float64" and tight != decisions(work.run(bare, rtol=tolerance)):
                return math.inf
            return truth.misfit(few.run(model, rtol=tolerance).outputs, work.scales)

        rtol, error = loosest(OURS, error_of)
        if math.isnan(rtol):
            print(
                f"livingdrug {precision}: none of the tolerances {', '.join(f'{each:g}' for each in OURS)} is good enough"
            )
            continue
        full = work.compiled(precision=precision, outputs=work.ready.outputs)
        about = {
            "tolerance": rtol,
            "error": error,
            "steps": float(many.run(bare, rtol=rtol).steps.mean()),
            "decisions": len(tight),
            "changed_decisions": len(tight ^ decisions(work.run(bare, rtol=rtol))),
        }
        name = f"livingdrug {precision}"
        rows[f"{name}, rules"] = (lambda m=bare, r=rtol: many.run(m, rtol=r), len(many), about)
        rows[f"{name}, rules, all outputs stored"] = (lambda m=full, r=rtol: many.run(m, rtol=r), len(many), about)
        rows[f"{name}, no rules"] = (lambda m=bare, r=rtol: many.run(m, rules=False, rtol=r), len(many), about)
    return rows


def decisions(ensemble: Ensemble) -> set[tuple[int, int, int]]:
    """What the rules did: (patient, check, rule)."""
    log = ensemble.firings
    return set(zip(log.patient.tolist(), log.check.tolist(), log.firing.tolist(), strict=True))


def threads(work: Workload) -> dict[str, float]:
    """Wall seconds of 4,000 patients on one and two threads."""
    model, chunk = work.compiled(outputs=()), work.first(250)
    found = {}
    for n in (1, 2):
        with ThreadPoolExecutor(n) as pool:
            times = []
            for _ in range(3):
                start = time.perf_counter()
                list(pool.map(lambda _: chunk.run(model, rtol=5e-4), range(16)))
                times.append(time.perf_counter() - start)
            found[str(n)] = min(times)
    return found


def main() -> None:
    """Print the table and write the results."""
    options = argparse.ArgumentParser(prog="python -m benchmarks")
    options.add_argument("--patients", type=int, default=8)
    options.add_argument("--million", action="store_true")
    chosen = options.parse_args()

    print("patients and truth ...", flush=True)
    work = eliana(200)
    few = work.first(chosen.patients)
    try:
        truth = true_courses(few)
    except NoTruth as why:
        raise SystemExit(str(why)) from None

    # ---- who takes part, at which tolerance -----------------------------------------------------------------------------
    rows = engine_rows(work, truth)
    if "livingdrug float64, rules" not in rows:
        raise SystemExit("nothing to compare with: the engine in doubles is not accurate enough at any tolerance")
    own_time: dict[str, float] = {}
    makers: list[Any] = [roadrunner.Peer(few, truth), cvode.Peer(few, truth), lsoda.Peer(few, truth)]
    if vmapped.Peer.available():
        makers += [vmapped.Peer(few, truth, solver) for solver in ("Tsit5", "Kvaerno3", "Kvaerno5")]
    else:
        print("no diffrax: LIVINGDRUG_DIFFRAX_PYTHON is not set")
    for peer in makers:
        print(f"{peer.name} ...", flush=True)
        tolerance, error = loosest(peer.tolerances, lambda t, peer=peer: truth.misfit(peer.course(t), work.scales))
        about = {"tolerance": tolerance, "error": error}
        if math.isnan(tolerance):
            print(f"    left out: none of its tolerances brings an error of at most {ERROR:g}")
            continue
        if isinstance(peer, vmapped.Peer):
            own_time[peer.name] = peer.seconds / len(few)
            rows[peer.name] = (lambda: None, len(few), about)
            continue
        rows[peer.name] = (lambda p=peer, t=tolerance: p.course(t), len(few), about)
        if isinstance(peer, roadrunner.Peer):
            rows["libRoadRunner, one call without rules"] = (lambda p=peer, t=tolerance: p.one_call(t), len(few), about)

    # ---- the rounds -----------------------------------------------------------------------------------------------------
    times: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(ROUNDS):
        for name, (action, n, _about) in rows.items():
            times[name].append(own_time.get(name) or processor_seconds(action) / n)
    peak = machine_peak.fused_peak()
    base = min(times["livingdrug float64, rules"])
    model = work.compiled(outputs=())
    operations = machine_peak.operations_per_step(model)
    per_step = sum(operations.values())
    floor = per_step * rows["livingdrug float64, rules"][2]["steps"] / peak
    print(f"\n{'':44s}{'us/patient':>12s}{'median':>10s}{'error':>10s}{'rtol':>8s}{'ratio':>8s}")
    table = []
    for name, (_action, _n, about) in rows.items():
        least, median = min(times[name]), float(np.median(times[name]))
        table.append(
            {"name": name, "us_per_patient": 1e6 * least, "median_us": 1e6 * median, "ratio": least / base, **about}
        )
        print(
            f"{name:44s}{1e6 * least:12.0f}{1e6 * median:10.0f}{about['error']:10.1e}{about['tolerance']:8.0e}{least / base:8.1f}"
        )
    for precision in ("float64", "float32"):
        if f"livingdrug {precision}, rules" not in rows:
            continue
        about = rows[f"livingdrug {precision}, rules"][2]
        print(
            f"{precision}: {about['changed_decisions']} of {about['decisions']} treatment decisions of {len(work)} patients changed"
        )
    print(f"\nfused multiply-add peak of one thread {peak / 1e9:.1f} GFLOP/s; a step needs {operations}")
    print(f"floor at that peak {1e6 * floor:.0f} us per patient: the engine is at {floor / base:.0%} of it")

    # ---- threads, compiling, whole trials, many patients ------------------------------------------------------------------------------
    scaling = threads(work)
    print("wall seconds of 4,000 patients by threads:", {k: round(v, 2) for k, v in scaling.items()})
    compile_seconds = compiling.measure(work)
    for name, seconds in compile_seconds.items():
        print(f"{name:50s}{seconds:8.2f} s")
    whole = [whole_trial.measure(trial, 500) for trial in whole_trial.TRIALS]
    print(whole_trial.table(whole))
    grown = []
    for row in scale.grow(work, (1000, 10_000, 100_000, 1_000_000) if chosen.million else (1000, 3000, 10_000)):
        grown.append(row)
        print(
            f"{row['patients']:9.0f} patients {row['seconds']:8.1f} s, memory at most {row['bytes_at_most'] / 1e9:.2f} GB"
        )
    write({"table": table, "goals": GOALS, "peak_flops": peak, "operations_per_step": operations, "floor_us": 1e6 * floor,
           "threads_wall_seconds": scaling, "compile_seconds": compile_seconds, "whole_trials": whole, "many_patients": grown})  # fmt: skip


def write(results: dict[str, Any]) -> None:
    """Results to latest.json, all or nothing."""
    RESULTS.mkdir(exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=RESULTS, suffix=".json")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=2)
    Path(temporary).replace(RESULTS / "latest.json")
    scale.plot(results["many_patients"], RESULTS / "many_patients.svg")


if __name__ == "__main__":
    main()
