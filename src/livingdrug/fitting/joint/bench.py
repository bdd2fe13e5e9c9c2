"""One point of the parameters through every calibration trial: simulated rows, in memory or from a folder that kept them.

The same patients with the same luck are simulated at each point (random numbers have addresses), so that two points differ by
what the parameters do alone. A trial that a moved number does not concern is not simulated again.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.parameter_set import ParameterSet
from livingdrug.catalog.plan import plan_arm
from livingdrug.catalog.questions import Questions, questions_of
from livingdrug.fitting.joint.prepare import Prepared, answers
from livingdrug.fitting.joint.simulated import simulated_arm
from livingdrug.fitting.joint.within import read_patients
from livingdrug.trial import storage

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.trial.associations.patients import Patients

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Simulated:
    """Rows of one trial at one point, on their scales: numbers (R,) and their simulation errors (R,); its patients where any are asked."""

    number: Floats
    error: Floats
    key: str = ""
    patients: Patients | None = None


@dataclass
class Bench:
    """Evaluates points; what was evaluated is remembered, and kept in a folder when there is one.

    Attributes
    ----------
    catalog
        The files as they are; fitted values are laid on copies.
    trials
        What is evaluated.
    patients, seed
        Of each trial.
    first
        Number of the first patient.
    threads
        Trials simulated at a time.
    folder
        Where evaluations are kept.
    """

    catalog: Catalog
    trials: tuple[Prepared, ...]
    patients: int
    seed: int
    threads: int = 1
    folder: Path | None = None
    n_simulated: int = 0
    first: int = 1
    _known: dict[str, Simulated] = field(default_factory=dict, repr=False)

    def at(
        self,
        points: Sequence[Mapping[str, float]],
        done: Callable[[int, int], None] | None = None,
        *,
        only: Sequence[str] | None = None,
    ) -> list[list[Simulated]]:
        """Every trial at every point: for each point, one `Simulated` a trial, in order.

        Parameters
        ----------
        points
            Address -> value; addresses left out stay as in the files.
        done
            Called as done(evaluated, to evaluate) after each trial.
        only
            Names of the trials to evaluate; all when omitted.
        """
        trials = [one for one in self.trials if only is None or one.name in only]
        keys = [[self._key(one, point) for one in trials] for point in points]
        work: dict[str, tuple[Prepared, Mapping[str, float]]] = {}
        for point, row in zip(points, keys, strict=True):
            for one, key in zip(trials, row, strict=True):
                if key not in self._known and not self._found(key):
                    work.setdefault(key, (one, point))
        if work:
            self._simulate(work, done)
        return [[self._known[key] for key in row] for row in keys]

    def _simulate(
        self, work: dict[str, tuple[Prepared, Mapping[str, float]]], done: Callable[[int, int], None] | None
    ) -> None:
        pool = ThreadPoolExecutor(max_workers=self.threads)
        try:
            futures = {pool.submit(self._one, one, point): key for key, (one, point) in work.items()}
            for count, future in enumerate(as_completed(futures), start=1):
                self._keep(futures[future], future.result())
                self.n_simulated += 1
                if done is not None:
                    done(count, len(work))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()

    def _one(self, one: Prepared, point: Mapping[str, float]) -> Simulated:
        values = ParameterSet({address: value for address, value in point.items() if address in one.concerns})
        catalog = self.catalog.under(values)
        plan = plan_arm(
            catalog.load("trial", one.name), one.plan.arm.name, catalog, self._questions(one, values, catalog)
        )
        endpoints = [catalog.load("endpoint", row.published.endpoint) for row in one.rows]
        found, people = simulated_arm(
            plan, endpoints, np.arange(self.first, self.first + self.patients), self.seed, one.wanted
        )
        told = answers(one.rows, found, plan.arm.name)
        numbers, errors = (np.array([getattr(each, name) for each in told]) for name in ("number", "error"))
        return Simulated(numbers, errors, self._key(one, point), people)

    def _questions(self, one: Prepared, values: ParameterSet, catalog: Catalog) -> Questions:
        """The trial's questions, asked anew where its conduct moves: outcomes may read it."""
        moved = ("trial", one.name) in values.by_file
        return questions_of(catalog.load("trial", one.name), catalog) if moved else one.plan.questions

    def _key(self, one: Prepared, point: Mapping[str, float]) -> str:
        mine = {address: float(value) for address, value in point.items() if address in one.concerns}
        told = [one.name, one.sha256, self.patients, self.seed, self.first, mine, sorted(one.wanted)]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def _found(self, key: str) -> bool:
        if self.folder is None or not (path := self.folder / f"{key}.json").is_file():
            return False
        kept, people = storage.read_json(path), None
        if kept.get("patients"):
            with np.load(self.folder / f"{key}.npz") as columns:
                people = read_patients(columns)
        self._known[key] = Simulated(_with_nan(kept["number"]), _with_nan(kept["error"]), key, people)
        return True

    def _keep(self, key: str, found: Simulated) -> None:
        self._known[key] = found
        if self.folder is None:
            return
        if (people := found.patients) is not None:
            memory = io.BytesIO()
            np.savez_compressed(memory, patient=people.patient, **dict(people.values))  # type: ignore[arg-type]
            storage.write_bytes(self.folder / f"{key}.npz", memory.getvalue())
        told = {"number": _with_null(found.number), "error": _with_null(found.error), "patients": people is not None}
        storage.write_json(self.folder / f"{key}.json", told)


def _with_null(numbers: Floats) -> list[Any]:
    return [float(one) if math.isfinite(one) else None for one in numbers]


def _with_nan(numbers: Sequence[Any]) -> Floats:
    return np.array([math.nan if one is None else one for one in numbers], dtype=np.float64)
