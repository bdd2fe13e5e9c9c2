"""A population file: which covariates virtual patients have, how each is drawn, and where its numbers come from."""

from __future__ import annotations

import re
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import Inheriting, Part
from livingdrug.catalog.records.growth_chart import GrowthChart
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.expressions import read_formula
from livingdrug.foundation.quantities import Quantity

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup

Distribution = Literal[
    "normal", "lognormal", "logit_normal", "beta", "bernoulli", "categorical", "uniform", "quantiles", "growth_chart"
]
NEEDS: dict[str, tuple[str, ...]] = {
    "normal": ("mean", "sd"),
    "lognormal": ("median", "sd_log"),
    "logit_normal": ("median", "sd_logit"),
    "beta": ("mean", "sd"),
    "bernoulli": ("probability",),
    "categorical": (),
    "uniform": ("low", "high"),
    "quantiles": (),
    "growth_chart": (),
}
LIMITS = ("low", "high")
_PERCENT = re.compile(r"^p(\d+(?:_\d+)?)$")
_CATEGORY = re.compile(r"^c(\d+)$")


class Covariate(Part):
    """One property of a patient: a distribution, or a formula of earlier covariates with a residual.

    Attributes
    ----------
    number
        The distribution's or formula's numbers, each a Quantity. `low` and `high` truncate a distribution and clip a
        formula; `residual` is the residual's standard deviation on `residual_scale`. The numbers of a formula are
        names in it.
    shares
        Latent normal -> loading: covariates that share a latent normal are correlated.
    meaning
        One phrase, with the moment it holds at.
    unit
        Of its values; ``""`` for a plain number.
    distribution
        How it is drawn; this or `formula`.
    formula
        Of covariates that stand before it and of its own numbers.
    residual_scale
        Scale on which the residual of a formula is added.
    chart
        Catalog name of the growth chart that a distribution of this kind reads.
    measure
        Which table of the chart: weight, stature …
    whole
        Drawn values are rounded to whole numbers.
    """

    meaning: str = Field(min_length=3)
    unit: str
    distribution: Distribution | None = None
    formula: str | None = None
    residual_scale: Literal["log", "logit", "normal"] = "log"
    chart: str = ""
    measure: str = ""
    whole: bool = False
    number: dict[str, Quantity] = Field(default_factory=dict)
    shares: dict[str, float] = Field(default_factory=dict)

    def value(self, name: str, otherwise: float | None = None) -> float:
        """The number called `name`, or `otherwise` when the file does not give it."""
        if name in self.number:
            return self.number[name].value
        if otherwise is None:
            raise KeyError(name)
        return otherwise

    def quantiles(self) -> list[tuple[float, float]]:
        """(probability, value) pairs of a `quantiles` distribution, rising."""
        found = [
            (float(m[1].replace("_", ".")) / 100.0, n.value) for k, n in self.number.items() if (m := _PERCENT.match(k))
        ]
        return sorted(found)

    def categories(self) -> list[tuple[float, float]]:
        """(value, probability) pairs of a `categorical` distribution, rising in value."""
        return sorted((float(m[1]), n.value) for k, n in self.number.items() if (m := _CATEGORY.match(k)))

    def range(self) -> tuple[float, float]:
        """The lowest and highest value that may be drawn; infinite where nothing in the file bounds it."""
        low, high = self.value("low", -inf), self.value("high", inf)
        match self.distribution:
            case "bernoulli":
                return 0.0, 1.0
            case "categorical":
                low, high = self.categories()[0][0], self.categories()[-1][0]
            case "quantiles":
                low, high = max(low, self.quantiles()[0][1]), min(high, self.quantiles()[-1][1])
            case "beta":
                low, high = max(low, 0.0), min(high, 1.0)
            case "lognormal" | "logit_normal" | "growth_chart":
                low = max(low, 0.0)
        return low, high

    @model_validator(mode="after")
    def _one_way_to_draw(self) -> Covariate:
        if (self.distribution is None) == (self.formula is None):
            raise ValueError('give either "distribution" or "formula"')
        if self.formula is not None:
            read_formula(self.formula)
            return self
        missing = [name for name in NEEDS[str(self.distribution)] if name not in self.number]
        if missing:
            raise ValueError(f'distribution "{self.distribution}" needs number.{", number.".join(missing)}')
        if self.distribution == "quantiles":
            self._check_quantiles()
        if self.distribution == "categorical" and abs(sum(p for _, p in self.categories()) - 1.0) > 1e-9:
            raise ValueError("categorical: the probabilities number.c1, number.c2 … must add up to 1")
        if self.distribution == "growth_chart" and not (self.chart and self.measure):
            raise ValueError('growth_chart needs "chart" (a growth_chart id) and "measure"')
        return self

    def _check_quantiles(self) -> None:
        pairs = self.quantiles()
        if not pairs or pairs[0][0] != 0.0 or pairs[-1][0] != 1.0:
            raise ValueError("quantiles: give at least number.p0 and number.p100")
        if any(b[1] < a[1] for a, b in pairwise(pairs)):
            raise ValueError("quantiles: values must not fall as the percentage rises")

    @model_validator(mode="after")
    def _loadings(self) -> Covariate:
        if sum(min(abs(loading), 2.0) ** 2 for loading in self.shares.values()) > 1.0:
            raise ValueError("shares: the squared loadings of one covariate must not exceed 1 in sum")
        return self


class Population(Inheriting):
    """A population of virtual patients.

    Attributes
    ----------
    covariate
        In the order in which they are drawn: a formula may use those above it.
    latent
        Names of shared standard normals and what each stands for.
    sets
        Model parameter -> formula of covariates.
    charts
        Growth charts that covariates name, filled in from the catalogue when the population is loaded.
    """

    summary: str = ""
    latent: dict[str, str] = Field(default_factory=dict)
    covariate: dict[str, Covariate] = Field(min_length=1)
    sets: dict[str, str] = Field(default_factory=dict)
    charts: dict[str, GrowthChart] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _order(self) -> Population:
        known: set[str] = set()
        for name, covariate in self.covariate.items():
            unknown = set(covariate.shares) - set(self.latent)
            if unknown:
                raise ValueError(f'covariate.{name}.shares: "{min(unknown)}" is not in [latent]')
            needed: set[str] = set()
            if covariate.formula is not None:
                needed = set(read_formula(covariate.formula).names) - set(covariate.number)
            elif covariate.distribution == "growth_chart":
                needed = {"age_years", "female"}
            if needed - known:
                raise ValueError(f"covariate.{name} needs {', '.join(sorted(needed - known))}: give it above {name}")
            known.add(name)
        for parameter, text in self.sets.items():
            missing = set(read_formula(text).names) - known
            if missing:
                raise ValueError(f"sets.{parameter} needs {', '.join(sorted(missing))}, which is no covariate")
        return self

    def completed(self, catalog: Lookup) -> Self:
        """This population with the growth charts it names."""
        names = dict.fromkeys(c.chart for c in self.covariate.values() if c.distribution == "growth_chart")
        return self.model_copy(update={"charts": {name: catalog.load("growth_chart", name) for name in names}})

    def check_in(self, catalog: Lookup) -> None:
        """Every growth chart it names has the measure."""
        for name, covariate in self.covariate.items():
            if covariate.distribution == "growth_chart":
                measures = {table.measure for table in self.charts[covariate.chart].table}
                if covariate.measure not in measures:
                    raise CatalogError(
                        f'"covariate.{name}.measure": growth chart "{covariate.chart}" has no "{covariate.measure}".\n'
                        f"  It has: {', '.join(sorted(measures))}."
                    )
