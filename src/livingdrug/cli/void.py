"""Options that another one makes void, or that are given twice: refused at the door, never passed over in silence."""

from __future__ import annotations

from collections import Counter
from contextvars import ContextVar
from typing import Any

from typer.core import TyperCommand

from livingdrug.foundation.errors import BadInput

_AT_HAND: ContextVar[Any] = ContextVar("command line at hand", default=None)


class Told(TyperCommand):
    """A command that can be asked which of its options were typed, while it runs, and that takes no option twice where only one counts."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        given: Counter[Any] = Counter(order)
        for option, times in given.items():
            once = option.param_type_name == "option" and not option.multiple and not option.count
            if times > 1 and once and not ctx.resilient_parsing and (not option.is_flag or option.secondary_opts):
                raise BadInput(
                    f"{_spelt(option)} is given {times} times, and only one of them would count.\n"
                    "  Give it once; where it takes several names, they go into one, with commas."
                )
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        before = _AT_HAND.set(ctx)
        try:
            return super().invoke(ctx)
        finally:
            _AT_HAND.reset(before)


def typed(*names: str) -> list[str]:
    """Those of these options of the command at hand that were typed, as they are spelt on the command line.

    Parameters
    ----------
    names
        Of the command's parameters in Python: ``as_json`` for ``--json``.

    Notes
    -----
    A value is typed also where it is the usual one. Nothing is typed where a command is called as a function.
    """
    context = _AT_HAND.get()
    if context is None:
        return []
    known: dict[str | None, Any] = {one.name: one for one in context.command.params}
    missing = [name for name in names if name not in known]
    if missing:
        raise KeyError(f"{context.command.name} has no option {missing[0]}")
    asked = [name for name in names if context.get_parameter_source(name).name == "COMMANDLINE"]
    return [_spelt(known[name]) for name in asked]


def refuse_void(why: str, *names: str, remedy: str = "") -> None:
    """Refuse options that were typed and change nothing.

    Parameters
    ----------
    why
        What makes them void, as the middle of a sentence: ``"--method tornado turns one number at a time"``.
    names
        Of the command's parameters in Python.
    remedy
        What to do; to leave them out when omitted.

    Raises
    ------
    BadInput
        One of them was typed.
    """
    told = typed(*names)
    if told:
        verb, them = ("changes", "it") if len(told) == 1 else ("change", "them")
        raise BadInput(f"{', '.join(told)} {verb} nothing here: {why}.\n  {remedy or f'Leave {them} out.'}")


def refuse_without_folder(folder: object, remedy: str = "Add -o DIR, or leave it out.") -> None:
    """Refuse to resume or replace what is kept nowhere."""
    if folder is None:
        refuse_void("without a folder (-o) nothing is kept", "resume", "force", remedy=remedy)


def _spelt(parameter: Any) -> str:
    """``--samples``; of a switch with two sides both, as which of them was typed is not known."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name)
    return "/".join(max(side, key=len) for side in (parameter.opts, parameter.secondary_opts) if side)
