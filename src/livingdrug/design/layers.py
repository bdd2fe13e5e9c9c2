"""The layers of chance between a plan and a trial's result, each with one source, each with its own switch.

parameters ─► between trials ─► patients ─► assays ─► accrual
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from livingdrug.foundation.errors import UnknownName

if TYPE_CHECKING:
    from livingdrug.catalog.parameter_set import ParameterSet
    from livingdrug.catalog.plan import Measured, Plan

LAYERS = {
    "parameters": "draws of a calibration's ensemble, one a replicate",
    "between_trials": "differences between trials that a calibration found, added to each estimate on its own scale",
    "patients": "other virtual patients, with their own luck, in each replicate",
    "assays": "errors of assays, days of visits within their windows, missed visits",
    "accrual": "random days of enrolment",
}
"""Each layer and where its chance comes from."""


@dataclass(frozen=True)
class Layers:
    """Which layers of chance are on, and their sources.

    Attributes
    ----------
    off
        Layers that are switched off.
    draws
        Parameter sets, used in turn; without any the layer of parameters has no source.
    between_trials
        Endpoint -> standard deviation of the difference between trials, of the arcsine root of a share or the logarithm of an
        amount; without any that layer has no source.
    """

    off: frozenset[str] = frozenset()
    draws: Sequence[ParameterSet] = ()
    between_trials: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def without(
        cls,
        off: Iterable[str] = (),
        draws: Sequence[ParameterSet] = (),
        between_trials: Mapping[str, float] | None = None,
    ) -> Layers:
        """All layers that have a source but those named.

        Raises
        ------
        UnknownName
            No such layer.
        """
        for name in off:
            if name not in LAYERS:
                raise UnknownName("layer of chance", name, LAYERS, "Name layers to switch off.")
        return cls(frozenset(off), tuple(draws), dict(between_trials or {}))

    def on(self, layer: str) -> bool:
        """Whether a layer varies between replicates."""
        has_source = {"parameters": bool(self.draws), "between_trials": bool(self.between_trials)}.get(layer, True)
        return has_source and layer not in self.off

    def draw(self, replicate: int) -> ParameterSet | None:
        """The parameters of a replicate (from 1); None for those of the catalogue."""
        return self.draws[(replicate - 1) % len(self.draws)] if self.on("parameters") else None

    def told(self) -> dict[str, str]:
        """Each layer with its source, or why it is still."""
        found = {}
        for layer, source in LAYERS.items():
            if layer in self.off:
                found[layer] = "switched off"
            elif not self.on(layer):
                found[layer] = "no source: no calibration was given"
            else:
                found[layer] = source
        return found

    def seen_exactly(self, plan: Plan) -> Plan:
        """The plan as it is, or, with assays switched off, one whose assays are exact and whose visits all take place on their day."""
        if self.on("assays"):
            return plan
        return replace(plan, missed=0.0, measured=tuple(map(_exact, plan.measured)))


def _exact(one: Measured) -> Measured:
    error = one.assay.error_log_sd.model_copy(update={"value": 0.0})
    return replace(one, assay=one.assay.model_copy(update={"error_log_sd": error}), window_days=0.0)
