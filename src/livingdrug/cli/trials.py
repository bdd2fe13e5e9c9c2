"""Simulate a trial, and ask what came of it: run, endpoints, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened

RUN_FOLDER = Annotated[Path, typer.Argument(metavar="RUN_FOLDER", help="The folder of a run, for example runs/eliana.")]


def run(
    trial: Annotated[
        str, typer.Argument(metavar="TRIAL", help="A trial of the catalogue (eliana), or a path to a trial file.")
    ],
    patients: Annotated[
        int | None,
        typer.Option("-n", "--patients", help="Patients enrolled; as many as the trial's file says when omitted."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same patients and the same results.")] = 1,
    threads: Annotated[
        int | None, typer.Option(help="Processor threads; all by default. Results do not depend on it.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Folder for the results; runs/TRIAL by default.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Complete a run that was interrupted.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the run that is in the folder; otherwise it is never overwritten.")
    ] = False,
    catalog: CATALOG = None,
    sample: Annotated[
        int, typer.Option(help="Patients per arm whose whole course (truth, 8-hourly) is kept for figures.")
    ] = 40,
    chunk: Annotated[
        int | None,
        typer.Option(
            help="Patients computed and saved together; smaller needs less memory. Results do not depend on it. 250, or as"
            " many as memory allows, by default."
        ),
    ] = None,
    memory: Annotated[
        float, typer.Option("--memory", metavar="GB", help="A run that would need more memory is refused.")
    ] = 4.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the endpoints as JSON, for a program.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Do not write report.html.")] = False,
) -> None:
    """A virtual trial: enrol patients, make their cells, treat them, follow them, and tell what came of it.

    Writes frames (Parquet), the trial file, a manifest and report.html into one folder. Finished work survives Ctrl-C
    (once: what is being computed is finished first; twice: at once). A run is never overwritten without --force.

    [bold]For example[/bold]

      livingdrug run eliana -n 1000 --seed 7
      livingdrug run my_trial.toml -n 500 -o runs/mine --resume
    """
    from livingdrug.catalog.load import load_trial
    from livingdrug.cli.progress import progress
    from livingdrug.cli.screen import console

    known = opened(catalog)
    protocol = load_trial(trial, catalog=known)
    folder = out if out is not None else Path("runs") / protocol.id
    # Simulation code is imported only now: a mistake in the trial file is told at once.
    from livingdrug.trial.run import run as simulate

    written: list[Path] = []

    def tell(result: Any) -> None:
        from livingdrug.reports.html import write_report

        report_progress("", "report", 0, 1)
        written.append(write_report(result, folder / "report.html"))
        report_progress("", "report", 1, 1)

    with progress(quiet=as_json) as report_progress:
        result = simulate(
            protocol, patients=patients, seed=seed, threads=threads, chunk=chunk, out=folder, resume=resume, force=force,
            progress=report_progress, catalog=known, sample=sample, memory_gb=memory,
            afterwards=None if no_report else tell,
        )  # fmt: skip
    if as_json:
        _print_json(result, folder=str(folder), report=str(written[0]) if written else None)
        refuse_silence(result)
        return
    _say(result, protocol_endpoints(result), brief=True)
    screen = console()
    screen.print(f"Every time and more endpoints: livingdrug endpoints {folder}", markup=False)
    screen.print(f"Frames: {folder}", markup=False)
    if written:
        screen.print(f"Report: {written[0].resolve()}", markup=False)
    refuse_silence(result)


def refuse_silence(result: Any) -> None:
    """After everything is written: say which patients' courses did not finish, and why, with exit code 3.

    Raises
    ------
    SimulationFailed
        At least one course did not finish.
    """
    from livingdrug.foundation.errors import SimulationFailed

    failed, n_courses = result.failed, result.exits.height
    if failed.height == 0:
        return
    reasons: dict[str, list[str]] = {}
    for row in failed.iter_rows(named=True):
        reasons.setdefault(row["course_status"] or "no reason was kept", []).append(str(row["patient"]))
    told = [
        f"    {why} (patient{'s' if len(who) > 1 else ''} {', '.join(who[:10])}{', …' if len(who) > 10 else ''})"
        for why, who in reasons.items()
    ]
    most = 20
    others = [f"    … and {len(told) - most} more reasons, in failed.parquet"] if len(told) > most else []
    kept = (
        "No course finished, so no patient is counted"
        if failed.height >= n_courses
        else "The others are written and counted"
    )
    raise SimulationFailed(
        f"{failed.height} of {n_courses} courses did not finish:\n"
        + "\n".join([*told[:most], *others])
        + f"\n  {kept}; failed.parquet lists these. Look for a value far out of its range in the product, disease or"
        " parameters;\n  if there is none, please report it."
    )


def protocol_endpoints(result: Any) -> list[str]:
    """The endpoint ids that the result's trial asks for, in its order."""
    return [endpoint.id for endpoint in result.trial.endpoints]


