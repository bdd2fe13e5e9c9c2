"""The data dictionary of a run: every column of every frame with its meaning, unit and origin, from where each is defined.

columns.toml (what every run has) · population (covariates) · signs (ward) · outcomes (patients) · model (courses)
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from livingdrug.observation.frames import FRAMES

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.load import Catalog
    from livingdrug.trial.result import Result

_COLUMNS = Path(__file__).with_name("columns.toml")
Told = tuple[str, str, str]
"""Meaning, unit, origin."""
_CHECKS = (
    (r"hours_since_first_(\w+)", "Hours since the first dose of {0}; empty until it was given", "hour"),
    (r"hours_since_(\w+)", "Hours since the last dose of {0}; empty until it was given", "hour"),
    (r"n_(\w+)", "Times that {0} was given, or its rule fired, so far", ""),
    (r"(?:max|onset|first|last)_(\w+)", "What the rules remember of {0}", ""),
    (r"step_(\w+)", "Times that the rule {0} has fired since it last began anew", ""),
    (r"(\w+)_extinct_day", "Day on which the last cell of clone {0} was gone; empty before", "day"),
)
_TRUTH = re.compile(r"truth_(\w+)_clone_extinct_day")


def dictionary(result: Result) -> pl.DataFrame:
    """One row a column: frame, column, type, unit, meaning, origin.

    Units are canonical; ``"1"`` is a share or ratio, empty is a name, a count or yes and no. Where a column mixes units, it says
    which column has them. The frame ``patients`` is who, truth and outcomes together.
    """
    import polars as pl

    catalog = result._catalog()
    frames = {**{name: result.frames[name] for name in FRAMES}, "patients": result.patients}
    frames |= {"events": result.events, "endpoints": result.table()}
    rows = []
    for name, frame in frames.items():
        known = _known(result, name, catalog)
        for column, kind in frame.schema.items():
            meaning, unit, origin = known.get(column) or _of_a_pattern(name, column) or ("", "", "")
            sort = _type(kind)
            rows.append((name, column, sort, unit or ("1" if sort == "number" else ""), meaning, origin))
    names = ("frame", "column", "type", "unit", "meaning", "origin")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _known(result: Result, frame: str, catalog: Catalog) -> Mapping[str, Told]:
    """What is told of the columns of a frame; the columns of every run win over others of the same name."""
    fixed = {**_fixed(frame), **_fixed("all")}
    if frame == "who":
        return {**_covariates(result, catalog), **fixed}
    if frame == "ward":
        return {**_signs(catalog), **fixed}
    if frame == "courses":
        return {**_signs(catalog), **_scales(catalog), **_model(result, catalog), **fixed}
    if frame == "patients":
        parts = (_outcomes(result), _fixed("truth"), _fixed("exits"), _covariates(result, catalog), _fixed("who"))
        return {**{name: told for part in parts for name, told in part.items()}, **fixed}
    return fixed


@cache
def _fixed(frame: str) -> dict[str, Told]:
    told = tomllib.loads(_COLUMNS.read_text(encoding="utf-8")).get(frame, {})
    origin = "trial" if frame == "all" else "manufacturing" if frame == "who" else "simulation"
    return {name: (one["meaning"], one.get("unit", ""), origin) for name, one in told.items()}


def _covariates(result: Result, catalog: Catalog) -> dict[str, Told]:
    record = catalog.load("population", result.trial.population)
    return {
        name: (one.meaning, one.unit or "", f"population/{result.trial.population}")
        for name, one in record.covariate.items()
    }


def _signs(catalog: Catalog) -> dict[str, Told]:
    records = {name: catalog.load("sign", name) for name in catalog.names("sign")}
    return {name: (one.title, one.unit, f"sign/{name}") for name, one in records.items()}


def _scales(catalog: Catalog) -> dict[str, Told]:
    records = {name: catalog.load("scale", name) for name in catalog.names("scale")}
    return {name: (f"Grade on {one.title}", "", f"scale/{name}") for name, one in records.items()}


def _outcomes(result: Result) -> dict[str, Told]:
    return {
        one.pattern: (f"{one.title}: {one.definition}" if one.definition else one.title, one.unit, f"outcome/{one.id}")
        for one in result.questions.listed()
    }


def _model(result: Result, catalog: Catalog) -> dict[str, Told]:
    """States and outputs of every arm's model; where two differ, the first arm's words."""
    from livingdrug.catalog.plan import plans_of
    from livingdrug.course.equations import equations

    found: dict[str, Told] = {}
    for plan in plans_of(result.trial, catalog):
        model = equations(plan).model
        for name, one in {**model.states, **model.outputs}.items():
            found.setdefault(name, (one.meaning, one.unit or "1", f"model/{model.id}"))
    return found


def _of_a_pattern(frame: str, column: str) -> Told | None:
    found = _TRUTH.fullmatch(column)
    if found:
        return f"Day on which clone {found[1]} was extinct (only the model knows); empty for never", "day", "simulation"
    for pattern, words, unit in _CHECKS if frame == "courses" else ():
        found = re.fullmatch(pattern, column)
        if found:
            return words.format(*(word.replace("_", " ") for word in found.groups())), unit, "clinical checks"
    return None


def _type(kind: pl.DataType) -> str:
    if kind.is_float():
        return "number"
    if kind.is_integer():
        return "whole number"
    return "yes or no" if str(kind) == "Boolean" else "text"
