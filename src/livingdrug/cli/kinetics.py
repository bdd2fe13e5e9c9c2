"""Options that the commands on kinetics of one's own share, and the table they read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

DATA = Annotated[Path, typer.Argument(metavar="DATA.csv", help="Kinetics: NONMEM-style, CDISC ADPC-like, or patient, day, value.")]  # fmt: skip
LLOQ = Annotated[str | None, typer.Option("--lloq", metavar="LIMIT", help='Limit of quantification, as "25 copy/ug" or a number.')]  # fmt: skip
COLUMN = Annotated[list[str] | None, typer.Option("--column", metavar="KIND=HEADING", help="Which column is what, where it is not recognised, as DV=transgene; again for more.")]  # fmt: skip
OUTPUT = Annotated[str | None, typer.Option("--output", metavar="NAME", help="Which output (DVID, PARAMCD) to keep.")]
TIME_UNIT = Annotated[str | None, typer.Option("--time-unit", metavar="UNIT", help="Unit of time, where the heading does not say it: day, hour …")]  # fmt: skip
UNIT = Annotated[str | None, typer.Option("--unit", metavar="UNIT", help="Unit of the values, where the heading does not say it.")]  # fmt: skip
SHIFT = Annotated[float, typer.Option("--shift", metavar="TIME", help="Added to every time; -1 where the infusion is on day 1.")]  # fmt: skip


def read_table(data: Path, lloq: str | None, column: list[str] | None, output: str | None, time_unit: str | None, unit: str | None, shift: float) -> Any:  # fmt: skip
    """The user's table as kinetics."""
    from livingdrug.interop.kinetics.read import read_kinetics

    return read_kinetics(
        data, lloq=lloq, columns=mapped(column), output=output, time_unit=time_unit, value_unit=unit, shift=shift
    )


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
