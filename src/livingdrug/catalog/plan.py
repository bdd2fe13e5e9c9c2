"""One arm as planned, every name resolved: the rest of the line looks nothing up.

trial file + catalogue ──► Plan: population, disease, product, making, guideline, scales, drugs, assays, infections, questions

Names are resolved here once, and once more nowhere. What only the assembled model can tell (whether it has what an assay
reads, a drug enters, a product sets) is checked by `livingdrug.course.equations.check_plan`, which every door calls.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from livingdrug.catalog.arms import CYCLE, as_cycles
from livingdrug.catalog.questions import Questions, questions_of
from livingdrug.catalog.signs import SHIPPED, Signs
from livingdrug.catalog.solid import routes_of, solid_parts
from livingdrug.foundation.errors import CatalogError

if TYPE_CHECKING:
    from livingdrug.catalog.arms import Arm
    from livingdrug.catalog.lookup import Lookup
    from livingdrug.catalog.records.aftermath import Aftermath
    from livingdrug.catalog.records.antigen import Antigen
    from livingdrug.catalog.records.assay import Assay
    from livingdrug.catalog.records.costimulation import Costimulation
    from livingdrug.catalog.records.disease import Disease
    from livingdrug.catalog.records.drug import Drug
    from livingdrug.catalog.records.edit import Edit
    from livingdrug.catalog.records.guideline import Guideline
    from livingdrug.catalog.records.infection import Infection
    from livingdrug.catalog.records.late_effect import LateEffect
    from livingdrug.catalog.records.making import Making
    from livingdrug.catalog.records.network import Network
    from livingdrug.catalog.records.population import Population
    from livingdrug.catalog.records.product import Product
    from livingdrug.catalog.records.route import Route
    from livingdrug.catalog.records.scale import Scale
    from livingdrug.catalog.records.tissue import Tissue
    from livingdrug.catalog.records.trait import Trait
    from livingdrug.catalog.records.trial import Trial, Visits
    from livingdrug.foundation.quantities import Quantity


@dataclass(frozen=True)
class Measured:
    """An assay and the visits at which it is done.

    Attributes
    ----------
    assay
        The assay.
    days
        Planned days from infusion, ascending.
    window_days
        A visit may fall this many days before or after its planned day: one number, or one for each day.
    asked
        Whether the trial names the assay; one that only shares the name of a group of visits is done where the model has
        what it reads.
    """

    assay: Assay
    days: tuple[float, ...]
    window_days: float | tuple[float, ...]
    asked: bool

    def window(self, planned: float) -> float:
        """The window of the visit planned on this day [day]."""
        if isinstance(self.window_days, tuple):
            return self.window_days[self.days.index(planned)]
        return self.window_days


_SELDOM = ("routes", "instances")
"""Fields that do not count in a plan's hash where they are empty."""


