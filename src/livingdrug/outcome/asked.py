"""An endpoint file held against the kind and the estimator it names: every key known, every key needed there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from livingdrug.catalog.told import told
from livingdrug.foundation.errors import CatalogError, did_you_mean
from livingdrug.outcome import estimators, folder, kinds
from livingdrug.outcome.checks import check_level
from livingdrug.outcome.estimator import Asked, Estimator, Kind

if TYPE_CHECKING:
    from livingdrug.catalog.records.endpoint import Endpoint


def ask(record: Endpoint, *, level: float = 0.95) -> Asked:
    """The endpoint with its kind and estimator found and its keys complete.

    Parameters
    ----------
    record
        The definition.
    level
        Confidence level of all intervals.

    Raises
    ------
    UnknownName
        No such kind or estimator.
    CatalogError
        A key is missing, unknown, of another kind, or has a wrong value.
    BadInput
        The level is not between 0 and 1.
    """
    file = f"endpoint/{record.id}.toml"
    kind: Kind = folder.one(kinds, "KIND", record.kind, f'kind of endpoint, asked for by "{record.id}",')
    given = record.further
    name = record.estimator or kind.usual(given)
    estimator: Estimator = folder.one(estimators, "ESTIMATOR", name, f'estimator, asked for by endpoint "{record.id}",')
    if estimator.kind != record.kind:
        fitting = ", ".join(known for known, other in _estimators().items() if other.kind == record.kind)
        raise CatalogError(
            f'{file}, "estimator": "{name}" is for a {estimator.kind} endpoint, but kind = "{record.kind}".\n'
            f"  Use one of: {fitting}."
        )
    if record.at and not estimator.over_time:
        raise CatalogError(f'{file}, "at": "{name}" has no curve over time.\n  Remove the times.')
    _refuse_strangers(record, estimator, name, file)
    _refuse_gaps(record, estimator, file)
    try:
        keys = estimator.Keys.model_validate(given)
    except ValidationError as problem:
        raise CatalogError(told(problem, estimator.Keys, file)) from None
    return Asked(record, kind, estimator, keys, check_level(level))


def _refuse_gaps(record: Endpoint, estimator: Estimator, file: str) -> None:
    for key, field in estimator.Keys.model_fields.items():
        if field.is_required() and key not in record.further:
            raise CatalogError(f'{file}: a {record.kind} endpoint needs "{key}".\n  Add it.')


def _refuse_strangers(record: Endpoint, estimator: Estimator, name: str, file: str) -> None:
    known = estimator.Keys.model_fields
    for key in record.further:
        if key in known:
            continue
        for other_name, other in _kinds().items():
            if key in other.Keys.model_fields:
                raise CatalogError(
                    f'{file}: "{key}" belongs to a {other_name} endpoint, but kind = "{record.kind}".\n'
                    "  Remove it, or change the kind."
                )
        for other_name, other in _estimators().items():
            if key in other.Keys.model_fields:
                raise CatalogError(
                    f'{file}: "{key}" belongs to estimator "{other_name}", but this endpoint uses "{name}".\n'
                    f'  Remove it, or write estimator = "{other_name}".'
                )
        every = sorted({*known, *type(record).model_fields} - {"id"})
        guess = did_you_mean(key, every) or f" Known here: {', '.join(every)}."
        raise CatalogError(f'{file}, "{key}": no such key.{guess}\n  Correct or remove it.')


def _kinds() -> dict[str, Any]:
    return {name: folder.one(kinds, "KIND", name, "kind of endpoint") for name in folder.names(kinds, "KIND")}


def _estimators() -> dict[str, Any]:
    found = folder.names(estimators, "ESTIMATOR")
    return {name: folder.one(estimators, "ESTIMATOR", name, "estimator") for name in found}
