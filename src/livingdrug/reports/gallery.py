"""Every figure of a run's report by name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from livingdrug.foundation.errors import UnknownName
from livingdrug.reports.curve_figure import curve_figure
from livingdrug.reports.html import open_source, section_files, told
from livingdrug.reports.page import Figure

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.reports.source import Source
    from livingdrug.trial.result import Result


def gallery(result: Result, *, published: bool = True, catalog: Catalog | None = None) -> dict[str, Figure]:
    """Name -> figure, in the order of the report; a second figure of one name gets a number."""
    return _of(open_source(result, published=published, catalog=catalog))


def named_figure(result: Result, name: str, *, published: bool = True, catalog: Catalog | None = None) -> Figure:
    """One figure: of the report, or the curve of any endpoint over time by its id.

    Raises
    ------
    UnknownName
        Neither.
    BadInput
        An endpoint that this run cannot answer.
    """
    source = open_source(result, published=published, catalog=catalog)
    found = _of(source)
    if name in found:
        return found[name]
    assert source.catalog is not None
    if source.catalog.has("endpoint", name):
        one = result.endpoint(name)
        source.asked[one.id] = one
        figure = curve_figure(source, one, half=False) if one.over_time else None
        if figure is not None:
            return replace(figure, standing=standing_alone(source))
    raise UnknownName(
        "figure of this run",
        name,
        found,
        "Any endpoint over time can be drawn too, by its id: livingdrug list endpoint.",
    )


def standing_alone(source: Source) -> str:
    """What the numbers rest on, for a figure that stands alone; empty where all is calibrated."""
    return "; ".join(source.standing)


def _of(source: Source) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    said = standing_alone(source)
    for module in section_files():
        section = told(module, source)
        for part in section.parts if section is not None else ():
            if isinstance(part, Figure):
                name, again = part.name, 2
                while name in found:
                    name, again = f"{part.name}-{again}", again + 1
                found[name] = replace(part, id=name, standing=said)
    return found
