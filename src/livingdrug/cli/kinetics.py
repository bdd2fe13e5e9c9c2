"""The table of kinetics of one's own that a command reads: its options in one piece, and how it is read."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

DATA = Annotated[Path, typer.Argument(metavar="DATA.csv", help="Kinetics: NONMEM-style, CDISC ADPC-like, or patient, day, value.")]  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """How a user's table is read; each field is an option of every command that reads one."""

    # fmt: off
    lloq: Annotated[str | None, typer.Option("--lloq", metavar="LIMIT", help='Limit of quantification, as "25 copy/ug" or a number.')] = None
    column: Annotated[list[str] | None, typer.Option("--column", metavar="KIND=HEADING", help="Which column is what, where it is not recognised, as DV=transgene; again for more.")] = None
    output: Annotated[str | None, typer.Option("--output", metavar="NAME", help="Which output (DVID, PARAMCD) to keep.")] = None
    time_unit: Annotated[str | None, typer.Option("--time-unit", metavar="UNIT", help="Unit of time, where the heading does not say it: day, hour …")] = None
    unit: Annotated[str | None, typer.Option("--unit", metavar="UNIT", help="Unit of the values, where the heading does not say it.")] = None
    shift: Annotated[float, typer.Option("--shift", metavar="TIME", help="Added to every time; -1 where the infusion is on day 1.")] = 0.0
    # fmt: on

    def of(self, data: Path) -> Any:
        """The table as kinetics."""
        from livingdrug.interop.kinetics.read import read_kinetics

        return read_kinetics(data, **self.words())

    def words(self) -> dict[str, Any]:
        """As `livingdrug.interop.kinetics.read` takes them."""
        told = asdict(self)
        column, unit = told.pop("column"), told.pop("unit")
        return {**told, "columns": mapped(column), "value_unit": unit}


AS_IT_IS = Reading()


def reads_a_table(command: Callable[..., None]) -> Callable[..., None]:
    """A command with a parameter `reading`, under a signature that has the fields of `Reading` instead.

    Examples
    --------
    >>> @reads_a_table
    ... def look(data: DATA, reading: Reading) -> None:
    ...     "Look at a table."
    >>> list(inspect.signature(look).parameters)
    ['data', 'lloq', 'column', 'output', 'time_unit', 'unit', 'shift']
    """
    own = inspect.signature(command, eval_str=True)
    hints = inspect.get_annotations(Reading, eval_str=True)
    options = [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name])
        for f in fields(Reading)
    ]

    @wraps(command)
    def run(**given: Any) -> None:
        how = Reading(**{f.name: given.pop(f.name) for f in fields(Reading)})
        command(**given, reading=how)

    parameters: list[inspect.Parameter] = []
    for parameter in own.parameters.values():
        if parameter.name == "reading":
            parameters += options
        else:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
    run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    del run.__wrapped__
    return run


def mapped(words: list[str] | None) -> dict[str, str]:
    """``["DV=transgene"]`` as a mapping."""
    return dict(pair(word, "--column", "DV=transgene") for word in words or [])


def pair(word: str, option: str, example: str) -> tuple[str, str]:
    """``"DV=transgene"`` as a pair."""
    from livingdrug.foundation.errors import BadInput

    key, equals, value = word.partition("=")
    if not equals or not key.strip() or not value.strip():
        raise BadInput(f'{option}: got "{word}", expected {example}.')
    return key.strip(), value.strip()
