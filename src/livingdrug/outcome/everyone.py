"""By everyone randomised: what an endpoint counts when nobody whom chance put into an arm is left out of it.

Randomisation makes alike those who enrol, not those who reach treatment, respond or have a side effect. A test between
arms therefore counts everyone enrolled: from the endpoint's own file, from the one it names under `from_enrolment`, or,
of a proportion among the treated, with the untreated counted as not having it.
"""

from __future__ import annotations

from livingdrug.catalog.records.endpoint import Endpoint

ENROLLED = "enrolled"
TREATED = ("treated", "infused")
OWN = 'Ask for .compare(among="own") to test those whom the endpoint counts'


def by_everyone(record: Endpoint) -> Endpoint | None:
    """The same question of everyone enrolled; None where the definition does not tell what the untreated count as.

    Examples
    --------
    >>> from livingdrug.catalog.load import Catalog
    >>> found = by_everyone(Catalog().load("endpoint", "icu"))
    >>> found.among, found.further["success"].startswith("treated and (")
    ('enrolled', True)
    """
    among = record.among.strip()
    if among == ENROLLED:
        return record
    if record.kind != "proportion" or among not in TREATED:
        return None
    success = f"treated and ({record.further['success']})"
    return Endpoint.model_validate({**record.model_dump(), "among": ENROLLED, "success": success})


def why_untested(record: Endpoint) -> str:
    """Why no test by everyone randomised is offered, in a sentence without its full stop."""
    among = record.among.strip()
    if among not in TREATED:
        return "counts only patients chosen by what came after randomisation"
    if record.kind == "quantity":
        return "who was never treated has no value"
    return "is counted from treatment, and no endpoint counts it from enrolment (from_enrolment)"
