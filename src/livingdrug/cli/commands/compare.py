"""The same patients under two policies or more: compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import SIMULATE, Command

if TYPE_CHECKING:
    from livingdrug.trial.compare import Comparison

WIDE = 110
"""Letters across from which a table has room for times and pairs of their own."""


def compare(
    what: Annotated[
        list[str],
        typer.Argument(metavar="TRIAL | PLAN | RUN_FOLDER …", help="A trial; a comparison file; or two finished runs."),
    ],
    policy: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            metavar="NAME",
            help="A guideline of the catalogue or a policy file of yours; the first is the reference. Repeat it.",
        ),
    ] = None,
    patients: Annotated[
        int, typer.Option("-n", "--patients", help="Patients enrolled, the same for each policy.")
    ] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same patients and the same results.")] = 1,
    endpoints: Annotated[
        str | None, typer.Option("--endpoints", metavar="ID,…", help="Endpoints, by comma; the trial's by default.")
    ] = None,
    arm: Annotated[str | None, typer.Option(help="The arm that is treated; the trial's first by default.")] = None,
    threads: Annotated[int | None, typer.Option(help="Processor threads; all by default.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Keep the run, compare.json and compare.parquet here."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Complete a run that was interrupted, in -o.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the run that is in the folder of -o.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the differences as JSON, for a program.")] = False,
    catalog: CATALOG = None,
) -> None:
    """What changes when the same patients are managed in another way: outcome, toxicity, infections, drugs.

    Every patient is treated under each policy with the same luck, so that small differences show.

    [bold]For example[/bold]

      livingdrug compare eliana --policy kymriah_label_2018 --policy anakinra_prevention -n 1000 --seed 7
      livingdrug compare eliana --policy ./my_policy.toml
      livingdrug compare examples/comparisons/early_steroid.toml -n 1000
      livingdrug compare runs/one runs/other
    """
    from livingdrug.trial.compare import compare as differences

    known = opened(catalog)
    wanted = [part.strip() for part in endpoints.split(",") if part.strip()] if endpoints else None
    plan = _planned(what[0], policy, known) if len(what) == 1 else None
    if plan is not None:
        trial, policies, arm = plan.trial, list(plan.policies), arm or plan.arm or None
        wanted = wanted or list(plan.endpoints) or None
    else:
        trial, policies = what[0], policy or []
    if len(what) > 1:
        results = _finished(what, policy, known)
    else:
        goes_on = {"resume": resume, "force": force}
        results = [_simulated(trial, policies, patients, seed, arm, threads, out, known, goes_on, quiet=as_json)]
    found = differences(*results, endpoints=wanted)
    if out is not None:
        found.save(out)
    if as_json:
        import json

        typer.echo(json.dumps(found.told(), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        _say(found, out, plan)
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


def _finished(folders: list[str], policies: list[str] | None, known: Any) -> list[Any]:
    from livingdrug.foundation.errors import BadInput
    from livingdrug.trial.result import Result

    if policies:
        raise BadInput(
            "--policy asks for new simulations of one trial, and several runs were named.\n"
            "  Name one trial and its policies, or finished runs without --policy."
        )
    return [Result.load(folder, catalog=known) for folder in folders]


def _simulated(
    trial: str, policies: list[str], patients: int, seed: int, arm: str | None, threads: int | None, out: Path | None,
    known: Any, goes_on: dict[str, bool], *, quiet: bool,
) -> Any:  # fmt: skip
    from livingdrug.catalog.load import load_trial
    from livingdrug.cli.progress import progress
    from livingdrug.foundation.errors import BadInput

    protocol = load_trial(trial, catalog=known)
    if not policies:
        raise BadInput(
            f"nothing to compare {protocol.id} with.\n"
            f"  Name policies with --policy; known: {', '.join(known.names('guideline'))}."
        )
    for name in policies:
        _refuse_mistakes(known, name)
    from livingdrug.trial.compare import run_policies

    with progress(quiet=quiet) as report_progress:
        return run_policies(
            protocol, policies, arm=arm, catalog=known, patients=patients, seed=seed, threads=threads, out=out,
            progress=report_progress, sample=0, **goes_on,
        )  # fmt: skip


def _refuse_mistakes(known: Any, name: str) -> None:
    """A mistake in a policy is told before anything is simulated."""
    from livingdrug.catalog.signs import signs_of
    from livingdrug.clinic.management import compile_guideline

    policy = known.load("guideline", name)
    scales = {scale: known.load("scale", scale) for scale in policy.scales}
    drugs = {drug: known.load("drug", drug) for drug in policy.drugs}
    compile_guideline(policy, scales, drugs, active_until_day=0.0, signs=signs_of(known))


def _say(found: Comparison, out: Path | None, plan: Any) -> None:
    """The plan's question, one table for each policy, what the numbers are; a narrow window keeps values and differences."""
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.trial.compare import APART, NOTE

    screen = console()
    if plan is not None:
        screen.print(plan.title, style="bold", markup=False)
        screen.print(plan.question, markup=False)
    screen.print(repr(found), markup=False)
    wide = screen.width >= WIDE
    for policy in found.policies[1:]:
        if found.plans.get(policy):
            lines = [(one.where, one.first, one.second) for one in found.plans[policy]]
            screen.print(table(("What differs in the plan", found.policies[0], policy), lines))
        rows = []
        for row in headline_rows(found, policy):
            values = (_value(row, "reference_value"), _value(row, "policy_value"), *_apart(row))
            when, name = _when(row), _named(row)
            name = name if wide or not when else f"{name} at {when}"
            rows.append((name, when, *values, _counted(row)) if wide else (name, *values))
        shown = (found.policies[0], policy, "difference", "95 % interval")
        counted = "patients" if found.independent else "pairs"
        columns = ("", "at", *shown, counted) if wide else ("", *shown)
        screen.print(table(columns, rows, right=("at", found.policies[0], policy, "difference", counted)))
    screen.print(APART if found.independent else NOTE, markup=False)
    if out is not None:
        screen.print(f"Every time: {out / 'compare.json'}", markup=False)
    notice(screen)


