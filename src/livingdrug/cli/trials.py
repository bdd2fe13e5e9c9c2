"""Simulate a trial, and ask what came of it: run, endpoints, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened

NOBODY = "no patient counted"
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
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            metavar="NAME=VALUE",
            help='A model parameter of your own with its unit, "growth_max=2.8 1/day"; repeatable.',
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

    known, own = opened(catalog), _parameters(parameter or [])
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
            progress=report_progress, catalog=known, sample=sample, memory_gb=memory, parameters=own,
            afterwards=None if no_report else tell,
        )  # fmt: skip
    if as_json:
        _print_json(result, folder=str(folder), report=str(written[0]) if written else None)
        refuse_silence(result)
        return
    from livingdrug.reports.terminal import summary

    screen = console()
    screen.print(summary(result, catalog=known))
    screen.print(repr(result), markup=False)
    screen.print(f"Every time and more endpoints: livingdrug endpoints {folder}", markup=False)
    screen.print(f"Frames: {folder}", markup=False)
    if written:
        screen.print(f"Report: {written[0].resolve()}", markup=False)
    refuse_silence(result)


def _parameters(texts: list[str]) -> dict[str, str]:
    """NAME=VALUE as a name and a text with number and unit."""
    from livingdrug.foundation.errors import BadInput

    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not (name and sign and value) or name in found:
            what = "a name that is given twice" if name in found else "no name with a value"
            raise BadInput(f'--parameter "{text}": {what}.\n  Write each once, as --parameter "growth_max=2.8 1/day".')
        found[name] = value
    return found


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


def _say(result: Any, ids: list[str], added: list[str]) -> None:
    """Print every number of the endpoints, those asked for besides at the end, and then the trial in a line."""
    from livingdrug.cli.screen import console, notice

    screen = console()
    for names, title in ((ids, ""), (added, "Asked for besides")):
        for sheet in _sheets(result, names, screen.width, title):
            screen.print(sheet)
    screen.print(repr(result), markup=False)
    notice(screen)


def _sheets(result: Any, ids: list[str], width: int, title: str = "") -> list[Any]:
    """Terminal tables: shares in per cent and times to event, then quantities by their headline.

    A narrow window keeps names, values and intervals, and leaves out counts first, then ids.
    """
    import math

    from livingdrug.cli.screen import number, table

    shares: list[dict[str, object]] = []
    amounts: list[dict[str, object]] = []
    found = sorted((result.endpoint(name) for name in ids), key=lambda one: one.record.place)
    for one in found:
        told: set[str] = set()
        for arm, row in [(name, row) for name in one.arms for row in one.rows(name)]:
            interval = (row.ci_low, row.ci_high)
            known = None not in interval and all(math.isfinite(side) for side in interval)  # type: ignore[arg-type]
            when = f"{row.time:g} {row.time_unit}" if row.time is not None else ""
            cells = {"": one.record.name, "arm": arm, "n": row.n, "events": row.n_events, "id": one.id}
            if row.measure in one.shares:
                percent = f"{100 * row.estimate:.1f}" if row.known else "" if row.n else NOBODY  # type: ignore[operator]
                between = f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}" if known else ""  # type: ignore[operator]
                shares.append({**cells, "at": when, "%": percent, "95 % interval": between})
            elif arm not in told:  # of the many measures of a quantity, its headline
                told.add(arm)
                between = f"{number(interval[0])} to {number(interval[1])}" if known else ""
                value = row.estimate if row.known else row.absent if row.n else NOBODY
                measure = f"{row.measure} to {when}" if when else row.measure
                told_as = {"value": value, "95 % interval": between, "unit": row.unit, "measure": measure}
                amounts.append({**cells, **told_as})
    arms = ["arm"] if len(result.arms) > 1 else []
    wide, widest = width >= 90, width >= 110
    tables = []
    for rows, values, last in (
        (shares, ["at", "%", "95 % interval"], ["n", "events"] if wide else []),
        (amounts, ["value", "unit", "95 % interval"], ["measure", "n"] if wide else []),
    ):
        if rows:
            columns = ["", *arms, *values, *last, *(["id"] if widest else [])]
            body = [[row.get(column) for column in columns] for row in rows]
            tables.append(table(columns, body, title=title, right=("at", "%", "value", "n", "events")))
    return tables


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
    added = [name for name in (part.strip() for part in (add or "").split(",")) if name and name not in ids]
    if as_json:
        _print_json(result, folder=str(folder), report=None, ids=[*ids, *added])
    else:
        _say(result, ids, added)


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
