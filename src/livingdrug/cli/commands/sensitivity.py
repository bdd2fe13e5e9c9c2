"""What moves an endpoint: each number by itself, or all at once: sensitivity."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import SIMULATE, Command
from livingdrug.foundation.errors import BadInput


def sensitivity(
    trial: Annotated[str, typer.Argument(metavar="TRIAL", help="A trial of the catalogue, or a path to a trial file.")],
    targets: Annotated[str, typer.Option("--targets", metavar="NAMES", help="Endpoints, with commas between.")],
    method: Annotated[
        Literal["tornado", "prcc", "sobol"],
        typer.Option(
            help="tornado: one at a time; prcc: partial rank correlations; sobol: first-order and total indices."
        ),
    ] = "tornado",
    factor: Annotated[
        list[str] | None,
        typer.Option(
            "--factor",
            help="A model parameter, dose, making.NAME, waiting.NAME or covariate.NAME.NUMBER; repeatable. Every parameter with a"
            " prior when omitted.",
        ),
    ] = None,
    range_: Annotated[
        list[str] | None,
        typer.Option(
            "--range",
            metavar="NAME=LOW to HIGH",
            help='In place of a factor\'s own range: "dose=0.1 to 1"; repeatable.',
        ),
    ] = None,
    policy: Annotated[
        list[str] | None, typer.Option("--policy", help="Tornado: a guideline in place of the arm's; repeatable.")
    ] = None,
    samples: Annotated[int, typer.Option(help="Of PRCC: runs; of Sobol: base samples, a power of two.")] = 64,
    patients: Annotated[int, typer.Option("-n", "--patients", help="Patients of each run, the same in all.")] = 100,
    arm: Annotated[str | None, typer.Option(help="The arm; the trial's first by default.")] = None,
    seed: Annotated[int, typer.Option(help="Of the people and the samples.")] = 1,
    threads: Annotated[int | None, typer.Option(help="Processor threads; all by default.")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Folder for results, frame and picture.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with work that was interrupted.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace earlier results in the folder.")] = False,
    hours: Annotated[
        float, typer.Option("--hours", help="Work that would take longer is refused with its price.")
    ] = 2.0,
    catalog: CATALOG = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON, for a program.")] = False,
) -> None:
    """How much each number moves endpoints, among the same virtual patients with the same luck.

    [bold]For example[/bold]

      livingdrug sensitivity zuma_1 --targets pfs,lugano_orr --factor growth_max --factor dose
      livingdrug sensitivity zuma_1 --targets pfs --method sobol --factor growth_max --factor dose --samples 64 -o runs/sobol
    """
    from livingdrug.cli.designs import print_frame
    from livingdrug.cli.replicates import counted
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.cli.void import refuse_void, refuse_without_folder
    from livingdrug.design.sensitivity import sensitivity as analysed

    if method == "tornado":
        refuse_void("a tornado turns one number at a time, to both ends of its range", "samples", remedy="Leave it out, or take --method prcc or sobol.")  # fmt: skip
    refuse_without_folder(out)
    with counted("sensitivity", quiet=as_json) as progress:
        found = analysed(
            trial, [name.strip() for name in targets.split(",") if name.strip()], method=method, factors=factor or [],
            ranges=_ranges(range_ or []), policies=policy or [], samples=None if method == "tornado" else samples, patients=patients, arm=arm, seed=seed,
            threads=threads, out=out, resume=resume, force=force, hours=hours, catalog=opened(catalog), progress=progress,
        )  # fmt: skip
    if as_json:
        print_frame(found.table, method=method, standing=list(found.standing))
        return
    screen = console()
    for words in found.standing:
        screen.print(words, markup=False)
    for (target,), rows in found.table.group_by("target", maintain_order=True):
        shown = rows.drop("target")
        screen.print(
            table(
                shown.columns,
                shown.head(25).rows(),
                title=str(target),
                right=[name for name in shown.columns if name != "factor"],
            )
        )
    if method == "tornado":
        screen.print(
            'origin: "prior" the central 90 % of what was believed, "usual" a factor of 1.25 down and up (assumed), "asked" yours.',
            markup=False,
        )
    if out is not None:
        from livingdrug.reports.sensitivity import sensitivity_figure

        picture = sensitivity_figure(found.table, method, trial=found.trial, standing="; ".join(found.standing))
        written = picture.save(out / "sensitivity.svg")
        screen.print(
            f"Frame: {out / 'sensitivity.parquet'}; picture and its table: {', '.join(str(file) for file in written)}",
            markup=False,
        )
    notice(screen)


def _ranges(texts: list[str]) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        parts: list[Any] = value.split(" to ")
        try:
            low, high = (float(part) for part in parts)
        except ValueError:
            sign = ""
            low = high = 0.0
        if not (name and sign) or name in found:
            raise BadInput(
                f'--range "{text[:60]}": expected a factor with two numbers, each factor once.\n  Write for example --range "dose=0.1 to 1".'
            )
        found[name] = (low, high)
    return found


COMMAND = Command(sensitivity, panel=SIMULATE, order=80)
