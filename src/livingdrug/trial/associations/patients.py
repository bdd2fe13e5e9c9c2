"""Simulated patients as plain numbers: one run a trial, kept lean, asked by many rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.records.association import SimulatedBy
from livingdrug.foundation.errors import BadInput, LivingDrugError
from livingdrug.foundation.expressions import read_formula
from livingdrug.outcome.columns import patient_values
from livingdrug.outcome.names import DERIVED, check_names, outcomes_read

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Patients:
    """Simulated patients of one trial's first arm, or of several trials put together.

    Attributes
    ----------
    patient
        Numbers, shaped (n,).
    values
        Everything that was asked for, by name, each shaped (n,); NaN for unknown, infinite for a day that never came.
    problems
        Name -> why a trial cannot answer it.
    hidden
        Each patient's own parameters, drawn at random, by name, each shaped (n,); empty for a pool.
    manifests
        Of the runs.
    """

    patient: NDArray[np.int64]
    values: Mapping[str, Floats]
    problems: Mapping[str, str]
    hidden: Mapping[str, Floats]
    manifests: Sequence[Mapping[str, Any]]

    @property
    def n(self) -> int:
        """Patients enrolled."""
        return int(self.patient.size)

    @cached_property
    def counted(self) -> NDArray[np.bool_]:
        """Who was treated and whose simulation finished (n,)."""
        return (self.values["treated"] > 0) & ~(self.values["course_failed"] > 0)

    def formula(self, text: str) -> Floats:
        """A formula's value for everyone (n,).

        Raises
        ------
        BadInput
            A name in it is one that these patients cannot answer; says why.
        """
        formula = read_formula(text)
        for name in formula.names:
            if name not in self.values:
                raise BadInput(self.problems.get(name, f'"{name}" was not asked of these patients.'))
        with np.errstate(all="ignore"):
            found = np.asarray(formula.evaluate(self.values), dtype=np.float64)
        return np.array(np.broadcast_to(found, (self.n,)))

    def known(self, text: str) -> NDArray[np.bool_]:
        """Of whom everything that a formula reads is known (n,); a day that never came is known."""
        found = np.ones(self.n, dtype=bool)
        for name in read_formula(text).names:
            found &= ~np.isnan(self.values[name])
        return found


def names_of(formulas: Iterable[str]) -> set[str]:
    """Every name that formulas read."""
    return {name for text in formulas for name in read_formula(text).names}


def simulate_patients(
    trial: str,
    names: Iterable[str],
    *,
    patients: int,
    seed: int,
    threads: int | None = None,
    catalog: Catalog,
    progress: Callable[[str, str, int, int], None] | None = None,
) -> Patients:
    """Run a trial's first arm and keep what was asked of its patients; the run itself is let go.

    Parameters
    ----------
    trial
        A calibration trial of the catalogue.
    names
        Covariates, lots and outcomes wanted; what the trial cannot answer is told in `Patients.problems`.
    patients, seed, threads, progress
        As for `livingdrug.trial.run.run`.

    Raises
    ------
    BadInput
        The trial is not one for calibration.
    """
    from livingdrug.catalog.load import load_trial
    from livingdrug.trial.run import run

    record = load_trial(trial, catalog)
    if record.role != "calibration":
        raise BadInput(f'trial "{record.id}" has role "{record.role}"; only calibration trials are looked at here.')
    arm = record.arms[0].name
    told = None if progress is None else (lambda one, stage, done, all_: progress(f"{trial} {one}", stage, done, all_))
    result = run(
        record, patients=patients, seed=seed, threads=threads, sample=0, catalog=catalog, arms=[arm], progress=told
    )
    problems: dict[str, str] = {}
    answered = []
    for name in sorted(set(names)):
        if name.startswith("from_"):
            continue
        try:
            check_names([name], result.questions, trial)
            lacking = result.not_measured(arm, outcomes_read([name], result.questions))
            if lacking:
                raise BadInput(f"{name} reads {lacking}")
            answered.append(name)
        except LivingDrugError as problem:
            problems[name] = f"{trial}: {str(problem).splitlines()[0]}"
    frame = result.patients_with(outcomes_read(answered, result.questions))
    everything = patient_values(frame, result.known_names)
    kept = {
        name: everything[name] for name in {*answered, *DERIVED, *result.questions.ready_made} if name in everything
    }
    problems |= {name: f"{trial}: {name} is unknown in every patient" for name in answered if name not in kept}
    numbers = frame["patient"].to_numpy().astype(np.int64)
    return Patients(numbers, kept, problems, _hidden(record, arm, numbers, seed, catalog), [dict(result.manifest)])


def pooled(
    parts: Sequence[SimulatedBy], runs: Mapping[str, Patients], n: int, *, shared_luck: bool = False
) -> Patients:
    """Patients of several trials by their shares, nobody with the random numbers of another: each number is taken once.

    Parameters
    ----------
    parts
        Trials and shares.
    runs
        Simulated patients of each trial, numbered from 1 to n.
    shared_luck
        As many of each trial as the shares allow, all numbered from 1: patients of two trials may have the same random numbers, which makes
        more of a small run and no estimate worse than their number says.
    """
    columns: list[Mapping[str, Floats]] = []
    numbers, first = [], 0.0
    for part in parts:
        one = runs[part.trial]
        last = first + part.share * n
        if shared_luck:
            first, last = 0.0, part.share / max(one.share for one in parts) * n
        mine = (one.patient > round(first)) & (one.patient <= round(last))
        columns.append({name: values[mine] for name, values in one.values.items()})
        numbers.append(one.patient[mine])
        first = last
    common = set.intersection(*(set(column) for column in columns))
    values = {name: np.concatenate([column[name] for column in columns]) for name in common}
    sizes = [found.size for found in numbers]
    for place, part in enumerate(parts):
        flags = [np.full(size, float(k == place)) for k, size in enumerate(sizes)]
        values[f"from_{part.trial}"] = np.concatenate(flags)
    problems: dict[str, str] = {}
    for part in parts:
        problems |= runs[part.trial].problems
    manifests = [manifest for part in parts for manifest in runs[part.trial].manifests]
    return Patients(np.concatenate(numbers), values, problems, {}, manifests)


def _hidden(record: Any, arm: str, patients: NDArray[np.int64], seed: int, catalog: Catalog) -> dict[str, Floats]:
    """What chance alone gave each patient: every parameter with a spread, before covariates and lot are put in."""
    from livingdrug.catalog.plan import plans_of
    from livingdrug.course.equations import parameters_of
    from livingdrug.population.spread import individual_parameters

    plan = next(plan for plan in plans_of(record, catalog) if plan.arm.name == arm)
    drawn = {name: quantity for name, quantity in parameters_of(plan).items() if quantity.spread > 0}
    return individual_parameters(drawn, patients, seed)