@dataclass(frozen=True)
class Plan:
    """One arm of a trial, ready to be followed. It pickles small, and a worker elsewhere needs nothing else.

    Attributes
    ----------
    trial, arm
        Name of the trial, and the arm with its givens.
    follow_up_days
        Planned follow-up from day 0 [day].
    missed
        Probability that a patient misses a planned visit.
    visits
        The trial's visits; each planned day is a check.
    conduct
        The trial's numbers about how it was run.
    aftermath
        What follows relapse or failure in this disease, and how a trial is usually run.
    population, disease
        Who enrols, and with what.
    product, costimulation, making
        The cells, the domain of their receptor and how they are made; None in an arm without cells.
    guideline
        How toxicity is managed.
    graded
        Scales recorded, in order: the trial's own, then those that are graded wherever the model has their signs.
    scales
        Every scale that the rules read or the trial records, by id.
    drugs
        Every drug planned or given by a rule, by id.
    measured
        Assays with their visits.
    infection
        Pattern of infections; None for none.
    recipe
        Model recipe that simulates the arm.
    texts
        Mechanisms and recipes of the user's own: "mechanisms/x.ant" -> its text; they stand before the package's.
    late_effects
        What may come long after the product.
    routes
        By which cells are given, where one is not intravenous: every one of the arm's.
    instances
        Lesions, shells, strains, surroundings and cavities of a solid tumour, as the model takes them; empty otherwise.
    edits
        Edits of donors' cells, in the order of the making file.
    network
        Where the arm's lead times come from; None for the product's own clocks.
    signs
        Every sign there is: what scales, guideline and ward may read.
    questions
        What may be asked of what was seen: outcomes, and the records they read.
    antigens
        Those of the product's receptors of which a file tells, by name.
    tissues
        Healthy tissues that carry an antigen of the product.
    traits
        What the product's construct has besides its receptor.
    fitted
        Values of a parameter set that stand in place of those of mechanisms' sheets: address -> value.
    parameter_set
        Hash of the whole set, of which the records here hold the other part; empty when the files stand as they are.
    """

    trial: str
    arm: Arm
    follow_up_days: float
    missed: float
    visits: Visits
    conduct: Mapping[str, Quantity]
    aftermath: Aftermath
    population: Population
    disease: Disease
    product: Product | None
    costimulation: Costimulation | None
    making: Making | None
    guideline: Guideline
    graded: tuple[Scale, ...]
    scales: Mapping[str, Scale]
    drugs: Mapping[str, Drug]
    measured: tuple[Measured, ...]
    infection: Infection | None
    recipe: str
    questions: Questions = field(repr=False)
    signs: Signs = field(default=SHIPPED, repr=False)
    fitted: Mapping[str, float] = field(default_factory=dict, repr=False)
    parameter_set: str = ""
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    network: Network | None = None
    late_effects: tuple[LateEffect, ...] = ()
    routes: tuple[Route, ...] = ()
    instances: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    antigens: Mapping[str, Antigen] = field(default_factory=dict)
    tissues: tuple[Tissue, ...] = ()
    traits: tuple[Trait, ...] = ()

    def records(self) -> Iterator[tuple[str, Any]]:
        """("kind/id", record) of every catalogue file that can move a course."""
        one = {
            "population": self.population, "disease": self.disease, "product": self.product,
            "costimulation": self.costimulation, "making": self.making,
            "guideline": self.guideline, "infection": self.infection, "aftermath": self.aftermath,
            "network": self.network,
        }  # fmt: skip
        yield from ((f"{kind}/{record.id}", record) for kind, record in one.items() if record is not None)
        yield from ((f"late_effect/{one.id}", one) for one in self.late_effects)
        yield from ((f"route/{one.id}", one) for one in self.routes)
        yield from ((f"edit/{one.id}", one) for one in self.edits)
        yield from ((f"antigen/{one.id}", one) for one in self.antigens.values())
        yield from ((f"tissue/{one.id}", one) for one in self.tissues)
        yield from ((f"trait/{one.id}", one) for one in self.traits)
        yield from ((f"scale/{name}", record) for name, record in self.scales.items())
        yield from ((f"scale/{record.id}", record) for record in self.graded if record.id not in self.scales)
        yield from ((f"drug/{name}", record) for name, record in self.drugs.items())
        yield from ((f"assay/{one.assay.id}", one.assay) for one in self.measured)

    def hashes(self) -> dict[str, str]:
        """Content hash of each of `records`, and of each text of the user's own."""
        found = {place: digest(record.model_dump(mode="json")) for place, record in self.records()}
        return {**found, **{name: digest(text) for name, text in self.texts.items()}}

    def sha256(self) -> str:
        """Hash of everything in the plan that can move a course; endpoints and outcomes cannot."""
        told = {
            one.name: _plain(value)
            for one in fields(self)
            if one.name != "questions" and ((value := getattr(self, one.name)) or one.name not in _SELDOM)
        }
        return digest(told)


