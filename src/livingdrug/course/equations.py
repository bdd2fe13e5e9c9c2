"""From a plan to something that runs: recipe, guideline and scales become one compiled model.

Assembled and compiled once per process and combination; chunks in other threads share it.
"""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING, Any

from livingdrug.clinic.criterion import judged_by
from livingdrug.clinic.management import RuleInfo, compile_guideline
from livingdrug.course.fate import extinct_day, fate_parameters, fate_program
from livingdrug.course.fitted import laid_on
from livingdrug.course.targets import instances_of, mechanisms_for, numbers_of
from livingdrug.engine.ensemble import CompiledModel, compile_model
from livingdrug.engine.odes import Odes, with_numbers
from livingdrug.engine.program import joined
from livingdrug.engine.sbml.kept_equations import kept_equations
from livingdrug.foundation.errors import BadInput, CatalogError, ModelError, UnitError
from livingdrug.foundation.limits import beyond, too_far
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.remembered import ByObject, Latest
from livingdrug.foundation.units import convert, factor, read
from livingdrug.manufacturing.grafts import grafts
from livingdrug.manufacturing.make import mechanisms_of
from livingdrug.model.assemble import Model, assemble
from livingdrug.model.instance import Clone
from livingdrug.model.texts import package_texts, recipe_of, sheet_of

if TYPE_CHECKING:
    from livingdrug.catalog.plan import Plan

ACUTE_PHASE_DAYS = 60.0
"""Rules for acute toxicity fire for so long after the last infusion; assumed, covers the eight weeks in which ELIANA counted such events."""
CELLS_ENTER = "car_t_infused"
"""State that infused cells enter."""
ANTIGEN_NEGATIVE = "antigen_negative_percent"
"""What a course derives from its clones: what flow cytometry of the tumour would read."""
INFECTIONS_FROM = "infection_exposure"
"""Output from which infections are drawn."""
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


_LOCK = threading.RLock()
_KEPT = 24
"""Models kept, assembled and compiled; one as machine code takes tens of megabytes. A plan keeps its own while it lives."""
_MODELS: Latest[Model] = Latest(_KEPT)
_READY: Latest[Equations] = Latest(_KEPT)
_MODEL_OF: ByObject[Model] = ByObject()
_READY_OF: ByObject[Equations] = ByObject()


def assembled(plan: Plan) -> Model:
    """The model of an arm: its recipe, and the mechanisms that its drugs bring.

    A drug brings its mechanism: one that the recipe leaves out joins the model of every arm that may give the drug.
    The recipes themselves hold the drugs that guidelines give, so that arms of one product share one model and differ
    by their treatment, not by the steps of the integration; and another arm in the trial changes nothing in this one.

    Raises
    ------
    ModelError
        Mechanisms do not fit together.
    """
    with _LOCK:
        return _MODEL_OF.of(plan, lambda: _assembled(plan))


def _assembled(plan: Plan) -> Model:
    brought = brought_by(plan)
    written = json.dumps(brought, sort_keys=True, default=lambda one: one.model_dump(mode="json"))
    key = (plan.recipe, tuple(sorted(plan.texts.items())), written)
    return _MODELS.of(key, lambda: assemble(plan.recipe, texts=plan.texts, **brought))


def brought_by(plan: Plan) -> dict[str, Any]:
    """What an arm brings to its recipe, for `assemble`.

    The states that its drugs enter, mechanisms of its cells, gates and tissues, its clones and grafts, the antigen of its first receptor.
    """
    cells = mechanisms_of(plan)
    parts = {kind: {name: _as_table(one) for name, one in named.items()} for kind, named in plan.instances.items()}
    kinds = _grafts(plan, cells)
    instances = {**instances_of(plan), **parts, **({"graft": kinds} if kinds else {})}
    return {
        "states": entered(plan),
        "mechanisms": (*cells, *mechanisms_for(plan)),
        "instances": instances or None,
        "antigen": plan.product.target if plan.product else "",
    }


def title_of(plan: Plan) -> str:
    """Whose disease the model of an arm describes, and which cells are given: a recipe's own title serves several diseases."""
    return f"{plan.disease.title}; {f'product {plan.product.id}' if plan.product else 'no cells'}"


