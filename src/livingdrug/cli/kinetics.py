"""Cellular kinetics of one's own: look at the data, non-compartmental table, population fit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

DATA = Annotated[Path, typer.Argument(metavar="DATA.csv", help="Kinetics: NONMEM-style, CDISC ADPC-like, or patient, day, value.")]  # fmt: skip
LLOQ = Annotated[str | None, typer.Option("--lloq", metavar="LIMIT", help='Limit of quantification, as "25 copy/ug" or a number.')]  # fmt: skip
COLUMN = Annotated[list[str] | None, typer.Option("--column", metavar="KIND=HEADING", help="Which column is what, where it is not recognised, as DV=transgene; again for more.")]  # fmt: skip
OUTPUT = Annotated[str | None, typer.Option("--output", metavar="NAME", help="Which output (DVID, PARAMCD) to keep.")]
TIME_UNIT = Annotated[str | None, typer.Option("--time-unit", metavar="UNIT", help="Unit of time, where the heading does not say it: day, hour …")]  # fmt: skip
UNIT = Annotated[str | None, typer.Option("--unit", metavar="UNIT", help="Unit of the values, where the heading does not say it.")]  # fmt: skip
SHIFT = Annotated[float, typer.Option("--shift", metavar="TIME", help="Added to every time; -1 where the infusion is on day 1.")]  # fmt: skip

SHOWN_PATIENTS = 30


def check(
    data: DATA,
    lloq: LLOQ = None,
    column: COLUMN = None,
    output: OUTPUT = None,
    time_unit: TIME_UNIT = None,
    unit: UNIT = None,
    shift: SHIFT = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON, for a program.")] = False,
) -> None:
    """Is a table of kinetics sound? What was understood, and everything worth a look, with its rows.

    Leaves with exit code 2 when the table cannot be used as it is.

    [bold]For example[/bold]

      livingdrug data check ck.csv --lloq "25 copy/ug"
    """
    from livingdrug.interop.kinetics.read import check_kinetics

    found, findings = check_kinetics(
        data, lloq=lloq, columns=mapped(column), output=output, time_unit=time_unit, value_unit=unit, shift=shift
    )
    if as_json:
        import json
        from dataclasses import asdict

        typer.echo(json.dumps({"usable": found is not None, "findings": [asdict(f) for f in findings]}, ensure_ascii=False, indent=1))  # fmt: skip
    else:
        from livingdrug.cli.screen import console, notice, table

        screen = console()
        if found is not None:
            screen.print(repr(found).split("; ")[0], markup=False)
        rows = [(f.severity, f.what, f.rows_told, f.remedy) for f in _ordered(findings)]
        if rows:
            screen.print(table(("", "what", "rows", "what to do"), rows))
        else:
            screen.print("Nothing to look at.")
        screen.print(
            "The table can be used." if found is not None else "The table cannot be used as it is.", markup=False
        )
        notice(screen)
    if found is None:
        raise typer.Exit(2)


def nca(
    data: DATA,
    areas_to: Annotated[str, typer.Option("--areas-to", metavar="TIMES", help="Ends of the areas, in the unit of the data.")] = "28,84",
    blq: Annotated[str, typer.Option("--blq", help="What a result below the limit counts as in an area; a misspelt word lists all.")] = "zero",
    by: Annotated[list[str] | None, typer.Option("--by", metavar="COLUMN", help="A covariate that makes groups in the summary; again for more.")] = None,
    lloq: LLOQ = None,
    column: COLUMN = None,
    output: OUTPUT = None,
    time_unit: TIME_UNIT = None,
    unit: UNIT = None,
    shift: SHIFT = 0.0,
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
    read = _read(data, lloq, column, output, time_unit, unit, shift)
    with naming(str(data)):
        found = non_compartmental_table(_visits(read), areas_to=ends, below_limit_as=blq)
    if read.time_unit != "day":  # columns say the unit that is in them
        found = found.rename({name: name.replace("_day", f"_{read.time_unit}") for name in found.columns})
    unknown = [name for name in by or [] if name not in read.covariates.columns]
    if unknown:
        from livingdrug.foundation.errors import UnknownName

        raise UnknownName("covariate", unknown[0], [name for name in read.covariates.columns if name != "patient"])
    screen = console()
    screen.print(repr(read).split("; ")[0], markup=False)
    for finding in read.findings:
        if finding.severity == "warning":
            screen.print(f"Warning: {finding.what} (rows {finding.rows_told}). {finding.remedy}".strip(), markup=False)
    unit = read.time_unit
    shown = ["patient", "cmax", f"tmax_{unit}", *(f"auc_0_{end:g}_{unit}" for end in ends), "half_life", "half_life_points",
             "doubling_time", f"last_{unit}"]  # fmt: skip
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
        from livingdrug.cli.files import write_text

        write_text(out, found.write_csv())
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
        return list(dict.fromkeys(float(word) for word in text.split(",")))
    except ValueError:
        raise BadInput(f'--areas-to: got "{text}", expected times, as 28,84.') from None


def fit(
    data: Annotated[Path | None, typer.Argument(metavar="[DATA.csv]", help="Kinetics; see: livingdrug data check --help.")] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="What to fit; --list-models names them. Or a TOML file that describes an SBML or Antimony model.")] = "stein2019",
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Folder for the results; fits/MODEL by default.")] = None,
    error: Annotated[str | None, typer.Option(help="Residual error: additive, proportional, combined, combined_root, lognormal.")] = None,
    covariate: Annotated[list[str] | None, typer.Option("--covariate", metavar="PARAMETER=FORMULA", help="An effect, as CL=log(WT/70) or Cmax=SEX; again for more.")] = None,
    correlate: Annotated[list[str] | None, typer.Option("--correlate", metavar="A,B", help="Parameters that vary together, or full; again for more groups.")] = None,
    no_spread: Annotated[list[str] | None, typer.Option("--no-spread", metavar="PARAMETER", help="A parameter that all patients share; again for more.")] = None,
    fixed: Annotated[list[str] | None, typer.Option("--fix", metavar="PARAMETER=VALUE", help="A typical value that is not estimated.")] = None,
    start: Annotated[list[str] | None, typer.Option("--start", metavar="PARAMETER=VALUE", help="A typical value to begin with; proposed from the data otherwise.")] = None,
    lloq: LLOQ = None,
    column: COLUMN = None,
    output: OUTPUT = None,
    time_unit: TIME_UNIT = None,
    unit: UNIT = None,
    shift: SHIFT = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    threads: Annotated[int | None, typer.Option(help="Processor threads; all by default. Results do not depend on it.")] = None,
    explore: Annotated[int, typer.Option(help="Iterations of the first phase.", min=10)] = 300,
    settle: Annotated[int, typer.Option(help="Iterations of the second phase.", min=10)] = 200,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a fit that was interrupted.")] = False,
    list_models: Annotated[bool, typer.Option("--list-models", help="Say what can be fitted, and stop.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Do not write report.html.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the estimates as JSON, for a program.")] = False,
) -> None:  # fmt: skip
    """Fit a population model to your own kinetics; results below the limit count by their probability (M3).

    Writes tables, data, a manifest and report.html into one folder. What is done survives Ctrl-C.

    [bold]For example[/bold]

      livingdrug fit ck.csv --model stein2019 --lloq "25 copy/ug" -o fits/ck
      livingdrug fit theo.csv -m one_compartment_oral --covariate "CL=log(WT/70)"
    """
    from livingdrug.foundation.errors import BadInput

    if list_models:
        _list_models()
        return
    if data is None:
        raise BadInput("no data were given.\n  Give a CSV file; livingdrug data check FILE says whether it is sound.")
    from livingdrug.fitting.fit import fit as estimate
    from livingdrug.fitting.saem import Settings
    from livingdrug.fitting.structure import load_model

    load_model(model)  # a misspelt name stops before the data are read
    read = _read(data, lloq, column, output, time_unit, unit, shift)
    folder = out if out is not None else Path("fits") / Path(model).stem
    say = None if as_json else _live()
    found = estimate(
        read, model, error=error, covariates=_several(covariate), correlations=_groups(correlate),
        no_spread=no_spread or (), fixed=_numbers(fixed, "--fix"), start=_numbers(start, "--start"), seed=seed,
        threads=threads, settings=Settings(explore=explore, settle=settle), progress=say, folder=folder, resume=resume,
    )  # fmt: skip
    if not no_report:
        from livingdrug.reports.fits import write_figures, write_fit_report

        write_fit_report(found, folder / "report.html", seed=seed)
        write_figures(found, folder / "figures", seed=seed)
    if as_json:
        import json

        told = {"folder": str(folder), "minus_two_ll": found.minus_two_ll, "converged": found.converged,
                "parameters": found.parameters.to_dicts()}  # fmt: skip
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    from livingdrug.cli.screen import console, notice

    screen = console()
    for finding in read.findings:
        if finding.severity == "warning":
            screen.print(f"Look: {finding.what}: rows {finding.rows_told}. {finding.remedy}", markup=False)
    screen.print(found.summary(), markup=False)
    screen.print(f"Tables: {folder}", markup=False)
    if not no_report:
        screen.print(f"Report: {(folder / 'report.html').resolve()}", markup=False)
    notice(screen)


def _list_models() -> None:
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.fitting.structure import load_model, model_names

    screen = console()
    models = [(name, load_model(name)) for name in model_names()]
    rows = [(name, model.title, ", ".join(model.names), model.error) for name, model in models]
    screen.print(table(("model", "what", "parameters", "usual error"), rows))
    notice(screen)


def _live() -> Any:
    """Progress on standard error: iterations and present typical values on one line, or a few lines in a log."""
    import sys

    terminal = sys.stderr.isatty()

    def say(done: int, total: int, theta: Any) -> None:
        every = max(total // (100 if terminal else 4), 1)
        if done % every and done != total:
            return
        import numpy as np

        spread = " ".join(f"{value:.3g}" for value in np.sqrt(np.diag(theta.omega)))
        line = f"iteration {done}/{total}  spreads {spread}"
        end = "\r" if terminal and done < total else "\n"
        print(line[:110].ljust(110) if terminal else line, end=end, file=sys.stderr, flush=True)

    return say


def _read(data: Path, lloq: str | None, column: list[str] | None, output: str | None, time_unit: str | None, unit: str | None, shift: float) -> Any:  # fmt: skip
    from livingdrug.interop.kinetics.read import read_kinetics

    return read_kinetics(
        data, lloq=lloq, columns=mapped(column), output=output, time_unit=time_unit, value_unit=unit, shift=shift
    )


def _ordered(findings: Any) -> list[Any]:
    order = ("error", "warning", "note")
    return sorted(findings, key=lambda finding: order.index(finding.severity))


def mapped(words: list[str] | None) -> dict[str, str]:
    """``["DV=transgene"]`` as a mapping."""
    return dict(_pair(word, "--column", "DV=transgene") for word in words or [])


def _pair(word: str, option: str, example: str) -> tuple[str, str]:
    from livingdrug.foundation.errors import BadInput

    key, equals, value = word.partition("=")
    if not equals or not key.strip() or not value.strip():
        raise BadInput(f'{option}: got "{word}", expected {example}.')
    return key.strip(), value.strip()


def _numbers(words: list[str] | None, option: str) -> dict[str, float]:
    from livingdrug.foundation.errors import BadInput

    found = {}
    for word in words or []:
        key, value = _pair(word, option, "CL=2.5")
        try:
            found[key] = float(value)
        except ValueError:
            raise BadInput(f'{option}: got "{word}", expected a number after "=", as CL=2.5.') from None
    return found


def _several(words: list[str] | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words or []:
        key, value = _pair(word, "--covariate", "CL=log(WT/70)")
        found.setdefault(key, []).append(value)
    return found


def _groups(words: list[str] | None) -> Any:
    if words and "full" in words:
        return "full"
    return [[name.strip() for name in word.split(",")] for word in words or []]
