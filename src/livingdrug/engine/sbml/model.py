"""A published or assembled SBML model as equations and events.

    SBML ──► species, parameters, compartments, rules, reactions ──► states · parameters · assignments · rates · initial
         └─► events ─────────────────────────────────────────────► triggers · delays · priorities · changes of states

What the engine does not do is refused by construct and id; docs/sbml.md has the list.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from livingdrug.engine.sbml.algebra import solve_algebraic_rules
from livingdrug.engine.sbml.document import sound_document
from livingdrug.engine.sbml.draft import Draft
from livingdrug.engine.sbml.formulas import Formulas
from livingdrug.engine.sbml.source import file_of, sbml_text
from livingdrug.engine.sbml.triggers import refuse_fleeting_triggers
from livingdrug.engine.with_events.events import Assignment, Event, EventModel
from livingdrug.foundation.errors import BadInput, naming


def read_sbml_model(source: str | Path) -> EventModel:
    """Equations and events of an SBML or Antimony model.

    Parameters
    ----------
    source
        SBML (Level 1 to 3) or Antimony, as text or as the path of a file.

    Returns
    -------
    EventModel
        `engine.with_events.driver.run_with_events` integrates it; without events, its `odes` are what `compile_model` takes.

    Raises
    ------
    UnsupportedModel
        The model has something the engine does not do; says what and its id.
    BadInput
        Neither SBML nor Antimony, no such file, or assignments that need one another in a circle.
    """
    with naming(file_of(source), "Correct the model there; docs/sbml.md says what is read."):
        try:
            return _read(sbml_text(source))
        except RecursionError:
            raise BadInput("a formula, or what it is put together from, is too deep to read.\n  Divide it.") from None


def _read(text: str) -> EventModel:
    document = sound_document(text)  # owns the model: keep it alive
    model = document.getModel()
    formulas = Formulas(model)
    draft = Draft(model, formulas, changed=_changed(model))
    draft.constants_and_rules()
    draft.species()
    draft.reactions()
    solve_algebraic_rules(draft)
    draft.changed_by_events()
    draft.initial_assignments()
    events = tuple(
        _event(event, place, draft)
        for place, event in enumerate(model.getListOfEvents(), start=1)
        if event.getTrigger() is not None and event.getTrigger().getMath() is not None  # without: never happens
    )
    names = tuple((identifier, formulas.name(identifier)) for identifier in formulas.identifiers)
    found = EventModel(
        odes=draft.finished(),
        events=events,
        concentrations=tuple(draft.concentrations) if events else (),
        names=tuple(pair for pair in names if pair[0] != pair[1]),
    )
    refuse_fleeting_triggers(found)
    return found


def _changed(model: Any) -> frozenset[str]:
    """Ids that events assign."""
    return frozenset(
        change.getVariable()
        for event in model.getListOfEvents()
        for change in event.getListOfEventAssignments()
        if change.getMath() is not None
    )


def _event(event: Any, place: int, draft: Draft) -> Event:
    def formula(part: Any) -> str | None:
        return draft.formulas.text(part.getMath()) if part is not None and part.getMath() is not None else None

    trigger = event.getTrigger()
    return Event(
        id=event.getId() or f"number {place}",
        trigger=draft.formulas.text(trigger.getMath()),
        assignments=tuple(
            Assignment(
                draft.state(change.getVariable()),
                draft.formulas.text(change.getMath()),
                draft.home(change.getVariable()),
            )
            for change in event.getListOfEventAssignments()
            if change.getMath() is not None
        ),
        delay=formula(event.getDelay()),
        priority=formula(event.getPriority()),
        persistent=trigger.getPersistent(),
        initial_value=trigger.getInitialValue(),
        use_values_from_trigger_time=event.getUseValuesFromTriggerTime(),
    )
