"""Events of a model: what happens to one patient at the moment a condition becomes true.

Odes + Event, Event, ...  =  EventModel          integrated by engine.with_events.driver.run_with_events
"""

from __future__ import annotations

from dataclasses import dataclass

from livingdrug.engine.odes import Odes


@dataclass(frozen=True)
class Assignment:
    """One change an event makes.

    Attributes
    ----------
    state
        The state that gets a new value.
    formula
        Its value (that of a concentration, if `home` is given).
    home
        Name of a size; the state becomes value times size, the size as it is just before the event's changes.
    """

    state: str
    formula: str
    home: str | None = None


@dataclass(frozen=True)
class Event:
    """Something that happens when its trigger turns from false to true.

    Attributes
    ----------
    id
        As in the model.
    trigger
        Formula; nonzero is true.
    assignments
        What it changes, all at once.
    delay
        Formula of the time between trigger and changes, evaluated when the trigger turns true; None for at once.
    priority
        Formula; of several events due at one time the one with the highest value goes first. None: after all that
        have a priority. Equal priorities are drawn by lot.
    persistent
        False: forgotten if the trigger turns false again before the changes are made.
    initial_value
        The trigger's value before the start; False lets an event happen at the start itself.
    use_values_from_trigger_time
        Formulas of assignments are evaluated when the trigger turns true (True) or when the changes are made.
    """

    id: str
    trigger: str
    assignments: tuple[Assignment, ...]
    delay: str | None = None
    priority: str | None = None
    persistent: bool = True
    initial_value: bool = True
    use_values_from_trigger_time: bool = True


@dataclass(frozen=True)
class EventModel:
    """Equations and events.

    Attributes
    ----------
    odes
        The equations; whatever an event changes is a state, if need be one with rate zero.
    events
        In the order of the model.
    concentrations
        (state, name of a size): states that are multiplied by old / new size when an event changes the size, because
        their amount stays.
    names
        SBML id to the name it has in the equations; ids that keep their name are left out.
    """

    odes: Odes
    events: tuple[Event, ...] = ()
    concentrations: tuple[tuple[str, str], ...] = ()
    names: tuple[tuple[str, str], ...] = ()

    def name(self, identifier: str) -> str:
        """The name in the equations of an SBML id."""
        return dict(self.names).get(identifier, identifier)
