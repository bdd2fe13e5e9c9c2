"""One entry of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, one_kind, opened
from livingdrug.cli.command import LOOK, Command


def show(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="product, disease, drug, trial, evidence, population, endpoint …")
    ],
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Its name, as in livingdrug list KIND, or a path to a TOML file.")
    ],
    sources: Annotated[bool, typer.Option("--sources", help="Every number with where it comes from.")] = False,
    catalog: CATALOG = None,
) -> None:
    """One catalogue entry: what it says, and with --sources where every number comes from.

    [bold]For example[/bold]

      livingdrug show product tisa_cel
      livingdrug show drug tocilizumab --sources
    """
    from rich.text import Text

    from livingdrug.cli.screen import console, notice, table

    known, screen = opened(catalog), console()
    kind = one_kind(kind, known.kinds())
    record = known.load(kind, name)
    screen.print(Text.assemble((f"{kind} {record.id}", "bold"), f"  {record.title}"))
    if sources:
        found = list(record.quantities())
        columns = ("number", "value", "unit", "meaning", "kind", "source", "where", "status")
        rows = [(key, *(getattr(entry, column) for column in columns[1:])) for key, entry in found]
        said = list(statements(record.model_dump(mode="json", by_alias=True)))
        if found:
            screen.print(table(columns, rows, right=("value",)))
        if said:
            screen.print(table(("", "source", "status"), [one[:3] for one in said]))
        if not found and not said:
            screen.print("This entry holds nothing with a source.")
        unread = [key for key, entry in found if entry.status == "unverified"]
        unread += [place for place, _, status in said if status == "unverified"]
        if unread:
            screen.print(f"Recalled only, not yet seen in the source: {', '.join(unread)}", markup=False)
    else:
        plain = record.model_dump(mode="json", by_alias=True, exclude={"id", "title", *record.chaptered})
        screen.print(table(("", ""), lines(plain)))
        for heading, told in record.chapters().items():
            screen.print(f"[bold]{heading}[/bold]")
            screen.print(table(("", ""), told.items()))
        screen.print(f"Next: livingdrug show {kind} {name} --sources", markup=False)
    notice(screen)


def lines(content: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """A record as (key, text) lines; a sourced number is one line, and so is a list of ids.

    Examples
    --------
    >>> list(lines({"arm": [{"name": "a"}], "endpoint": [{"id": "efs", "at": []}, {"id": "os"}], "days": [1.0, 2.5]}))
    [('arm[1].name', 'a'), ('endpoint', 'efs, os'), ('days', '1, 2.5')]
    """
    from livingdrug.cli.screen import number

    if isinstance(content, Mapping) and "value" in content and "source" in content:
        meaning = content.get("meaning") or content.get("endpoint") or ""
        beside = [str(content[key]) for key in ("at", "population_note") if content.get(key)]
        meant = ", ".join([meaning, *beside]) if meaning else ", ".join(beside)
        yield prefix, f"{number(content['value'])} {content.get('unit') or ''}  {meant}".strip()
    elif isinstance(content, Mapping):
        for key, inner in content.items():
            yield from lines(inner, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(content, list) and any(isinstance(inner, Mapping) for inner in content):
        if all(isinstance(inner, Mapping) and "id" in inner for inner in content):
            yield prefix, ", ".join(str(inner["id"]) for inner in content)
        else:
            for i, inner in enumerate(content):
                yield from lines(inner, f"{prefix}[{i + 1}]")
    elif content not in (None, "", [], {}):
        yield prefix, ", ".join(map(number, content)) if isinstance(content, list) else number(content).strip()


def statements(content: Any, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """(place, source and where in it, status) of everything sourced that is no number: facts, rows of scales, published results.

    Examples
    --------
    >>> list(statements({"fact": {"dose": {"text": "1e8", "source": "its label", "where": "section 2", "status": "read"}}}))
    [('fact.dose', 'its label; section 2', 'read')]
    """
    if isinstance(content, list):
        content = {f"[{i + 1}]": inner for i, inner in enumerate(content)}
    if not isinstance(content, Mapping):
        return
    if content.get("source") and "kind" not in content:
        place = prefix or str(content.get("title", ""))
        yield place, "; ".join(filter(None, (content["source"], content.get("where")))), str(content.get("status", ""))
    for key, inner in content.items():
        yield from statements(inner, f"{prefix}{'.' * bool(prefix and not key.startswith('['))}{key}")


COMMAND = Command(show, panel=LOOK, order=20)
