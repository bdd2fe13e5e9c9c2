"""What a story calls things: the malignancy, the antigen, the response, the scales and the drugs of one arm."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.roles import Roles, roles_among
from livingdrug.catalog.signs import Signs, signs_of
from livingdrug.foundation.errors import LivingDrugError
from livingdrug.reports.toxicity_scales import Graded, told_scales
from livingdrug.reports.words import listed

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.outcome import Outcome, Role
    from livingdrug.catalog.records.track import Track
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.clinic.criterion import Criterion


@dataclass(frozen=True)
class Setting:
    """The words for one arm of a trial.

    Attributes
    ----------
    malignancy, antigen
        In one word.
    burden
        The covariate that tells the burden at enrolment: its name, meaning and unit; empty when unknown.
    criterion
        How response is judged; None when unknown.
    scales
        The trial's grading scales in its order.
    catalog
        Where drugs have their names.
    portions
        When cells are given, in words: on day 0, or in all on several days.
    cells
        Whether cells are given.
    """

    malignancy: str = "tumour"
    antigen: str = "the antigen"
    burden: tuple[str, str, str] = ("", "", "")
    criterion: Criterion | None = None
    scales: tuple[Graded, ...] = ()
    catalog: Catalog | None = None
    portions: str = "on day 0"
    cells: bool = True

    @property
    def origin(self) -> str:
        """What days are counted from: the infusion, or where no cells are given the start of treatment."""
        return "infusion" if self.cells else "the start of treatment"

    @cached_property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Every outcome of the catalogue, or of the package's where there is none."""
        from livingdrug.catalog.load import default_catalog

        known = self.catalog or default_catalog()
        return tuple(known.load("outcome", name) for name in known.names("outcome"))

    @cached_property
    def tracks(self) -> tuple[Track, ...]:
        """The curves of a story in their order, of the catalogue or of the package's where there is none."""
        from livingdrug.catalog.load import default_catalog

        known = self.catalog or default_catalog()
        return tuple(sorted((known.load("track", name) for name in known.names("track")), key=lambda one: one.order))

    @cached_property
    def signs(self) -> Signs:
        """Every sign of the catalogue, or of the package's where there is none."""
        return signs_of(self.catalog)

    @cached_property
    def roles(self) -> Roles:
        """Which column of the patients table plays which role."""
        return roles_among(self.outcomes)

    def of(self, who: Mapping[str, Any], role: Role) -> Any:
        """A patient's value of the outcome that plays a role; None when unknown, or when it never happened."""
        return who.get(self.roles[role])

    def day(self, who: Mapping[str, Any], role: Role) -> float:
        """The day of the outcome that plays a role; NaN when it never came."""
        value = self.of(who, role)
        return math.nan if value is None else float(value)


def setting(trial: Trial, arm: str, catalog: Catalog | None) -> Setting:
    """The words for one arm of a trial; general ones where its disease or product is not in the catalogue."""
    from livingdrug.clinic.criterion import judged_by

    if catalog is None:
        return Setting()
    try:
        disease = catalog.load("disease", trial.disease)
        planned = trial.arm(arm)
        product = catalog.load("product", planned.product) if planned.product else None
        population = catalog.load("population", trial.population)
        criterion = judged_by(disease.response)
    except (LivingDrugError, AttributeError):
        return Setting(catalog=catalog)
    covariate = population.covariate.get(disease.burden)
    burden = ("", "", "") if covariate is None else (disease.burden, covariate.meaning, covariate.unit)
    scales = tuple(told_scales(list(trial.scales), catalog))
    antigen = product.target if product is not None else "the antigen"
    days = [f"{portion.day:g}" for portion in planned.infusions]
    portions = f"in all, on days {listed(days)}" if len(days) > 1 else "on day 0"
    return Setting(disease.called, antigen, burden, criterion, scales, catalog, portions, product is not None)