def scenario_told(plan: Plan) -> str:
    """A sentence on what of an arm is not calibrated; empty where all is."""
    known = {**package_texts(), **plan.texts}
    names = (*recipe_of(plan.recipe, known).mechanisms, *mechanisms_of(plan), *mechanisms_for(plan))
    sheets = [sheet_of(name, known) for name in dict.fromkeys(names)]
    titles = [sheet.title[0].lower() + sheet.title[1:] for sheet in sheets if sheet.scenario]
    return f"scenario: not calibrated ({'; '.join(titles)})" if titles else ""


def _grafts(plan: Plan, brought: tuple[str, ...]) -> dict[str, dict]:
    """Kinds of donors' cells as instances, where a mechanism that the cells bring is written for each."""
    known = {**package_texts(), **plan.texts}
    if not any("graft" in sheet_of(name, known).per for name in brought):
        return {}
    edits = ", ".join(f"edit/{edit.id}.toml" for edit in plan.edits) or "no edit"
    return {
        graft.name: {
            "called": graft.called,
            "parameter": {
                f"{seen}_{{graft}}": {"value": value, "unit": "", "meaning": "How these donors' cells are seen", "kind": "input",
                                      "source": f"edits of the bank: {edits}"}
                for seen, value in graft.seen.items()
            },
        }
        for graft in grafts(plan.edits)
    }  # fmt: skip


def entered(plan: Plan) -> tuple[str, ...]:
    """States that the drugs and cells of an arm enter, sorted; supportive drugs enter none."""
    by_route = {route.state for route in plan.routes} - {CELLS_ENTER}
    return tuple(sorted({drug.enters for drug in plan.drugs.values() if not drug.supportive} | by_route))


def _as_table(instance: Mapping) -> dict:
    """An instance as plain values: its numbers are records in the plan."""
    own = (
        {name: one.model_dump(mode="json", exclude_none=True) for name, one in instance["parameter"].items()}
        if "parameter" in instance
        else {}
    )
    return {**instance, "parameter": own}


def equations(plan: Plan) -> Equations:
    """The compiled model of an arm: its mechanisms under its guideline, grading its scales.

    Raises
    ------
    ModelError, CatalogError
        Mechanisms, rules or scales do not fit together.
    """
    with _LOCK:
        return _READY_OF.of(plan, lambda: _equations(plan))


def _equations(plan: Plan) -> Equations:
    given = {name: plan.drugs[name] for name in plan.guideline.drugs}
    model = _MODEL_OF.of(plan, lambda: _assembled(plan))
    # an entry holds its model, so that no other model takes its place in memory while the entry stands
    key = (id(model), _acute_until(plan), plan.guideline.model_dump_json(), tuple(s.model_dump_json() for s in plan.scales.values()),
           tuple(d.model_dump_json() for d in given.values()), tuple(s.model_dump_json() for s in plan.signs.values()), tuple(sorted(_seen_at_visits(plan))))  # fmt: skip
    return _READY.of(key, lambda: _compile(model, plan, given))


def watched(plan: Plan, ready: Equations) -> tuple[str, ...]:
    """What anybody looks at of a course that is not kept whole, in the order of the outputs: assays, signs, scales, rules' reasons,
    infections, fates, and the burden that calls for a look between visits.
    """
    return _looked_at(plan, ready.outputs, ready.rules, ready.model.clones)


def _looked_at(
    plan: Plan, outputs: tuple[str, ...], rules: tuple[RuleInfo, ...], clones: tuple[Clone, ...]
) -> tuple[str, ...]:
    names = {
        *outputs[:1], *REMEMBERED, *plan.signs, INFECTIONS_FROM, *_seen_at_visits(plan),
        *(name for rule in rules for name in rule.reads),
        *(name for clone in clones for name in (clone.cells, extinct_day(clone))),
    }  # fmt: skip
    return tuple(name for name in outputs if name in names)


def _seen_at_visits(plan: Plan) -> set[str]:
    """What assays, scales, and the criterion of response between visits read."""
    overt = judged_by(plan.disease.response).overt
    return {
        *(one.assay.reads for one in plan.measured),
        *(name for scale in plan.graded for name in scale.names),
        *((overt.reads, *overt.beside) if overt else ()),
    }


