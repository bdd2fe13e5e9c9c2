"""Which outcome plays which role: flow, stories and headlines ask for a relapse, and an outcome's file says that it is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, get_args

from livingdrug.catalog.records.outcome import Role
from livingdrug.foundation.errors import CatalogError

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup
    from livingdrug.catalog.records.outcome import Outcome

Roles = Mapping[Role, str]
"""Role -> the name of the outcome that plays it, which is a column of the patients table."""


def roles_among(outcomes: Iterable[Outcome]) -> Roles:
    """Who plays each role.

    Raises
    ------
    CatalogError
        Nobody plays a role, or two do; says which.

    Examples
    --------
    >>> from livingdrug.catalog.load import Catalog
    >>> roles_in(Catalog())["relapse"]
    'relapse_day'
    """
    found: dict[Role, str] = {}
    for outcome in outcomes:
        if not outcome.role:
            continue
        if outcome.role in found:
            raise CatalogError(
                f'outcome/{outcome.id}.toml, "role": "{found[outcome.role]}" plays "{outcome.role}", too.\n'
                "  One outcome plays each role: take it out of one of the files."
            )
        found[outcome.role] = outcome.pattern
    for role in get_args(Role):
        if role not in found:
            raise CatalogError(
                f'outcome/*.toml, "role": nobody plays the role "{role}", expected one outcome that does.\n'
                f'  Add role = "{role}" to its file.'
            )
    return found


def roles_in(catalog: Lookup) -> Roles:
    """Who plays each role among a catalogue's outcomes."""
    return roles_among(catalog.load("outcome", name) for name in catalog.names("outcome"))
