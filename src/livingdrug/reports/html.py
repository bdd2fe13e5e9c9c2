"""The report: one self-contained HTML file that asks no host for anything."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import UnknownName
from livingdrug.foundation.security import content_policy
from livingdrug.reports import sections
from livingdrug.reports.head import head
from livingdrug.reports.page import Cards, Section, missing
from livingdrug.reports.places import refuse_place
from livingdrug.reports.samples import sample
from livingdrug.reports.source import Source
from livingdrug.reports.unbroken import unbroken
from livingdrug.reports.words import plain

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.evidence import Evidence
    from livingdrug.trial.result import Result

TEMPLATES = Path(__file__).parent / "templates"


@in_words
def write_report(result: Result, path: str | Path, *, published: bool = True, catalog: Catalog | None = None) -> Path:
    """Write the report of a run as one HTML file.

    Parameters
    ----------
    result
        A `livingdrug.trial.result.Result`. Frames and endpoints it lacks are named in their section.
    path
        The file to write; replaced if it is there. Written whole or not at all. A name that ends in ``.pdf`` gives the report as PDF,
        which needs the extra ``figures``.
    published
        Whether to set the trial's published results beside the simulation.
    catalog
        Where published results and sources are looked up; the result's own or the default one when omitted.

    Returns
    -------
    The path written.

    Raises
    ------
    BadInput
        The path is a folder, its folder is missing or not writable, or the disk is full; or the typesetter is not installed.
    """
    refuse_place(Path(path))
    if Path(path).suffix.lower() == ".pdf":
        from livingdrug.reports.pdf import write_pdf

        return write_pdf(Path(path), **contents(result, published=published, catalog=catalog))
    return write_page(Path(path), render(result, published=published, catalog=catalog))


def write_page(target: Path, text: str) -> Path:
    """Write a page whole or not at all; says what is wrong with the place."""
    from livingdrug.trial.storage import write_bytes

    refuse_place(target)
    write_bytes(target, text.encode("utf-8"))
    return target


def render(result: Result, *, published: bool = True, catalog: Catalog | None = None) -> str:
    """The report as HTML text; see `write_report`."""
    return page(**contents(result, published=published, catalog=catalog))


def contents(result: Result, *, published: bool = True, catalog: Catalog | None = None) -> dict[str, Any]:
    """What the report tells, as the arguments of `page`."""
    source = open_source(result, published=published, catalog=catalog)
    top = head(source)
    shown = [found for module in section_files() if (found := told(module, source)) is not None]
    manifest = source.result.manifest or {}
    meta = [
        ", ".join(source.arms),
        f"followed for {plain(source.last_day / 365.25, 2)} {'year' if round(source.last_day / 365.25, 2) == 1 else 'years'}",
    ]
    meta += [f"seed {manifest['seed']}"] if manifest.get("seed") is not None else []
    meta += ["outcomes alone were kept"] if source.outcomes_alone else []
    standing = source.result.trial.standing
    return {
        "kicker": f"A virtual clinical trial · {standing}" if standing else "A virtual clinical trial", "title": top.title, "lead": top.lead,
        "meta": meta, "sections": shown, "cards": top.cards, "version": manifest.get("livingdrug"),
    }  # fmt: skip


def page(
    kicker: str,
    title: str,
    lead: str,
    meta: Sequence[str],
    sections: Sequence[Section],
    *,
    cards: Cards | None = None,
    version: str | None = None,
) -> str:
    """Sections as one self-contained page with the report's looks.

    Parameters
    ----------
    kicker, title, lead, meta
        The head of the page: what sort of page, what it is about, its result in a sentence, and small facts.
    cards
        Key numbers below the head; see `livingdrug.reports.page.Cards`.
    version
        Of livingdrug, when known.
    """
    facts = [*meta, f"livingdrug {version}"] if version else list(meta)
    style, script = _inline("report.css"), _inline("report.js")
    text = _template().render(
        kicker=kicker, title=title, lead=lead, meta=" · ".join(facts), cards=cards, sections=sections,
        style=_Verbatim(style), script=_Verbatim(script), sample=sample, version=version,
        policy=content_policy(styles=[style], scripts=[script]),
    )  # fmt: skip
    return unbroken(text)


def open_source(result: Result, *, published: bool = True, catalog: Catalog | None = None) -> Source:
    """A run with its published counterpart, if the catalogue has one."""
    if catalog is None:
        catalog = result.catalog or _default_catalog()
        result = _with(catalog, result)
    return Source(result, _evidence(result, catalog) if published else None, catalog)


def _with(catalog: Catalog, result: Result) -> Result:
    """The run as told from this catalogue: its files are looked at once, and not for every endpoint."""
    from livingdrug.trial.result import Result

    return result.asked_of(catalog) if isinstance(result, Result) and result.catalog is None else result


def section_files() -> list[ModuleType]:
    """The files of `reports/sections/`, by their `ORDER`."""
    names = [found.name for found in pkgutil.iter_modules(sections.__path__)]
    modules = [importlib.import_module(f"{sections.__name__}.{name}") for name in names]
    return sorted(modules, key=lambda module: (module.ORDER, module.__name__))


def told(module: ModuleType, source: Source) -> Section | None:
    """A section; a frame without a column it needs costs that section, not the report."""
    import polars as pl

    try:
        return module.section(source)
    except pl.exceptions.ColumnNotFoundError as problem:
        name = module.__name__.rsplit(".", 1)[-1].replace("_", " ")
        words = f"This section needs a column the run does not have: {str(problem).splitlines()[0]}."
        return missing(name.replace(" ", "-"), name.capitalize(), words)


def _evidence(result: Result, catalog: Catalog) -> Evidence | None:
    try:
        return catalog.load("evidence", result.trial.id)
    except UnknownName:
        return None  # a trial of one's own has no published results


def _default_catalog() -> Catalog:
    from livingdrug.catalog.load import default_catalog

    return default_catalog()


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    loader = FileSystemLoader(TEMPLATES)
    environment = Environment(
        loader=loader, autoescape=select_autoescape(default=True, default_for_string=True), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_with_its_unit,
    )  # fmt: skip
    return environment.get_template("report.html.jinja")


def _with_its_unit(value: Any) -> Any:
    """A number and its per cent sign stay on one line."""
    if not isinstance(value, str) or " %" not in value or value.startswith("data:"):
        return value
    return type(value)(value.replace(" %", "\u00a0%"))


class _Verbatim:
    """Text that goes into the page letter by letter: the policy names its hash."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __html__(self) -> str:
        return self.text


def _inline(name: str) -> str:
    """A file of the templates as it stands inside its element, the first line break included."""
    return f"\n{(TEMPLATES / name).read_text(encoding='utf-8')}"
