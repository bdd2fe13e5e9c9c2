"""Which record each kind of catalogue file is read as, so that ``load("scale", name)`` is known to be a `Scale`.

A kind that is not listed here is found and read all the same: by its module and the class of its name.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from livingdrug.catalog.records.aftermath import Aftermath
    from livingdrug.catalog.records.antigen import Antigen
    from livingdrug.catalog.records.assay import Assay
    from livingdrug.catalog.records.association import Association
    from livingdrug.catalog.records.comparison import Comparison
    from livingdrug.catalog.records.costimulation import Costimulation
    from livingdrug.catalog.records.determinants import Determinants
    from livingdrug.catalog.records.disease import Disease
    from livingdrug.catalog.records.drug import Drug
    from livingdrug.catalog.records.edit import Edit
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.catalog.records.evidence import Evidence
    from livingdrug.catalog.records.experiment import Experiment
    from livingdrug.catalog.records.growth_chart import GrowthChart
    from livingdrug.catalog.records.guideline import Guideline
    from livingdrug.catalog.records.infection import Infection
    from livingdrug.catalog.records.late_effect import LateEffect
    from livingdrug.catalog.records.lesion import Lesion
    from livingdrug.catalog.records.loss import Loss
    from livingdrug.catalog.records.making import Making
    from livingdrug.catalog.records.network import Network
    from livingdrug.catalog.records.outcome import Outcome
    from livingdrug.catalog.records.population import Population
    from livingdrug.catalog.records.product import Product
    from livingdrug.catalog.records.route import Route
    from livingdrug.catalog.records.rule import Rule
    from livingdrug.catalog.records.scale import Scale
    from livingdrug.catalog.records.score import Score
    from livingdrug.catalog.records.sign import Sign
    from livingdrug.catalog.records.surrounding import Surrounding
    from livingdrug.catalog.records.tissue import Tissue
    from livingdrug.catalog.records.track import Track
    from livingdrug.catalog.records.trait import Trait
    from livingdrug.catalog.records.trial import Trial

Name = str | Path


class TypedLoad:
    """Gives `load` its types; the reading itself is `_load`."""

    if TYPE_CHECKING:

        @overload
        def load(self, kind: Literal["aftermath"], name: Name) -> Aftermath: ...

        @overload
        def load(self, kind: Literal["antigen"], name: Name) -> Antigen: ...

        @overload
        def load(self, kind: Literal["assay"], name: Name) -> Assay: ...

        @overload
        def load(self, kind: Literal["association"], name: Name) -> Association: ...

        @overload
        def load(self, kind: Literal["comparison"], name: Name) -> Comparison: ...

        @overload
        def load(self, kind: Literal["costimulation"], name: Name) -> Costimulation: ...

        @overload
        def load(self, kind: Literal["determinants"], name: Name) -> Determinants: ...

        @overload
        def load(self, kind: Literal["disease"], name: Name) -> Disease: ...

        @overload
        def load(self, kind: Literal["drug"], name: Name) -> Drug: ...

        @overload
        def load(self, kind: Literal["endpoint"], name: Name) -> Endpoint: ...

        @overload
        def load(self, kind: Literal["evidence"], name: Name) -> Evidence: ...

        @overload
        def load(self, kind: Literal["experiment"], name: Name) -> Experiment: ...

        @overload
        def load(self, kind: Literal["growth_chart"], name: Name) -> GrowthChart: ...

        @overload
        def load(self, kind: Literal["guideline"], name: Name) -> Guideline: ...

        @overload
        def load(self, kind: Literal["infection"], name: Name) -> Infection: ...

        @overload
        def load(self, kind: Literal["edit"], name: Name) -> Edit: ...
        @overload
        def load(self, kind: Literal["late_effect"], name: Name) -> LateEffect: ...

        @overload
        def load(self, kind: Literal["loss"], name: Name) -> Loss: ...

        @overload
        def load(self, kind: Literal["making"], name: Name) -> Making: ...

        @overload
        def load(self, kind: Literal["network"], name: Name) -> Network: ...

        @overload
        def load(self, kind: Literal["outcome"], name: Name) -> Outcome: ...

        @overload
        def load(self, kind: Literal["population"], name: Name) -> Population: ...

        @overload
        def load(self, kind: Literal["product"], name: Name) -> Product: ...

        @overload
        def load(self, kind: Literal["rule"], name: Name) -> Rule: ...

        @overload
        def load(self, kind: Literal["scale"], name: Name) -> Scale: ...

        @overload
        def load(self, kind: Literal["score"], name: Name) -> Score: ...

        @overload
        def load(self, kind: Literal["sign"], name: Name) -> Sign: ...

        @overload
        def load(self, kind: Literal["lesion"], name: Name) -> Lesion: ...

        @overload
        def load(self, kind: Literal["route"], name: Name) -> Route: ...

        @overload
        def load(self, kind: Literal["surrounding"], name: Name) -> Surrounding: ...

        @overload
        def load(self, kind: Literal["tissue"], name: Name) -> Tissue: ...

        @overload
        def load(self, kind: Literal["trait"], name: Name) -> Trait: ...

        @overload
        def load(self, kind: Literal["track"], name: Name) -> Track: ...

        @overload
        def load(self, kind: Literal["trial"], name: Name) -> Trial: ...

        @overload
        def load(self, kind: str, name: Name) -> Any: ...

    def load(self, kind: str, name: Name) -> Any:
        """The record of this kind and name (or path): a frozen record of `livingdrug.catalog.records`.

        Raises
        ------
        UnknownName
            No such kind or name.
        CatalogError, UnitError
            The file does not hold together; says file, key, what was expected and the next step.
        """
        return self._load(kind, name)

    def _load(self, kind: str, name: Name) -> Any:
        raise NotImplementedError


def class_name(kind: str) -> str:
    """The class of a kind: ``"growth_chart"`` is read as a `GrowthChart`.

    >>> class_name("growth_chart")
    'GrowthChart'
    """
    return "".join(word.capitalize() for word in kind.split("_"))