def _compile(model: Model, plan: Plan, drugs: Mapping) -> Equations:
    known = {**model.stand_ins, **model.shapes}  # what is left out costs nothing
    odes = _with_patient_parameters(with_numbers(kept_equations(model.sbml), known), model.clones)
    managed, rules = compile_guideline(
        plan.guideline, plan.scales, drugs, active_until_day=_acute_until(plan), signs=plan.signs, seen=model.outputs
    )
    program = joined(fate_program(model.clones), managed)
    told = [name for rule in rules for name in rule.reads]  # what the log's reasons are filled from
    days = map(extinct_day, model.clones)
    outputs = tuple(dict.fromkeys([*model.outputs, *model.states, *REMEMBERED, *days, *plan.scales, *told]))
    compiled = compile_model(
        odes,
        log_scales=model.log_scales,
        linear_scales=model.linear_scales,
        outputs=outputs,
        program=program,
        brief=_looked_at(plan, outputs, tuple(rules), model.clones),
    )
    return Equations(model, odes, compiled, outputs, tuple(rules))


def _acute_until(plan: Plan) -> float:
    """Day on which the acute phase ends: counted from the last planned infusion of cells."""
    return max((portion.day for portion in plan.arm.infusions), default=0.0) + ACUTE_PHASE_DAYS


def _with_patient_parameters(odes: Odes, clones: tuple[Clone, ...]) -> Odes:
    """The model's parameters and those that only the check program reads: thresholds of fate, age."""
    import numpy as np

    extra = [name for name in (*fate_parameters(np.array([1]), 0, clones), "age") if name not in odes.parameters]
    return dataclasses.replace(
        odes, parameters=(*odes.parameters, *extra), defaults=(*odes.defaults, *(1.0 for _ in extra))
    )


def parameters_of(plan: Plan, instead: Mapping[str, Quantity] | None = None) -> dict[str, Quantity]:
    """Every model parameter with its origin: the mechanism's own, then disease, costimulation, product, user over it.

    Parameters
    ----------
    plan
        The arm.
    instead
        Parameters of the user's own: name -> `Quantity`.

    Raises
    ------
    ModelError
        A name the model does not have.
    """
    model = assembled(plan)
    own = laid_on(model.parameters, plan.fitted, model, plan.texts) if plan.fitted else model.parameters
    layers = {
        "the product's antigens and tissues": numbers_of(plan, {one.name: one.antigens for one in model.clones}),
        f'disease "{plan.disease.id}"': plan.disease.parameter,
    }
    if plan.costimulation:
        layers[f'costimulation "{plan.costimulation.id}"'] = plan.costimulation.parameter
    if plan.product:
        layers[f'product "{plan.product.id}"'] = plan.product.parameter
    layers |= {f'trait "{trait.id}"': trait.parameter for trait in plan.traits}
    layers["the user"] = dict(instead or {})
    for who, layer in layers.items():
        strangers = sorted(set(layer) - set(own))
        if strangers:
            raise ModelError(
                f'{who} sets {", ".join(strangers)}, which the model of recipe "{plan.recipe}" does not have.\n'
                "  Correct the name, or add the mechanism that reads it to the recipe."
            )
        formed = sorted(set(layer) & set(model.shapes))
        if formed:
            raise ModelError(
                f"{who} sets {', '.join(formed)}, which gives a law its form and is the same for everybody.\n"
                "  Take it out; to change the form, change the mechanism's sheet."
            )
    found = dict(own)
    factors = {f'trait "{trait.id}"': trait.factors for trait in plan.traits}
    for who, layer in layers.items():
        changed = {
            name: _times(found[name], one)
            if name in factors.get(who, ())
            else in_unit_of(own[name], f"{who} sets {name}", one)
            for name, one in layer.items()
        }
        found |= {name: bounded(who, name, quantity, own[name]) for name, quantity in changed.items()}
    return found


def _times(number: Quantity, factor: Quantity) -> Quantity:
    """A number multiplied by that of a trait; the spread between patients is the number's own."""
    if factor.unit:
        raise ModelError(
            f'a trait multiplies "{number.meaning}" by {factor.value:g} {factor.unit}, expected a plain number.\n'
            '  Write unit = "", or name the parameter in "sets" where its own value is meant.'
        )
    scale = factor.value if number.spread_scale == "normal" else 1.0
    return number.model_copy(
        update={"value": number.value * factor.value, "spread": number.spread * scale, "source": factor.source}
    )


