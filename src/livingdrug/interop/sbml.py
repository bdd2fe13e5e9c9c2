"""One patient's model as an SBML file: parameter values put in, doses as events.

SBML time begins at 0, a patient's course may begin before infusion (lymphodepletion): the constant ``time_offset`` [day]
says where, and ``model day = SBML time + time_offset`` (day 0 is the infusion). Rules at checks are not exported.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.model.assemble import Model
from livingdrug.model.joined import TIME_UNIT
from livingdrug.model.units import unit_id

_NOTES = """<body xmlns="http://www.w3.org/1999/xhtml">
<p>{title}. {standing}Simulation; not for patient care.</p>
<p>Time is in days. SBML time 0 is model day {start:g}; the infusion is model day 0:
model day = SBML time + time_offset, with time_offset = {start:g} day.</p>
<p>Doses are events. Treatment rules that a clinic applies at its checks are not part of this file.</p>
</body>"""


@in_words
def export_sbml(
    model: Model,
    path: Path | None = None,
    *,
    parameters: Mapping[str, float] | None = None,
    doses: Sequence[tuple[float, str, float]] = (),
    start_day: float | None = None,
    standing: str = "",
) -> str:
    """The model with one patient's values as SBML Level 3 Version 2.

    Parameters
    ----------
    model
        An assembled model.
    path
        Where to write it; an existing file is replaced only when the new one is whole.
    parameters
        Values that differ from the model's, in the unit of the parameter.
    doses
        (day, state, amount): amount in the state's unit, added to the state on that model day.
    start_day
        The model day at which SBML time begins; by default the day of the earliest dose, at the latest day 0.
    standing
        What the numbers rest on where not all is calibrated; stands in the notes.

    Returns
    -------
    str
        The SBML text.

    Raises
    ------
    UnknownName
        A parameter or state the model does not have.
    BadInput
        A value that is not a finite number, a dose before `start_day`, or a path that cannot be written.

    Notes
    -----
    Doses on one day into one state are one event. A dose on the first day acts at SBML time 0.
    """
    import libsbml

    first = min([0.0, *(day for day, _, _ in doses)]) if start_day is None else start_day
    document = libsbml.readSBMLFromString(model.sbml)
    target = document.getModel()
    _set_parameters(target, model, parameters or {})
    _shift_time(target, first)
    for number, ((day, state), amount) in enumerate(_merged(doses, model, first).items(), start=1):
        _add_dose(target, f"dose_{number}", day - first, state, amount, unit_id(model.states[state].unit))
    said = _escaped(f"{standing[:1].upper()}{standing[1:]}. " if standing else "")
    target.setNotes(_NOTES.format(title=_escaped(model.title), start=first, standing=said))
    text = libsbml.writeSBMLToString(document)
    if path is not None:
        write_whole(Path(path), text)
    return text


def _set_parameters(target: Any, model: Model, values: Mapping[str, float]) -> None:
    known = [*model.parameters, *model.neutral]
    for name, value in values.items():
        if name not in known:
            raise UnknownName("parameter", name, known, "The model page lists all of them.")
        if not math.isfinite(value):
            raise BadInput(f"parameter {name}: got {value}, expected a finite number")
        target.getParameter(name).setValue(float(value))


def _merged(doses: Sequence[tuple[float, str, float]], model: Model, first: float) -> dict[tuple[float, str], float]:
    """Amount by (day, state): two events at one moment would overwrite each other."""
    total: dict[tuple[float, str], float] = {}
    for day, state, amount in doses:
        if state not in model.states:
            raise UnknownName("state", state, model.states, "A dose is added to a state.")
        if not (math.isfinite(day) and math.isfinite(amount)) or amount < 0:
            raise BadInput(
                f"dose of {amount} into {state} on day {day}: expected finite numbers, the amount not negative"
            )
        if day < first:
            raise BadInput(f"dose into {state} on day {day} lies before the start day {first}\n  Start earlier.")
        total[float(day), state] = total.get((float(day), state), 0.0) + float(amount)
    return dict(sorted(total.items()))


def _shift_time(target: Any, first: float) -> None:
    """Write `time_offset` and let every formula that reads the time read model days."""
    import libsbml

    offset = target.createParameter()
    offset.setId("time_offset")
    offset.setConstant(True)
    offset.setValue(float(first))
    offset.setUnits(unit_id(TIME_UNIT))
    holders = [*target.getListOfRules(), *target.getListOfInitialAssignments()]
    for holder in holders:
        node = holder.getMath().deepCopy()
        if _replace_time(node, libsbml):
            holder.setMath(node)


def _replace_time(node: Any, libsbml: Any) -> bool:
    changed = False
    if node.getType() == libsbml.AST_NAME_TIME:
        now, offset = libsbml.ASTNode(libsbml.AST_NAME_TIME), libsbml.ASTNode(libsbml.AST_NAME)
        now.setName("time")
        offset.setName("time_offset")
        node.setType(libsbml.AST_PLUS)
        node.addChild(now)
        node.addChild(offset)
        return True
    for index in range(node.getNumChildren()):
        changed = _replace_time(node.getChild(index), libsbml) or changed
    return changed


def _add_dose(target: Any, identifier: str, time: float, state: str, amount: float, unit: str) -> None:
    import libsbml

    event = target.createEvent()
    event.setId(identifier)
    event.setUseValuesFromTriggerTime(True)
    trigger = event.createTrigger()
    trigger.setInitialValue(False)  # so that a dose at time 0 happens
    trigger.setPersistent(True)
    trigger.setMath(libsbml.parseL3Formula(f"time >= {time!r} {unit_id(TIME_UNIT)}"))
    assignment = event.createEventAssignment()
    assignment.setVariable(state)
    assignment.setMath(libsbml.parseL3Formula(f"{state} + {amount!r} {unit}"))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that there is never half of it: a temporary name beside it, then a rename.

    Raises
    ------
    BadInput
        The path is a folder, lies in none, or cannot be written.
    """
    if path.is_dir():
        raise BadInput(f"{path} is a folder, expected a file name\n  Add a name such as {path / 'model.xml'}.")
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as problem:
        raise BadInput(f"{path} cannot be written: {problem.strerror}\n  Choose a folder you may write to.") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except OSError as problem:
        Path(temporary).unlink(missing_ok=True)
        raise BadInput(f"{path} cannot be written: {problem.strerror}\n  Is the disk full?") from None
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
