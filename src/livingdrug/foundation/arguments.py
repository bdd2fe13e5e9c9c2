"""What arguments of public functions must be, by their annotations: refused in words before any work.

The annotation that tells a type checker what an argument is tells this door, too, so that a new argument is checked
without being entered anywhere. Limits that depend on the rest (which arms there are, how many samples a method needs)
are checked where they are known.
"""

from __future__ import annotations

import functools
import inspect
import math
import numbers
from collections.abc import Callable, Iterable, Mapping, Sized
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar

from livingdrug.foundation.errors import BadInput, did_you_mean

P = ParamSpec("P")
R = TypeVar("R")

_LEAST = {"seed": 0, "threads": 1}
"""Whole numbers that begin somewhere, in every function alike."""


class _Kind(NamedTuple):
    """One member of an annotation: whether a value is such, what it is called, what to do instead."""

    fits: Callable[[Any], bool]
    expected: str
    remedy: str = "Correct it."


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(value: Any) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _is_finite(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, Iterable) and isinstance(value, Sized) and not isinstance(value, (str, bytes, Mapping))


_PLAIN = {
    "None": _Kind(lambda value: value is None, ""),
    "bool": _Kind(lambda value: type(value).__name__ in ("bool", "bool_"), "True or False", "Write {name}=True or {name}=False."),
    "int": _Kind(_is_whole, "a whole number"),
    "float": _Kind(_is_finite, "a finite number"),
    "str": _Kind(_is_text, "a text", "Put it in quotation marks."),
    "Literal": _Kind(_is_text, "a text", "Put it in quotation marks."),
    "Path": _Kind(lambda value: isinstance(value, Path) or (_is_text(value) and value != ""), "a path", 'Write it in quotation marks; "." is the folder you are in.'),
    "Any": _Kind(lambda _: True, ""),
    "tuple": _Kind(lambda _: True, "several values"),
    "Sequence": _Kind(_is_list, "a list", "Write {name}=[…]."),
    "Mapping": _Kind(lambda value: isinstance(value, Mapping), "names with values", 'Write for example {name}={{"NAME": …}}.'),
    "Callable": _Kind(callable, "a function", "Leave it out, or give one to call."),
}  # fmt: skip
_RECORDS = {
    "Trial": ("a trial: a catalogue name, a TOML file, or what load_trial gives", "livingdrug list trial names them."),
    "Rule": ("a rule of decision: a catalogue name or a TOML file", "livingdrug list rule names them."),
    "Catalog": ("a Catalog", 'Write catalog=livingdrug.Catalog(["FOLDER"]).'),
    "Result": ("a finished run", 'Give what run gives, or Result.load("FOLDER").'),
    "KineticsData": ("kinetics", 'Give what read_kinetics("TABLE.csv") gives.'),
    "StructuralModel": ("the name of a model, its file, or a StructuralModel", "livingdrug fit --list-models names them."),
    "Fit": ("a fit", 'Give what fit gives, or load_fit("FOLDER").'),
    "Typical": ("a typical patient", "Give what typical gives."),
    "Model": ("a model", "Give what livingdrug.model.assemble gives; a trial is exported by: livingdrug export sbml TRIAL."),
    "DataFrame": ("a polars frame", "Read a file with polars.read_csv."),
    "ParameterSet": ("parameter sets of a calibration's ensemble", "Take them from a calibration."),
    "Quantity": ("a number with its unit", 'Write for example "2.8 1/day".'),
}  # fmt: skip
"""Class -> what it is to a user, and where it comes from; others are called by their name."""
_FUNCTIONS = ("Progress", "Told", "Simulate")
"""Names that annotations have for functions."""


def in_words(function: Callable[P, R]) -> Callable[P, R]:
    """The function, refusing arguments of a wrong kind in words: what was got, what was expected, what to write.

    Raises
    ------
    BadInput
        From the function: an argument nobody knows, or one that its annotation does not allow.
    """
    signature = inspect.signature(function)
    known = [name for name, one in signature.parameters.items() if one.kind is not one.VAR_POSITIONAL]

    @functools.wraps(function)
    def checked(*positional: P.args, **named: P.kwargs) -> R:
        for name in named:
            if name not in signature.parameters:
                guess = did_you_mean(name, known)
                raise BadInput(f'{function.__name__} has no argument "{name}".{guess}\n  Known: {", ".join(known)}.')
        for name, value in _bound(function.__name__, signature, positional, named).items():
            _check(signature.parameters[name], value)
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


