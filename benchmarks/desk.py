"""``python -m benchmarks.desk``: what a designer's questions cost beside the integrator alone.

    python -m benchmarks.desk                    Sobol indices of ten parameters, and replicates of n = 100
    python -m benchmarks.desk --trial eliana --base 4

Sobol: runs of n = 200 to day 180 through `livingdrug.sensitivity`, against the integrator alone on the same treated patients, doses, checks and
rules, nothing stored, as often. Replicates: `livingdrug.replicate` with the trial's endpoints. Times are of the processor, all threads of the
process together; memory is the greatest resident size before and after, which does not grow with the number of runs.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import livingdrug as ld
from benchmarks.whole_trial import RTOL
from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.course.equations import parameters_of
from livingdrug.course.simulate import start
from livingdrug.design.factors import factors_of
from livingdrug.engine.ensemble import compile_model
from livingdrug.manufacturing import make
from livingdrug.population import draw
from livingdrug.trial.door import planned

PATIENTS, DAYS, FACTORS, SEED = 200, 180, 10, 7


def short_trial(name: str) -> Any:
    """The trial followed to day 180, with its looks until then."""
    trial = load_trial(name)
    days = {group: tuple(day for day in days if day <= DAYS) for group, days in trial.visits.days.items()}
    return trial.model_copy(
        update={"follow_up": f"{DAYS} day", "visits": trial.visits.model_copy(update={"days": days})}
    )


def sobol(name: str, base: int, targets: list[str]) -> dict[str, float]:
    """Processor seconds of a Sobol analysis and of the integrator alone, and their ratio."""
    trial = short_trial(name)
    plan = planned(trial, default_catalog())[1][0]
    chosen = [one.address for one in factors_of(plan, (), None)][:FACTORS]
    ld.sensitivity(
        trial, targets, method="sobol", factors=chosen[:1], samples=2, patients=PATIENTS, seed=SEED, threads=1
    )  # warm
    before = memory()
    began = time.process_time()
    found = ld.sensitivity(
        trial, targets, method="sobol", factors=chosen, samples=base, patients=PATIENTS, seed=SEED, threads=1, hours=99
    )
    whole = time.process_time() - began
    runs = base * (FACTORS + 2)
    alone = min(integrator(plan) for _ in range(3))
    return {
        "runs": runs, "distinct": found.runs.height, "seconds_a_run": whole / runs, "integrator_a_run": alone, "ratio": whole / runs / alone,
        "memory_before_mb": before, "memory_after_mb": memory(),
    }  # fmt: skip


def integrator(plan: Any) -> float:
    """Processor seconds of the integrator alone on the treated of n patients."""
    import numpy as np

    cohort = draw(plan.population, np.arange(1, PATIENTS + 1, dtype=np.int64), SEED)
    begin = start(plan, cohort, make(plan, cohort, parameters_of(plan), SEED), SEED)
    ready = begin.ready
    bare = compile_model(
        ready.odes,
        log_scales=ready.model.log_scales,
        linear_scales=ready.model.linear_scales,
        outputs=(),
        program=ready.compiled.program,
    )
    on = begin.days >= plan.arm.first_day
    bare.run(begin.parameters, begin.days, on, begin.doses, rtol=RTOL)
    began = time.process_time()
    bare.run(begin.parameters, begin.days, on, begin.doses, rtol=RTOL)
    return time.process_time() - began


def replicates(name: str, n: int) -> dict[str, float]:
    """Processor seconds of replicates of n = 100 with every endpoint of the trial, per replicate and for 200."""
    ld.replicate(name, replicates=1, patients=100, seed=SEED, threads=1)
    before, began = memory(), time.process_time()
    ld.replicate(name, replicates=n, patients=100, seed=SEED + 1, threads=1)
    seconds = (time.process_time() - began) / n
    return {
        "replicates": n,
        "seconds_each": seconds,
        "of_200": 200 * seconds,
        "memory_before_mb": before,
        "memory_after_mb": memory(),
    }


def memory() -> float:
    """Greatest resident memory so far [MB]; NaN where the system does not tell."""
    if sys.platform == "win32":
        return float("nan")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main() -> None:
    """Print both."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.desk")
    options.add_argument("--trial", default="zuma_1")
    options.add_argument("--base", type=int, default=2, help="base samples of Sobol, a power of two; 256 is the whole")
    options.add_argument("--targets", nargs="+", default=["lugano_orr", "crs_severe_lee"])
    options.add_argument("--replicates", type=int, default=10)
    chosen = options.parse_args()
    for what, row in (
        ("sobol", sobol(chosen.trial, chosen.base, chosen.targets)),
        ("replicates", replicates(chosen.trial, chosen.replicates)),
    ):
        print(what, chosen.trial, ", ".join(f"{key} {value:.4g}" for key, value in row.items()), flush=True)


if __name__ == "__main__":
    main()
