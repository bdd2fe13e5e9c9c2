"""A virtual trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import SIMULATE, Command
from livingdrug.cli.outcomes_only import refuse_beside, run_outcomes_only
from livingdrug.cli.own_parameters import own_parameters
from livingdrug.cli.replicates import refuse_alone, refuse_both, run_replicates
from livingdrug.cli.trials import print_json, refuse_silence
from livingdrug.cli.void import refuse_void
from livingdrug.foundation.errors import BadInput

if TYPE_CHECKING:
    from livingdrug.catalog.parameter_set import ParameterSet

UNCERTAINTY = "uncertainty.json"


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
    parameters: Annotated[
        Path | None,
        typer.Option(
            "--parameters", metavar="DIR", help="Use the fitted values of a calibration (livingdrug calibrate -o DIR)."
        ),
    ] = None,
    from_fit: Annotated[
        Path | None,
        typer.Option(
            "--from-fit",
            metavar="DIR",
            help="Simulate the trial's kinetics alone, from a fit of yours (livingdrug fit -o DIR); with"
            " --uncertainty as many trials behind the intervals, 200 by default.",
        ),
    ] = None,
    uncertainty: Annotated[
        int,
        typer.Option(
            "--uncertainty",
            metavar="DRAWS",
            min=0,
            help="With --parameters: also simulate so many trials, each under a draw of the parameters with patients of its own, and"
            " tell the intervals in which a trial of this size is expected.",
        ),
    ] = 0,
    replicates: Annotated[
        int | None,
        typer.Option(
            "--replicates",
            metavar="N",
            help="Simulate N trials of this size, each with people of its own; endpoints are kept, courses are not.",
        ),
    ] = None,
    outcomes: Annotated[
        bool,
        typer.Option(
            "--outcomes-only",
            help="Keep each patient's outcomes and forget what was seen: for trials of up to millions, in memory that hardly grows.",
        ),
    ] = False,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="LAYER",
            help="With --replicates: switch a layer of chance off: parameters, between_trials, patients, assays or accrual; repeatable.",
        ),
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option(
            "--hours", help="With --replicates: work that would take longer is refused with its price; 2 when omitted."
        ),
    ] = None,
    catalog: CATALOG = None,
    sample: Annotated[
        int, typer.Option(help="Patients per arm whose whole course (truth, 8-hourly) is kept for figures.")
    ] = 40,
    chunk: Annotated[
        int | None,
        typer.Option(
            help="Patients computed and saved together; smaller needs less memory. Results do not depend on it. Up to"
            " 500, each thread its share, or as many as memory allows, by default."
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
        float | None,
        typer.Option(
            "--memory",
            metavar="GB",
            help="A run that would need more is refused; 4 when omitted, 2 with --outcomes-only.",
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS",
            help="Compute on the workers of a Dask scheduler, tcp://HOST:8786, instead of threads here (needs the extra cluster: livingdrug\\[cluster]).",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the endpoints as JSON, for a program.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Do not write report.html.")] = False,
) -> None:
    """A virtual trial: enrol patients, make their cells, treat them, follow them, and tell what came of it.

    Writes frames (Parquet), the trial file, a manifest and report.html into one folder. Finished work survives Ctrl-C
    (once: what is being computed is finished first; twice: at once). A run is never overwritten without --force.

    [bold]For example[/bold]

      livingdrug run eliana -n 1000 --seed 7
      livingdrug run my_trial.toml -n 500 -o runs/mine --resume
      livingdrug run my_trial.toml --parameters runs/fit --uncertainty 100
      livingdrug run eliana --from-fit fits/ck
      livingdrug run my_trial.toml -n 100 --replicates 200 -o runs/many
      livingdrug run eliana -n 1000000 --outcomes-only -o runs/million
    """
    from livingdrug.catalog.load import load_trial
    from livingdrug.cli.progress import progress

    refuse_alone(replicates, without, hours)
    refuse_beside(outcomes, replicates=replicates, from_fit=from_fit)
    known = files = opened(catalog)
    own = own_parameters(parameter or [])
    if from_fit is not None:
        refuse_void("--from-fit simulates no courses", "threads", "sample", "chunk", "memory")
        alone = parameters is None and not own and not resume and replicates is None and cluster is None
        return _from_fit(trial, from_fit, alone, out, patients, uncertainty, seed, known, force, no_report, as_json)
    if uncertainty and parameters is None:
        raise BadInput("--uncertainty needs the draws of a calibration.\n  Give its folder: --parameters DIR.")
    calibrated = None if parameters is None else _calibrated(parameters, uncertainty)
    if calibrated is not None:
        known = known.under(calibrated.point)
    protocol = load_trial(trial, catalog=known)
    folder = out if out is not None else Path("runs") / protocol.id
    refuse_both(replicates, uncertainty)
    if replicates is not None:
        if cluster is not None:
            raise BadInput("--replicates run on threads here, not on a cluster.\n  Leave --cluster out.")
        refuse_void("of many trials endpoints are kept, and no courses", "sample", "chunk", "memory")
        return run_replicates(
            trial, replicates, catalog=known, folder=out or folder.with_name(f"{protocol.id}_replicates"),
            calibration=parameters, without=without or [], as_json=as_json, parameters=own, patients=patients, seed=seed,
            threads=threads, resume=resume, force=force, hours=2.0 if hours is None else hours,
        )  # fmt: skip
    if outcomes:
        refuse_beside(outcomes, uncertainty=uncertainty, cluster=cluster, sample=sample if sample != 40 else None)
        return run_outcomes_only(
            trial, catalog=known, folder=out or folder.with_name(f"{protocol.id}_outcomes"), patients=patients, as_json=as_json,
            report=not no_report, seed=seed, threads=threads, chunk=chunk, resume=resume, force=force, parameters=own, memory=memory,
        )  # fmt: skip
    # Simulation code is imported only now: a mistake in the trial file is told at once.
    from livingdrug.trial.run import run as simulate

    written: list[Path] = []

    def tell(result: Any) -> None:
        from livingdrug.reports.html import write_report

        report_progress("", "report", 0, 1)
        written.append(write_report(result, folder / "report.html"))
        report_progress("", "report", 1, 1)

    with progress(quiet=as_json) as report_progress, _workers(cluster) as executor:
        result = simulate(
            trial, patients=patients, seed=seed, threads=threads, chunk=chunk, out=folder, resume=resume, force=force,
            progress=report_progress, catalog=known, sample=sample, memory_gb=4.0 if memory is None else memory, parameters=own, executor=executor,
            afterwards=None if no_report else tell,
        )  # fmt: skip
    told = (
        _expected(trial, files, calibrated, patients, seed, threads, folder)
        if calibrated is not None and uncertainty
        else None
    )
    return _say(result, known, folder, written, told, as_json)


def _say(result: Any, known: Any, folder: Path, written: list[Path], told: Any, as_json: bool) -> None:
    """The run on the screen, or as JSON; courses that did not finish are an error, told last."""
    if as_json:
        print_json(result, folder=str(folder), report=str(written[0]) if written else None)
        refuse_silence(result)
    else:
        _tell(result, known, told, folder, written)


def _tell(result: Any, known: Any, told: Any, folder: Path, written: list[Path]) -> None:
    """The summary on the screen, and where everything is."""
    from livingdrug.cli.screen import console
    from livingdrug.reports.terminal import summary

    screen = console()
    screen.print(summary(result, catalog=known))
    if told is not None:
        screen.print(told)
    screen.print(repr(result), markup=False)
    screen.print(f"Every time and more endpoints: livingdrug endpoints {folder}", markup=False)
    screen.print(f"Frames: {folder}", markup=False)
    if written:
        screen.print(f"Report: {written[0].resolve()}", markup=False)
    refuse_silence(result)


def _from_fit(
    trial: str, fit: Path, alone: bool, out: Path | None, patients: int | None, draws: int, seed: int, known: Any, force: bool,
    no_report: bool, as_json: bool,
) -> None:  # fmt: skip
    """The kinetics of the trial from a fit, and nothing else."""
    from livingdrug.cli.from_fit import run_from_fit

    if not alone:
        raise BadInput(
            "--from-fit knows no parameters of the mechanisms, no replicates, no cluster and nothing to resume.\n"
            "  Leave --parameters, --parameter, --replicates, --cluster and --resume out."
        )
    run_from_fit(
        trial, fit, out=out, patients=patients, draws=draws, seed=seed, catalog=known, force=force, report=not no_report,
        as_json=as_json,
    )  # fmt: skip


def _workers(address: str | None) -> AbstractContextManager[Executor | None]:
    """The workers of a cluster; nothing where threads of this process compute."""
    if address is None:
        return nullcontext()
    from livingdrug.trial.elsewhere import cluster

    return cluster(address)


@dataclass(frozen=True)
class _Calibrated:
    """What a calibration's folder says: its point, the draws that were asked for, differences between trials."""

    point: ParameterSet
    draws: Sequence[ParameterSet]
    between: Mapping[str, float]


