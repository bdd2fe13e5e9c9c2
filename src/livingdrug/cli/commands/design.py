"""A trial before it is run: what its rule would decide, which dose it would find, how a borrowed control would mislead it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import SIMULATE, Command
from livingdrug.cli.void import refuse_void, refuse_without_folder

TRIAL = Annotated[str, typer.Argument(metavar="TRIAL", help="A trial of the catalogue, or a path to a trial file.")]
RULE = Annotated[
    str, typer.Option("--rule", help="A rule of the catalogue (livingdrug list rule), or a path to a rule file.")
]
SET = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help='A key of the rule in place of its file\'s: "p0=0.2", "looks=[0.5, 1]"; repeatable.',
    ),
]
SEED = Annotated[int, typer.Option(help="The same seed gives the same trials.")]
THREADS = Annotated[int | None, typer.Option(help="Processor threads; all by default. Results do not depend on it.")]
OUT = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="DIR", help="Folder for the results; nothing is kept without.")
]
RESUME = Annotated[bool, typer.Option("--resume", help="Go on with work that was interrupted, or add replicates.")]
FORCE = Annotated[bool, typer.Option("--force", help="Replace earlier results in the folder.")]
HOURS = Annotated[float, typer.Option("--hours", help="Work that would take longer is refused with its price.")]
JSON = Annotated[bool, typer.Option("--json", help="Print as JSON, for a program.")]


def oc(
    trial: TRIAL,
    rule: RULE,
    n: Annotated[
        str | None,
        typer.Option("-n", "--n", metavar="N|FROM:TO:STEP", help="Patients enrolled: 80, 60,80 or 60:200:20."),
    ] = None,
    replicates: Annotated[int, typer.Option("-r", "--replicates", help="Trials simulated in each scenario.")] = 200,
    endpoint: Annotated[
        str | None, typer.Option(help="What decides; the rule's, or the trial's first of the kind.")
    ] = None,
    set_: SET = None,
    arm: Annotated[str | None, typer.Option(help="For a rule of one arm: which.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="For a rule of two arms: the one compared with; the first by default.")
    ] = None,
    effect: Annotated[
        list[float] | None,
        typer.Option(
            "--effect", help="For a rule of one arm: a planted truth, a probability or a hazard ratio; repeatable."
        ),
    ] = None,
    enrolment: Annotated[
        list[str] | None,
        typer.Option("--enrolment", help='In place of the trial\'s: "18 month" or "8 1/month"; repeatable.'),
    ] = None,
    after_last: Annotated[
        list[str] | None, typer.Option("--after-last", help='Follow-up after the last patient: "12 month"; repeatable.')
    ] = None,
    missed: Annotated[
        float | None, typer.Option(help="Probability of missing a visit, in place of the trial's.")
    ] = None,
    attrition: Annotated[
        float, typer.Option(help="Share lost before treatment besides those whom the model loses.")
    ] = 0.0,
    no_null: Annotated[bool, typer.Option("--no-null", help="Leave out the trial without an effect.")] = False,
    seed: SEED = 1,
    threads: THREADS = None,
    out: OUT = None,
    resume: RESUME = False,
    force: FORCE = False,
    hours: HOURS = 2.0,
    catalog: CATALOG = None,
    as_json: JSON = False,
) -> None:
    """Operating characteristics of a rule: power, type I error, expected size and duration, with Monte Carlo intervals.

    [bold]For example[/bold]

      livingdrug design oc zuma_1 --rule simon_optimal --set p0=0.5 --set p1=0.7 -n 60
      livingdrug design oc my_trial.toml --rule log_rank --set events_per_patient=0.5 -n 60:200:20
    """
    from livingdrug.cli.designs import print_frame, settings, show_characteristics, sizes
    from livingdrug.cli.replicates import counted
    from livingdrug.design.characteristics import operating_characteristics

    refuse_without_folder(out)
    wanted, keys = sizes(n), settings(set_ or [])
    with counted("design", quiet=as_json) as progress:
        found = operating_characteristics(
            trial, rule, sizes=wanted, replicates=replicates, seed=seed, keys=keys, endpoint=endpoint, arm=arm,
            reference=reference, effects=effect or [], paces=enrolment or [], after_last=after_last or [], missed=missed,
            attrition=attrition, null=not no_null, threads=threads, out=out, resume=resume, force=force, hours=hours,
            catalog=opened(catalog), progress=progress,
        )  # fmt: skip
    if as_json:
        print_frame(found.table, rule=found.rule, endpoint=found.endpoint, notes=list(found.notes))
    else:
        show_characteristics(found, out)


def find_dose(
    trial: Annotated[
        str, typer.Argument(metavar="TRIAL", help="A trial file with an arm for each dose, the lowest first.")
    ],
    rule: RULE,
    toxicity: Annotated[
        str, typer.Option(help="The endpoint that tells a toxicity; a time to event for rules in time.")
    ],
    response: Annotated[str | None, typer.Option(help="A proportion told beside it.")] = None,
    replicates: Annotated[int, typer.Option("-r", "--replicates", help="Trials simulated.")] = 200,
    patients: Annotated[
        int | None,
        typer.Option(
            "-n", "--patients", help="Who come in each trial, lost ones included; twice the rule's most when omitted."
        ),
    ] = None,
    set_: SET = None,
    seed: SEED = 1,
    threads: THREADS = None,
    out: OUT = None,
    resume: RESUME = False,
    force: FORCE = False,
    hours: HOURS = 2.0,
    catalog: CATALOG = None,
    as_json: JSON = False,
) -> None:
    """Phase 1: how often a rule finds which dose, on the model's own people, who are simulated at every dose.

    [bold]For example[/bold]

      livingdrug design dose-finding examples/design/doses.toml --rule boin --toxicity crs_severe_astct -r 100
    """
    from livingdrug.cli.designs import print_frame, settings, show_doses
    from livingdrug.cli.replicates import counted
    from livingdrug.design.dose_finding import dose_finding

    refuse_without_folder(out)
    with counted("dose finding", quiet=as_json) as progress:
        found = dose_finding(
            trial, rule, toxicity=toxicity, response=response, replicates=replicates, patients=patients, seed=seed, keys=settings(set_ or []),
            threads=threads, out=out, resume=resume, force=force, hours=hours, catalog=opened(catalog), progress=progress,
        )  # fmt: skip
    if as_json:
        print_frame(found.table, trials=found.trials.height, ran_out=int(found.trials["ran_out"].sum()))
    else:
        show_doses(found)


def sampling(
    fit: Annotated[Path, typer.Argument(metavar="FIT_FOLDER", help="A fit of yours (livingdrug fit … -o DIR).")],
    samples: Annotated[int, typer.Option("-n", "--samples", help="Samples of a patient.")] = 8,
    days: Annotated[
        str,
        typer.Option("--days", metavar="FROM:TO[:STEP]", help="Times that may be chosen, in the fit's unit of time."),
    ] = "0:90",
    gap: Annotated[float, typer.Option("--gap", help="Least time between two samples.")] = 0.0,
    patients: Annotated[
        int | None, typer.Option("--patients", help="In the trial planned; those of the fit when omitted.")
    ] = None,
    lloq: Annotated[
        float | None, typer.Option("--lloq", help="Times at which the typical patient is below this are not chosen.")
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option("--against", metavar="T,…", help="Schedule held against; that of the fitted data when omitted."),
    ] = None,
    always: Annotated[
        str | None, typer.Option("--always", metavar="T,…", help="Times that are sampled anyway.")
    ] = None,
    as_json: JSON = False,
) -> None:
    """When to sample kinetics: the times that tell most of a fitted model, and the errors to expect then.

    [bold]For example[/bold]

      livingdrug design sampling fits/ck -n 8 --days 0:90 --gap 2 --patients 40
    """
    from livingdrug.cli.designs import numbers, print_frame, show_schedule, span
    from livingdrug.fitting.loading import load_fit
    from livingdrug.fitting.schedules import sampling_times

    times, held, kept = span(days), numbers(reference), numbers(always)
    found = sampling_times(
        load_fit(fit),
        samples,
        candidates=times,
        gap=gap,
        patients=patients,
        lloq=lloq,
        reference=held,
        always=kept or (),
    )
    if as_json:
        words = {"times": list(found.times), "efficiency": found.efficiency, "reference": list(found.reference)}
        print_frame(found.expected, patients=found.patients, **words)
    else:
        show_schedule(found)


def external(
    run: Annotated[Path, typer.Argument(metavar="RUN_FOLDER", help="The folder of the trial's run.")],
    endpoint: Annotated[str, typer.Option(help="A proportion or a time to event.")],
    covariates: Annotated[
        str, typer.Option(metavar="NAME,…", help="Numbers known at the start that weights and matches may use.")
    ],
    control: Annotated[
        Path | None,
        typer.Argument(
            metavar="[CONTROL_RUN | TABLE.csv]",
            help="The run that the control is borrowed from, or a table of your own patients; none with --drift.",
        ),
    ] = None,
    arm: Annotated[str | None, typer.Option(help="Of the trial; the first by default.")] = None,
    control_arm: Annotated[
        str | None, typer.Option("--control-arm", help="Of the control's run; the first by default.")
    ] = None,
    drifting: Annotated[
        str | None,
        typer.Option(
            "--drift",
            metavar="NAME",
            help="Draw trial and control from this one run, the control drifting in a covariate.",
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="D,…", help="How far: odds rise e-fold to this power for each standard deviation."
        ),
    ] = "0,0.5,1",
    patients: Annotated[
        str, typer.Option("-n", "--n", metavar="TRIAL,CONTROL", help="With --drift: sizes drawn.")
    ] = "60,120",
    replicates: Annotated[int, typer.Option("-r", "--replicates", help="With --drift: trials drawn.")] = 500,
    seed: SEED = 1,
    catalog: CATALOG = None,
    as_json: JSON = False,
) -> None:
    """An external control: one arm against patients from elsewhere, weighted or matched; and its bias when they drift.

    [bold]For example[/bold]

      livingdrug design external runs/new runs/old --endpoint os --covariates age_years,prior_lines
      livingdrug design external runs/new registry.csv --endpoint os --covariates age_years,prior_lines
      livingdrug design external runs/big --endpoint os --covariates age_years --drift prior_lines --by 0,0.5,1
    """
    from livingdrug.cli.designs import numbers, print_frame, show_drift, show_external
    from livingdrug.design.external import drift, external_control
    from livingdrug.foundation.errors import BadInput
    from livingdrug.trial.result import Result

    known = opened(catalog)
    names = [part.strip() for part in covariates.split(",") if part.strip()]
    if (control is None) == (drifting is None):
        raise BadInput(
            f"{'a control and --drift were' if control is not None else 'neither a control nor --drift was'} given.\n"
            "  Name a second run or a table of your own patients to borrow from; or a covariate that drifts (--drift)."
        )
    if control is None:
        refuse_void("trial and control are drawn from one run (--drift)", "control_arm")
    else:
        refuse_void(
            "both sides are compared as they are; nothing is drawn without --drift",
            "by",
            "patients",
            "replicates",
            "seed",
        )
    mine = Result.load(run, catalog=known)
    if control is not None:
        told = ""
        if control.is_file():
            from livingdrug.interop.user_tables.controls import table_control

            if control_arm is not None:
                raise BadInput(f"--control-arm names an arm of a run, and {control} is a table.\n  Leave it out.")
            found, read = table_control(mine, control, endpoint, names, arm=arm)
            told = str(read)
        else:
            other = Result.load(control, catalog=known)
            found = external_control(mine, other, endpoint, names, arm=arm, control_arm=control_arm)
        if as_json:
            return print_frame(found.table, endpoint=found.endpoint, balance=found.balance.to_dicts())
        return show_external(found, told)
    sizes, far = numbers(patients) or [], numbers(by) or []
    if len(sizes) != 2 or any(size != int(size) for size in sizes):
        raise BadInput(f'-n "{patients}": expected two sizes, trial and control, such as 60,120.')
    table = drift(
        mine, endpoint, names, drifting=str(drifting), drifts=far, n=int(sizes[0]), m=int(sizes[1]), replicates=replicates, seed=seed, arm=arm,
    )  # fmt: skip
    if as_json:
        return print_frame(table, endpoint=endpoint, drifting=drifting, covariates=names)
    return show_drift(table, str(drifting), names)


COMMAND = Command(
    group={"oc": oc, "dose-finding": find_dose, "sampling": sampling, "external": external},
    words="Design a trial: operating characteristics of rules, dose finding, times of samples, external controls.",
    panel=SIMULATE,
    order=70,
)
