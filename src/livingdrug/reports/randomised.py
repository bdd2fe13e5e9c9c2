"""What a randomised trial tells of its arms: effects with intervals, and the first curve's effect in subgroups; for pages and terminals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livingdrug.foundation.errors import LivingDrugError
from livingdrug.outcome.effect_between import Effect, effects, in_subgroups
from livingdrug.reports.endpoint_rows import CELLS
from livingdrug.reports.sections.between_arms import strata_words
from livingdrug.trial.subgroups import classes, title_of

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.outcome.endpoint_result import EndpointResult
    from livingdrug.reports.source import Source

OLD_YEARS = 65.0
AGE, SEX = "age_years", "female"
WORDS = {"hazard ratio": "hazard ratio", "restricted mean difference": "restricted mean", "difference": "difference"}


@dataclass(frozen=True)
class Told:
    """An effect of one endpoint: an arm against the reference."""

    endpoint: EndpointResult
    arm: str
    reference: str
    effect: Effect

    @property
    def what(self) -> str:
        """Its measure, with its horizon or unit: ``"restricted mean to 23.9 months"``."""
        horizon = f" to {self.effect.horizon:.1f} months" if self.effect.horizon else ""
        return f"{WORDS[self.effect.measure]}{horizon}"

    @property
    def number(self) -> str:
        """Estimate and interval in words."""
        one = self.effect
        if math.isnan(one.low):
            return f"{one.estimate:+.1f} {one.unit}s (no event in one arm, no interval)".replace("-", "−")
        if one.measure == "hazard ratio":
            return f"{one.estimate:.2f} ({one.low:.2f} to {one.high:.2f})"
        tail = " points" if one.unit == "points" else " months"
        return f"{one.estimate:+.1f}{tail} ({one.low:+.1f} to {one.high:+.1f})".replace("-", "−")

    @property
    def says_something(self) -> bool:
        """Whether the interval leaves out no difference."""
        null = 1.0 if self.effect.measure == "hazard ratio" else 0.0
        if math.isnan(self.effect.low):
            return False
        return not self.effect.low <= null <= self.effect.high


def pairs(source: Source) -> list[tuple[str, str]]:
    """(arm, reference): the reference is the one arm without cells, or else the first arm."""
    arms = list(source.arms)
    without = [arm for arm in arms if not source.has_cells(arm)]
    reference = without[0] if len(without) == 1 else arms[0]
    return [(arm, reference) for arm in arms if arm != reference]


def told(source: Source) -> Iterator[Told]:
    """Every effect of every endpoint that the trial asks for; nothing where it was not randomised."""
    if len(source.arms) < 2 or source.trial.planned_design.kind != "randomised":
        return
    for found in _asked(source):
        for arm, reference in pairs(source):
            for one in effects(found, arm, reference):
                yield Told(found, arm, reference, one)


def main_curve(source: Source) -> EndpointResult | None:
    """The first curve from enrolment that the trial asks for, or else its first curve."""
    curves = [found for found in _asked(source) if found.over_time]
    return next((found for found in curves if found.record.among == "enrolled"), curves[0] if curves else None)


def by_subgroup(
    source: Source, found: EndpointResult, arm: str, reference: str, groups: Mapping[str, pl.DataFrame] | None = None
) -> dict[str, Effect | None]:
    """The effect in all, and in the groups given; else in the classes of the design's strata, in older and younger people, in women and men."""
    return in_subgroups(found, arm, reference, _groups(source) if groups is None else groups)


def _asked(source: Source) -> list[EndpointResult]:
    asked = {use.id for use in source.trial.endpoints}
    cells = all(source.has_cells(arm) for arm in source.arms)
    kept = []
    for found in source.endpoints():
        if (asked and found.id not in asked) or found.record.from_enrolment in asked:
            continue
        if found.record.group == CELLS and not cells:
            continue
        kept.append(found)
    return kept


def _groups(source: Source) -> dict[str, pl.DataFrame]:
    patients = source.frame("patients")
    strata = source.trial.planned_design.strata
    found: dict[str, pl.DataFrame] = {}
    for one in strata:
        found |= classes(patients, one.covariate, one.above, title=strata_words(one, source).split(", above")[0])
    own = {one.covariate for one in strata}
    if AGE in patients.columns and AGE not in own:
        found |= classes(patients, AGE, [OLD_YEARS], title=title_of(AGE, source.result))
    if SEX in patients.columns and SEX not in own:
        men, women = classes(patients, SEX, [0.5]).values()
        found |= {"Women": women, "Men": men}
    return {name: members for name, members in found.items() if members.height}


def safely(source: Source) -> list[Told]:
    """`told`, or nothing where an endpoint cannot be compared."""
    try:
        return list(told(source))
    except LivingDrugError:
        return []
