"""All calibration trials fitted at once: what `livingdrug calibrate` does.

rows of every trial ─┐
free numbers ────────┴─► search (Gauss-Newton under common random numbers) ─► point, covariance, ensemble, spread between trials
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.plan import digest
from livingdrug.fitting.joint.calibrated import ASKED, EVALUATIONS, PARAMETERS, Calibrated, write
from livingdrug.fitting.joint.evaluate import Bench, prepare
from livingdrug.fitting.joint.free import free_numbers, starts
from livingdrug.fitting.joint.problem import TrialProblem
from livingdrug.fitting.joint.rows import refuse_prediction
from livingdrug.fitting.joint.search import Tell, search
from livingdrug.foundation.errors import BadInput
from livingdrug.trial import storage
from livingdrug.trial.lock import held
from livingdrug.trial.manifest import describe, refuse_mismatch

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog

USUAL_PATIENTS = 200


def calibrate(
    trials: Sequence[str] = (),
    *,
    free: Sequence[str] = (),
    hold_out: Sequence[str] = (),
    patients: int = USUAL_PATIENTS,
    seed: int = 1,
    jacobians: int = 4,
    threads: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    force: bool = False,
    catalog: Catalog | None = None,
    tell: Tell = lambda progress: None,
) -> Calibrated:
    """Fit the free numbers of the catalogue to every published row of its calibration trials.

    Parameters
    ----------
    trials
        Calibration trials; all of the catalogue when empty. Prediction trials are refused when named and never taken otherwise.
    free
        Patterns of addresses of fitted numbers that may move; all that have a prior when empty.
    hold_out
        Trials that the fit does not see; those of their families neither.
    patients, seed
        Of each simulated trial; the same at every point.
    jacobians
        How many Jacobians at most.
    threads
        Trials simulated at a time; as many as there are processors when omitted.
    out
        Folder for results. Every evaluation is kept there, so that an interrupted calibration goes on.
    resume
        Go on with the calibration in `out`; refused when that is another one.
    force
        Replace the calibration in `out`.
    catalog
        Where trials, evidence and numbers are looked up.
    tell
        Called as the search goes.

    Raises
    ------
    BadInput
        Nothing to fit to, nothing to move, a prediction trial, or a folder that holds something else.
    """
    from livingdrug.catalog.load import default_catalog

    catalog = catalog or default_catalog()
    numbers = free_numbers(catalog, free)
    names = list(trials) or calibration_trials(catalog)
    seen = without_families(names, hold_out, catalog)
    for name in seen:  # told before anything is simulated
        refuse_prediction(catalog.load("trial", name))
    prepared = prepare(seen, catalog, numbers, patients=patients, seed=seed)
    asked = _asked(catalog, prepared, numbers, hold_out, patients=patients, seed=seed, jacobians=jacobians)
    bench = Bench(catalog, prepared, patients, seed, threads or _n_processors())
    if out is None:
        return _found(bench, numbers, jacobians, tell)
    folder = storage.make_folder(Path(out))
    with held(folder):
        _ready(folder, asked, resume=resume, force=force)
        bench.folder = storage.make_folder(folder / EVALUATIONS)
        calibrated = _found(bench, numbers, jacobians, tell)
        write(calibrated, folder, asked=asked)
    return calibrated


def calibration_trials(catalog: Catalog) -> list[str]:
    """Every calibration trial with published rows."""
    return [
        name
        for name in catalog.names("trial")
        if catalog.load("trial", name).role == "calibration" and catalog.has("evidence", name)
    ]


def without_families(names: Sequence[str], hold_out: Sequence[str], catalog: Catalog) -> list[str]:
    """The trials that are left when some are held out with all of their families.

    Raises
    ------
    BadInput
        A trial held out is not among them, or none is left.
    """
    family = {name: catalog.load("trial", name).family or name for name in names}
    for name in hold_out:
        if name not in family:
            raise BadInput(f'--hold-out "{name}": not among the trials, {", ".join(names)}.')
    out = {family[name] for name in hold_out}
    left = [name for name in names if family[name] not in out]
    if not left:
        raise BadInput("every trial is held out, so nothing is left to fit to.\n  Hold out fewer.")
    return left


def _found(bench: Bench, numbers: Any, jacobians: int, tell: Tell) -> Calibrated:
    problem = TrialProblem(bench, numbers)
    return Calibrated(problem, search(problem, starts(numbers), jacobians=jacobians, tell=tell))


def _asked(catalog: Catalog, prepared: Any, numbers: Any, hold_out: Sequence[str], **settings: int) -> dict[str, Any]:
    """What the calibration is, with the hashes of all that can move a number."""
    made = [
        describe([one.plan], one.trial, patients=settings["patients"], seed=settings["seed"], settings={})
        for one in prepared
    ]
    evidence = {
        one.name: [f"{row.label}: {row.number!r} {row.weighted_error!r}" for row in one.rows] for one in prepared
    }

    return {
        "note": "Simulation; not for patient care.",
        **{key: made[0][key] for key in ("livingdrug", "python", "packages", "code_sha256")},
        "trials": {one["trial"]: one["plan_sha256"] for one in made},
        "parameters_sha256": {one["trial"]: one["parameters_sha256"] for one in made},
        "rows_sha256": digest(evidence),
        "held_out": sorted(hold_out),
        "free": {
            one.address: {"from": one.value, "scale": one.scale, "centre": one.centre, "sd": one.width}
            for one in numbers
        },
        **settings,
    }


def _ready(folder: Path, asked: dict[str, Any], *, resume: bool, force: bool) -> None:
    """The folder free for this calibration, or holding the beginning of it."""
    stored = folder / ASKED
    if force:
        import shutil

        shutil.rmtree(folder / EVALUATIONS, ignore_errors=True)
        for name in (ASKED, PARAMETERS):
            (folder / name).unlink(missing_ok=True)
    elif stored.is_file() and resume:
        refuse_mismatch(storage.read_json(stored), asked, folder)
    elif stored.is_file():
        raise BadInput(
            f"{folder} holds a calibration already.\n"
            "  Go on with it by resume=True (--resume), replace it by force=True (--force), or choose another folder."
        )
    storage.write_json(stored, asked)


def _n_processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