def plan_arm(trial: Trial, arm_name: str, catalog: Lookup, questions: Questions | None = None) -> Plan:
    """An arm with every name in it found.

    Parameters
    ----------
    trial
        A trial record.
    arm_name
        Which arm.
    catalog
        Where names are looked up.
    questions
        The trial's, when they are known already: they are the same for every arm.

    Raises
    ------
    UnknownName, CatalogError
        A name that leads nowhere, or records that do not fit together; says what, where, and the next step.
    """
    arm = trial.arm(arm_name)
    disease = _with_share_of(arm, catalog.load("disease", trial.disease))
    product = catalog.load("product", arm.product) if arm.product else None
    guideline = catalog.load("guideline", arm.management.guideline)
    questions = questions or questions_of(trial, catalog)
    drugs = dict.fromkeys([*(given.drug for given in arm.drugs), *guideline.drugs])
    making = _making_of(arm, product, catalog) if product else None
    known = {name: catalog.load("drug", name) for name in drugs}
    _counted_alike(arm, guideline, known)
    return Plan(
        trial=trial.id,
        arm=arm,
        follow_up_days=trial.follow_up_days,
        missed=trial.visits.missed.value if trial.visits.missed else 0.0,
        visits=trial.visits,
        conduct=trial.conduct,
        aftermath=catalog.load("aftermath", disease.aftermath),
        population=catalog.load("population", trial.population),
        disease=disease,
        product=product,
        costimulation=catalog.load("costimulation", product.costimulation) if product else None,
        making=making,
        guideline=guideline,
        graded=tuple(catalog.load("scale", name) for name in questions.graded),
        scales={name: catalog.load("scale", name) for name in dict.fromkeys([*trial.scales, *guideline.scales])},
        drugs=known,
        measured=_measured(trial.visits, catalog),
        infection=catalog.load("infection", trial.infections) if trial.infections else None,
        recipe=(product.recipe if product else "") or disease.recipe,
        questions=questions,
        signs=questions.signs,
        fitted=dict(catalog.parameters.of_model),
        parameter_set=catalog.parameters.sha256 if catalog.parameters else "",
        texts=catalog.model_texts(),
        network=catalog.load("network", arm.apheresis.network) if product and arm.apheresis.network else None,
        late_effects=_late_effects(product, arm, catalog),
        routes=(routes := routes_of(arm, catalog)),
        instances=solid_parts(disease, product.target if product else "", routes, catalog),
        edits=tuple(catalog.load("edit", name) for name in making.edits) if making else (),
        antigens=_antigens(product, catalog) if product else {},
        tissues=_tissues(product, catalog) if product else (),
        traits=tuple(catalog.load("trait", name) for name in product.traits) if product else (),
    )


def plans_of(trial: Trial, catalog: Lookup, arms: tuple[str, ...] | None = None) -> tuple[Plan, ...]:
    """The plan of each arm, or of those named, in the trial's order."""
    names = [arm.name for arm in trial.arms if arms is None or arm.name in arms]
    questions = questions_of(trial, catalog)
    return tuple(plan_arm(trial, name, catalog, questions) for name in names)


def _making_of(arm: Arm, product: Product, catalog: Lookup) -> Making:
    """How the arm's cells are made: as the arm says, else as the product does; another product's making only where this is meant."""
    name = arm.apheresis.making or product.making_process
    if not name:
        known = ", ".join(catalog.names("making"))
        raise CatalogError(
            f'arm "{arm.name}" does not say how "{arm.product}" is made, and neither does the product.\n'
            f'  Write making = "..." under [arm.apheresis], or making_process in the product file. Known: {known}.'
        )
    making: Making = catalog.load("making", name)
    meant = arm.apheresis.of_another_product or name == product.making_process
    if not meant and {making.product, *making.also}.isdisjoint(_lineage(product, catalog)):
        raise CatalogError(
            f'arm "{arm.name}", "apheresis.making": "{name}" is how {making.product} is made, but the arm gives {product.id}.\n'
            "  Name a making of its own; or, if this is meant, write of_another_product = true beside it"
            f' (or also = ["{product.id}"] in making/{name}.toml).'
        )
    if arm.bridging.share is None:
        return making
    return making.model_copy(update={"waiting": {**making.waiting, "bridged": arm.bridging.share}})


def _with_share_of(arm: Arm, disease: Disease) -> Disease:
    """The disease, whose share of bridging stands in for the making file's, but not for the trial's own."""
    if arm.bridging.share is None or "bridged" not in disease.waiting:
        return disease
    return disease.model_copy(
        update={"waiting": {name: one for name, one in disease.waiting.items() if name != "bridged"}}
    )


