"""Rules that act at checks, as straight-line statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation.errors import ModelError

NEVER = 1e6
"""A day that never comes, as programs remember it: `NEVER` before a first time, `-NEVER` before a last one. It leaves the engine
as NaN (`without_never`)."""
_HOURS = "hours_since_"


@dataclass(frozen=True)
class CheckProgram:
    """What happens at a check: statements executed in order on one patient.

    Attributes
    ----------
    statements
        (name, formula) pairs. Assigning a state changes the state (in its own unit), assigning a memory name persists
        to the next check; every other name is a local of this check. Formulas may read states, parameters, the model's
        assignments (from the current state), memory, earlier locals and `time` [day].
    memory
        Name and initial value of what persists.
    firings
        Local names whose nonzero value at a check is logged.
    stop
        A name whose nonzero value ends the patient's course at this check; None for never.
    states
        States that it may change: a local that happens to have the name of another is refused. None where it may change any.
    """

    statements: tuple[tuple[str, str], ...] = ()
    memory: Mapping[str, float] = field(default_factory=dict)
    firings: tuple[str, ...] = ()
    stop: str | None = None
    states: frozenset[str] | None = None

    @property
    def assigned(self) -> frozenset[str]:
        """Every name that a statement assigns."""
        return frozenset(name for name, _ in self.statements)


def joined(*programs: CheckProgram) -> CheckProgram:
    """One program that runs the given ones in order.

    Raises
    ------
    ModelError
        Two programs have a name in common that either assigns or remembers, or both end courses.
    """
    memory: dict[str, float] = {}
    taken: set[str] = set()
    firings: list[str] = []
    stops = [program.stop for program in programs if program.stop]
    for program in programs:
        own = {*program.assigned, *program.memory, *program.firings}
        if clash := taken & own:
            raise ModelError(
                f"two check programs own the same names: {', '.join(sorted(clash))}.\n"
                "  Give what the guideline defines, its rules or its scales other names."
            )
        taken |= own
        memory.update(program.memory)
        firings.extend(program.firings)
    if len(stops) > 1:
        raise ModelError(f"two check programs end courses ({', '.join(stops)}): join their conditions in one")
    statements = tuple(pair for program in programs for pair in program.statements)
    named = [program.states for program in programs]
    states = None if None in named else frozenset().union(*(one for one in named if one is not None))
    return CheckProgram(statements, memory, tuple(firings), stops[0] if stops else None, states)


def without_never(name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a program has under a name, with NaN for moments that never came: days (``…_day``) and ``hours_since_…``.

    Parameters
    ----------
    name
        Of the program's memory or locals; other names are returned as they are.
    values
        Of any shape [day or hour].

    Examples
    --------
    >>> without_never("first_steroid_day", np.array([3.0, NEVER])).tolist()
    [3.0, nan]
    >>> without_never("hours_since_steroid", np.array([(2.0 + NEVER) * 24.0, 8.0])).tolist()
    [nan, 8.0]
    """
    if name.startswith(_HOURS):
        return np.where(np.abs(values) >= 24.0 * NEVER / 2.0, np.nan, values)
    if name.endswith("_day"):
        return np.where(np.abs(values) >= NEVER, np.nan, values)
    return values
