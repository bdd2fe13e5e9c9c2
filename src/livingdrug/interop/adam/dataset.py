"""A data set of analysis: its variables with labels, and its rows; names, labels and texts fit both formats."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

Kind = Literal["string", "integer", "float"]
_PLAIN = {"≥": ">=", "≤": "<=", "–": "-", "—": "-", "−": "-", "µ": "u", "μ": "u", "×": "x", "÷": "/", "…": "...", "α": "alpha",
          "β": "beta", "γ": "gamma", "κ": "kappa", "“": '"', "”": '"', "’": "'"}  # fmt: skip


@dataclass(frozen=True)
class Variable:
    """One variable: at most eight capital letters and digits, a label of at most forty letters, its kind."""

    name: str
    label: str
    kind: Kind = "string"
    key: bool = False

    def __post_init__(self) -> None:
        if not (self.name.isascii() and self.name.isalnum() and self.name.isupper() and len(self.name) <= 8):
            raise ValueError(f'"{self.name}" is no name of a variable')
        if not 0 < len(self.label) <= 40:
            raise ValueError(f'the label "{self.label}" has {len(self.label)} letters; at most 40 fit')


@dataclass(frozen=True)
class Dataset:
    """A data set.

    Attributes
    ----------
    name, label
        E.g. ``"ADSL"``.
    variables
        In order; those marked `key` tell rows apart.
    frame
        One column a variable, in the same order; unknown is null.
    """

    name: str
    label: str
    variables: tuple[Variable, ...]
    frame: pl.DataFrame


def dataset(name: str, label: str, variables: Sequence[Variable], rows: pl.DataFrame) -> Dataset:
    """A data set from a frame that has a column for each variable; other columns are left out, rows sorted by the keys."""
    import polars as pl

    types = {"string": pl.String, "integer": pl.Int64, "float": pl.Float64}
    columns = [pl.col(one.name).cast(types[one.kind], strict=False) for one in variables]
    frame = rows.select(columns).sort([one.name for one in variables if one.key], maintain_order=True, nulls_last=True)
    empty = [pl.when(pl.col(one.name) == "").then(None).otherwise(pl.col(one.name)).alias(one.name) for one in variables if one.kind == "string"]  # fmt: skip
    return Dataset(name, label, tuple(variables), frame.with_columns(empty))


def codes(names: Sequence[str]) -> dict[str, str]:
    """Names of endpoints or quantities -> parameter codes: at most eight capitals and digits, each its own.

    Examples
    --------
    >>> codes(["pfs", "car_t_copies_per_ug", "car_t_copies_per_ml"])
    {'pfs': 'PFS', 'car_t_copies_per_ug': 'CARTCOPI', 'car_t_copies_per_ml': 'CARTCOP2'}
    """
    found: dict[str, str] = {}
    for name in names:
        base = "".join(letter for letter in name.upper() if letter.isascii() and letter.isalnum())[:8] or "PARAM"
        base = f"P{base}"[:8] if base[0].isdigit() else base
        code, again = base, 2
        while code in found.values():
            code, again = f"{base[: 8 - len(str(again))]}{again}", again + 1
        found[name] = code
    return found


def plain(text: str, at_most: int = 200) -> str:
    """Text in ASCII, as transport files hold it, cut at a length.

    >>> plain("grade ≥ 3, 50 copies/µg")
    'grade >= 3, 50 copies/ug'
    """
    words = "".join(_PLAIN.get(letter, letter) for letter in text)
    return unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()[:at_most]


def study_day(column: str) -> pl.Expr:
    """Our day (0 is the infusion) -> the day of a study as CDISC counts: day 1 is the infusion, the day before is day -1."""
    import polars as pl

    day = pl.col(column).floor()
    return pl.when(day >= 0).then(day + 1).otherwise(day).cast(pl.Int64)
