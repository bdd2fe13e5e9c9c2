"""How much affinity and how many cells a product bears: window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import SIMULATE, Command
from livingdrug.foundation.errors import BadInput

if TYPE_CHECKING:
    from livingdrug.design.window import Window


def window(
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="A product of the catalogue.")],
    trial: Annotated[
        str | None, typer.Option(help="Whose patients get it; the first trial that gives the product by default.")
    ] = None,
    affinities: Annotated[
        str, typer.Option(metavar="FACTORS", help="Affinities relative to the product's own, with commas between.")
    ] = "0.03,0.1,0.3,1,3,10",
    doses: Annotated[
        str, typer.Option(metavar="FACTORS", help="Doses relative to the planned one, with commas between.")
    ] = "0.1,0.3,1,3,10",
    benefit: Annotated[
        str, typer.Option(help="Endpoint that tells the benefit; the trial's first about efficacy by default.")
    ] = "",
    harm: Annotated[
        str, typer.Option(help="Endpoint that tells the harm; severe damage of healthy tissue by default.")
    ] = "",
    keep: Annotated[float, typer.Option(help="Inside: at least this part of the greatest benefit.")] = 0.8,
    bear: Annotated[float, typer.Option(help="Inside: at most this share harmed.")] = 0.1,
    patients: Annotated[int, typer.Option("-n", "--patients", help="Patients of each point, the same in all.")] = 40,
    seed: Annotated[int, typer.Option(help="Of the people.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="FILE", help="Picture: .svg, .png or .pdf, its table beside it; .html for a page."
        ),
    ] = None,
    catalog: CATALOG = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON, for a program.")] = False,
) -> None:
    """Affinity by dose: what the tumour and what healthy tissue makes of a receptor, on the same patients.

    [bold]For example[/bold]

      livingdrug window bcma_gprc5d_cel -o window.svg
      livingdrug window tisa_cel --trial eliana --harm crs_severe
    """
    from livingdrug.cli.designs import print_frame
    from livingdrug.cli.files import refuse_file
    from livingdrug.cli.replicates import counted
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.design.window import window as drawn
    from livingdrug.reports.pictures import ENDINGS

    refuse_file(out, (*ENDINGS, ".html"))
    with counted("window", quiet=as_json) as progress:
        found = drawn(
            product, trial=trial, affinities=_factors("--affinities", affinities), doses=_factors("--doses", doses), benefit=benefit,
            harm=harm, keep=keep, bear=bear, patients=patients, seed=seed, catalog=opened(catalog), progress=progress,
        )  # fmt: skip
    inside = f"inside the window: at least {keep:.0%} of the greatest benefit, at most {bear:.0%} harmed"
    if as_json:
        print_frame(
            found.table,
            product=found.product,
            trial=found.trial,
            benefit=found.benefit,
            harm=found.harm,
            standing=found.standing,
        )
    else:
        screen = console()
        heads = ["affinity", *(f"dose × {dose:g}" for dose in sorted(found.table[found.table.columns[1]].unique()))]
        rows = []
        for affinity in sorted(found.table["affinity"].unique(), reverse=True):
            at = found.table.filter(found.table["affinity"] == affinity).sort(found.table.columns[1])
            rows.append([f"× {affinity:g}", *(_words(row) for row in at.iter_rows(named=True))])
        title = f"{found.product} in {found.trial}" + (f" ({found.standing})" if found.standing else "")
        screen.print(table(heads, rows, title=title, right=heads[1:]))
        screen.print(f"benefit / harm: {found.benefit} / {found.harm}; * {inside}", markup=False)
    if out is not None:
        written = _write(found, out, patients=patients, inside=inside)
        if not as_json:
            console().print(f"Written: {', '.join(str(file) for file in written)}", markup=False)
    if not as_json:
        notice(console())


def _write(found: Window, out: Path, *, patients: int, inside: str) -> tuple[Path, ...]:
    """The picture with its table beside it, or a page."""
    from livingdrug.reports.html import write_page
    from livingdrug.reports.window import window_figure, window_page

    if out.suffix == ".html":
        return (write_page(out, window_page(found, patients=patients, inside=inside)),)
    return window_figure(found, patients=patients, inside=inside).save(out)


def _words(row: dict) -> str:
    shares = ["–" if row[name] is None else f"{100 * row[name]:.0f}" for name in ("benefit", "harm")]
    return f"{'* ' if row['inside'] else ''}{shares[0]} / {shares[1]} %"


def _factors(option: str, text: str) -> list[float]:
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise BadInput(
            f'{option} "{text[:60]}": expected numbers with commas between.\n  Write for example 0.1,1,10.'
        ) from None


COMMAND = Command(window, panel=SIMULATE, order=85)
