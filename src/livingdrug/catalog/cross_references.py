"""Names in a trial that must be found elsewhere in the catalogue: products, drugs, endpoints, scales …"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from livingdrug.catalog.questions import questions_of
from livingdrug.catalog.usual_doses import far_from_usual
from livingdrug.foundation.errors import BadInput, CatalogError

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup
    from livingdrug.catalog.records.trial import Trial


def check_trial(trial: Trial, catalog: Lookup) -> list[BadInput]:
    """Everything in a trial that points to nowhere, as errors ready to be shown or raised.

    Parameters
    ----------
    trial
        A loaded trial record.
    catalog
        Where its names are looked up; each file named is read, so its own faults are found too.

    Returns
    -------
    An empty list when all is well.
    """
    problems: list[BadInput] = []
    seen: set[tuple[str, str]] = set()
    waiting = [(f'trial "{trial.id}", "{place}"', kind, name) for place, kind, name in _references(trial)]
    while waiting:
        place, kind, name = waiting.pop(0)
        if (kind, name) in seen:
            continue
        seen.add((kind, name))
        try:
            catalog.path(kind, name)
        except BadInput as problem:  # it points to nowhere: the fault is in the file that names it
            problems.append(CatalogError(f"{place}: {problem}"))
            continue
        try:
            record = catalog.load(kind, name)
        except BadInput as problem:
            problems.append(problem)
        else:
            if kind == "drug" and place.endswith('lymphodepletion.drug"') and record.supportive:
                problems.append(
                    CatalogError(
                        f'{place}: "{name}" is a supportive drug, which is logged by rules and enters no state of the model.\n'
                        "  Lymphodepletion needs drugs that act: give it in a guideline, or name its state in drug/"
                        f"{name}.toml."
                    )
                )
            if kind == "guideline":  # the one kind named by a trial that names others itself
                waiting += [(f'guideline "{name}"', "drug", drug) for drug in record.drugs]
                waiting += [(f'guideline "{name}"', "scale", scale) for scale in record.scales]
    problems += _unusual_doses(trial, catalog)
    return problems or _unanswered(trial, catalog)


def _unusual_doses(trial: Trial, catalog: Lookup) -> list[BadInput]:
    """Flat amounts of drugs that are dosed by size ("30 mg" where "30 mg/m^2" is usual), and doses far from any usual one ("30 mg/kg")."""
    found: list[BadInput] = []
    for number, arm in enumerate(trial.arms, start=1):
        for given in arm.drugs:
            if not catalog.has("drug", given.drug):
                continue
            try:
                drug = catalog.load("drug", given.drug)
            except BadInput:
                continue  # told already
            place = f'trial "{trial.id}", "arm[{number}].{given.place[1:]}: got "{given.dose}"'
            if drug.dosed_by_size and given.dose_unit == "mg" and not given.is_flat:
                found.append(
                    CatalogError(
                        f"{place}, the same for everybody; {given.drug} is dosed by size: {drug.usual_dose}.\n"
                        f'  Write for example "{given.dose}/m^2", or "{given.dose}/patient" if everybody gets as much.'
                    )
                )
            elif far := far_from_usual(given.dose_value, given.dose_unit, drug):
                found.append(CatalogError(f"{place}, {far}"))
    return found


def _unanswered(trial: Trial, catalog: Lookup) -> list[BadInput]:
    """Endpoints that read what this trial neither grades nor measures."""
    questions = questions_of(trial, catalog)
    found: list[BadInput] = []
    for use in trial.endpoints:
        for name in catalog.load("endpoint", use.id).needs:
            outcome = questions.find(name)
            problem = questions.problem(outcome) if outcome else ""
            if problem:
                found.append(
                    CatalogError(f'trial "{trial.id}", "endpoint": endpoint "{use.id}" reads {name}, but {problem}')
                )
    return found


def _references(trial: Trial) -> Iterator[tuple[str, str, str]]:
    """(place in the trial file, kind, name) of every name used."""
    yield "population", "population", trial.population
    yield "disease", "disease", trial.disease
    for scale in trial.scales:
        yield "scales", "scale", scale
    if trial.infections:
        yield "infections", "infection", trial.infections
    for number, arm in enumerate(trial.arms, start=1):
        place = f"arm[{number}]"
        if arm.product:
            yield f"{place}.product", "product", arm.product
        yield f"{place}.management.guideline", "guideline", arm.management.guideline
        if arm.apheresis.making:
            yield f"{place}.apheresis.making", "making", arm.apheresis.making
        for given in arm.lymphodepletion:
            yield f"{place}.lymphodepletion.drug", "drug", given.drug
        for given in arm.given:
            if given.drug:
                yield f"{place}.given.drug", "drug", given.drug
    for group, assays in trial.visits.assays.items():
        for assay in assays:
            yield f"visits.assays.{group}", "assay", assay
    for endpoint in trial.endpoints:
        yield "endpoint", "endpoint", endpoint.id
