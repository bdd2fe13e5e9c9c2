"""Grades from signs: one formula per scale, evaluated on columns or compiled into a check program."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from livingdrug.catalog.records.scale import Scale
from livingdrug.catalog.signs import SHIPPED, Signs
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.expressions import read_formula


def formula_text(scale: Scale, without: Collection[str] = ()) -> str:
    """The scale as one formula: the highest grade with a row that holds, 0 when none does.

    Parameters
    ----------
    scale
        A grading scale of the catalogue.
    without
        Flags nobody can provide here; they are read as 0, and rows that read nothing else never hold.

    Examples
    --------
    >>> from livingdrug.catalog.load import Catalog
    >>> formula_text(Catalog().load("scale", "ctcae_neutrophils"))
    '4 if (neutrophils < 0.5) else 3 if (neutrophils < 1.0) else 2 if (neutrophils < 1.5) else 1 if (neutrophils < 2.0) else 0'
    """
    ladder, unread = "0", set(without)
    for grade in sorted({row.grade for row in scale.row}):
        rows = [row for row in scale.row if row.grade == grade and not set(read_formula(row.condition).names) <= unread]
        if rows:
            ladder = f"{grade} if {' or '.join(f'({row.condition})' for row in rows)} else {ladder}"
    text = f"({ladder}) if ({scale.requires}) else 0" if scale.requires else ladder
    return _with_zeros(text, unread) if unread & set(read_formula(text).names) else text


def grade_formula(
    scale: Scale, without: Collection[str] = (), known: Signs = SHIPPED, seen: Collection[str] = ()
) -> list[tuple[str, str]]:
    """Statements of a check program that leave this scale's grade in a local named by the scale's id.

    What only a person at the bedside can report (CAPD, a diagnosis of HLH) counts as 0, unless the model has it (`seen`) and its file says
    that it is seen at checks.
    """
    if scale.graded_on == "course":
        raise BadInput(
            f'scale "{scale.id}" grades a whole course and cannot be read at one check.\n'
            "  Grade it afterwards with grade(), or take it out of the guideline."
        )
    return [
        (
            scale.id,
            formula_text(
                scale, (*without, *(name for name in known.reported if not (known[name].at_checks and name in seen)))
            ),
        )
    ]


def grade(scale: Scale, signs: Mapping[str, ArrayLike], known: Signs = SHIPPED) -> NDArray[np.int8]:
    """Grades of many moments or patients at once.

    Parameters
    ----------
    scale
        A grading scale of the catalogue.
    signs
        Sign or flag -> values in the sign's canonical unit; all of one shape (or single numbers). Flags and reported
        signs that are missing count as 0; a sign whose value is NaN fulfils no condition.
    known
        The signs there are.

    Returns
    -------
    Grades 0 to 5, of the signs' shape.

    Raises
    ------
    BadInput
        The scale reads a sign that is not given.

    Examples
    --------
    >>> from livingdrug.catalog.load import Catalog
    >>> astct = Catalog().load("scale", "crs_astct")
    >>> grade(astct, {"temperature": [36.9, 38.4, 38.4], "pressor_level": [0, 0, 2], "oxygen_level": [0, 0, 1]})
    array([0, 1, 3], dtype=int8)
    """
    needed = scale.names
    optional = {*known.flags, *known.reported, *(name for name, other in scale.stands_in.items() if other in signs)}
    missing = [name for name in needed if name not in signs and name not in optional]
    if missing:
        described = "; ".join(f"{name} ({known[name].meaning})" for name in missing)
        raise BadInput(
            f'scale "{scale.id}" reads {described}, which is not among the signs given: {", ".join(sorted(signs))}.\n'
            "  Record these signs, or grade on another scale."
        )
    unseen = {name: np.nan if name in scale.stands_in else 0.0 for name in needed}
    columns: dict[str, Any] = {name: np.asarray(signs.get(name, unseen[name]), dtype=np.float64) for name in needed}
    found = np.zeros(np.broadcast_shapes(*(column.shape for column in columns.values())), dtype=np.int8)
    for step, condition in _ladder(scale):
        found[_holds(condition, columns, found.shape)] = step
    if scale.requires:
        found[~_holds(scale.requires, columns, found.shape)] = 0
    return found


def _ladder(scale: Scale) -> list[tuple[int, str]]:
    """Each grade with what must hold for it, the highest last: it counts."""
    grades = sorted({row.grade for row in scale.row})
    return [(step, " or ".join(f"({row.condition})" for row in scale.row if row.grade == step)) for step in grades]


def _holds(condition: str, columns: Mapping[str, Any], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    return np.broadcast_to(np.asarray(read_formula(condition).evaluate(columns)) != 0, shape)


def days_at_or_below(values: ArrayLike, limit: float, *, strictly: bool = False) -> NDArray[np.float64]:
    """On how many days a count lay at or below a limit (for scales that grade duration).

    Parameters
    ----------
    values
        One value per day, shaped (patients, days); NaN (not measured, not alive) does not count.
    limit
        In the unit of `values`.
    strictly
        Count days below the limit only.
    """
    column = np.asarray(values, dtype=np.float64)
    held = column < limit if strictly else column <= limit
    return held.sum(axis=1).astype(np.float64)


class _Zeros(ast.NodeTransformer):
    def __init__(self, names: Collection[str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(0.0) if node.id in self.names else node


def _with_zeros(text: str, names: Collection[str]) -> str:
    return ast.unparse(_Zeros(names).visit(ast.parse(text, mode="eval").body))
