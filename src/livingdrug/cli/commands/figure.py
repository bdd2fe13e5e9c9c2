"""The figures of a finished run as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import ASK, Command
from livingdrug.cli.trials import RUN_FOLDER
from livingdrug.cli.void import refuse_void


def figure(
    folder: RUN_FOLDER,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="A figure, or the id of an endpoint over time; none lists what there is."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="FILE.svg, .png, .pdf or .csv; NAME.svg by default. With --all, a folder."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every figure of the report, into the folder -o.")] = False,
    formats: Annotated[
        str, typer.Option("--format", metavar="LIST", help="With --all: which of svg, png, pdf.")
    ] = "svg",
    width: Annotated[
        float | None, typer.Option(min=240, max=4000, metavar="PIXELS", help="Width of the drawing; words keep their size.")
    ] = None,
    data: Annotated[bool, typer.Option("--data/--no-data", help="Write what is drawn beside it as CSV.")] = True,
    published: Annotated[
        bool, typer.Option("--published/--no-published", help="Show the trial's published results.")
    ] = True,
    catalog: CATALOG = None,
) -> None:  # fmt: skip
    """A figure of a finished run as SVG, PNG or PDF, with its data beside it.

    [bold]For example[/bold]

      livingdrug figure runs/eliana                       what there is
      livingdrug figure runs/eliana efs -o efs.pdf        and efs.csv
      livingdrug figure runs/eliana --all -o figures --format svg,png
    """
    from livingdrug.cli.files import refuse_folder
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.foundation.errors import BadInput
    from livingdrug.reports.gallery import gallery, named_figure
    from livingdrug.reports.pictures import save_figure
    from livingdrug.trial.result import Result
    from livingdrug.trial.storage import make_folder

    endings = [f".{word.strip().lower().lstrip('.')}" for word in formats.split(",") if word.strip()]
    wrong = [ending[1:] for ending in endings if ending not in (".svg", ".png", ".pdf")]
    if wrong or not endings:
        raise BadInput(f'--format: got "{formats}", expected some of svg, png, pdf, separated by commas.')
    if everything and name is not None:
        raise BadInput(f'got the figure "{name}" and --all; expected one of the two.')
    if name is None and not everything:
        refuse_void("figures are only listed", "formats", "width", "data", remedy="Name a figure, or take --all with a folder.")  # fmt: skip
    if name is not None:
        refuse_void("the ending of -o says the format of one figure", "formats", remedy=f"Write -o {name}{endings[0]}.")
    target = out if out is not None else Path(f"{name}.svg")
    if name is not None:
        refuse_folder(target)
    elif out is not None and not everything:
        raise BadInput(f"-o {out} names a file, but no figure is named.\n  Name one, or take --all with a folder.")
    known = opened(catalog)
    result = Result.load(folder, catalog=known)
    screen = console()
    if name is not None:
        written = save_figure(
            named_figure(result, name, published=published, catalog=known), target, width=width, data=data
        )
    elif everything:
        place = make_folder(out if out is not None else Path("figures"))
        written = ()
        for id, one in gallery(result, published=published, catalog=known).items():
            for k, ending in enumerate(endings):
                written += save_figure(one, place / f"{id}{ending}", width=width, data=data and k == 0)
    else:
        rows = [(id, one.title, "yes" if one.data is not None else "") for id, one in gallery(result, published=published, catalog=known).items()]  # fmt: skip
        screen.print(table(("name", "figure", "data"), rows))
        screen.print(f"One of them: livingdrug figure {folder} {rows[0][0]} -o {rows[0][0]}.svg", markup=False)
        notice(screen)
        return
    for file in written:
        screen.print(f"{file.resolve()}", markup=False, soft_wrap=True)
    notice(screen)


COMMAND = Command(figure, panel=ASK, order=25)
