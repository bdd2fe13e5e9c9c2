"""All commands on one page: what can be asked, in which order a newcomer needs it."""

from __future__ import annotations

import importlib
import os
import pkgutil
from typing import Annotated, Any

import typer

from livingdrug.cli import NOTICE, commands
from livingdrug.cli.command import PANELS, Command
from livingdrug.cli.completion import VARIABLE, offer_names
from livingdrug.cli.void import Told

HELP = f"""CAR T-cell therapy in silico, from the blood draw to years of follow-up. [bold]{NOTICE}[/bold]

[bold]A first hour[/bold]

  livingdrug list trial                          what can be simulated
  livingdrug run eliana -n 200 --seed 7          a virtual trial and its report
  livingdrug patient eliana --patient 3          one patient, day by day
  livingdrug init my_trial.toml --from eliana    your own trial: edit, then
  livingdrug check my_trial.toml                 is it sound?
  livingdrug run my_trial.toml -n 500
"""


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


def known_commands() -> dict[str, Command]:
    """Every file of `cli/commands/` by name, in the order of the help."""
    found = {
        name: importlib.import_module(f"{commands.__name__}.{name}").COMMAND
        for name in sorted(module.name for module in pkgutil.iter_modules(commands.__path__))
    }

    def place(name: str) -> tuple[int, str, int, str]:
        one = found[name]
        return (PANELS.index(one.panel) if one.panel in PANELS else len(PANELS), one.panel, one.order, name)

    return {name: found[name] for name in sorted(found, key=place)}


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
    for name, one in known_commands().items():
        if one.run is not None:
            settings = dict(one.settings) if one.settings else None
            app.command(name, cls=Told, rich_help_panel=one.panel, epilog=NOTICE, context_settings=settings)(one.run)
        else:
            app.add_typer(_group(one), name=name, rich_help_panel=one.panel)
    command = typer.main.get_command(app)
    if VARIABLE in os.environ:  # the shell asks what the Tab key could mean
        importlib.import_module("typer.completion").completion_init()
        offer_names(command)
    return command


def _group(one: Command) -> typer.Typer:
    """A command of commands."""
    group = typer.Typer(no_args_is_help=True, help=one.words, epilog=NOTICE)
    for name, run in one.group.items():
        group.command(name, cls=Told, epilog=NOTICE)(run)
    group.callback()(lambda: None)  # a single command stays a word of its own: export sbml
    return group
