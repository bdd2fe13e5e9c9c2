"""How response is judged, by disease: a disease record names one of these, and adding one is adding an entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from livingdrug.clinic import response, response_imwg, response_lugano
from livingdrug.foundation.errors import UnknownName

Assess = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True)
class Judged:
    """One way to judge response.

    Attributes
    ----------
    assess
        assess(visits, patients) -> one row per patient with the columns of `livingdrug.clinic.response.SCHEMA`.
    looks_when_overt
        Whether marrow is looked at between planned visits when blasts become overt.
    """

    assess: Assess
    looks_when_overt: bool


RESPONSES = {
    "all": Judged(response.assess, looks_when_overt=True),
    "lugano": Judged(response_lugano.assess, looks_when_overt=False),
    "imwg": Judged(response_imwg.assess, looks_when_overt=False),
}


def judged_by(name: str) -> Judged:
    """The way to judge response that a disease names.

    Raises
    ------
    UnknownName
        There is no such way.

    Examples
    --------
    >>> judged_by("lugano").looks_when_overt
    False
    """
    if name not in RESPONSES:
        raise UnknownName("response", name, RESPONSES, 'It stands in "response" of the disease file.')
    return RESPONSES[name]
