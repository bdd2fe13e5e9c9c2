"""What a PEtab problem (version 1) has to be before it is evaluated: every fault is told with file, row and column.

columns there? ─► ids known and unique ─► numbers, scales, words ─► names in formulas ─► parameters that something uses
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable
from functools import partial

from livingdrug.engine.odes import Odes
from livingdrug.foundation.errors import BadInput, LivingDrugError, did_you_mean
from livingdrug.foundation.expressions import read_formula
from livingdrug.interop.petab.files import PLACE, Files, Row
from livingdrug.interop.petab.formulas import as_ours
from livingdrug.interop.petab.priors import prior_of

SCALES = ("lin", "log", "log10")
DISTRIBUTIONS = ("normal", "laplace")
INFINITE = ("inf", "+inf", "infinity", "+infinity")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def check(files: Files, odes: Odes) -> None:
    """Every table of a problem, against its model.

    Raises
    ------
    BadInput
        The first fault that is found.
    """
    observables = _unique(files.observables, "observableId")
    conditions = _unique(files.conditions, "conditionId")
    parameters = _unique(files.parameters, "parameterId")
    model = {*odes.parameters, *odes.states}
    for row in files.observables:
        _one_of(row, "observableTransformation", (*SCALES, ""))
        _one_of(row, "noiseDistribution", (*DISTRIBUTIONS, ""))
    for row in files.conditions:
        _condition(row, model, parameters)
    for row in files.measurements:
        _measurement(row, observables, conditions, parameters)
    for row in files.parameters:
        _parameter(row)
    _used(files, odes, parameters)


def number(row: Row, column: str, *, at_least: float = -math.inf) -> float:
    """A finite number with a point, as programs write it.

    Raises
    ------
    BadInput
        It is none, or below the least.
    """
    text = row[column]
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if math.isfinite(value) and value >= at_least:
        return value
    least = f" of at least {at_least:g}" if at_least > -math.inf else ""
    comma = " with a decimal point" if "," in text else ""
    raise _refused(row, column, f"a number{least}{comma}", "Correct this cell.")


def time(row: Row) -> float:
    """When something is measured; infinite for the steady state."""
    return math.inf if row["time"].lower() in INFINITE else number(row, "time", at_least=0.0)


def _measurement(
    row: Row, observables: dict[str, Row], conditions: Collection[str], parameters: Collection[str]
) -> None:
    _known(row, "observableId", observables, "observable")
    _known(row, "simulationConditionId", conditions, "condition")
    if row.get("preequilibrationConditionId"):
        _known(row, "preequilibrationConditionId", conditions, "condition")
    time(row)
    observable = observables[row["observableId"]]
    measured = number(row, "measurement")
    if (observable.get("observableTransformation") or "lin") != "lin" and measured <= 0:
        raise _refused(row, "measurement", "a number above 0, as its observable is compared by logarithms", "Correct it, or the scale.")  # fmt: skip
    formulas = observable["observableFormula"] + " " + observable["noiseFormula"]
    for kind in ("observable", "noise"):
        given = [text.strip() for text in row.get(f"{kind}Parameters", "").split(";") if text.strip()]
        wanted = {int(k) for k in re.findall(rf"\b{kind}Parameter(\d+)_{re.escape(row['observableId'])}\b", formulas)}
        if wanted != set(range(1, len(given) + 1)):
            raise _refused(row, f"{kind}Parameters", f"{len(wanted)} parted by ;, as the formulas of {row['observableId']} have it", "Give one for each.")  # fmt: skip
        for text in given:
            _number_or_parameter(row, f"{kind}Parameters", text, parameters)


def _condition(row: Row, model: Collection[str], parameters: Collection[str]) -> None:
    for column, text in row.items():
        if column in (PLACE, "conditionId", "conditionName"):
            continue
        if column not in model:
            raise BadInput(
                f'{row[PLACE]}: the model has no parameter, compartment or species "{column}", the name of a column.'
                f"{_near(column, model)}\n  Correct the heading, or take the column out."
            )
        if text.lower() not in ("", "nan"):
            _number_or_parameter(row, column, text, parameters)


def _parameter(row: Row) -> None:
    scale = row["parameterScale"]
    _one_of(row, "parameterScale", SCALES)
    _one_of(row, "estimate", ("0", "1", "0.0", "1.0"))
    least = math.nextafter(0.0, 1.0) if scale != "lin" else -math.inf
    above = "above 0" if scale != "lin" else ""
    if row["nominalValue"] and number(row, "nominalValue") < least:
        raise _refused(row, "nominalValue", f"a number {above}, as the scale is {scale}", "Bounds and values are written on a linear scale.")  # fmt: skip
    if not is_estimated(row):
        if not row["nominalValue"]:
            raise _refused(row, "nominalValue", "a number, as it is not estimated", "Give its value.")
        return
    low, high = number(row, "lowerBound"), number(row, "upperBound")
    if low < least:
        raise _refused(row, "lowerBound", f"a number {above}, as the scale is {scale}", "Bounds and values are written on a linear scale.")  # fmt: skip
    if not low < high:
        raise _refused(row, "upperBound", f"more than the lower bound, {low:g}", "Exchange them.")
    prior_of(row, row[PLACE])


def is_estimated(row: Row) -> bool:
    """Whether a parameter is to be estimated."""
    return row["estimate"] in ("1", "1.0")


def _used(files: Files, odes: Odes, parameters: Collection[str]) -> None:
    """Formulas of observables are sound, and every parameter of the table is one of the model's or stands in another table."""
    used: set[str] = set(odes.parameters)
    for row in files.observables:
        for column in ("observableFormula", "noiseFormula"):
            try:
                used |= set(read_formula(as_ours(row[column])).names)
            except LivingDrugError as problem:
                raise BadInput(f"{row[PLACE]}, {column}: {problem}") from None
    for row in files.measurements:
        for kind in ("observableParameters", "noiseParameters"):
            used |= {text.strip() for text in row.get(kind, "").split(";")}
    for row in files.conditions:
        used |= {text for column, text in row.items() if column != PLACE}
    for row in files.parameters:
        if row["parameterId"] not in used:
            raise BadInput(
                f'{row[PLACE]}: nothing uses the parameter "{row["parameterId"]}".{_near(row["parameterId"], used - set(parameters))}\n'
                "  Correct the name, or take the row out."
            )