def in_unit_of(own: Quantity, what: str, quantity: Quantity) -> Quantity:
    """A layer's number in the unit of the mechanism's sheet, which the equations are in.

    Raises
    ------
    ModelError
        Another kind of quantity: says both units.
    """
    if quantity.unit == own.unit:
        return quantity
    try:
        value, low, high = (
            None if one is None else float(convert(one, quantity.unit, own.unit))
            for one in (quantity.value, quantity.low, quantity.high)
        )
        scale = factor(quantity.unit, own.unit) if quantity.spread_scale == "normal" and quantity.spread else 1.0
    except UnitError:
        raise ModelError(
            f"{what} to {quantity.value:g} {quantity.unit or 'without a unit'}, expected a quantity in"
            f" {own.unit or 'no unit, a plain number'} ({own.meaning[:1].lower()}{own.meaning[1:]}).\n  Correct the unit, or the name."
        ) from None
    return quantity.model_copy(
        update={"value": value, "low": low, "high": high, "spread": quantity.spread * scale, "unit": own.unit}
    )


def bounded(who: str, name: str, quantity: Quantity, own: Quantity) -> Quantity:
    """A layer's number with the bounds of the mechanism's sheet, which hold wherever it stands."""
    low = own.low if quantity.low is None else quantity.low
    high = own.high if quantity.high is None else quantity.high
    outside = (own.low is not None and quantity.value < own.low) or (own.high is not None and quantity.value > own.high)
    if outside:
        raise ModelError(
            f"{who} sets {name} to {quantity.value:g} {quantity.unit}".rstrip()
            + f", outside what its sheet allows: {own.low if own.low is not None else '-inf'} to"
            f" {own.high if own.high is not None else 'inf'}.\n  Correct the value ({own.meaning[:1].lower()}{own.meaning[1:]})."
        )
    if wanted := _wrong_sign(quantity, low, own) or _off_scale(quantity) or _too_far(quantity, own):
        raise ModelError(
            f"{who} sets {name} to {quantity.value:g} {quantity.unit}".rstrip()
            + f", expected {wanted} ({own.meaning[:1].lower()}{own.meaning[1:]}).\n"
            '  Look at the unit; a number that is meant states its own "low" or "high" beside it.'
        )
    return (
        quantity
        if (low, high) == (quantity.low, quantity.high)
        else quantity.model_copy(update={"low": low, "high": high})
    )


def _wrong_sign(quantity: Quantity, low: float | None, own: Quantity) -> str:
    """Why a number may not be negative; "" where it is not, where bounds say what it can be, or where the sheet's is negative itself."""
    return "0 or more" if quantity.value < 0.0 <= own.value and low is None else ""


def _off_scale(quantity: Quantity) -> str:
    """Why a number cannot differ between patients on its scale; "" where it can."""
    if quantity.spread == 0.0 or quantity.spread_scale == "normal":
        return ""
    if quantity.spread_scale == "logit" and not 0.0 < quantity.value < 1.0:
        return "a share above 0 and below 1, which its spread on the logit scale asks for"
    if quantity.value <= 0.0:
        return f"a number above 0, which its spread on the {quantity.spread_scale} scale asks for"
    return ""


def _too_far(quantity: Quantity, own: Quantity) -> str:
    """Why a number is absurdly far from the sheet's; "" where it is not, where bounds say what it can be, or where both are shares."""
    share = own.unit == "" and 0.0 <= own.value <= 1.0 and 0.0 <= quantity.value <= 1.0
    up = abs(quantity.value) > abs(own.value)
    stated = (own.high, quantity.high) if up else (own.low, quantity.low)
    return "" if share or any(bound is not None for bound in stated) else too_far(quantity.value, own.value)


