"""What arguments of public functions must be, by their names: one definition for all, refused in words before any work.

An argument's name means the same everywhere (``trial``, ``arms``, ``seed``, ``out`` …), so what it must be is written
once, here. Limits that depend on the rest (which arms there are, how many samples a method needs) are checked where
they are known.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import math
import numbers
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from livingdrug.foundation.errors import BadInput

P = ParamSpec("P")
R = TypeVar("R")

_NAMES = {"arms", "names", "subgroups", "factors", "policies", "targets", "without", "outcomes", "formats", "frames",
          "paces", "after_last", "no_spread", "by_occasion"}  # fmt: skip
_LISTS = {*_NAMES, "endpoints", "sizes", "effects", "draws"}
_TABLES = {"keys", "ranges", "fixed", "start", "spread", "fixed_error", "columns", "between_trials", "covariates"}
_YES_NO = {"resume", "force", "between_patient", "published", "uncertainty", "null", "refined", "start_at_zero"}
_CALLED = {"progress", "afterwards"}
_PLACES = {"out", "path", "folder"}
_TEXTS = {"name", "scale", "toxicity", "response", "reference", "quantity", "output", "time_unit", "value_unit", "dose_unit", "unit", "among", "test"}  # fmt: skip
_RECORDS = {
    "trial": ("planned_design", "a trial: a catalogue name, a TOML file, or what load_trial gives", "livingdrug list trial names them."),
    "name_or_path": ("planned_design", "a catalogue name or a TOML file", "livingdrug list trial names them."),
    "rule": ("method", "a rule of decision: a catalogue name or a TOML file", "livingdrug list rule names them."),
    "catalog": ("names", "a Catalog", 'Write catalog=livingdrug.Catalog(["FOLDER"]).'),
    "result": ("endpoint", "a finished run", 'Give what run gives, or Result.load("FOLDER").'),
    "results": ("endpoint", "finished runs", 'Give what run gives, or Result.load("FOLDER").'),
    "data": ("patients", "kinetics", 'Give what read_kinetics("TABLE.csv") gives.'),
    "fit": ("judgement", "a fit", 'Give what fit gives, or load_fit("FOLDER").'),
    "patient": ("course", "a typical patient", "Give what typical gives."),
    "model": ("sbml", "a model", "Give what livingdrug.model.assemble gives; a trial is exported by: livingdrug export sbml TRIAL."),
    "visits": ("columns", "a polars frame", "Read a file with polars.read_csv."),
}  # fmt: skip
"""Argument -> what an object of the kind has, what it is, what to do; names and paths are allowed for the first three."""
_NAMED = ("trial", "name_or_path", "rule")


def in_words(function: Callable[P, R]) -> Callable[P, R]:
    """The function, refusing arguments of a wrong kind in words: what was got, what was expected, what to write.

    Raises
    ------
    BadInput
        From the function: an argument nobody knows, or one of a wrong kind.
    """
    signature = inspect.signature(function)
    known = [name for name, one in signature.parameters.items() if one.kind is not one.VAR_POSITIONAL]

    @functools.wraps(function)
    def checked(*positional: P.args, **named: P.kwargs) -> R:
        for name in named:
            if name not in signature.parameters:
                near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
                guess = f' Did you mean "{near[0]}"?' if near else ""
                raise BadInput(f'{function.__name__} has no argument "{name}".{guess}\n  Known: {", ".join(known)}.')
        for name, value in _bound(function.__name__, signature, positional, named).items():
            for one in value if name == "results" else (value,):
                _check(function.__name__, name, one, signature)
        if named.get("force") is True and "out" in signature.parameters and named.get("out") is None:
            raise BadInput("force replaces what is in a folder, and none was given.\n  Give out=…, or leave force out.")
        return function(*positional, **named)

    return checked


def _bound(
    function: str, signature: inspect.Signature, positional: tuple[Any, ...], named: Mapping[str, Any]
) -> dict[str, Any]:
    """Argument -> what was given for it."""
    try:
        return signature.bind(*positional, **named).arguments
    except TypeError as problem:
        first = [one.name for one in signature.parameters.values() if one.kind is not one.KEYWORD_ONLY]
        rest = [name for name in signature.parameters if name not in first]
        raise BadInput(
            f"{function}: {problem}.\n  Write {function}({', '.join(first)}" + (f", {rest[0]}=…)." if rest else ").")
        ) from None


def _check(function: str, name: str, value: Any, signature: inspect.Signature) -> None:
    if name not in signature.parameters or value is signature.parameters[name].default:
        return
    if name in _RECORDS and not (name == "model" and function == "fit"):
        has, expected, remedy = _RECORDS[name]
        if isinstance(value, (str, Path)) if name in _NAMED else value is None and name == "catalog":
            return
        if isinstance(value, (str, Path, int, float, list, dict, type(None), type)) or not hasattr(value, has):
            raise _wrong(name, value, expected, remedy)
    elif name in _LISTS:
        _list(name, value)
    elif name in _TABLES:
        if value is not None and not isinstance(value, Mapping):
            raise _wrong(name, value, "names with values", f'Write for example {name}={{"NAME": …}}.')
        if name in ("fixed", "start", "spread", "fixed_error", "between_trials"):
            _numbers(name, value or {})
    elif name in _YES_NO:
        if type(value).__name__ not in ("bool", "bool_"):
            raise _wrong(name, value, "True or False", f"Write {name}=True or {name}=False.")
    elif name in _CALLED:
        if value is not None and not callable(value):
            raise _wrong(name, value, "a function", "Leave it out, or give one to call.")
    elif name in _PLACES:
        if (not isinstance(value, (str, Path)) and value is not None) or value == "":
            raise _wrong(name, value, "a path", f'Write for example {name}="runs/mine"; "." is the folder you are in.')
    elif name in _TEXTS:
        if not isinstance(value, str) and (value is not None or name in ("name", "scale")):
            raise _wrong(name, value, "a text", "Put it in quotation marks.")
    elif name == "seed":
        whole(name, value, 0)
    elif name == "threads" and value is not None:
        whole(name, value, 1)
    elif name == "shift" and not _is_finite(value):
        raise _wrong(name, value, "a finite number", "Write it in the unit of the times, as shift=-1.")


def whole(name: str, value: Any, least: int) -> int:
    """The number, refused where it is no whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise BadInput(f"{name}: got {value!r}, expected a whole number of at least {least}.")
    if value < least:
        raise BadInput(f"{name}: got {value}, expected at least {least}.\n  Give a larger number.")
    return int(value)


