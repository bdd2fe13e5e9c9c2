"""Figures of a run, for notebooks and files: each shows itself, saves itself as SVG, PNG or PDF, and has its data.

>>> import livingdrug as ld
>>> figure = ld.plot.km(result, "pfs")                                              # doctest: +SKIP
>>> figure.save("pfs.pdf")                                                          # doctest: +SKIP
>>> figure.data                                                                     # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.reports.gallery import gallery, named_figure, standing_alone
from livingdrug.reports.page import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from livingdrug.design.typical import Typical
    from livingdrug.trial.result import Result

__all__ = ["bands", "figure", "figures", "flow", "grades", "km", "swimmer", "typical"]


@in_words
def figures(result: Result, *, published: bool = True) -> dict[str, Figure]:
    """Every figure of the report by name, in its order.

    Parameters
    ----------
    result
        A run.
    published
        Whether to set the trial's published results beside the simulation.
    """
    return gallery(result, published=published)


@in_words
def figure(result: Result, name: str, *, arm: str | None = None, published: bool = True) -> Figure:
    """One figure of the report by its name (`figures` has them), or the curve of an endpoint by its id.

    Parameters
    ----------
    result
        A run.
    name
        E.g. ``"flow"``, ``"pfs"``.
    arm
        Of a figure that there is for each arm: which; ``"flow"`` of the second is called ``"flow-2"``, too.
    published
        Whether to set the trial's published results beside the simulation.

    Raises
    ------
    UnknownName
        No such figure, or no such arm.
    """
    if arm is not None and arm not in result.arms:
        raise UnknownName("arm in this result", arm, result.arms)
    several = arm is not None and len(result.arms) > 1
    return named_figure(result, f"{name}-{result.arms.index(str(arm)) + 1}" if several else name, published=published)


@in_words
def km(result: Result, endpoint: str, *, published: bool = True) -> Figure:
    """The curve of a time to event, by arm, with its band, censoring ticks and numbers at risk.

    Kaplan–Meier, or Aalen–Johansen where one event keeps another from being seen.

    Parameters
    ----------
    result
        A run.
    endpoint
        Id of an endpoint over time, e.g. ``"pfs"``; the trial need not list it.
    published
        Whether to add the published estimates.

    Raises
    ------
    UnknownName, BadInput
        No such endpoint, or it is no time to event.
    """
    from livingdrug.reports.curve_figure import curve_figure
    from livingdrug.reports.html import open_source

    source = open_source(result, published=published)
    one = result.endpoint(endpoint)
    source.asked[one.id] = one
    found = curve_figure(source, one, half=False) if one.over_time else None
    if found is None:
        what = "is no time to event" if not one.over_time else "has nobody who was watched"
        raise BadInput(
            f'endpoint "{endpoint}" {what}, so it has no curve.\n  Its numbers: result.endpoint("{endpoint}").'
        )
    return replace(found, standing=standing_alone(source))


@in_words
def bands(result: Result, quantity: str) -> Figure:
    """What an assay measured over time: median, middle half and middle nine tenths of the patients.

    Parameters
    ----------
    result
        A run.
    quantity
        As in ``result.visits``, e.g. ``"car_t_copies"``.

    Raises
    ------
    UnknownName
        Nobody measured it.
    """
    from livingdrug.reports.band_figure import band_figure
    from livingdrug.reports.html import open_source
    from livingdrug.reports.measured import measured

    source = open_source(result, published=False)
    known = {one.quantity: one for one in measured(source)}
    if quantity not in known:
        raise UnknownName("measured quantity of this run", quantity, known)
    one = known[quantity]
    limited = source.visits(quantity)["lower_limit"].drop_nulls().len() > 0
    found = band_figure(source, quantity, one.title, one.unit_words, log=limited)
    if found is None:
        raise BadInput(f'nobody has a result of "{quantity}".')
    return replace(found, standing=standing_alone(source))


@in_words
def grades(result: Result, scale: str, arm: str | None = None) -> Figure:
    """Grades of a toxicity scale by day in the first month, as shares of those in follow-up: `figure` of ``grades-<scale>``.

    Parameters
    ----------
    result, arm
        A run, and which arm; the first when omitted.
    scale
        A scale graded in this trial, e.g. ``"crs_astct"``.
    """
    return figure(result, f"grades-{scale}", arm=arm or result.arms[0])


@in_words
def swimmer(result: Result, arm: str | None = None) -> Figure:
    """Patient by patient, toxicity and drugs of the first month, then the years: `figure` of ``swimmer``, the first arm's when omitted."""
    return figure(result, "swimmer", arm=arm or result.arms[0])


@in_words
def flow(result: Result, arm: str | None = None) -> Figure:
    """Who went on from apheresis to the end, and why others did not: `figure` of ``flow``, the first arm's when omitted."""
    return figure(result, "flow", arm=arm or result.arms[0])


@in_words
def typical(patient: Typical, outputs: Sequence[str] = ("car_t_total", "tumour_total")) -> Figure:
    """Outputs of one unit over the course of a typical patient (`livingdrug.typical`).

    Parameters
    ----------
    patient
        Whose.
    outputs
        Columns of ``patient.course``.

    Raises
    ------
    UnknownName, BadInput
        No such output, or they are of several units.
    """
    from livingdrug.reports.typical_figure import typical_figure

    return typical_figure(patient, outputs)
