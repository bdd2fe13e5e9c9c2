"""libRoadRunner on the model's own SBML: a loop over checks, and one call for the whole course without rules."""

from __future__ import annotations

import numpy as np

from benchmarks.reference import Reference
from benchmarks.workload import Workload

RESIDUE = 1e-6  # of a state's scale: what may stand of a clone that died out


class Peer:
    name = "libRoadRunner, loop over checks"
    tolerances = (1e-4, 1e-5, 1e-6, 1e-7)

    def __init__(self, work: Workload, truth: Reference) -> None:
        import roadrunner

        roadrunner.Config.setValue(roadrunner.Config.LOADSBMLOPTIONS_RECOMPILE, True)
        self.work, self.truth = work, truth
        self.runner = roadrunner.RoadRunner(work.ready.model.sbml)
        known = set(self.runner.model.getGlobalParameterIds())
        odes = work.ready.odes
        self.states = [f"{name}" for name in odes.states]
        assert set(self.states) <= known, "every state is a parameter with a rate rule"
        self.own = [(i, name) for i, name in enumerate(odes.parameters) if name in known]
        # values are set through indices: names would be looked up again at each call
        ids = list(self.runner.model.getGlobalParameterIds())
        self.place = [ids.index(name) for name in self.states]
        self.parameter_place = [ids.index(name) for _, name in self.own]

    def _begin(self, i: int, tolerance: float) -> None:
        runner = self.runner
        runner.reset()
        runner.integrator.relative_tolerance = tolerance
        for name, scale in zip(self.states, self.work.scales, strict=True):
            runner.integrator.setIndividualTolerance(name, tolerance * float(scale))
        values = [float(self.work.table[i, k]) for k, _ in self.own]
        runner.model.setGlobalParameterValues(self.parameter_place, values)
        runner.model.setGlobalParameterValues(self.place, self.truth.before[i, 0].tolist())

    def course(self, tolerance: float) -> np.ndarray:
        truth, checks, model = self.truth, self.work.checks, self.runner.model
        found = np.full_like(truth.before, np.nan)
        for i in range(len(self.work)):
            self._begin(i, tolerance)
            y = truth.before[i, 0].copy()
            found[i, 0] = y
            changed, extinct = truth.after[i] != truth.before[i], truth.after[i] == 0.0
            for g in range(truth.last[i]):
                # what died out is told again only when a residue has grown: each telling costs a restart
                grown = extinct[g] & (np.abs(found[i, g]) > RESIDUE * self.work.scales)
                places = np.flatnonzero(changed[g] | grown)
                if places.size:
                    model.setGlobalParameterValues([self.place[k] for k in places], truth.after[i, g, places].tolist())
                    self.runner.integrator.restart(float(checks[g]))
                self.runner.integrator.integrate(float(checks[g]), float(checks[g + 1] - checks[g]))
                found[i, g + 1] = model.getGlobalParameterValues(self.place)
        return found

    def one_call(self, tolerance: float) -> None:
        """Each patient from infusion to the end at once, without rules, doses after the infusion, or outputs."""
        checks, truth = self.work.checks, self.truth
        infusion = int(np.searchsorted(checks, 0.0))
        for i in range(len(self.work)):
            self._begin(i, tolerance)
            self.runner.model.setGlobalParameterValues(self.place, truth.after[i, infusion].tolist())
            self.runner.integrator.restart(float(checks[infusion]))
            self.runner.integrator.integrate(float(checks[infusion]), float(checks[-1] - checks[infusion]))