def _list(name: str, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, (str, Path)):
        raise _wrong(name, value, "a list", f"Write {name}=[{str(value)!r}].")
    if not hasattr(value, "__iter__") or isinstance(value, (bytes, Mapping)):
        raise _wrong(name, value, "a list", f"Write {name}=[…].")
    for one in value if name in _NAMES else ():
        if not isinstance(one, (str, Path)):
            raise _wrong(name, value, "a list of names", "Put each in quotation marks.")
    if name == "draws" and not all(hasattr(one, "sha256") for one in value):
        raise _wrong(name, value, "parameter sets of a calibration's ensemble", "Take them from a calibration.")


def _numbers(name: str, values: Mapping[Any, Any]) -> None:
    for key, value in values.items():
        if not (_is_finite(value) if name in ("spread", "fixed_error", "between_trials") else _is_number(value)):
            raise _wrong(f"{name} of {key}", value, "a finite number", "Correct it.")
        if name in ("spread", "fixed_error") and value < 0:
            raise _wrong(f"{name} of {key}", value, "0 or more", "Correct it.")


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_finite(value: Any) -> bool:
    return _is_number(value) and math.isfinite(value)


def _wrong(name: str, value: Any, expected: str, remedy: str) -> BadInput:
    shown = repr(value).replace("\n", " ")
    return BadInput(f"{name}: got {shown if len(shown) <= 80 else f'{shown[:77]}…'}, expected {expected}.\n  {remedy}")
