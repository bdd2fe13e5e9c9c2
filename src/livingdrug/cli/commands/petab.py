"""A PEtab problem on our engine: likelihood, simulations, estimation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.command import EXPORT, Command
from livingdrug.cli.void import refuse_void


def petab(
    problem: Annotated[Path, typer.Argument(metavar="PROBLEM.yaml", help="The YAML file of a PEtab problem (version 1).")],
    estimate: Annotated[bool, typer.Option("--estimate", help="Search for the most likely parameters.")] = False,
    starts: Annotated[int, typer.Option(help="Starts of the search; the first is the nominal values.", min=1)] = 10,
    seed: Annotated[int, typer.Option(help="Of the other starts.")] = 1,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write the simulations here, as CSV.")] = None,
) -> None:  # fmt: skip
    """Likelihood of a PEtab problem at its nominal parameters, or at the most likely ones.

    [bold]For example[/bold]

      livingdrug petab problem.yaml
      livingdrug petab problem.yaml --estimate --starts 20
    """
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.interop.petab.problem import load_petab

    if out is not None:
        from livingdrug.cli.files import refuse_folder

        refuse_folder(out)
    if not estimate:
        refuse_void(
            "nothing is searched for without --estimate", "starts", "seed", remedy="Add --estimate, or leave it out."
        )
    loaded = load_petab(problem)
    parameters, found = loaded.estimate(starts=starts, seed=seed) if estimate else (loaded.nominal, loaded.evaluate())
    screen = console()
    rows = [
        (name, loaded.nominal.get(name), value, name in loaded.estimated)
        for name, value in {**loaded.nominal, **parameters}.items()
    ]
    screen.print(table(("parameter", "nominal", "value", "estimated"), rows, right=("nominal", "value")))
    screen.print(
        f"log likelihood {found.llh:.6g}, chi-square {found.chi2:.6g}, {found.simulations.height} measurements"
    )
    if out is not None:
        from livingdrug.cli.files import write_text

        write_text(out, found.simulations.write_csv())
        screen.print(f"Wrote {out}", markup=False)
    notice(screen)


COMMAND = Command(petab, panel=EXPORT, order=30)