def _counted_alike(arm: Arm, guideline: Guideline, drugs: Mapping[str, Drug]) -> None:
    """A regimen is dosed in cycles and any other drug in milligrams, by the plan and by every rule."""
    told = [(f'arm "{arm.name}", "{one.drug}"', one.drug, one.dose, one.dose_unit == CYCLE) for one in arm.drugs]
    told += [
        (f'guideline "{guideline.id}", rule {rule.id}', rule.drug, rule.dose.fixed or rule.dose.per_kg,
         as_cycles(rule.dose.fixed) is not None)
        for rule in guideline.rule
    ]  # fmt: skip
    for place, name, dose, in_cycles in told:
        if not drugs[name].supportive and in_cycles != (drugs[name].counted_in == CYCLE):
            usual = '"1 cycle"' if drugs[name].counted_in == CYCLE else f"milligrams: {drugs[name].usual_dose}"
            raise CatalogError(f'{place}: got the dose "{dose}", but {name} is dosed in {usual}.\n  Correct the dose.')


def _late_effects(product: Product | None, arm: Arm, catalog: Lookup) -> tuple[LateEffect, ...]:
    """Every late effect that follows this product or a drug planned in the arm, by name."""
    lineage = tuple(_lineage(product, catalog)) if product else ()
    drugs = frozenset(one.drug for one in arm.drugs)
    every = (catalog.load("late_effect", name) for name in catalog.names("late_effect"))
    return tuple(one for one in every if one.follows(lineage, drugs))


def _antigens(product: Product, catalog: Lookup) -> dict[str, Antigen]:
    """The files of its antigens, which stand under their names in small letters; a further receptor needs one."""
    needed = {one.target for one in product.receptor.values()}
    found = {}
    for name in product.targets:
        if name in needed or catalog.has("antigen", name.lower()):
            found[name] = catalog.load("antigen", name.lower())
    return found


def _tissues(product: Product, catalog: Lookup) -> tuple[Tissue, ...]:
    """Every tissue that carries one of its antigens, by name."""
    every = (catalog.load("tissue", name) for name in catalog.names("tissue"))
    return tuple(one for one in every if any(one.carries(antigen) for antigen in product.targets))


def _lineage(product: Product, catalog: Lookup) -> list[str]:
    """The product and those it extends, as it calls them."""
    found = [product.id]
    while product.extends:
        product = catalog.load("product", product.extends)
        found.append(product.id)
    return found


def _measured(visits: Visits, catalog: Lookup) -> tuple[Measured, ...]:
    """Which assay is done on which days: as the trial says, else where the assay's own `schedule` names a group."""
    assays = {name: catalog.load("assay", name) for name in catalog.names("assay")}
    plan: dict[str, Measured] = {}
    known: dict[str, dict[float, float]] = {}
    for group, days in visits.days.items():
        named = visits.assays.get(group)
        for name in named or tuple(name for name, assay in assays.items() if assay.schedule == group):
            assay = assays[name] if name in assays else catalog.load("assay", name)
            windows = {**dict.fromkeys(days, visits.window_days.get(group, 0.0)), **known.get(name, {})}
            known[name] = dict(sorted(windows.items()))  # of a day in two groups the first one's window holds
            asked = bool(named) or (name in plan and plan[name].asked)
            plan[name] = Measured(assay, tuple(known[name]), tuple(known[name].values()), asked)
    for name, assay in assays.items():
        if assay.on_relapse and name not in plan:
            plan[name] = Measured(assay, (), 0.0, False)
    return tuple(plan.values())


def digest(content: Any) -> str:
    """SHA-256 of plain values, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def questions_sha256(questions: Questions) -> str:
    """Hash of all that may be asked of a trial's patients: with equal ones, and equal code, a run has equal outcomes."""
    return digest({one.name: _plain(getattr(questions, one.name)) for one in fields(questions)})


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Measured):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(inner) for inner in value]
    return value
