"""Look up what is known, and start, check and mend a trial file: list, show, init, check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

CATALOG = Annotated[
    list[Path] | None,
    typer.Option("--catalog", metavar="DIR", help="A folder of your own catalogue files (product/, drug/, trial/ …)."),
]


def opened(folders: list[Path] | None) -> Any:
    """The catalogue with the user's folders in front; those named in LIVINGDRUG_CATALOG come after them."""
    import os

    from livingdrug.catalog.load import VARIABLE, Catalog, default_catalog
    from livingdrug.foundation.errors import BadInput

    if not folders:
        return default_catalog()
    for folder in folders:
        if not folder.is_dir():
            raise BadInput(
                f"--catalog {folder}: there is no such folder.\n  Give a folder with product/, drug/, trial/ …"
            )
    more = [Path(part) for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part.strip()]
    return Catalog([*folders, *more])


NETWORK = "network"


def list_names(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="product, disease, drug, trial, population, endpoint, scale …")
    ] = None,
    catalog: CATALOG = None,
) -> None:
    """What the catalogue holds: products, diseases, drugs, trials, populations, endpoints, scales, guidelines.

    [bold]For example[/bold]

      livingdrug list
      livingdrug list product
      livingdrug list endpoint
    """
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.foundation.errors import UnknownName

    known, screen = opened(catalog), console()
    kinds = tuple(known.kinds())
    if kind is None:
        rows = [(each, len(names), ", ".join(names)) for each in kinds for names in [known.names(each)]]
        screen.print(table(("kind", "n", "names"), rows, right=("n",)))
        screen.print("Next: livingdrug show KIND NAME, for example livingdrug show trial eliana")
    else:
        if kind not in kinds:
            raise UnknownName("kind of catalogue file", kind, kinds, "livingdrug list shows them all.")
        rows = [(name, known.load(kind, name).title) for name in known.names(kind)]
        screen.print(table((kind, "title"), rows))
    notice(screen)


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
    from livingdrug.cli.screen import console, notice, table

    known, screen = opened(catalog), console()
    record = known.load(kind, name)
    screen.print(f"[bold]{kind} {record.id}[/bold]  ", end="")
    screen.print(record.title, markup=False)
    if sources:
        found = list(record.quantities())
        columns = ("number", "value", "unit", "meaning", "kind", "source", "where", "status")
        rows = [(key, *(getattr(entry, column) for column in columns[1:])) for key, entry in found]
        screen.print(table(columns, rows, right=("value",)) if found else "This entry holds no sourced numbers.")
        unread = [key for key, entry in found if entry.status == "unverified"]
        if unread:
            screen.print(f"Recalled only, not yet seen in the source: {', '.join(unread)}", markup=False)
    else:
        screen.print(table(("", ""), lines(record.model_dump(mode="json", by_alias=True, exclude={"id", "title"}))))
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
        yield prefix, f"{number(content['value'])} {content.get('unit') or ''}  {meaning}".strip()
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


def init(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="The file to write: my_trial.toml; or the word network, for network.toml."),
    ],
    origin: Annotated[
        str | None,
        typer.Option("--from", metavar="NAME", help="The trial or network to start from; eliana when omitted."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    catalog: CATALOG = None,
) -> None:
    """Start a trial or a network of your own from one in the catalogue: a commented TOML file to edit.

    [bold]For example[/bold]

      livingdrug init my_trial.toml --from eliana
      livingdrug init network
    """
    from livingdrug.cli.files import refuse_folder, write_text
    from livingdrug.cli.screen import console, notice
    from livingdrug.foundation.errors import BadInput

    known = opened(catalog)
    kind = (
        NETWORK
        if str(file) == NETWORK or (origin and not known.has("trial", origin) and known.has(NETWORK, origin))
        else "trial"
    )
    if str(file) == NETWORK:
        file = Path(f"{NETWORK}.toml")
    name = origin or (known.names(NETWORK)[0] if kind == NETWORK else "eliana")
    refuse_folder(file)
    if file.exists() and not force:
        raise BadInput(f"{file} is there already.\n  Choose another name, or replace it with --force.")
    text = _as_design(Path(known.path(kind, name)).read_text(encoding="utf-8"))
    write_text(file, f"# Started from the catalogue's {kind} {name}. Simulation; not for patient care.\n{text}")
    screen = console()
    then = f"livingdrug logistics {file}" if kind == NETWORK else f"livingdrug check {file}"
    screen.print(f"Wrote {file}. Edit it, then: {then}", markup=False)
    notice(screen)


def _as_design(text: str) -> str:
    """The same trial as a design of one's own: it no longer claims to be a trial with known results."""
    import re

    return re.sub(r'^role\s*=\s*"[a-z]+"', 'role = "design"', text, count=1, flags=re.M)


def check(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A trial file; or any catalogue file in a folder named by its kind.")
    ],
    catalog: CATALOG = None,
) -> None:
    """Is this file sound? Units, doses, days, and every product, drug, endpoint and scale it names.

    A file in a folder called product, drug, endpoint … is read as one of that kind, one in a folder called recipes or
    mechanisms as a piece of the model, any other as a trial.

    [bold]For example[/bold]

      livingdrug check my_trial.toml
      livingdrug check my_catalog/drug/my_drug.toml
    """
    from livingdrug.catalog.doses_told import doses_told
    from livingdrug.catalog.load import load_trial
    from livingdrug.cli.screen import console, notice

    known, screen = opened(catalog), console()
    folder = Path(file).parent.name
    if folder in ("recipes", "mechanisms"):
        title = _sound_piece(folder, Path(file), known)
        screen.print(f"{file}: a sound {folder[:-1]}.\n  {title}", markup=False)
        notice(screen)
        return
    kind = folder if folder in known.kinds() else "trial"
    record: Any = load_trial(file, catalog=known) if kind == "trial" else known.load(kind, Path(file))
    if kind == "trial":
        from livingdrug.trial.door import planned

        planned(record, known)
    elif kind == "endpoint":
        from livingdrug.outcome.asked import ask

        ask(record)
    screen.print(f"{file}: a sound {kind.replace('_', ' ')}.\n  {record.title}", markup=False)
    if kind == "trial":
        for arm in record.arms:
            screen.print(f"  arm {arm.name}: {f'product {arm.product}' if arm.product else 'no cells'}", markup=False)
            for line in doses_told(arm):
                screen.print(f"    {line}", markup=False)
        screen.print(f"  follow-up {record.follow_up_days:g} day", markup=False)
        screen.print(f"Next: livingdrug run {file} -n 200 --seed 1", markup=False)
    notice(screen)


def _sound_piece(folder: str, file: Path, known: Any) -> str:
    """The title of a recipe or mechanism that holds together."""
    from livingdrug.model.assemble import assemble
    from livingdrug.model.texts import mechanism_of, package_texts, texts_in

    texts = {**package_texts(), **texts_in(known.folders), **texts_in([file.parent.parent])}
    if folder == "recipes":
        return assemble(file, texts=texts).title
    return mechanism_of(file.stem, texts).sheet.title
