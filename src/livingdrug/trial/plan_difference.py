"""What differs between two plans: every line of the trial, and what the runs were made with, that is not the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.trial.result import Result

ABSENT = "–"
_TOLD = ("seed", "patients", "livingdrug", "settings")
"""Of a manifest, besides the catalogue's files."""


@dataclass(frozen=True)
class PlanDifference:
    """One line: where it stands in the trial file (or what of the run), and what each side says."""

    where: str
    first: str
    second: str


def between_arms(trial: Trial, first: str, second: str) -> tuple[PlanDifference, ...]:
    """What differs between two arms of one trial, their names apart."""
    sides = [trial.arm(name).model_dump(mode="json", exclude={"name"}, exclude_none=True) for name in (first, second)]
    return _different(sides[0], sides[1], "arm")


def between_runs(first: Result, second: Result) -> tuple[PlanDifference, ...]:
    """What differs between two runs: the trial as it was planned, seed, patients, version, settings and files of the catalogue."""
    plans = [one.trial.model_dump(mode="json", exclude_none=True) for one in (first, second)]
    made = [_made_with(one.manifest) for one in (first, second)]
    files = [
        {str(name): str(told)[:12] for name, told in one.manifest.get("catalog", {}).items()} for one in (first, second)
    ]
    same = files[0].keys() & files[1].keys()  # a file that only one side reads is told by the plan
    changed = [{name: text for name, text in side.items() if name in same} for side in files]
    return (
        *_different(plans[0], plans[1], ""),
        *_different(made[0], made[1], "run"),
        *_different(changed[0], changed[1], "content of"),
    )


def _made_with(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What a run was made with: seed, size, version and settings; a parameter of one's own as its number and unit alone."""
    told = {name: manifest[name] for name in _TOLD if name in manifest}
    settings = told.get("settings")
    if isinstance(settings, Mapping) and isinstance(settings.get("parameters"), Mapping):
        own = {
            name: f"{one['value']:g} {one['unit']}".strip() if isinstance(one, Mapping) else one
            for name, one in settings["parameters"].items()
        }
        told["settings"] = {**settings, "parameters": own}
    return told


def _different(first: Mapping[str, Any], second: Mapping[str, Any], place: str) -> tuple[PlanDifference, ...]:
    mine, theirs = dict(_lines(first, place)), dict(_lines(second, place))
    return tuple(
        PlanDifference(where, mine.get(where, ABSENT), theirs.get(where, ABSENT))
        for where in dict.fromkeys([*mine, *theirs])
        if mine.get(where, ABSENT) != theirs.get(where, ABSENT)
    )


def _lines(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """A table as (dotted place, text); parts of a list are called by their own names where they have some."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _lines(
                inner, f"{place} {key}" if place == "content of" else f"{place}.{key}" if place else str(key)
            )
    elif isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(one, Mapping) for one in value):
        names = [_name_of(one, k) for k, one in enumerate(value, 1)]
        for k, (name, one) in enumerate(zip(names, value, strict=True)):
            again = names[:k].count(name)
            yield from _lines(one, f"{place}[{name}{f' {again + 1}' if again else ''}]")
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield place, ", ".join(_text(one) for one in value) or ABSENT
    elif value not in (None, ""):
        yield place, _text(value)


def _name_of(one: Any, k: int) -> str:
    if isinstance(one, Mapping):
        return str(next((one[key] for key in ("name", "id", "drug") if one.get(key)), k))
    return str(k)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
