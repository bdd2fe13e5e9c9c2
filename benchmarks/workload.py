"""The benchmark's patients: the first infused patients of the ELIANA trial, as the engine receives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.load import default_catalog
from livingdrug.course.equations import parameters_of
from livingdrug.course.simulate import start
from livingdrug.engine.ensemble import CompiledModel, Dose, Ensemble, compile_model
from livingdrug.manufacturing import make
from livingdrug.population import draw
from livingdrug.trial.door import planned

SEED = 20
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Workload:
    """Patients just before treatment.

    Attributes
    ----------
    ready
        The arm's equations with rules, as the trial runs them (`course.equations.Equations`).
    table
        Parameters, shaped (patients, parameters).
    checks
        Days, shaped (checks,).
    doses
        Lymphodepletion and infusion.
    """

    ready: Any
    table: Floats
    checks: Floats
    doses: tuple[Dose, ...]

    def __len__(self) -> int:
        return len(self.table)

    @property
    def scales(self) -> Floats:
        """Scale of each state, in the order of the states."""
        return np.array([self.ready.model.states[name].scale for name in self.ready.odes.states])

    def first(self, n: int) -> Workload:
        """The first n patients; the same ones again when there are fewer."""
        rows = np.arange(n) % len(self)
        doses = tuple(Dose(d.check, d.state, np.asarray(d.amounts)[rows]) for d in self.doses)
        return Workload(self.ready, self.table[rows], self.checks, doses)

    def compiled(self, **options: Any) -> CompiledModel:
        """The model with its rules; outputs and other options as given."""
        options = {"outputs": self.ready.odes.states, "program": self.ready.compiled.program} | options
        return compile_model(
            self.ready.odes,
            log_scales=self.ready.model.log_scales,
            linear_scales=self.ready.model.linear_scales,
            **options,
        )

    def run(self, model: CompiledModel, *, rules: bool = True, rtol: float = 1e-4) -> Ensemble:
        """Their courses over five years."""
        return model.run(self.table, self.checks, np.full(self.checks.size, rules), self.doses, rtol=rtol)


def eliana(n: int) -> Workload:
    """The first n infused patients."""
    _, (plan,) = planned("eliana", default_catalog())
    cohort = draw(plan.population, np.arange(1, 2 * n + 20, dtype=np.int64), SEED)
    lots = make(plan, cohort, parameters_of(plan), SEED)
    begin = start(plan, cohort, lots, SEED)
    doses = tuple(Dose(dose.check, dose.state, np.asarray(dose.amounts)[:n]) for dose in begin.doses)
    return Workload(begin.ready, begin.parameters[:n], begin.days, doses)
