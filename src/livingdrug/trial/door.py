"""The one door: a trial, by name, file or record, becomes plans that will run. `check`, `run` and every other command use it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livingdrug.catalog.plan import Plan, plans_of
from livingdrug.catalog.questions import questions_of
from livingdrug.catalog.roles import roles_among
from livingdrug.catalog.signs import signs_of
from livingdrug.foundation.errors import BadInput, CatalogError, UnknownName, naming
from livingdrug.manufacturing.network.soundness import check_network
from livingdrug.manufacturing.network.waits import check_waits
from livingdrug.outcome.asked import ask
from livingdrug.outcome.names import check_names
from livingdrug.outcome.sound import check_outcome, check_outcomes
from livingdrug.trial.calendar import refuse_calendar

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.catalog.records.outcome import Outcome
    from livingdrug.catalog.records.population import Population
    from livingdrug.catalog.records.trial import Stratum, Trial
    from livingdrug.foundation.quantities import Quantity


def planned(
    trial: Trial | str | Path,
    catalog: Catalog,
    *,
    arms: Sequence[str] | None = None,
    parameters: Mapping[str, Quantity] | None = None,
    joined: Callable[[Plan], object] | None = None,
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
    joined
        Called with each plan that holds against its model, while others are still to be looked at.

    Raises
    ------
    BadInput
        What is wrong, where, what was expected, what to do. What passes here runs to its end.
    """
    from livingdrug.catalog.load import load_trial
    from livingdrug.course.equations import check_plan
    from livingdrug.observation.aftermath import check_conduct

    own_file = str(trial) if isinstance(trial, (str, Path)) and str(trial).endswith(".toml") else ""
    with naming(own_file):
        record = load_trial(trial, catalog) if isinstance(trial, (str, Path)) else trial
        if arms is not None and not arms:
            raise BadInput(f"no arm was chosen.\n  Name at least one of: {', '.join(arm.name for arm in record.arms)}.")
        for name in arms or ():
            record.arm(name)
        plans = plans_of(record, catalog, None if arms is None else tuple(arms))
        for plan in plans:
            check_conduct(plan)
            check_plan(plan, parameters)
            if joined is not None:
                joined(plan)
            if plan.network is not None:
                with naming(f'arm "{plan.arm.name}", network {plan.network.id}'):
                    check_network(plan.network)
                    check_waits(plan.network)
            _rehearse(plan)
        _hold_together(record, plans, catalog)
    return record, plans


def own_parameters(
    plans: Sequence[Plan], parameters: Mapping[str, Quantity | str | float] | None
) -> dict[str, Quantity]:
    """Model parameters of the user's own as sourced numbers in the model's unit, held against what they replace.

    Parameters
    ----------
    plans
        One for each arm that is run; a parameter must be in the model of each.
    parameters
        Name -> text with number and unit, a bare number where the parameter has no unit, or a `Quantity`.

    Raises
    ------
    UnknownName
        No such parameter; with the nearest.
    UnitError
        Another unit than the parameter's.
    BadInput
        A sign that the parameter cannot have, or no finite number.
    """
    from livingdrug.course.equations import check_plan, own_parameter, parameters_of

    if parameters is not None and not isinstance(parameters, Mapping):
        raise BadInput(
            f"parameters: got {parameters!r}, expected names with values.\n"
            '  Write for example parameters={"growth_max": "2.8 1/day"}.'
        )
    found: dict[str, Quantity] = {}
    for plan in plans if parameters else ():
        known = parameters_of(plan)
        for name, given in (parameters or {}).items():
            if name not in known:
                raise UnknownName(
                    "model parameter", str(name), known,
                    f"These are of recipe {plan.recipe}; livingdrug model shows each with value, unit and meaning.",
                )  # fmt: skip
            found[name] = own_parameter(name, given, known[name])
        check_plan(plan, found)
    return found


def _refuse_empty_classes(stratum: Stratum, population: Population) -> None:
    """A limit outside what the covariate can be makes a class in which nobody is."""
    low, high = population.covariate[stratum.covariate].range()
    for limit in stratum.above:
        if not low <= limit < high:
            raise BadInput(
                f'"design.strata" of {stratum.covariate}: nobody is {"at most" if limit < low else "above"} {limit:g}; in population'
                f' "{population.id}" it lies from {low:g} to {high:g}.\n'
                "  Give limits inside, one between each two classes."
            )


