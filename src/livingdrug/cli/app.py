"""All commands on one page: what can be asked, in which order a newcomer needs it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from livingdrug.cli import (
    NOTICE,
    calibrate,
    catalogue,
    compare,
    grading,
    kinetics,
    models,
    patients,
    petab,
    reproduce,
    scores,
    trials,
    validate,
)

HELP = f"""CAR T-cell therapy in silico, from the blood draw to years of follow-up. [bold]{NOTICE}[/bold]

[bold]A first hour[/bold]

  livingdrug list trial                          what can be simulated
  livingdrug run eliana -n 200 --seed 7          a virtual trial and its report
  livingdrug patient eliana --patient 3          one patient, day by day
  livingdrug init my_trial.toml --from eliana    your own trial: edit, then
  livingdrug check my_trial.toml                 is it sound?
  livingdrug run my_trial.toml -n 500
"""
LOOK, SIMULATE, ASK, EXPORT = "Look up", "Simulate", "Ask and tell", "Open the biology"
YOURS = "Your own data"


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"livingdrug {version('livingdrug')}\n{NOTICE}")
        raise typer.Exit()


def _top(
    _: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Say the version and stop.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where in the program a failure happened.")] = False,
) -> None:
    """The top of every command line; `--debug` is taken out before it gets here."""


def build() -> Any:
    """The command line as a callable."""
    app = typer.Typer(
        help=HELP,
        epilog=NOTICE,
        no_args_is_help=True,
        rich_markup_mode="rich",
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_top)
    export = typer.Typer(no_args_is_help=True, help="Take a model to another program.", epilog=NOTICE)
    for name, command, panel in (
        ("list", catalogue.list_names, LOOK),
        ("show", catalogue.show, LOOK),
        ("init", catalogue.init, SIMULATE),
        ("check", catalogue.check, SIMULATE),
        ("run", trials.run, SIMULATE),
        ("patient", patients.patient, SIMULATE),
        ("compare", compare.compare, SIMULATE),
        ("endpoints", trials.endpoints, ASK),
        ("report", trials.report, ASK),
        ("validate", validate.validate, ASK),
        ("calibrate", calibrate.calibrate, ASK),
        ("model", models.model, EXPORT),
        ("reproduce", reproduce.reproduce, EXPORT),
        ("petab", petab.petab, EXPORT),
    ):
        app.command(name, rich_help_panel=panel, epilog=NOTICE)(command)
    app.command("grade", rich_help_panel=YOURS, epilog=NOTICE)(grading.grade)
    app.command("score", rich_help_panel=YOURS, epilog=NOTICE, context_settings=scores.OPEN_OPTIONS)(scores.score)
    app.command("nca", rich_help_panel=YOURS, epilog=NOTICE)(kinetics.nca)
    app.command("fit", rich_help_panel=YOURS, epilog=NOTICE)(kinetics.fit)
    data = typer.Typer(no_args_is_help=True, help="Look at a table of your own.", epilog=NOTICE)
    data.command("check", epilog=NOTICE)(kinetics.check)
    data.callback()(_data)
    app.add_typer(data, name="data", rich_help_panel=YOURS)
    export.command("sbml", epilog=NOTICE)(models.export_sbml)
    export.callback()(_export)
    app.add_typer(export, name="export", rich_help_panel=EXPORT)
    return typer.main.get_command(app)


def _export() -> None:
    """Take a model to another program."""


def _data() -> None:
    """Look at a table of your own."""
