"""A trial of one's own, started from another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import SIMULATE, Command


def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The trial file to write: my_trial.toml.")],
    origin: Annotated[str, typer.Option("--from", metavar="TRIAL", help="The trial to start from.")] = "eliana",
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    catalog: CATALOG = None,
) -> None:
    """Start a trial of your own from one in the catalogue: a commented TOML file to edit.

    [bold]For example[/bold]

      livingdrug init my_trial.toml --from eliana
    """
    from livingdrug.cli.files import refuse_folder, write_text
    from livingdrug.cli.screen import console, notice
    from livingdrug.foundation.errors import BadInput

    refuse_folder(file)
    if file.exists() and not force:
        raise BadInput(f"{file} is there already.\n  Choose another name, or replace it with --force.")
    text = _as_design(Path(opened(catalog).path("trial", origin)).read_text(encoding="utf-8"))
    write_text(file, f"# Started from the catalogue's trial {origin}. Simulation; not for patient care.\n{text}")
    screen = console()
    screen.print(f"Wrote {file}. Edit it, then: livingdrug check {file}", markup=False)
    notice(screen)


def _as_design(text: str) -> str:
    """The same trial as a design of one's own: it no longer claims to be a trial with known results."""
    import re

    return re.sub(r'^role\s*=\s*"[a-z]+"', 'role = "design"', text, count=1, flags=re.M)


COMMAND = Command(init, panel=SIMULATE, order=10)
