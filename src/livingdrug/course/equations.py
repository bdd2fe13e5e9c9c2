"""From catalogue names to something that runs: recipe, guideline and scales become one compiled model.

Compiled once per process and combination; chunks in other threads share it.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livingdrug.catalog.load import Catalog
from livingdrug.clinic.management import RuleInfo, compile_guideline
from livingdrug.course.fate import extinct_day, fate_parameters, fate_program
from livingdrug.engine.ensemble import CompiledModel, compile_model
from livingdrug.engine.odes import Odes
from livingdrug.engine.program import joined
from livingdrug.engine.read_sbml import read_sbml
from livingdrug.foundation.quantities import Quantity
from livingdrug.model.assemble import Model, assemble
from livingdrug.model.instance import Clone
from livingdrug.model.texts import texts_in

if TYPE_CHECKING:
    from livingdrug.catalog.arms import Arm
    from livingdrug.catalog.records.drug import Record as Drug
    from livingdrug.catalog.records.guideline import Record as Guideline
    from livingdrug.catalog.records.trial import Record as Trial

ACUTE_PHASE_DAYS = 60.0
"""Rules for acute toxicity fire until this day; assumed, covers the eight weeks in which ELIANA counted such events."""
REMEMBERED = ("fever_treated", "admitted", "dead", "toxicity_death_day")
"""What the check program remembers of every patient, beside the day on which each clone died out."""


@dataclass(frozen=True)
class Equations:
    """One arm's model, ready to run.

    Attributes
    ----------
    model
        The assembled mechanisms with their parameters and sources.
    compiled
        The same as machine code, with the rules of the guideline.
    outputs
        Names recorded at every check, in order.
    rules
        What each firing means, in the order of the compiled program.
    """

    model: Model
    odes: Odes
    compiled: CompiledModel
    outputs: tuple[str, ...]
    rules: tuple[RuleInfo, ...]


_LOCK = threading.Lock()
_READY: dict[object, Equations] = {}


def equations(trial: Trial, arm: Arm, catalog: Catalog) -> Equations:
    """The compiled model of an arm: the product's recipe under the arm's guideline, grading the trial's scales.

    A drug brings its mechanism: one that the recipe leaves out joins the model of every arm that may give the drug.
    The recipes themselves hold the drugs that guidelines give, so that arms of one product share one model and differ
    by their treatment, not by the steps of the integration; and another arm in the trial changes nothing in this one.

    Raises
    ------
    ModelError, CatalogError
        Mechanisms, rules or scales do not fit together.
    """
    product = catalog.load("product", arm.product)
    guideline = catalog.load("guideline", arm.management.guideline)
    names = dict.fromkeys([*trial.scales, *guideline.scales])
    scales = {name: catalog.load("scale", name) for name in names}
    drugs = {name: catalog.load("drug", name) for name in guideline.drugs}
    brought = _entered_states(arm, catalog)
    texts = texts_in(catalog.folders)
    key = (product.recipe, brought, tuple(texts.items()), guideline.model_dump_json(), tuple(s.model_dump_json() for s in scales.values()),
           tuple(d.model_dump_json() for d in drugs.values()))  # fmt: skip
    with _LOCK:
        if key not in _READY:
            _READY[key] = _compile(product.recipe, brought, texts, guideline, scales, drugs)
        return _READY[key]


def _entered_states(arm: Arm, catalog: Catalog) -> tuple[str, ...]:
    """States that the drugs of an arm enter, sorted; supportive drugs enter none."""
    names = {part.drug for part in arm.lymphodepletion}
    names |= set(catalog.load("guideline", arm.management.guideline).drugs)
    drugs: list[Drug] = [catalog.load("drug", name) for name in sorted(names)]
    return tuple(sorted({drug.enters for drug in drugs if not drug.supportive}))


def _compile(
    recipe: str,
    entered: tuple[str, ...],
    texts: Mapping[str, str],
    guideline: Guideline,
    scales: Mapping,
    drugs: Mapping,
) -> Equations:
    model = assemble(recipe, states=entered, texts=texts)
    odes = _with_patient_parameters(read_sbml(model.sbml), model.clones)
    managed, rules = compile_guideline(guideline, scales, drugs, active_until_day=ACUTE_PHASE_DAYS)
    program = joined(fate_program(model.clones), managed)
    told = [name for rule in rules for name in rule.reads]  # what the log's reasons are filled from
    outputs = tuple(
        dict.fromkeys([*model.outputs, *model.states, *REMEMBERED, *map(extinct_day, model.clones), *scales, *told])
    )
    compiled = compile_model(
        odes,
        log_scales=model.log_scales,
        linear_scales=model.linear_scales,
        outputs=outputs,
        program=program,
    )
    return Equations(model, odes, compiled, outputs, tuple(rules))


def _with_patient_parameters(odes: Odes, clones: tuple[Clone, ...]) -> Odes:
    """The model's parameters and those that only the check program reads: thresholds of fate, age."""
    import numpy as np

    extra = [name for name in (*fate_parameters(np.array([1]), 0, clones), "age") if name not in odes.parameters]
    return dataclasses.replace(
        odes, parameters=(*odes.parameters, *extra), defaults=(*odes.defaults, *(1.0 for _ in extra))
    )


def parameter_quantities(trial: Trial, arm: Arm, catalog: Catalog, model: Model | None = None) -> dict[str, Quantity]:
    """Every model parameter with its origin: the mechanism's own, replaced by the disease's, then by the product's.

    The model is that of the product's recipe with the mechanisms its drugs bring, unless one is given.
    """
    disease = catalog.load("disease", trial.disease)
    product = catalog.load("product", arm.product)
    if model is None:
        model = assemble(product.recipe, states=_entered_states(arm, catalog), texts=texts_in(catalog.folders))
    return {**model.parameters, **disease.parameter, **product.parameter}
