"""Two things compared: policies, parameter sets, arms of a run, or finished runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import SIMULATE, Command
from livingdrug.cli.files import refuse_folder
from livingdrug.cli.own_parameters import own_parameters
from livingdrug.cli.void import refuse_void, refuse_without_folder
from livingdrug.reports.compared_rows import apart, chance, counted, headline_rows, named, value, when

if TYPE_CHECKING:
    from livingdrug.trial.compare import Comparison

PAGE, PAGES = "compare.html", (".html", ".htm")
WIDE = 110
"""Letters across from which a table has room for times and pairs of their own."""


def compare(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="TRIAL | PLAN | RUN_FOLDER …",
            help="A trial; a comparison file; a finished run of several arms; or two finished runs.",
        ),
    ],
    policy: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            metavar="NAME",
            help="A guideline of the catalogue or a policy file of yours; the first is the reference. Repeat it.",
        ),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            metavar="NAME=VALUE",
            help='Instead of policies: the trial as it is against the trial with this model parameter, "growth_max=2.8 1/day"; repeatable.',
        ),
    ] = None,
    patients: Annotated[
        int, typer.Option("-n", "--patients", help="Patients enrolled, the same for each policy.")
    ] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same patients and the same results.")] = 1,
    endpoints: Annotated[
        str | None, typer.Option("--endpoints", metavar="ID,…", help="Endpoints, by comma; the trial's by default.")
    ] = None,
    arm: Annotated[
        str | None,
        typer.Option(help="The arm that is treated, or that is compared between runs; the first by default."),
    ] = None,
    subgroup: Annotated[
        list[str] | None,
        typer.Option(
            "--subgroup",
            metavar="COVARIATE[=LIMIT,…]",
            help="Besides, in classes of a covariate: age_years=65, prior_lines=2,4; at its median when no limit is given. Repeat it.",
        ),
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Processor threads; all by default.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="DIR | PAGE.html",
            help="Keep the runs, compare.json, compare.parquet and the page compare.html in a folder; or write the page alone.",
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Complete a run that was interrupted, in -o.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the run that is in the folder of -o.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the differences as JSON, for a program.")] = False,
    catalog: CATALOG = None,
) -> None:
    """What differs, and what it did: two policies, two parameter sets, the arms of a run, two runs.

    Policies and parameter sets treat the same patients with the same luck, so that small differences show; arms of a randomised
    run and runs of different people are compared as independent groups. First comes what differs in the plan.

    [bold]For example[/bold]

      livingdrug compare eliana --policy kymriah_label_2018 --policy anakinra_prevention -n 1000 --seed 7
      livingdrug compare eliana --policy ./my_policy.toml
      livingdrug compare examples/comparisons/early_steroid.toml -n 1000
      livingdrug compare eliana --parameter "growth_max=2.8 1/day" -n 500 -o growth.html
      livingdrug compare runs/one runs/other -o compared.html
      livingdrug compare runs/two_arms --subgroup age_years=65 --subgroup female
    """
    from contextlib import nullcontext

    from livingdrug.foundation.errors import naming
    from livingdrug.trial.compare import compare as differences
    from livingdrug.trial.same_people import SETS

    known = opened(catalog)
    wanted = [part.strip() for part in endpoints.split(",") if part.strip()] if endpoints else None
    plan = _planned(what[0], policy, known) if len(what) == 1 and not _is_run(what[0]) else None
    if plan is not None:
        trial, policies, arm = plan.trial, list(plan.policies), arm or plan.arm or None
        wanted = wanted or list(plan.endpoints) or None
    else:
        trial, policies = what[0], policy or []
    alone = out is not None and out.suffix.lower() in PAGES
    if out is not None and alone:
        refuse_folder(out)
    place = None if alone else out
    refuse_without_folder(
        place, "Name a folder: -o DIR, not a page alone." if alone else "Add -o DIR, or leave it out."
    )
    if len(what) > 1 or _is_run(what[0]):
        refuse_void("finished runs are compared as they are", "patients", "seed", "threads", "resume", "force")
        if len(what) == 1:
            refuse_void("every arm of a run is compared with the first", "arm")
        results = _finished(what, policy, parameter, known)
    else:
        goes_on = {"resume": resume, "force": force}
        asked = (patients, seed, arm, threads, place)
        results = _simulated(trial, policies, parameter or [], asked, known, goes_on, quiet=as_json)
    several = len(what) > 1
    names = SETS if parameter and not several else None
    runs = several or _is_run(what[0])
    with naming(", ".join(what)) if runs else nullcontext():
        found = differences(
            *results, endpoints=wanted, arm=arm if several else None, names=names, subgroups=subgroup or ()
        )
    page = _written(found, out, alone, plan)
    if as_json:
        import json

        typer.echo(json.dumps(found.told(), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        _say(found, place, page, plan)
    from livingdrug.cli.trials import refuse_silence

    for result in results:
        refuse_silence(result)


def _planned(name: str, policies: list[str] | None, known: Any) -> Any:
    """The comparison a file plans, if it is one: a TOML file that lists policies."""
    from livingdrug.catalog.load import is_path, read_toml

    if not is_path(name) or "policies" not in read_toml(Path(name)):
        return None
    if policies:
        from livingdrug.foundation.errors import BadInput

        raise BadInput(f"{name} names its policies.\n  Take --policy away, or name the trial instead.")
    return known.load("comparison", name)


def _written(found: Comparison, out: Path | None, alone: bool, plan: Any) -> Path | None:
    """The page, and in a folder everything else."""
    from livingdrug.reports.compared import write_comparison

    if out is None:
        return None
    words = {"title": plan.title, "question": plan.question} if plan is not None else {}
    return write_comparison(found, out if alone else found.save(out) / PAGE, **words)


def _is_run(name: str) -> bool:
    from livingdrug.trial.folder import MANIFEST

    return (Path(name) / MANIFEST).is_file()


def _finished(folders: list[str], policies: list[str] | None, parameters: list[str] | None, known: Any) -> list[Any]:
    from livingdrug.foundation.errors import BadInput
    from livingdrug.trial.result import Result

    if policies or parameters:
        raise BadInput(
            f"{'--policy' if policies else '--parameter'} asks for new simulations of one trial, and"
            f" {'several runs were' if len(folders) > 1 else 'a finished run was'} named.\n"
            "  Name one trial and its policies or parameters, or finished runs without them."
        )
    return [Result.load(folder, catalog=known) for folder in folders]


def _simulated(
    trial: str, policies: list[str], parameters: list[str], asked: tuple[int, int, str | None, int | None, Path | None],
    known: Any, goes_on: dict[str, bool], *, quiet: bool,
) -> list[Any]:  # fmt: skip
    from livingdrug.catalog.load import load_trial
    from livingdrug.cli.progress import progress
    from livingdrug.foundation.errors import BadInput

    patients, seed, arm, threads, out = asked
    protocol = load_trial(trial, catalog=known)
    if policies and parameters:
        raise BadInput("--policy and --parameter were given together.\n  Compare one thing at a time.")
    if not policies and not parameters:
        raise BadInput(
            f"nothing to compare {protocol.id} with.\n"
            f"  Name policies with --policy; known: {', '.join(known.names('guideline'))}.\n"
            "  Or parameters with --parameter; or run the trial and name its folder, to compare its arms."
        )
    for name in policies:
        _refuse_mistakes(known, name)
    from livingdrug.trial.same_people import run_parameters, run_policies

    with progress(quiet=quiet) as report_progress:
        common: dict[str, Any] = {
            "catalog": known,
            "patients": patients,
            "seed": seed,
            "threads": threads,
            "progress": report_progress,
            **goes_on,
        }
        if parameters:
            return run_parameters(protocol, own_parameters(parameters), arm=arm, out=out, **common)
        return [run_policies(protocol, policies, arm=arm, out=out, sample=0, **common)]


def _refuse_mistakes(known: Any, name: str) -> None:
    """A mistake in a policy is told before anything is simulated."""
    from livingdrug.catalog.signs import signs_of
    from livingdrug.clinic.management import compile_guideline

    policy = known.load("guideline", name)
    scales = {scale: known.load("scale", scale) for scale in policy.scales}
    drugs = {drug: known.load("drug", drug) for drug in policy.drugs}
    compile_guideline(policy, scales, drugs, active_until_day=0.0, signs=signs_of(known))


def _say(found: Comparison, out: Path | None, page: Path | None, plan: Any) -> None:
    """The plan's question, one table for each policy, what the numbers are; a narrow window keeps values and differences."""
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.reports.compared_subgroups import lines as subgroup_lines

    screen = console()
    if plan is not None:
        screen.print(plan.title, style="bold", markup=False)
        screen.print(plan.question, markup=False)
    screen.print(repr(found), markup=False)
    for line in found.standing:
        screen.print(f"{line[:1].upper()}{line[1:]}.", style="bold", markup=False)
    wide = screen.width >= WIDE
    for policy in found.policies[1:]:
        if found.plans.get(policy):
            lines = [(one.where, one.first, one.second) for one in found.plans[policy]]
            screen.print(table(("What differs in the plan", found.policies[0], policy), lines))
        rows = []
        for row in headline_rows(found, policy):
            values = (value(row, "reference_value"), value(row, "policy_value"), *apart(row))
            tested = (chance(row),) if found.randomised else ()
            time, name = when(row), named(row)
            name = name if wide or not time else f"{name} at {time}"
            rows.append((name, time, *values, *tested, counted(row)) if wide else (name, *values, *tested))
        shown = (found.policies[0], policy, "difference", "95 % interval", *(("p",) if found.randomised else ()))
        n = "patients" if found.independent else "pairs"
        columns = ("", "at", *shown, n) if wide else ("", *shown)
        screen.print(table(columns, rows, right=("at", found.policies[0], policy, "difference", n)))
        if found.subgroups is not None:
            heads = ("", "in subgroups", f"{policy} against {found.policies[0]} (95 %)", n)
            screen.print(table(heads, subgroup_lines(found, policy), right=heads[2:]))
    screen.print(found.note, markup=False)
    if out is not None:
        screen.print(f"Every time: {out / 'compare.json'}", markup=False)
    if page is not None:
        screen.print(f"Page: {page}", markup=False)
    notice(screen)


COMMAND = Command(compare, panel=SIMULATE, order=50)
