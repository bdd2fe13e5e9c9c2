"""Kinetics without a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.command import YOURS, Command
from livingdrug.cli.kinetics import DATA, Reading, reads_a_table

SHOWN_PATIENTS = 30


@reads_a_table
def nca(
    data: DATA,
    reading: Reading,
    areas_to: Annotated[str, typer.Option("--areas-to", metavar="TIMES", help="Ends of the areas, in the unit of the data.")] = "28,84",
    blq: Annotated[str, typer.Option("--blq", help="What a result below the limit counts as in an area; a misspelt word lists all.")] = "zero",
    by: Annotated[list[str] | None, typer.Option("--by", metavar="COLUMN", help="A covariate that makes groups in the summary; again for more.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write each patient's numbers here, as CSV.")] = None,
) -> None:  # fmt: skip
    """Peak, areas, half-life, doubling time and persistence of each patient, without a model.

    [bold]For example[/bold]

      livingdrug nca ck.csv --areas-to 28,84 -o nca.csv
      livingdrug nca ck.csv --lloq "25 copy/ug" --blq half_limit --by PRODUCT
    """
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.fitting.kinetics import kinetics_by_group, non_compartmental_table
    from livingdrug.foundation.errors import naming

    if out is not None:
        from livingdrug.cli.files import refuse_folder

        refuse_folder(out)
    ends = _ends(areas_to)
    read = reading.of(data)
    with naming(str(data)):
        found = non_compartmental_table(_visits(read), areas_to=ends, below_limit_as=blq)
    if read.time_unit != "day":  # columns say the unit that is in them
        found = found.rename({name: name.replace("_day", f"_{read.time_unit}") for name in found.columns})
    unknown = [name for name in by or [] if name not in read.covariates.columns]
    if unknown:
        from livingdrug.foundation.errors import UnknownName

        raise UnknownName("covariate", unknown[0], [name for name in read.covariates.columns if name != "patient"])
    if out is not None:
        from livingdrug.cli.files import write_text

        write_text(out, found.write_csv())  # first: where it cannot be written, nothing is said
    screen = console()
    screen.print(repr(read).split("; ")[0], markup=False)
    for finding in read.findings:
        rows = f" (rows {finding.rows_told})" if finding.rows else ""
        said = f"{finding.severity.capitalize()}: {finding.what}{rows}. {finding.remedy}"
        screen.print(said.strip(), markup=False)
    time = read.time_unit
    shown = ["patient", "cmax", f"tmax_{time}", *(f"auc_0_{end:g}_{time}" for end in ends), "half_life", "half_life_points",
             "doubling_time", f"last_{time}"]  # fmt: skip
    rows = found.select(shown).head(SHOWN_PATIENTS).rows()
    screen.print(table(shown, rows, right=shown[1:]))
    if found.height > SHOWN_PATIENTS:
        screen.print(f"… and {found.height - SHOWN_PATIENTS} patients more; write them all with -o FILE", markup=False)
    groups = found.join(read.covariates.select("patient", *(by or [])), on="patient", how="left", maintain_order="left")
    summary = kinetics_by_group(
        groups.select(*(by or []), *(name for name in shown if name != "half_life_points")), by or ()
    )
    screen.print(
        table(summary.columns, summary.rows(), title="Over patients", right=summary.columns[1 + len(by or []) :])
    )
    screen.print(
        f"Times are in {read.time_unit}. A result below the limit counts as {blq.replace('_', ' ')} in the areas and never as "
        "the peak; areas are linear up and logarithmic down, by PKNCA's rules.",
        markup=False,
    )
    if out is not None:
        screen.print(f"Wrote {out}", markup=False)
    notice(screen)


def _visits(read: Any) -> Any:
    """Measurements as a table of visits."""
    import polars as pl

    from livingdrug.fitting.simulation import limits
    from livingdrug.foundation.errors import BadInput

    if len(read.outputs) > 1:
        raise BadInput(f"the table holds several outputs: {', '.join(read.outputs)}.\n  Keep one with --output NAME.")
    return read.frame.select(
        "patient", pl.col("time").alias("day"), "value", (pl.col("censored") == 1).alias("below_limit")
    ).with_columns(lower_limit=pl.Series(limits(read)).replace([float("-inf")], [None]))


def _ends(text: str) -> list[float]:
    from livingdrug.foundation.errors import BadInput

    try:
        ends = list(dict.fromkeys(float(word) for word in text.split(",")))
    except ValueError:
        raise BadInput(f'--areas-to: got "{text}", expected times, as 28,84.') from None
    if len({f"{end:g}" for end in ends}) < len(ends):
        raise BadInput(f'--areas-to: two of "{text}" are alike to six digits, and their columns would have one name.\n  Leave one out.')  # fmt: skip
    return ends


COMMAND = Command(nca, panel=YOURS, order=30)
