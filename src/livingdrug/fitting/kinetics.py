"""Non-compartmental cellular kinetics from a table of visits: one row per patient."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.flags import is_flag, may_be_flag
from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.outcome.kinetics import non_compartmental
from livingdrug.outcome.non_compartmental import analyse

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]
USUAL_QUANTITY = "car_t_copies_per_ug"
_NEEDED = ("patient", "day", "value")
_YES, _NO = ("y", "yes", "true", "t", "1"), ("n", "no", "false", "f", "0", "")


@in_words
def cellular_kinetics(
    visits: pl.DataFrame, *, quantity: str = USUAL_QUANTITY, until: float = 28.0, start_at_zero: bool = True
) -> pl.DataFrame:
    """Highest level, its day, exposure and last day above the limit, for each patient.

    Parameters
    ----------
    visits
        Columns patient, day and value; arm, quantity, below_limit and missed are used when there. Flags are true and
        false, or the texts Y and N, yes and no; a flagged value may be blank.
    quantity
        Which quantity, when the table has several.
    until
        Last day of the area and of the search for the highest level.
    start_at_zero
        Whether the level counts as 0 on day 0 when nothing was measured there.

    Returns
    -------
    (arm,) patient, cmax, tmax_day, auc, last_detectable_day, n_results; null where a number does not exist, every
    patient of the table in a row. How results before day 0, below the limit, and the area are handled: see
    `livingdrug.outcome.kinetics.non_compartmental`. More numbers: `non_compartmental_table`.

    Raises
    ------
    BadInput
        A column is missing or holds text, a day is missing, a value is negative, a flag is no flag, or a patient has
        two results on one day.
    UnknownName
        The table has no such quantity.
    """
    import polars as pl

    grid = _grid(_as_polars(visits), quantity)
    found = non_compartmental(grid.day, grid.value, grid.low, until=until, start_at_zero=start_at_zero)
    return grid.people.with_columns(
        pl.Series("cmax", found.cmax),
        pl.Series("tmax_day", found.tmax_day),
        pl.Series("auc", found.auc),
        pl.Series("last_detectable_day", found.last_detectable_day),
        pl.Series("n_results", found.n_results),
    ).with_columns(pl.selectors.float().fill_nan(None))


@in_words
def non_compartmental_table(
    visits: pl.DataFrame,
    *,
    quantity: str = USUAL_QUANTITY,
    areas_to: Sequence[float] = (28.0, 84.0),
    below_limit_as: str = "zero",
    start_at_zero: bool = True,
) -> pl.DataFrame:
    """The whole non-compartmental analysis of a table of visits.

    Parameters
    ----------
    visits, quantity, start_at_zero
        As for `cellular_kinetics`; a column lower_limit is used when there.
    areas_to, below_limit_as
        As for `livingdrug.outcome.non_compartmental.analyse`.

    Returns
    -------
    (arm,) patient and every number of `livingdrug.outcome.non_compartmental.NonCompartmental`, the areas as columns
    ``auc_0_28_day`` and so on, and as ``auc_0_28_day_extrapolated`` where the last level falls on with the terminal
    half-life; null where a number does not exist.

    Raises
    ------
    BadInput, UnknownName
        As `cellular_kinetics` and `analyse`.
    """
    import polars as pl

    grid = _grid(_as_polars(visits), quantity)
    found = analyse(
        grid.day, grid.value, grid.low, grid.limit,
        areas_to=areas_to, below_limit_as=below_limit_as, start_at_zero=start_at_zero,
    )  # fmt: skip
    columns = {name: getattr(found, name) for name in type(found).__dataclass_fields__}
    ends, areas, further = columns.pop("areas_to"), columns.pop("areas"), columns.pop("areas_extrapolated")
    columns |= {f"auc_0_{end:g}_day": areas[:, place] for place, end in enumerate(ends)}
    columns |= {f"auc_0_{end:g}_day_extrapolated": further[:, place] for place, end in enumerate(ends)}
    return grid.people.with_columns(**{name: pl.Series(name, column) for name, column in columns.items()}).with_columns(
        pl.selectors.float().fill_nan(None)
    )


def kinetics_by_group(kinetics: pl.DataFrame, by: Sequence[str] = ()) -> pl.DataFrame:
    """Kinetics summed up over patients, as publications tell them.

    Parameters
    ----------
    kinetics
        One row per patient, from `cellular_kinetics` or `non_compartmental_table`, with the columns named in `by`.
    by
        Columns that make groups, e.g. ``("arm",)``; nobody is left out, and all are one group when empty.

    Returns
    -------
    (by,) measure, n, geometric_mean, cv_percent, mean, sd, median, minimum, maximum: one row per group and number,
    over the patients for whom it exists. Geometric numbers are null where a value is 0.

    Raises
    ------
    UnknownName
        No such column.
    """
    import polars as pl

    from livingdrug.outcome.estimators.geometric_mean import geometric_mean

    for name in by:
        if name not in kinetics.columns:
            raise UnknownName("column of the kinetics", name, kinetics.columns)
    measures = [
        name for name in kinetics.columns if name not in (*by, "arm", "patient") and kinetics[name].dtype.is_numeric()
    ]
    rows = []
    groups = kinetics.group_by(*by, maintain_order=True) if by else [((), kinetics)]
    for key, frame in groups:
        for measure in measures:
            values = frame[measure].drop_nulls().drop_nans().cast(pl.Float64)
            row = {**dict(zip(by, key, strict=True)), "measure": measure, "n": values.len()}
            if values.len() and values.min() > 0:  # type: ignore[operator]
                found = geometric_mean(values)
                row |= {"geometric_mean": found.estimate, "cv_percent": found.cv_percent}
            row |= {"mean": values.mean(), "sd": values.std(), "median": values.median()}
            rows.append({**row, "minimum": values.min(), "maximum": values.max()})
    numbers = ("geometric_mean", "cv_percent", "mean", "sd", "median", "minimum", "maximum")
    schema = {**{name: kinetics.schema[name] for name in by}, "measure": pl.String, "n": pl.Int64}
    return pl.DataFrame(rows, schema={**schema, **dict.fromkeys(numbers, pl.Float64)}).fill_nan(None)


@dataclass(frozen=True)
class _Grid:
    """A rectangle of results, shaped (n, v): one line per patient, one column per result in order of day."""

    people: pl.DataFrame
    day: Floats
    value: Floats
    low: NDArray[np.bool_]
    limit: Floats


def _as_polars(visits: Any) -> pl.DataFrame:
    """A frame of pandas as one of polars, column by column: pyarrow is not needed."""
    import polars as pl

    if isinstance(visits, pl.DataFrame):
        return visits
    if not hasattr(visits, "to_dict"):
        raise BadInput(
            f"visits: got {type(visits).__name__}, expected a polars or pandas frame.\n  Read a file with polars.read_csv."
        )
    return pl.DataFrame(visits.to_dict(orient="list"), strict=False).with_columns(pl.selectors.float().fill_nan(None))


def _grid(visits: pl.DataFrame, quantity: str) -> _Grid:
    import polars as pl

    rows = _checked(visits, quantity)
    keys = [name for name in ("arm", "patient") if name in rows.columns]
    people = rows.select(*keys).unique().sort(*keys)
    rows = rows.filter("given").sort(*keys, "day", maintain_order=True)
    twice = rows.filter(rows.select(*keys, "day").is_duplicated())
    if twice.height:
        raise BadInput(
            f"patient {twice['patient'][0]} has two results on one day ({twice['day'][0]:g}).\n  Keep one, or average them first."
        )
    rows = rows.with_columns(
        line=rows.join(people.with_row_index("line"), on=keys, how="left", maintain_order="left")["line"],
        place=pl.int_range(pl.len()).over(keys),
    )
    line, place = rows["line"].to_numpy(), rows["place"].to_numpy()
    shape = (people.height, int(place.max()) + 1 if rows.height else 0)
    day, value, limit = (np.full(shape, np.nan) for _ in range(3))
    low = np.zeros(shape, dtype=bool)
    day[line, place], value[line, place], low[line, place] = (
        rows[name].to_numpy() for name in ("day", "value", "below_limit")
    )
    if "lower_limit" in rows.columns:
        limit[line, place] = rows["lower_limit"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return _Grid(people, day, value, low, limit)


def _may_flag(visits: pl.DataFrame, name: str) -> bool:
    """Whether a column may flag results below the limit: by a name that means it, or by one that speaks of limits above two values that are flags."""
    word = re.sub(r"[\s\-./]+", "_", str(name).strip().lower()).strip("_")
    if word in ("below_limit", "lower_limit") or not may_be_flag(word):
        return False
    held = {str(value).strip().lower().removesuffix(".0") for value in visits[name].drop_nulls().unique().head(3)}
    return is_flag(word) or (len(held) == 2 and held <= {*_YES, *_NO})


def _checked(visits: pl.DataFrame, quantity: str) -> pl.DataFrame:
    """The rows of one quantity: numbers and flags proven to be such, and ``given``: whether the row holds a result."""
    import polars as pl

    absent = [name for name in _NEEDED if name not in visits.columns]
    if absent:
        raise BadInput(
            f"visits have no column {', '.join(absent)}; expected {', '.join(_NEEDED)}.\n"
            "  Rename yours; livingdrug.read_kinetics and livingdrug nca know ID, TIME, DV and other programs' names."
        )
    flags = [name for name in visits.columns if _may_flag(visits, name)]
    if flags and "below_limit" not in visits.columns:
        raise BadInput(
            f'visits have a column "{flags[0]}", which may flag results below the limit, and no below_limit.\n'
            f'  Rename it "below_limit", or take it out; livingdrug.read_kinetics knows the names of other programs.'
        )
    rows = visits
    if "quantity" not in rows.columns and quantity != USUAL_QUANTITY:
        raise UnknownName(
            "quantity in this table of visits", quantity, (), "It has no column quantity; leave the argument out."
        )
    if "quantity" in rows.columns and rows.height:
        rows = rows.filter(pl.col("quantity") == quantity)
        if rows.is_empty():
            known = [str(name) for name in visits["quantity"].drop_nulls().unique()]
            raise UnknownName("quantity in this table of visits", quantity, known)
    if "unit" in rows.columns and rows["unit"].drop_nulls().n_unique() > 1:
        units = ", ".join(str(unit) for unit in rows["unit"].drop_nulls().unique().sort())
        raise BadInput(f"the values come in several units ({units}).\n  Convert them to one, or take one quantity.")
    rows = rows.with_columns(
        _numbers(rows, "day"),
        _numbers(rows, "value"),
        _flag(rows, "below_limit"),
        _flag(rows, "missed"),
    ).with_columns(given=~pl.col("missed") & (pl.col("value").is_not_nan() | pl.col("below_limit")))
    if rows["patient"].null_count():
        raise BadInput(
            f"{rows['patient'].null_count()} rows name no patient.\n  Fill the column, or remove these rows."
        )
    undated = rows.filter(pl.col("given") & ~pl.col("day").is_finite())
    if undated.height:
        raise BadInput(f"patient {undated['patient'][0]} has a result without a day.\n  Give its day from infusion.")
    wrong = rows.filter(
        pl.col("given") & ~pl.col("below_limit") & ~pl.col("value").is_between(0, np.inf, closed="left")
    )
    if wrong.height:
        raise BadInput(
            f"patient {wrong['patient'][0]} has the value {wrong['value'][0]:g} on day {wrong['day'][0]:g}; expected a level"
            " of 0 or more.\n  Flag results below the limit in a column below_limit; leave a failed assay blank."
        )
    return rows


def _numbers(rows: pl.DataFrame, name: str) -> pl.Series:
    import polars as pl

    column = rows[name]
    if not column.dtype.is_numeric() and column.dtype != pl.Null:
        raise BadInput(
            f"column {name} holds {column.dtype}, expected numbers (first: {column.drop_nulls().head(1).to_list()}).\n"
            "  Give results such as <25 a blank or the limit, and a column below_limit with true."
        )
    return column.cast(pl.Float64).fill_null(np.nan).alias(name)


def _flag(rows: pl.DataFrame, name: str) -> pl.Series:
    """A column of flags: true and false, 1 and 0, or words for them; false where it is blank or missing."""
    import polars as pl

    if name not in rows.columns:
        return pl.repeat(False, rows.height, dtype=pl.Boolean, eager=True).alias(name)
    column = rows[name]
    if column.dtype in (pl.Boolean, pl.Null):
        return column.cast(pl.Boolean).fill_null(False)
    words = column.cast(pl.Float64).cast(pl.Int64, strict=False) if column.dtype.is_numeric() else column
    words = words.cast(pl.String).str.strip_chars().str.to_lowercase().fill_null("")
    strange = words.filter(~words.is_in([*_YES, *_NO]))
    fraction = column.dtype.is_numeric() and bool((column.cast(pl.Float64) % 1 != 0).any())
    if strange.len() or fraction:
        raise BadInput(
            f"column {name} holds {strange.head(1).to_list() or 'fractions'}; expected true and false, Y and N, or 1 and 0.\n"
            "  Recode the others."
        )
    return words.is_in(_YES).alias(name)
