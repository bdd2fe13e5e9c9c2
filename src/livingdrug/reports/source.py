"""What the sections read: the frames, endpoints and published results of one run, each of which may be missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.errors import LivingDrugError
from livingdrug.reports.columns import numbers

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Source:
    """One run, with its published counterpart.

    Attributes
    ----------
    result
        The run: trial, manifest, frames, endpoints.
    evidence
        The catalogue's evidence record of this trial, or None.
    catalog
        The catalogue, for the sources of numbers; or None.
    asked
        Endpoints computed so far: each is asked for once.
    problems
        Why an endpoint could not be computed, in a sentence.
    """

    result: Any
    evidence: Any = None
    catalog: Any = None
    asked: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def trial(self) -> Any:
        return self.result.trial

    @property
    def response_criteria(self) -> str:
        """How response is judged in the trial's disease, as its record says; ``"all"`` without that record."""
        try:
            return self.catalog.load("disease", self.trial.disease).response
        except (LivingDrugError, AttributeError):
            return "all"

    @property
    def arms(self) -> tuple[str, ...]:
        """Arm names: the trial's order, then any others in the data."""
        seen = self.frame("patients")["arm"].unique(maintain_order=True).to_list() if self.has("patients") else []
        planned = [arm.name for arm in getattr(self.trial, "arms", ())]
        return tuple([name for name in planned if name in seen] + [name for name in seen if name not in planned])

    def has(self, name: str) -> bool:
        """Whether a frame is there and has rows."""
        frame = getattr(self.result, name, None)
        return frame is not None and frame.height > 0

    def frame(self, name: str) -> pl.DataFrame:
        """A frame of the run; empty when the run has none."""
        import polars as pl

        frame = getattr(self.result, name, None)
        return frame if frame is not None else pl.DataFrame()

    def patients(self, arm: str, *, infused: bool = True) -> pl.DataFrame:
        """The patients of an arm whose simulation finished; only the infused ones unless said otherwise."""
        import polars as pl

        frame = self.frame("patients")
        if frame.height == 0:
            return frame
        chosen = frame.filter(pl.col("arm") == arm)
        return chosen.filter(pl.col("status") == "infused") if infused else chosen

    def visits(self, quantity: str) -> pl.DataFrame:
        """Visits of one quantity that took place."""
        import polars as pl

        frame = self.frame("visits")
        if frame.height == 0:
            return frame
        return frame.filter((pl.col("quantity") == quantity) & ~pl.col("missed").fill_null(False))

    def endpoint(self, id: str) -> Any:
        """The result of an endpoint, or None when this run cannot give it."""
        if id not in self.asked:
            try:
                self.asked[id] = self.result.endpoint(id)
            except LivingDrugError as problem:
                self.asked[id] = None
                self.problems[id] = str(problem).splitlines()[0]
        return self.asked[id]

    def planned(self, id: str) -> bool:
        """Whether the trial asks for this endpoint; a trial that names none asks for every one."""
        named = [use.id for use in getattr(self.trial, "endpoints", ())]
        return not named or id in named

    def published(self, endpoint: str) -> list[Any]:
        """Published results of an endpoint, those used for calibration and those read in their source first."""
        if self.evidence is None:
            return []
        rows = [row for row in self.evidence.results if row.endpoint == endpoint]
        return sorted(rows, key=lambda row: (row.use != "calibration", row.status != "read"))

    @property
    def last_day(self) -> float:
        """End of planned follow-up [day]."""
        planned = getattr(self.trial, "follow_up_days", None)
        if planned:
            return float(planned)
        days = numbers(self.frame("patients"), "last_contact_day")
        return float(days.max()) if days.size else 365.0

    def quantities(self) -> list[tuple[str, Any]]:
        """Every number with its origin that went into this run: (what it belongs to, `Quantity`); empty when unknown.

        The manifest names the catalogue files that the simulation read.
        """
        if self.catalog is None:
            return []
        found = []
        for place in (getattr(self.result, "manifest", None) or {}).get("catalog", {}):
            kind, _, name = str(place).partition("/")
            try:
                record = self.catalog.load(kind, name)
            except LivingDrugError:
                continue
            found += [(f"{kind} “{record.title.split(':')[0]}”", quantity) for _, quantity in record.quantities()]
            if kind == "product":
                found += [("model parameters", quantity) for quantity in _model_parameters(record.recipe, self.catalog)]
        return found


def _model_parameters(recipe: str, catalog: Any) -> list[Any]:
    """The parameters of a recipe with their origins; empty when the recipe cannot be read."""
    from livingdrug.model.assemble import assemble
    from livingdrug.model.texts import texts_in

    try:
        return list(assemble(recipe, texts=texts_in(catalog.folders)).parameters.values())
    except LivingDrugError:
        return []