def own_parameter(name: str, given: Quantity | str | float, known: Quantity) -> Quantity:
    """A user's number in place of a parameter: in its unit, of its sign, inside what its scale allows.

    Parameters
    ----------
    given
        Text with number and unit, a bare number where the parameter has no unit, or a `Quantity`.
    known
        The parameter it replaces; spread, meaning and unit are its own unless a `Quantity` says otherwise.

    Raises
    ------
    UnitError, BadInput
        Another unit; no finite number; negative where the parameter is not; at 0 or below (and 1 or above, on the logit
        scale) where it varies between patients on that scale.
    """
    place = f'parameter "{name}"'
    if isinstance(given, Quantity):
        value, spread = (
            float(convert(given.value, given.unit, known.unit)) if given.unit != known.unit else given.value,
            given,
        )
    elif isinstance(given, (str, int, float)) and not isinstance(given, bool):
        value = read(given, known.unit, where=place)
        spread = None
    else:
        raise BadInput(
            f'{place}: got {given!r}, expected a number with its unit.\n  Write it as text: "{known.value:g} {known.unit}".'
        )
    varies = (spread or known).spread > 0
    scale = (spread or known).spread_scale
    low = known.low if known.low is not None else 0.0 if known.value >= 0 else -inf
    high = known.high if known.high is not None else 1.0 if scale == "logit" and varies else inf
    opened = varies and scale in ("log", "logit")
    if not isfinite(value) or value < low or value > high or (opened and value in (low, high)):
        bounds = f"{'above' if opened else 'at least'} {low:g}" if isfinite(low) else "a finite number"
        bounds += f" and {'below' if opened else 'at most'} {high:g}" if isfinite(high) else ""
        raise BadInput(
            f"{place}: got {value:g} {known.unit}".rstrip()
            + f", expected {bounds} ({known.meaning[:1].lower()}{known.meaning[1:]}).\n"
            f"  The model's own value is {known.value:g} {known.unit}".rstrip()
            + "."
        )
    replacing = spread or known.model_copy(update={"low": None, "high": None})
    wanted = beyond(value, known.unit) or _too_far(replacing.model_copy(update={"value": value}), known)
    if wanted:
        raise BadInput(
            f"{place}: got {value:g} {known.unit}".rstrip()
            + f", expected {wanted} ({known.meaning[:1].lower()}{known.meaning[1:]}).\n"
            f"  The model's own value is {known.value:g} {known.unit}".rstrip()
            + "."
        )
    if spread is not None:
        return spread.model_copy(update={"value": value, "unit": known.unit})
    return known.model_copy(
        update={"value": value, "kind": "input", "source": "given for this run", "where": "", "status": "own"}
    )


def check_plan(plan: Plan, instead: Mapping[str, Quantity] | None = None) -> None:
    """Hold a plan against its assembled model: what `check` calls sound, `run` completes.

    Raises
    ------
    ModelError, CatalogError
        Mechanisms, rules or scales do not join; disease or product set what the model lacks; an assay the trial asks for
        reads what it lacks.
    """
    ready = equations(plan)
    _check_target(plan, ready.model.clones)
    parameters_of(plan, instead)
    _check_reads(plan, ready)
    for one in plan.measured:
        if one.asked and one.assay.reads not in (*ready.outputs, ANTIGEN_NEGATIVE):
            raise CatalogError(
                f'assay "{one.assay.id}" reads "{one.assay.reads}", which the model of recipe "{plan.recipe}" does not have.\n'
                "  Take the assay out of [visits.assays], or let it read an output of the model (livingdrug model shows them)."
            )
    for scale in plan.graded:
        lacking = sorted(set(scale.names) - set(ready.outputs) - {"died_of_toxicity"})
        unseen = set(lacking) - {*plan.signs.flags, *plan.signs.reported, *scale.stands_in}
        if scale.id in plan.scales and unseen and scale.graded_on == "check":
            raise CatalogError(
                f'scale "{scale.id}" reads {", ".join(lacking)}, which the model of recipe "{plan.recipe}" does not have.\n'
                '  Take it out of "scales".'
            )


def _check_target(plan: Plan, clones: tuple[Clone, ...]) -> None:
    """The antigen of the product is one that the disease's cells carry: any other density would be a guess."""
    known = sorted({antigen for clone in clones for antigen in clone.antigens})
    if plan.product is not None and known and plan.product.target not in known:
        raise CatalogError(
            f'product "{plan.product.id}" is aimed at {plan.product.target}; of the cells of disease "{plan.disease.id}" the model'
            f' of recipe "{plan.recipe}" knows {", ".join(known)} only.\n'
            f"  Choose another product or disease, or give the disease clones that tell their {plan.product.target}:"
            f" [clone.positive] antigens = {{ {plan.product.target} = 1 }}."
        )


def _check_reads(plan: Plan, ready: Equations) -> None:
    """What the clinic's side of the line reads of every model, and the criterion of the disease."""
    judged = judged_by(plan.disease.response)
    wanted = {
        "infections": INFECTIONS_FROM if plan.infection else "",
        "a look between visits when disease is overt": judged.overt.reads if judged.overt else "",
        "infused cells": CELLS_ENTER if plan.product else "",
    }
    for what, name in wanted.items():
        if name and name not in ready.outputs:
            raise ModelError(
                f'{what}: the model of recipe "{plan.recipe}" has no "{name}".\n'
                "  Add the mechanism that provides it to the recipe."
            )
