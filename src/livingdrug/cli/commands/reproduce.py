"""Other people's models on our engine: printed numbers against ours."""

from __future__ import annotations

from typing import Annotated

import typer

from livingdrug.cli.command import EXPORT, Command


def reproduce(
    name: Annotated[
        str | None, typer.Argument(metavar="[MODEL]", help="A published model, such as stein_2019; all by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every target as JSON, for a program.")] = False,
) -> None:
    """Published models reproduced: what was printed, and what our engine gives.

    Leaves with exit code 1 when a number is outside its tolerance.

    [bold]For example[/bold]

      livingdrug reproduce
      livingdrug reproduce kimmel_2021
    """
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.interop.reproduction import described, reach, verdict
    from livingdrug.model.published import about_published, published_models

    names = [name] if name else published_models()
    about = {key: about_published(key) for key in names}  # a misspelt name stops before anything is simulated
    reached = {key: reach(key) for key in names}
    judged = {key: [row for row in rows if row.target.provenance != "data"] for key, rows in reached.items()}
    if as_json:
        import json

        told = {
            key: [
                {
                    **row.target.model_dump(exclude_none=True),
                    "ours": row.ours,
                    "unit": row.unit,
                    "verdict": verdict(row),
                }
                for row in rows
            ]
            for key, rows in reached.items()
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False))
    elif name:
        screen = console()
        rows = [
            (row.target.scenario, described(row.target), row.target.printed, f"{row.ours:.6g}", row.unit,
             f"{row.difference:+.1e}", verdict(row), row.target.provenance)
            for row in reached[name]
        ]  # fmt: skip
        heads = ("scenario", "quantity", "printed", "ours", "unit", "difference", "within", "printed by")
        screen.print(table(heads, rows, title=about[name].title, right=("printed", "ours", "difference")))
        screen.print(f"{about[name].citation} doi:{about[name].doi}\n{about[name].obtained}", markup=False)
        notice(screen)
    else:
        screen = console()
        rows = [
            (key, about[key].title, f"{sum(row.within for row in judged[key])} of {len(judged[key])}") for key in names
        ]
        screen.print(table(("model", "publication", "within"), rows, right=("within",)))
        screen.print("One model in full: livingdrug reproduce MODEL", markup=False)
        notice(screen)
    if not all(row.within for rows in judged.values() for row in rows):
        raise typer.Exit(1)


COMMAND = Command(reproduce, panel=EXPORT, order=20)