def _calibrated(folder: Path, draws: int) -> _Calibrated:
    """The calibration, with as many draws as were asked for: asked before the work, not after it."""
    from livingdrug.fitting.joint.calibrated import read_between_trials, read_parameters

    point, members = read_parameters(folder)
    if draws > len(members):
        raise BadInput(
            f"--uncertainty {draws}: the calibration kept {len(members)} draws.\n  Ask for that many at most."
        )
    return _Calibrated(point, members[:draws], read_between_trials(folder) if draws else {})


def _expected(
    trial: str, files: Any, under: _Calibrated, patients: int | None, seed: int, threads: int | None, folder: Path
) -> Any:
    """The trial under draws of the parameters: written to `UNCERTAINTY`, and a table of intervals."""
    from livingdrug.catalog.load import load_trial
    from livingdrug.cli.calibration_progress import told
    from livingdrug.fitting.joint.predict import predict
    from livingdrug.fitting.joint.search import Progress
    from livingdrug.reports.calibrated.expected import table
    from livingdrug.trial.storage import write_json

    with told() as tell:
        found = predict(
            load_trial(trial, catalog=files), files, under.draws, under.between, patients=patients, seed=seed, threads=threads or 1,
            done=lambda done, total: tell(Progress("draws", float("inf"), done, total)),
        )  # fmt: skip
    written = {
        "note": "Simulation; not for patient care.",
        "parameter_set_sha256": under.point.sha256,
        "interval_percent": 90,
    }
    write_json(
        folder / UNCERTAINTY,
        {**written, "draws": len(under.draws), "seed": seed, "expected": [one.told() for one in found]},
    )
    return table(found, len(under.draws))


COMMAND = Command(run, panel=SIMULATE, order=30)
