"""What a trial's numbers rest on, in one place for every surface: a scenario as a whole, or arms of which something is not calibrated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from livingdrug.course.equations import scenario_told
from livingdrug.foundation.errors import LivingDrugError

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.records.trial import Trial


def standing(trial: Trial, plans: Iterable[Plan]) -> tuple[str, ...]:
    """Sentences without a full stop, the trial's own first; empty where all is calibrated.

    Parameters
    ----------
    trial
        Whose role and `calibrated_on` tell of it as a whole.
    plans
        Of its arms: mechanisms whose sheets say that they belong to a scenario are named, with the arms that have them.
    """
    by_words: dict[str, list[str]] = {}
    for plan in plans:
        if words := scenario_told(plan):
            by_words.setdefault(words, []).append(plan.arm.name)
    alone = len(trial.arms) == 1
    arms = [words if alone else f"{', '.join(names)}: {words}" for words, names in by_words.items()]
    return tuple(([trial.standing] if trial.standing else []) + arms)


def standing_of(trial: Trial, catalog: Catalog | None = None, arms: Sequence[str] | None = None) -> tuple[str, ...]:
    """The same of a trial whose arms (all, or those named) are planned for it; an arm that cannot be planned now tells nothing."""
    from livingdrug.catalog.load import default_catalog
    from livingdrug.catalog.plan import plan_arm

    known, plans = catalog or default_catalog(), []
    for arm in trial.arms:
        if arms is None or arm.name in arms:
            try:
                plans.append(plan_arm(trial, arm.name, known))
            except LivingDrugError:
                continue
    return standing(trial, plans)
