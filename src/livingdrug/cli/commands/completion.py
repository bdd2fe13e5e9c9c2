"""The Tab key: a script for the shell that completes commands, options and names."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from livingdrug.cli.command import LOOK, Command


def completion(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")],
    install: Annotated[
        bool, typer.Option("--install", help="Put it into this user's settings of the shell instead of printing it.")
    ] = False,
) -> None:
    """Let the Tab key complete commands, options, and names of trials, products, policies, endpoints and rules.

    [bold]For example[/bold]

      livingdrug completion bash --install
      livingdrug completion zsh > ~/.zfunc/_livingdrug
    """
    from importlib import import_module

    from livingdrug.cli.completion import PROGRAM, SHELLS, VARIABLE
    from livingdrug.foundation.errors import UnknownName

    if shell not in SHELLS:
        raise UnknownName("shell", shell, SHELLS)
    scripts: Any = import_module("typer.completion")  # what typer's own option uses
    if not install:
        typer.echo(
            scripts.get_completion_script(
                prog_name=PROGRAM, complete_var=VARIABLE, shell="pwsh" if shell == "powershell" else shell
            )
        )
        return
    name, path = scripts.install(
        shell="pwsh" if shell == "powershell" else shell, prog_name=PROGRAM, complete_var=VARIABLE
    )
    typer.echo(f"Completion for {name} is in {path}; open a new terminal.")


COMMAND = Command(completion, panel=LOOK, order=90)
