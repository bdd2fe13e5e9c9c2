"""What each arm of a finished run keeps and what it costs: frontier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import ASK, Command
from livingdrug.foundation.errors import naming


def frontier(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A finished run, best of a trial whose arms hold the same patients.")
    ],
    benefit: Annotated[str, typer.Option(help="Endpoint that is to be high.")],
    harm: Annotated[str, typer.Option(help="Endpoint that is to be low.")],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="Picture: .svg, .png or .pdf, its table beside it."),
    ] = None,
    catalog: CATALOG = None,
) -> None:
    """Benefit against harm of every arm, and which arms no other betters. Nothing is simulated again.

    [bold]For example[/bold]

      livingdrug run b_all_gentler -n 300 -o runs/gentler
      livingdrug frontier runs/gentler --benefit efs --harm crs_severe -o frontier.svg
    """
    from livingdrug.cli.files import refuse_file
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.reports.frontier import frontier_figure, points
    from livingdrug.reports.pictures import ENDINGS
    from livingdrug.trial.result import Result

    refuse_file(out, ENDINGS)
    result = Result.load(folder, catalog=opened(catalog))
    with naming(str(folder)):
        found = points(result, benefit, harm)
    names = [result.endpoint(name).record.name for name in (benefit, harm)]
    rows = [[one.arm, _words(one.benefit), _words(one.harm), "yes" if one.on_frontier else ""] for one in found]
    screen, standing = console(), result.trial.standing
    screen.print(table(["arm", *names, "on the frontier"], rows, title=standing, right=names))
    if out is not None:
        title = result.trial.title.split(":")[0]
        picture = frontier_figure(found, title=title, benefit=names[0], harm=names[1], standing=standing)
        screen.print(f"Written: {', '.join(str(file) for file in picture.save(out))}", markup=False)
    notice(screen)


def _words(share: tuple[float, float, float]) -> str:
    return f"{100 * share[0]:.0f} % ({100 * share[1]:.0f}-{100 * share[2]:.0f})"


COMMAND = Command(frontier, panel=ASK, order=15)
