"""The one door: a trial, by name, file or record, becomes plans that will run. `check`, `run` and every other command use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livingdrug.catalog.plan import Plan, plans_of
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.manufacturing.network.soundness import check_network
from livingdrug.outcome.asked import ask
from livingdrug.outcome.names import check_names
from livingdrug.outcome.outcomes import check_outcomes

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.foundation.quantities import Quantity


def planned(
    trial: Trial | str | Path,
    catalog: Catalog,
    *,
    arms: Sequence[str] | None = None,
    parameters: Mapping[str, Quantity] | None = None,
) -> tuple[Trial, tuple[Plan, ...]]:
    """The trial and the plan of each arm, held together and against the assembled model.

    Parameters
    ----------
    trial
        A record, a catalogue name or a TOML file.
    catalog
        Where names are looked up.
    arms
        Arms wanted; all when omitted.
    parameters
        Model parameters of the user's own, to be used in place of the catalogue's.

    Raises
    ------
    BadInput
        What is wrong, where, what was expected, what to do. What passes here runs to its end.
    """
    from livingdrug.catalog.load import load_trial
    from livingdrug.course.equations import check_plan
    from livingdrug.observation.aftermath import check_conduct

    record = load_trial(trial, catalog) if isinstance(trial, (str, Path)) else trial
    if arms is not None and not arms:
        raise BadInput(f"no arm was chosen.\n  Name at least one of: {', '.join(arm.name for arm in record.arms)}.")
    for name in arms or ():
        record.arm(name)
    plans = plans_of(record, catalog, None if arms is None else tuple(arms))
    for plan in plans:
        check_conduct(plan.conduct, plan.trial)
        check_plan(plan, parameters)
        if plan.network is not None:
            check_network(plan.network)
        _rehearse(plan)
    for one in record.planned_design.strata:
        if one.covariate not in plans[0].population.covariate:
            raise UnknownName(
                f'covariate in population "{plans[0].population.id}", named in "design.strata",', one.covariate,
                plans[0].population.covariate,
            )  # fmt: skip
    if plans:
        check_outcomes(plans[0].questions)
        for use in record.endpoints:
            endpoint = catalog.load("endpoint", use.id)
            ask(endpoint)
            check_names(endpoint.needs, plans[0].questions, f'endpoint "{use.id}"')
    return record, plans


def _rehearse(plan: Plan) -> None:
    """Enrol one patient and supply them: an unknown supply, or a number that making needs and lacks, shows here."""
    import numpy as np

    from livingdrug.course.equations import parameters_of
    from livingdrug.manufacturing import make
    from livingdrug.population import draw

    make(plan, draw(plan.population, np.array([1], dtype=np.int64), 0), parameters_of(plan), 0)
