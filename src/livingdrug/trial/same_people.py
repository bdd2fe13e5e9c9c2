"""The same patients treated twice or more: under several policies, or under other parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.load import is_path
from livingdrug.foundation.errors import BadInput
from livingdrug.trial import storage
from livingdrug.trial.run import run

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.trial.result import Result

SETS = ("as_it_is", "changed")
"""The two parameter sets of a comparison."""


def run_policies(
    trial: Trial, policies: Sequence[str], *, arm: str | None = None, catalog: Catalog | None = None, **options: Any
) -> Result:
    """The same patients under several policies: each becomes an arm, otherwise equal.

    Parameters
    ----------
    trial
        A loaded trial.
    policies
        Guidelines by name or path, the reference first. A single one is held against the arm's own.
    arm
        The arm that is treated; the trial's first when omitted.
    catalog
        Where names are looked up.
    options
        As for `livingdrug.run`: patients, seed, threads, out …

    Raises
    ------
    BadInput
        Two policies of one name, or only one.
    """
    chosen = trial.arms[0] if arm is None else trial.arm(arm)
    wanted = [chosen.management.guideline, *policies] if len(policies) == 1 else list(policies)
    names = [Path(policy).stem if is_path(policy) else policy for policy in wanted]
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise BadInput(f"got the policies {', '.join(names)}; expected at least two, each of its own name.")
    arms = tuple(chosen.with_policy(policy, name) for policy, name in zip(wanted, names, strict=True))
    result = run(trial.model_copy(update={"arms": arms, "design": None}), catalog=catalog, **options)
    if result.folder is not None:  # so that the run's folder tells what was compared
        for policy, name in zip(wanted, names, strict=True):
            if is_path(policy):
                kept = storage.make_folder(result.folder / "guideline")
                storage.write_bytes(kept / f"{name}.toml", Path(policy).read_bytes())
    return result


def run_parameters(
    trial: Trial, parameters: Mapping[str, str], *, arm: str | None = None, out: Path | None = None, **options: Any
) -> list[Result]:
    """The same patients under the catalogue's parameters and under parameters of one's own.

    Parameters
    ----------
    trial
        A loaded trial.
    parameters
        Name -> number and unit, e.g. ``{"growth_max": "2.8 1/day"}``.
    arm
        The arm that is treated; the trial's first when omitted.
    out
        Folder that keeps both runs, in folders named as in `SETS`.
    options
        As for `livingdrug.run`: catalog, patients, seed, threads …

    Returns
    -------
    Two runs, the catalogue's first.
    """
    chosen = trial.arms[0] if arm is None else trial.arm(arm)
    alone = trial.model_copy(update={"arms": (chosen,), "design": None})
    places = [None if out is None else storage.make_folder(out) / name for name in SETS]
    # the changed one first: what is wrong with the parameters is told before anything is simulated
    changed = run(alone, parameters=dict(parameters), out=places[1], sample=0, **options)
    return [run(alone, out=places[0], sample=0, **options), changed]