def _number_or_parameter(row: Row, column: str, text: str, parameters: Collection[str]) -> None:
    if text not in parameters and not _NUMBER.fullmatch(text):
        raise BadInput(
            f'{row[PLACE]}, {column}: got "{text[:60]}", expected a number or a parameter of the parameter table.'
            f"{_near(text, parameters)}\n  Correct this cell."
        )


def _unique(rows: Iterable[Row], column: str) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        name = row[column]
        if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
            raise _refused(row, column, "a name of letters, digits and _", "Correct it wherever it stands.")
        if name in found:
            raise BadInput(
                f'{row[PLACE]}, {column}: "{name}" stands twice ({found[name][PLACE]}).\n  Take one of them out.'
            )
        found[name] = row
    return found


def _known(row: Row, column: str, known: Collection[str], what: str) -> None:
    if row[column] not in known:
        raise BadInput(
            f'{row[PLACE]}, {column}: no {what} "{row[column][:60]}".{_near(row[column], known)}\n'
            f"  Known: {', '.join(list(known)[:20])}."
        )


def _one_of(row: Row, column: str, words: Collection[str]) -> None:
    if row.get(column, "") not in words:
        raise _refused(row, column, " or ".join(word for word in words if word and ".0" not in word), "Correct this cell.")  # fmt: skip


def _refused(row: Row, column: str, expected: str, remedy: str) -> BadInput:
    return BadInput(f'{row[PLACE]}, {column}: got "{row.get(column, "")[:60]}", expected {expected}.\n  {remedy}')


_near = partial(did_you_mean, cutoff=0.6)
