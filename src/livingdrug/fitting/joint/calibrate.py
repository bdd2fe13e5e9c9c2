"""All calibration trials fitted at once: what `livingdrug calibrate` does.

rows of every trial ─┐
free numbers ────────┴─► search (Gauss-Newton under common random numbers) ─► line through draws ─► point, covariance, ensemble, spread between trials
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.catalog.plan import digest
from livingdrug.fitting.joint.averaged import average
from livingdrug.fitting.joint.bench import Bench
from livingdrug.fitting.joint.calibrated import ASKED, EVALUATIONS, PARAMETERS, Calibrated, ensemble, write
from livingdrug.fitting.joint.free import free_numbers
from livingdrug.fitting.joint.prepare import prepare
from livingdrug.fitting.joint.problem import TrialProblem
from livingdrug.fitting.joint.search import Progress, Tell, search
from livingdrug.fitting.joint.wide import wide_search
from livingdrug.fitting.joint.within import Cohorts, cohorts_of, names_wanted, shaping
from livingdrug.foundation.errors import BadInput, Interrupted
from livingdrug.trial import storage
from livingdrug.trial.estimate import refuse_numbers
from livingdrug.trial.lock import held as alone_in
from livingdrug.trial.manifest import describe, refuse_mismatch

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog

USUAL_PATIENTS = 400
"""Two hundred and fewer are learnt by heart: eighty numbers fitted to a hundred patients a trial missed by half as many errors again in others."""
SHARE_FOR_SLOPES = 4
MOST_WIDE = 1_000_000
USUAL_AVERAGED, MOST_AVERAGED = 40, 10_000
"""Draws at least where nobody says how many (fewer know the offset worse than a line without one does), and at most."""
PATIENTS_AT_ONCE = 6_000
"""Simulated at a time where nobody says how many threads: below 4 GB."""
Afterwards = Callable[[Calibrated, Mapping[str, Any]], None]


def calibrate(
    trials: Sequence[str] = (),
    *,
    free: Sequence[str] = (),
    hold_out: Sequence[str] = (),
    patients: int = USUAL_PATIENTS,
    slopes: int | None = None,
    seed: int = 1,
    jacobians: int = 4,
    averaged: int | None = None,
    wide: int = 0,
    associations: bool = True,
    start: Mapping[str, float] | None = None,
    threads: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    force: bool = False,
    catalog: Catalog | None = None,
    afterwards: Afterwards = lambda calibrated, asked: None,
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
        Trials that the fit does not see, nor others of their families; they are predicted.
    patients, seed
        Of each simulated trial; the same at every point.
    slopes
        Patients of each trial where only slopes are wanted, the first of them; a quarter when omitted.
    jacobians
        How many Jacobians at most.
    averaged
        Draws of what is plausible at the end of the search, through which slopes and middles of the rows are drawn anew
        (`livingdrug.fitting.joint.averaged`), with as many patients as slopes; twice the free numbers when omitted, as a Jacobian takes, and at least 40; 0 for the
        slopes at the point.
    wide
        Points of a wide search (CMA-ES) before; 0 for none.
    associations
        Whether the fit sees published associations within cohorts, too: files of ``catalog/association`` that may shape the model and
        that the trials fitted to stand for. Those kept for test are never opened.
    start
        Where to begin: address -> value, of an earlier calibration; as the files have it where omitted.
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
    afterwards
        Called with the calibration and what it was, while nobody else may use the folder: what is simulated then is kept, too.
    tell
        Called as the search goes.

    Raises
    ------
    BadInput, Interrupted
        Nothing to fit to, nothing to move, a prediction trial, or a folder that holds something else.
    """
    from livingdrug.catalog.load import default_catalog

    catalog = catalog or default_catalog()
    refuse_numbers(patients=patients, seed=seed, threads=threads)
    slopes = max(patients // SHARE_FOR_SLOPES, 1) if slopes is None else slopes
    if not 1 <= slopes <= patients:
        raise BadInput(
            f"slopes: got {slopes:,} patients, expected 1 to {patients:,}, as many as each trial has.\n"
            "  Ask for fewer (slopes=, --slopes), or for more patients (patients=, -n)."
        )
    if jacobians < 0 or not 0 <= wide <= MOST_WIDE:
        raise BadInput(
            f"jacobians: got {jacobians}, wide: got {wide:,}; expected no negative number, and a wide search of {MOST_WIDE:,} points at most."
        )
    if averaged is not None and not 0 <= averaged <= MOST_AVERAGED:
        raise BadInput(
            f"averaged: got {averaged:,} draws, expected 0 to {MOST_AVERAGED:,}.\n"
            "  Leave it out for twice the free numbers (averaged=, --averaged)."
        )
    threads = threads or min(_n_processors(), max(1, PATIENTS_AT_ONCE // patients))
    numbers = free_numbers(catalog, free)
    averaged = max(2 * len(numbers), USUAL_AVERAGED) if averaged is None else averaged
    names = list(trials) or calibration_trials(catalog)
    held = families_of(names, hold_out, catalog)
    records = shaping(catalog, names) if associations else []
    wanted = names_wanted(records, catalog)
    prepared = prepare(names, catalog, numbers, patients=patients, seed=seed, threads=threads, wanted=wanted)
    people = {one.name: one.patients for one in prepared if one.patients is not None}
    family = {one.name: one.trial.family or one.name for one in prepared}
    cohorts = cohorts_of(records, people, family, catalog) if records else None
    asked = _asked(
        prepared, cohorts, numbers, hold_out, start or {}, patients=patients, slopes=slopes, seed=seed, jacobians=jacobians, averaged=averaged, wide=wide
    )  # fmt: skip
    bench = Bench(catalog, prepared, patients, seed, threads)
    quick = bench if slopes == patients else Bench(catalog, prepared, slopes, seed, threads)
    problem = TrialProblem(bench, numbers, held, cohorts, quick)
    first = np.clip([one.at(start or {}) for one in numbers], problem.low, problem.high)
    if out is None:
        calibrated = _found(problem, first, jacobians, averaged, wide, tell)
        afterwards(calibrated, asked)
        return calibrated
    folder = storage.make_folder(Path(out))
    with alone_in(folder):
        _ready(folder, asked, resume=resume, force=force)
        bench.folder = quick.folder = storage.make_folder(folder / EVALUATIONS)
        try:
            calibrated = _found(problem, first, jacobians, averaged, wide, tell)
            write(calibrated, folder, asked=asked)
            afterwards(calibrated, asked)
        except KeyboardInterrupt:
            raise Interrupted(
                f"stopped; {problem.n_simulated} simulated trials are kept in {folder}.\n"
                "  Go on with the same calibration and resume=True (--resume)."
            ) from None
    return calibrated


def calibration_trials(catalog: Catalog) -> list[str]:
    """Every trial whose role is calibration and whose evidence has rows to calibrate on: with cells, or of standard care.

    A trial whose rows are all for comparison teaches nothing and is left out; a prediction trial's evidence is never opened.
    """
    return [
        name
        for name in catalog.names("trial")
        if catalog.load("trial", name).role == "calibration"
        and catalog.has("evidence", name)
        and any(row.use == "calibration" for row in catalog.load("evidence", name).results)
    ]


def families_of(names: Sequence[str], hold_out: Sequence[str], catalog: Catalog) -> frozenset[str]:
    """The families of the trials held out.

    Raises
    ------
    BadInput
        A trial held out is not among them, or none is left.
    """
    family = {name: catalog.load("trial", name).family or name for name in names}
    for name in hold_out:
        if name not in family:
            raise BadInput(f'--hold-out "{name}": not among the trials, {", ".join(names)}.')
    out = frozenset(family[name] for name in hold_out)
    if out and out >= set(family.values()):
        raise BadInput("every trial is held out, so nothing is left to fit to.\n  Hold out fewer.")
    return out


def _found(problem: TrialProblem, start: Any, jacobians: int, averaged: int, wide: int, tell: Tell) -> Calibrated:
    seed = problem.bench.seed
    if wide:
        start = wide_search(problem, start, points=wide, seed=seed + 1, tell=tell)
    found = search(problem, start, jacobians=jacobians, tell=tell)
    if averaged:
        draws = list(ensemble(Calibrated(problem, found).posterior(), problem.free, averaged, seed))
        found = average(
            problem,
            found,
            draws,
            lambda done, total: tell(Progress("slopes through draws", found.objective, done, total)),
        )
    return Calibrated(problem, found)


def _asked(
    prepared: Any,
    cohorts: Cohorts | None,
    numbers: Any,
    hold_out: Sequence[str],
    start: Mapping[str, float],
    **settings: int,
) -> dict[str, Any]:
    """What the calibration is, with the hashes of all that can move a number."""
    made = [
        describe([one.plan], one.trial, patients=settings["patients"], seed=settings["seed"], settings={})
        for one in prepared
    ]
    evidence = {
        one.name: [f"{row.label}: {row.number!r} {row.weighted_error!r}" for row in one.rows] for one in prepared
    }
    for row in cohorts.rows if cohorts else ():
        evidence.setdefault(row.trial, []).append(f"{row.label}: {row.number!r} {row.weighted_error!r}")

    return {
        "note": "Simulation; not for patient care.",
        **{key: made[0][key] for key in ("livingdrug", "python", "packages", "code_sha256")},
        "trials": {one["trial"]: one["plan_sha256"] for one in made},
        "parameters_sha256": {one["trial"]: one["parameters_sha256"] for one in made},
        "rows_sha256": digest(evidence),
        "held_out": sorted(hold_out),
        "free": {
            one.address: {"from": one.off(one.at(start)), "scale": one.scale, "centre": one.centre, "sd": one.width}
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
