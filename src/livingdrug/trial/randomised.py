"""Arms of one randomised run as independent groups: everyone randomised where an endpoint tells what they count as, with its test."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.errors import BadInput
from livingdrug.trial import independent

if TYPE_CHECKING:
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.outcome.endpoint_result import EndpointResult

NOTE = (
    "The trial is randomised: each person is in one arm, so the arms are compared as independent groups. Everyone randomised is counted, "
    "from enrolment, where an endpoint tells what those never treated count as; these rows have a test. The others count whom the endpoint "
    "counts (column among), arms may then differ by who was lost before, and nothing is tested. Intervals and tests hold the chance of a trial "
    "of this size, not the uncertainty of the model."
)


def pair_of(found: EndpointResult, reference: str, other: str) -> tuple[EndpointResult, bool]:
    """An endpoint in two arms alone, and whether it counts everyone randomised."""
    import polars as pl

    whole = found.by_everyone()
    told = whole or found
    patients = told.patients.filter(pl.col("arm").is_in([reference, other]))
    enrolled = patients.height if whole is not None else patients.height + 1
    return replace(
        told, arms=(reference, other), patients=patients, everyone=None, n_enrolled=enrolled
    ), whole is not None


def rows_of(record: Endpoint, found: EndpointResult, reference: str, other: str) -> list[dict[str, Any]]:
    """Differences of one endpoint between two arms, in the columns of `livingdrug.trial.compare.Comparison.table`.

    Parameters
    ----------
    record
        As it is titled in the comparison.
    found
        The endpoint of the whole run, with all its arms.
    reference, other
        The arms.
    """
    pair, everyone = pair_of(found, reference, other)
    record = record if pair.record.id == record.id else pair.record  # another endpoint asks it from enrolment
    sides = [replace(pair, arms=(arm,)) for arm in (reference, other)]
    test = _test(pair) if everyone else {}
    words = {"among": pair.record.among, "test": test.get("test"), "p_value": test.get("p_value")}
    return [{**row, **words} for row in independent.rows_of(record, *sides)]


def _test(pair: EndpointResult) -> dict[str, Any]:
    try:
        return pair.compare()
    except BadInput:  # no events, nobody in an arm: there is nothing to test
        return {}