def _say(result: Any, ids: list[str], *, brief: bool = False) -> None:
    """Print the terminal summary: one line for the trial, then its endpoints."""
    from livingdrug.cli.screen import console, notice

    screen = console()
    screen.print(repr(result), markup=False)
    for sheet in _sheets(result, ids, brief=brief):
        screen.print(sheet)
    notice(screen)


def _sheets(result: Any, ids: list[str], *, brief: bool) -> list[Any]:
    """Terminal tables: shares in per cent, times to event, and quantities; the headline of each endpoint.

    `brief` shows an endpoint with many times at the first, a middle and the last of them.
    """
    from livingdrug.cli.screen import number, table

    shares: list[tuple[object, ...]] = []
    amounts: list[tuple[object, ...]] = []
    for endpoint in ids:
        asked: set[str] = set()
        found = result.endpoint(endpoint)
        times = found.record.at
        shown = {times[0], times[len(times) // 2], times[-1]} if brief and times else set(times)
        for row in found.table().iter_rows(named=True):
            if row["time"] is not None and row["time"] not in shown:
                continue
            when = f"{row['time']:g} {row['time_unit']}" if row["time"] is not None else ""
            interval = (row["ci_low"], row["ci_high"])
            known = None not in interval
            start = (endpoint, row["arm"])
            if row["measure"] in found.shares:
                percent = _nothing(row) if row["estimate"] is None else f"{100 * row['estimate']:.1f}"
                between = f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}" if known else ""
                shares.append((*start, when, percent, between, row["n"], row["n_events"]))
            elif row["arm"] not in asked:  # of the many measures of a quantity, its headline
                asked.add(row["arm"])
                between = f"{number(interval[0])} to {number(interval[1])}" if known else ""
                value = _nothing(row) if row["estimate"] is None else row["estimate"]
                amounts.append((*start, row["measure"], value, between, row["unit"], row["n"]))
    tables = []
    if shares:
        columns = ("endpoint", "arm", "at", "%", "95 % interval", "n", "events")
        tables.append(table(columns, shares, right=("at", "%", "n", "events")))
    if amounts:
        columns = ("endpoint", "arm", "measure", "value", "95 % interval", "unit", "n")
        tables.append(table(columns, amounts, right=("value", "n")))
    return tables


def _nothing(row: dict[str, Any]) -> str:
    """What stands where an endpoint has no value."""
    if not row["n"]:
        return "no patient counted"
    return "not reached" if row["measure"] == "median time" else ""


def _print_json(result: Any, *, folder: str, report: str | None, ids: list[str] | None = None) -> None:
    import json

    from livingdrug.cli import NOTICE

    wanted = ids if ids is not None else protocol_endpoints(result)
    told = {
        "notice": NOTICE,
        "trial": result.trial.id,
        "title": result.trial.title,
        "manifest": dict(result.manifest),
        "folder": folder,
        "report": report,
        "endpoints": {name: result.endpoint(name).table().to_dicts() for name in wanted},
    }
    typer.echo(json.dumps(_plain(told), ensure_ascii=False, indent=1, allow_nan=False))


def _plain(value: Any) -> Any:
    """The same content with what JSON cannot hold (NaN, infinity, paths) as null or text."""
    import math

    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (str, int, bool)) or value is None else str(value)


def endpoints(
    folder: RUN_FOLDER,
    add: Annotated[
        str | None, typer.Option("--add", metavar="ID,…", help="More endpoints than the trial asks for, by comma.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON, for a program.")] = False,
    catalog: CATALOG = None,
) -> None:
    """Endpoints of a finished run. Asking for another one never simulates again.

    [bold]For example[/bold]

      livingdrug endpoints runs/eliana
      livingdrug endpoints runs/eliana --add rfs,cmax,tocilizumab_use
    """
    from livingdrug.trial.result import Result

    result = Result.load(folder, catalog=opened(catalog))
    ids = protocol_endpoints(result)
    ids += [name for name in (part.strip() for part in (add or "").split(",")) if name and name not in ids]
    if as_json:
        _print_json(result, folder=str(folder), report=None, ids=ids)
    else:
        _say(result, ids)


def report(
    folder: RUN_FOLDER,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="The page; RUN_FOLDER/report.html by default.")
    ] = None,
    catalog: CATALOG = None,
) -> None:
    """Write the report of a finished run: one HTML page that needs no network.

    [bold]For example[/bold]

      livingdrug report runs/eliana -o eliana.html
    """
    from livingdrug.cli.screen import console, notice
    from livingdrug.trial.result import Result

    result = Result.load(folder, catalog=opened(catalog))
    from contextlib import nullcontext

    from livingdrug.reports.html import write_report
    from livingdrug.trial.lock import held

    target = out if out is not None else folder / "report.html"
    inside = target.absolute().parent == folder.absolute()  # nobody may be replacing the run meanwhile
    with held(folder) if inside else nullcontext():
        written = write_report(result, target)
    screen = console()
    screen.print(f"Report: {Path(written).resolve()}", markup=False)
    notice(screen)