def check_outcome_file(outcome: Outcome, catalog: Catalog) -> None:
    """Hold an outcome file by itself against its frame, columns and reducer, and against what the catalogue has of what it names.

    Numbers of a trial's ``[conduct]`` that its formula reads must be those of some trial of the catalogue.

    Raises
    ------
    BadInput
        What is wrong, where, what was expected, what to do.
    """
    trials = [catalog.load("trial", name) for name in catalog.names("trial")]
    check_outcome(outcome, tuple(dict.fromkeys(name for trial in trials for name in trial.conduct)), signs_of(catalog))
    scales = [catalog.load("scale", name) for name in catalog.names("scale")]
    assays = [catalog.load("assay", name) for name in catalog.names("assay")]
    known: dict[str, Collection[str]] = {
        "scale": [one.id for one in scales],
        "toxicity": list(dict.fromkeys(one.toxicity for one in scales)),
        "quantity": list(dict.fromkeys(one.quantity for one in assays)),
        "drug": catalog.names("drug"),
    }
    for key, wanted in outcome.match.items():
        for name in wanted if isinstance(wanted, tuple) else (wanted,):
            if isinstance(name, str) and key in known and "{" not in name and name not in known[key]:
                raise UnknownName(f'{key} in "match" of outcome "{outcome.id}"', name, known[key])
    for kind in ("scale", "score"):
        if kind in outcome.option:
            catalog.load(kind, str(outcome.option[kind]))
    others = [catalog.load("outcome", name) for name in catalog.names("outcome") if name != outcome.id]
    twins = [one.id for one in others if one.pattern == outcome.pattern]
    if twins:
        raise CatalogError(
            f'outcome/{outcome.id}.toml, "name": "{outcome.pattern}" is the name of outcome/{twins[0]}.toml, too.\n'
            f"  Choose another name, or call the file {twins[0]}.toml to stand in its place."
        )
    roles_among([*others, outcome])


def check_endpoint_file(endpoint: Endpoint, catalog: Catalog) -> None:
    """Hold an endpoint file by itself against its kind and estimator, and the names it reads against the catalogue's trials.

    The names must be known together in one trial at least; whether a trial measures what they stand for is its own matter.

    Raises
    ------
    UnknownName
        A name that no trial has, with the nearest.
    CatalogError
        A key is missing, unknown, of another kind, or has a wrong value.
    """
    ask(endpoint)
    unknown: UnknownName | None = None
    for name in catalog.names("trial"):
        try:
            check_names(endpoint.needs, questions_of(catalog.load("trial", name), catalog), f'endpoint "{endpoint.id}"')
        except UnknownName as problem:
            unknown = unknown or problem
        except BadInput:
            return
        else:
            return
    if unknown is not None:
        raise unknown


def _rehearse(plan: Plan) -> None:
    """Enrol one patient and supply them: an unknown supply, or a number that making needs and lacks, shows here."""
    import numpy as np

    from livingdrug.course.equations import parameters_of
    from livingdrug.manufacturing import make
    from livingdrug.population import draw

    cohort = draw(plan.population, np.array([1], dtype=np.int64), 0)
    try:
        make(plan, cohort, parameters_of(plan), 0)
    except UnknownName as problem:
        if "covariate in population" not in str(problem):
            raise
        raise CatalogError(
            f'population "{plan.population.id}" does not go with disease "{plan.disease.id}" in arm "{plan.arm.name}": {problem}\n'
            "  Choose a population of that disease, or give the population what is read of it."
        ) from None


def _hold_together(record: Trial, plans: tuple[Plan, ...], catalog: Catalog) -> None:
    """Strata, calendar, outcomes and endpoints of a trial against what its arms know."""
    for one in record.planned_design.strata:
        if one.covariate not in plans[0].population.covariate:
            raise UnknownName(
                f'covariate of population "{plans[0].population.id}" for "design.strata" is called', one.covariate,
                plans[0].population.covariate, "Name one of these, or a population that draws it.",
            )  # fmt: skip
        _refuse_empty_classes(one, plans[0].population)
    refuse_calendar(record, catalog)
    if plans:
        check_outcomes(plans[0].questions)
        for use in record.endpoints:
            endpoint = catalog.load("endpoint", use.id)
            over_time = ask(endpoint).estimator.over_time
            if use.at_months and not over_time:
                raise CatalogError(
                    f'trial "{record.id}", "endpoint.at_months" of {use.id}: it is a {endpoint.kind}, which is not told at times.\n'
                    "  Take the times out, or name an endpoint over time."
                )
            check_names(endpoint.needs, plans[0].questions, f'endpoint "{use.id}"')
