"""Rules that act at checks, as straight-line statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from livingdrug.foundation.errors import ModelError


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
    """

    statements: tuple[tuple[str, str], ...] = ()
    memory: Mapping[str, float] = field(default_factory=dict)
    firings: tuple[str, ...] = ()
    stop: str | None = None


def joined(*programs: CheckProgram) -> CheckProgram:
    """One program that runs the given ones in order.

    Raises
    ------
    ModelError
        Two programs own the same memory or firing name, or both end courses.
    """
    memory: dict[str, float] = {}
    firings: list[str] = []
    stops = [program.stop for program in programs if program.stop]
    for program in programs:
        clash = (memory.keys() & program.memory.keys()) | (set(firings) & set(program.firings))
        if clash:
            raise ModelError(f"two check programs own the same names: {', '.join(sorted(clash))}")
        memory.update(program.memory)
        firings.extend(program.firings)
    if len(stops) > 1:
        raise ModelError(f"two check programs end courses ({', '.join(stops)}): join their conditions in one")
    statements = tuple(pair for program in programs for pair in program.statements)
    return CheckProgram(statements, memory, tuple(firings), stops[0] if stops else None)
