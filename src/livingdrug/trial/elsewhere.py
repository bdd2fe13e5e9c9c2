"""Groups of patients simulated elsewhere: in other processes, or by the workers of a Dask cluster.

What travels is a plan and patient numbers; what returns are frames. A worker that would compute other numbers (another
version of this program or of a library, a processor without fused multiply-add) refuses before it begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from livingdrug.catalog.plan import Plan
    from livingdrug.course.settings import Settings

CONNECT_SECONDS = 20


def follow_alike(
    likeness: Mapping[str, str], plan: Plan, patients: NDArray[np.int64], seed: int, *, settings: Settings
) -> dict[str, pl.DataFrame]:
    """`livingdrug.trial.line.follow`, where this process is like the one that asks.

    Parameters
    ----------
    likeness
        Of the process that asks: `likeness_here`.
    plan, patients, seed, settings
        As for `follow`.

    Raises
    ------
    BadInput
        This process has another code, other libraries or another kind of processor: its numbers could differ.
    """
    from livingdrug.trial.line import follow

    here = likeness_here()
    different = [
        f"{name}: {likeness.get(name)} there, {here[name]} here" for name in here if likeness.get(name) != here[name]
    ]
    if different:
        raise BadInput(
            "a worker is not like the computer that asked, so its numbers could differ:\n    "
            + "\n    ".join(different)
            + "\n  Install the same versions on every machine (pip install -c constraints.txt), and start the workers again."
        )
    return follow(plan, patients, seed, settings=settings)


def likeness_here() -> dict[str, str]:
    """What has to be the same wherever a chunk is computed, for the same bits: code, libraries, fused multiply-add."""
    import llvmlite.binding as llvm

    from livingdrug.trial.manifest import code_here

    fused = bool(llvm.get_host_cpu_features().get("fma", False)) or llvm.get_default_triple().startswith(
        ("aarch64", "arm64")
    )
    return {**code_here(), "fused multiply-add": "yes" if fused else "no"}


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a Dask scheduler, for `executor` of `livingdrug.run`; the connection ends with the block.

    Parameters
    ----------
    address
        Of the scheduler, as it tells when it starts: ``"tcp://10.0.0.5:8786"``.

    Raises
    ------
    BadInput
        Dask is not installed, nobody answers at the address, or there is no worker.
    """
    try:
        from distributed import Client  # pyright: ignore[reportMissingImports] - an extra
    except ImportError:
        raise BadInput(
            "a cluster needs Dask, which is not installed.\n  Install it: pip install livingdrug[cluster]"
        ) from None
    if "://" not in address:
        raise BadInput(
            f'cluster: got "{address}", expected the address of a Dask scheduler such as tcp://10.0.0.5:8786.'
        )
    try:
        client: Any = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as problem:
        raise BadInput(
            f'cluster: no Dask scheduler answers at "{address}" ({str(problem).splitlines()[0][:120] or type(problem).__name__}).\n'
            "  Start one with: dask scheduler; it tells its address. Workers: dask worker ADDRESS."
        ) from None
    try:
        if not client.nthreads():
            raise BadInput(
                f"cluster: the scheduler at {address} has no worker.\n"
                f"  Start one on each machine: dask worker {address} --nthreads 1 --nworkers auto"
            )
        yield client.get_executor(pure=False)
    finally:
        client.close()
