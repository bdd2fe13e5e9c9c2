"""Reference pages of the commands, from the commands' own help: one page each, and one that lists them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from livingdrug.cli import NOTICE
from livingdrug.cli.app import build, known_commands


def command_pages() -> dict[str, str]:
    """Path in the site -> page, in Markdown."""
    import typer

    top = build()
    context = typer.Context(top, info_name="livingdrug")
    found: dict[str, str] = {}
    rows: dict[str, list[str]] = {}
    for name, one in known_commands().items():
        command = top.commands[name]
        parts = list(_all(command, f"livingdrug {name}", context))
        found[f"reference/commands/{name}.md"] = (
            "\n\n".join(_told(*part, level=min(k, 1)) for k, part in enumerate(parts)) + "\n"
        )
        rows.setdefault(one.panel, []).append(f"| [`{name}`]({name}.md) | {_first(command)} |")
    text = "# Commands\n\nMade from `livingdrug COMMAND --help`, which says the same. " + f"{NOTICE}.\n\n"
    text += "Exit codes: 0 done · 1 a defect of ours · 2 something in the input · 3 some courses failed · 130 stopped by the user.\n"
    for panel, some in rows.items():
        text += f"\n## {panel}\n\n| command | |\n|---|---|\n" + "\n".join(some) + "\n"
    found["reference/commands/README.md"] = text
    return found


def _all(command: Any, words: str, parent: Any) -> Iterator[tuple[str, Any, Any]]:
    import typer

    context = typer.Context(command, info_name=words.rpartition(" ")[2], parent=parent)
    yield words, command, context
    for name, one in (getattr(command, "commands", None) or {}).items():
        yield from _all(one, f"{words} {name}", context)


def _told(words: str, command: Any, context: Any, *, level: int) -> str:
    options, arguments = [], []
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if parameter.param_type_name == "argument":
            arguments.append((" ".join(parameter.get_usage_pieces(context)), parameter.help or ""))
        elif record is not None and not getattr(parameter, "hidden", False):
            options.append(record)
    usage = command.get_usage(context).removeprefix("Usage: ")
    pieces = [
        f"{'#' * (level + 1)} {words.removeprefix('livingdrug ')}",
        _prose(command.help or ""),
        f"```text\n{usage}\n```",
    ]
    for heading, rows in (("argument", arguments), ("option", options)):
        if rows:
            pieces.append(
                f"| {heading} | |\n|---|---|\n" + "\n".join(f"| `{_cell(a)}` | {_cell(_plain(b))} |" for a, b in rows)
            )
    return "\n\n".join(pieces)


def _prose(text: str) -> str:
    """Help as Markdown: headings in bold, indented lines as code."""
    lines = inspect.cleandoc(text).split("\n")
    return re.sub(r"^  (?=\S)", "      ", _plain("\n".join(lines)), flags=re.M)


def _plain(text: str) -> str:
    return re.sub(r"\[/?bold\]", "**", text)


def _cell(text: str) -> str:
    return (
        " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;") if "`" not in text else " ".join(text.split())
    )


def _first(command: Any) -> str:
    return _cell(_plain(inspect.cleandoc(command.help or "").split("\n\n")[0]))
