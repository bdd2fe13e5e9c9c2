"""What the catalogue holds."""

from __future__ import annotations

from typing import Annotated

import typer

from livingdrug.cli.catalogue import CATALOG, one_kind, opened
from livingdrug.cli.command import LOOK, Command

NONE = "none here: a file of your own is named by its path"


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
    kind = None if kind is None else one_kind(kind, kinds)
    if kind is None:
        rows = [(each, len(names), ", ".join(names) or NONE) for each in kinds for names in [known.names(each)]]
        screen.print(table(("kind", "n", "names"), rows, right=("n",)))
        screen.print("Next: livingdrug show KIND NAME, for example livingdrug show trial eliana")
    else:
        if kind not in kinds:
            raise UnknownName("kind of catalogue file", kind, kinds, "livingdrug list shows them all.")
        rows = [(name, known.title(kind, name)) for name in known.names(kind)]
        if not rows:
            screen.print(
                f"The catalogue holds no file of this kind; one of your own goes into {kind}/ of a --catalog folder."
            )
            notice(screen)
            return
        screen.print(table((kind, "title"), rows))
    notice(screen)


COMMAND = Command(list_names, panel=LOOK, order=10)
