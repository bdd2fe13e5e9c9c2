"""diffrax on the same patients, told what the rules changed; run by a Python that has jax and diffrax:

    python diffrax_course.py work.npz result.npz SOLVER TOLERANCE

All patients advance together under vmap from check to check (lax.scan); states in natural units. The result holds the
states at checks and the seconds of processor time of one call, compilation excluded.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

import sys
import time

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)


def main(work_path: str, result_path: str, solver_name: str, tolerance: float) -> None:
    work = np.load(work_path)
    space = {name: getattr(jnp, name) for name in
             ("exp", "log", "sqrt", "floor", "where", "minimum", "maximum", "logical_and", "logical_or", "logical_not", "abs")}  # fmt: skip
    exec(str(work["source"]), space)
    term = diffrax.ODETerm(lambda t, y, p: jnp.stack(jnp.broadcast_arrays(*space["f"](t, y, p))))
    solver = getattr(diffrax, solver_name)()
    control = diffrax.PIDController(rtol=tolerance, atol=jnp.asarray(tolerance * work["scales"]))
    checks = jnp.asarray(work["checks"])

    def course(p, start, changed, after):
        def advance(carry, interval):
            y, step = carry
            first, last, differs, told = interval
            y = jnp.where(differs, told, y)
            solution = diffrax.diffeqsolve(
                term, solver, first, last, jnp.minimum(step, last - first), y, p, stepsize_controller=control,
                max_steps=200_000, adjoint=diffrax.ForwardMode(), throw=False, saveat=diffrax.SaveAt(t1=True),
            )  # fmt: skip
            y = solution.ys[-1]
            mean = (last - first) / jnp.maximum(solution.stats["num_accepted_steps"], 1)
            return (y, mean), y

        told = (checks[:-1], checks[1:], changed[:-1], after[:-1])
        _, states = jax.lax.scan(advance, (start, 1e-3), told)
        return jnp.concatenate([start[None], states])

    before, after = work["before"], work["after"]
    changed = np.isfinite(after) & ((after != before) | (after == 0.0))  # what died out stays so
    arguments = [jnp.asarray(a) for a in (work["table"], before[:, 0], changed, np.nan_to_num(after))]
    run = jax.jit(jax.vmap(course))
    clock = time.perf_counter()
    run(*arguments).block_until_ready()
    first = time.perf_counter() - clock
    clock = time.process_time()
    states = run(*arguments).block_until_ready()
    seconds = time.process_time() - clock
    np.savez(result_path, states=np.asarray(states), seconds=seconds, first=first)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]))