def _check(argument: inspect.Parameter, value: Any) -> None:
    name, annotation = argument.name, argument.annotation
    if value is argument.default or not isinstance(annotation, str):
        return
    for one in value if argument.kind is argument.VAR_POSITIONAL else (value,):
        refuse_other_than(annotation, name, one)
    if name in _LEAST and value is not None:
        whole(name, value, _LEAST[name])


def refuse_other_than(annotation: str, name: str, value: Any) -> None:
    """Refuse in words what an annotation does not allow: of lists and of names with values also what they hold.

    Parameters
    ----------
    annotation
        As a signature writes it: ``"Sequence[str] | None"``.
    name
        What the value is called.
    value
        What was given.

    Raises
    ------
    BadInput
        A value of another kind.

    Examples
    --------
    >>> refuse_other_than("Mapping[str, float] | None", "start", {"Cmax": 5})
    >>> refuse_other_than("int", "patients", 2.5)
    Traceback (most recent call last):
    livingdrug.foundation.errors.BadInput: patients: got 2.5, expected a whole number.
      Correct it.
    """
    members = [_opened(text) for text in _parts(annotation, "|")]
    for outer, inside in members:
        if not _kind(outer, [one for one, _ in members]).fits(value):
            continue
        if outer == "Sequence" and not hasattr(value, "dtype"):
            for one in value:
                refuse_other_than(inside[0], name, one)
        elif outer == "Mapping":
            for key, one in value.items():
                refuse_other_than(inside[0], f"a name in {name}", key)
                refuse_other_than(inside[1], f"{name} of {key}", one)
        return
    raise _wrong(name, value, [outer for outer, _ in members])


def whole(name: str, value: Any, least: int) -> int:
    """The number, refused where it is no whole number of at least `least`."""
    if not _is_whole(value):
        raise BadInput(f"{name}: got {value!r}, expected a whole number of at least {least}.")
    if value < least:
        raise BadInput(f"{name}: got {value}, expected at least {least}.\n  Give a larger number.")
    return int(value)


@functools.lru_cache
def _parts(text: str, separator: str) -> tuple[str, ...]:
    """The text between separators that stand in no brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if letter == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return tuple(part.strip() for part in parts)


@functools.lru_cache
def _opened(member: str) -> tuple[str, tuple[str, ...]]:
    """``"Mapping[str, float]"`` -> ``("Mapping", ("str", "float"))``; modules are left out."""
    outer, _, inside = member.partition("[")
    return outer.split(".")[-1], _parts(inside.removesuffix("]"), ",")


def _kind(outer: str, beside: list[str]) -> _Kind:
    if outer in _FUNCTIONS:
        return _PLAIN["Callable"]
    if outer == "str" and "Path" in beside:
        return _PLAIN["Path"]
    if outer in _PLAIN:
        return _PLAIN[outer]
    expected, remedy = _RECORDS.get(outer, (f"a {outer}", "Correct it."))
    return _Kind(lambda value: any(one.__name__ == outer for one in type(value).__mro__), expected, remedy)


def _wrong(name: str, value: Any, members: list[str]) -> BadInput:
    """What was got, and what any of the members would be: where a record is one, its words tell of the others, too."""
    records = [outer for outer in members if outer in _RECORDS]
    kinds = [_kind(outer, members) for outer in (records[:1] or members) if outer != "None"]
    expected = " or ".join(dict.fromkeys(kind.expected for kind in kinds))
    remedy = kinds[0].remedy.format(name=name)
    if "Sequence" in members and isinstance(value, (str, Path)):
        remedy = f"Write {name}=[{str(value)!r}]."
    shown = repr(value).replace("\n", " ")
    return BadInput(f"{name}: got {shown if len(shown) <= 80 else f'{shown[:77]}…'}, expected {expected}.\n  {remedy}")
