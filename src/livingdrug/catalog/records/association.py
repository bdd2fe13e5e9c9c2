"""Who responds, and why: published associations within a cohort, and how the same question is put to simulated patients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import CatalogRecord, Part
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.expressions import read_formula
from livingdrug.foundation.repeated import repeated

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup

Contrast = Literal["yes_no", "below_median", "above_median", "per_doubling", "per_unit", "ranked", "since", "everyone"]
GROUPED = ("yes_no", "below_median", "above_median", "since")
"""Contrasts of two groups; of ``everyone`` there is one group, the others are scales."""
Sign = Literal["", "higher", "lower", "none"]


class SimulatedBy(Part):
    """A trial of the catalogue whose simulated patients stand for the cohort.

    Attributes
    ----------
    trial
        A calibration trial; its first arm.
    share
        Part of the cohort that comes from it.
    """

    trial: str
    share: float = Field(default=1.0, gt=0, le=1)


class AssociationRow(Part):
    """One published association and the question that simulated patients are asked.

    Attributes
    ----------
    title
        Predictor and outcome in a few words.
    topic
        Heading it stands under: burden, inflammation, expansion …
    predictor
        Formula over a patient's covariates, lot and outcomes (assays at visits among them); empty with ``everyone``. In
        a pool of trials ``from_<trial>`` is 1 for its patients.
    contrast
        How the predictor is compared:

        ================  =====================================================================
        ``yes_no``        the formula holds, against it does not
        ``above_median``  above the median of those asked, against at or below; ``below_median`` the reverse
        ``per_doubling``  for each doubling
        ``per_unit``      for each unit of the formula
        ``ranked``        by rank (AUROC, concordance, rank correlation, direction)
        ``since``         the formula is a day from which a patient counts as exposed
        ``everyone``      no predictor: a figure of all asked
        ================  =====================================================================
    among
        Further condition on who is asked, besides being treated: a formula.
    given
        Formulas adjusted for.
    endpoint, outcome
        What is asked about: an endpoint of the catalogue, or a formula; one of them.
    from_day
        Landmark [day]: only those still at risk then, time counted from there.
    at_months
        Time on a curve, for a share.
    measure
        How it is told: a file of `livingdrug.outcome.effects`.
    value, unit, ci_low, ci_high
        As published (shares in percent; a time in the unit given); `value` is left out where only the direction is known.
    reference_value
        The same figure in the other group, where it was published.
    direction
        Where no figure is known: the outcome is ``higher`` with more of the predictor, ``lower``, or ``none``.
    p_value, n, adjusted, timepoint
        As published.
    source, where, seen_at
        The primary publication; table or section; the page on which it was seen.
    status
        ``read`` (a table, page or digest was opened), ``abstract`` (the abstract), ``unverified`` (recalled only).
    note
        How our question differs from theirs.
    """

    title: str = Field(min_length=5)
    topic: str = Field(min_length=3)
    predictor: str = ""
    contrast: Contrast
    among: str = "1"
    given: tuple[str, ...] = ()
    endpoint: str = ""
    outcome: str = ""
    from_day: float = Field(default=0.0, ge=0)
    at_months: float | None = Field(default=None, gt=0)
    measure: str
    value: float | None = None
    unit: str = ""
    ci_low: float | None = None
    ci_high: float | None = None
    reference_value: float | None = None
    direction: Sign = ""
    p_value: str = ""
    n: int | None = Field(default=None, gt=0)
    adjusted: str = ""
    timepoint: str = ""
    source: str = Field(min_length=3)
    where: str = ""
    seen_at: str = ""
    status: Literal["read", "abstract", "unverified"]
    note: str = ""

    @property
    def formulas(self) -> tuple[str, ...]:
        """Every formula of this row, but those of its endpoint."""
        return tuple(text for text in (self.predictor, self.among, self.outcome, *self.given) if text)

    @model_validator(mode="after")
    def _holds_together(self) -> AssociationRow:
        for text in self.formulas:
            read_formula(text)
        if bool(self.endpoint) == bool(self.outcome):
            raise ValueError(f'"{self.title}": give either "endpoint" or "outcome"')
        if (self.contrast == "everyone") != (not self.predictor):
            raise ValueError(f'"{self.title}": "everyone" has no predictor, every other contrast has one')
        if (self.value is None) != bool(self.direction):
            raise ValueError(f'"{self.title}": give either "value" or "direction"')
        for low, high in ((self.ci_low, self.value), (self.value, self.ci_high)):
            if low is not None and high is not None and low > high:
                raise ValueError(f'"{self.title}": {self.value:g} is outside its own limits')
        if self.unit == "percent" and self.value is not None and not 0 <= self.value <= 100:
            raise ValueError(f'"{self.title}": got {self.value:g} percent, expected 0 to 100')
        if self.status != "unverified" and not self.seen_at:
            raise ValueError(f'"{self.title}": say where it was seen ("seen_at"), or that it is "unverified"')
        return self


class Association(CatalogRecord):
    """The published associations of one cohort.

    Attributes
    ----------
    use
        ``"shape"``: may be looked at while the model is shaped; ``"test"``: kept apart, shown only on demand. Fixed by
        cohort, never by row.
    cohort, product, disease
        Who was studied.
    simulated_by
        The trials whose simulated patients stand for the cohort; their shares add up to 1.
    because
        Why these, and what differs.
    """

    use: Literal["shape", "test"]
    cohort: str = Field(min_length=3)
    product: str = ""
    disease: str = ""
    simulated_by: tuple[SimulatedBy, ...] = Field(min_length=1)
    because: str = Field(min_length=10)
    rows: tuple[AssociationRow, ...] = Field(alias="row", min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> Association:
        total = sum(one.share for one in self.simulated_by)
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"simulated_by: the shares add up to {total:g}, expected 1")
        titles = [row.title for row in self.rows]
        twice = sorted(repeated(titles))
        if twice:
            raise ValueError(f'two rows are called "{twice[0]}": give each its own title')
        return self

    def check_in(self, catalog: Lookup) -> None:
        """Trials and endpoints are there, and no trial is one whose outcomes nobody may see."""
        for one in self.simulated_by:
            role = catalog.as_written("trial", one.trial).get("role")
            if role != "calibration":
                raise CatalogError(
                    f'"simulated_by": trial "{one.trial}" has role "{role}"; only calibration trials stand for a cohort.\n'
                    "  Outcomes of a trial kept for prediction are not looked at, not even simulated beside others'."
                )
        for row in self.rows:
            if row.endpoint:
                catalog.path("endpoint", row.endpoint)