def _counted(row: dict[str, Any]) -> str:
    """Pairs, or the patients on each side."""
    return str(row["n_pairs"]) if row["n_pairs"] is not None else f"{row['n_only_reference']} / {row['n_only_policy']}"


def headline_rows(found: Comparison, policy: str) -> list[dict[str, Any]]:
    """One policy's rows: of each curve the time it is shown at only (else the middle one), and no drug that neither side gives."""
    import polars as pl

    of_a_drug = pl.col("measure").str.starts_with("doses_") | pl.col("measure").str.ends_with("_given")
    unused = of_a_drug & (pl.col("reference_value") == 0) & (pl.col("policy_value") == 0)
    rows = found.table.filter((pl.col("policy") == policy) & ~unused.fill_null(False)).to_dicts()
    times: dict[str, list[float]] = {}
    for row in rows:
        if row["time"] is not None:
            times.setdefault(row["measure"], []).append(row["time"])
    middle = {name: sorted(found)[len(found) // 2] for name, found in times.items()}
    middle |= {row["measure"]: row["time"] for row in rows if row["shown"] and row["time"] is not None}
    return [row for row in rows if row["time"] is None or row["time"] == middle[row["measure"]]]


def _named(row: dict[str, Any]) -> str:
    """The title, and of an amount what is compared of it: ``"Days with CRS of grade 2, mean"``."""
    of = "" if row["shown_as"] == "share" else row["statistic"].removeprefix("ratio of ").removesuffix("s")
    return f"{row['title']}, {of}" if of and of.lower() not in row["title"].lower() else row["title"]


def _when(row: dict[str, Any]) -> str:
    return "" if row["time"] is None else f"{row['time']:g} {row['time_unit']}"


def _value(row: dict[str, Any], side: str) -> str:
    from livingdrug.cli.screen import number

    value = row[side]
    if value is None:
        return ""
    if row["shown_as"] == "share":
        return f"{100 * value:.1f} %"
    return f"{number(value)} {row['unit']}".strip()


def _apart(row: dict[str, Any]) -> tuple[str, str]:
    """The difference and its interval: percentage points, the unit of a mean, or a factor."""
    from livingdrug.cli.screen import number

    value, low, high = row["difference"], row["ci_low"], row["ci_high"]
    if value is None:
        return "", ""
    if row["shown_as"] == "share":
        value, low, high = (None if x is None else round(100 * x, 1) + 0.0 for x in (value, low, high))  # no "-0.0"
        between = f"{low:+.1f} to {high:+.1f}" if None not in (low, high) else ""
        return f"{value:+.1f} points", between
    if row["shown_as"] == "ratio":
        return f"x {value:.3g}", f"{low:.3g} to {high:.3g}" if None not in (low, high) else ""
    sign = "+" if value > 0 else ""
    return f"{sign}{number(value)}", f"{number(low)} to {number(high)}"


COMMAND = Command(compare, panel=SIMULATE, order=50)
