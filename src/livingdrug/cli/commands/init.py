"""A trial of one's own, started from another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import SIMULATE, Command

NETWORK = "network"


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
    """Start a trial or a network of your own from one in the catalogue: a TOML file to edit.

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
    text = _as_design(Path(known.path(kind, name)).read_text(encoding="utf-8"), file.stem if kind == "trial" else "")
    write_text(
        file,
        f"# Started from the catalogue's {kind} {name}. Simulation; not for patient care.\n"
        "# Every key and what it may hold: livingdrug docs files. Products, drugs, scales and endpoints: livingdrug list KIND.\n"
        f"{text}",
    )
    screen = console()
    then = f"livingdrug logistics {file}" if kind == NETWORK else f"livingdrug check {file}"
    screen.print(f"Wrote {file}. Edit it, then: {then}", markup=False)
    notice(screen)


def _as_design(text: str, name: str) -> str:
    """The same trial as a design of one's own: it no longer claims to be a trial with known results, nor to be registered; its title says whence it is."""
    import re

    text = re.sub(r'^role\s*=\s*"[a-z]+"', 'role = "design"', text, count=1, flags=re.M)
    if not name:
        return text
    text = re.sub(r"^calibrated_on\s*=\s*\d+[^\n]*\n", "", text, flags=re.M)  # a scenario says it of itself
    text = re.sub(r'^(registration|family)\s*=\s*"[^"\n]*"\n', "", text, flags=re.M)
    called = re.sub(r"[^\w .-]", " ", name)
    return re.sub(r'^title\s*=\s*"', f'title = "{called}: begun from ', text, count=1, flags=re.M)


COMMAND = Command(init, panel=SIMULATE, order=10)
