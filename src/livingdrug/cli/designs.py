"""What commands of design share: ranges of sizes, keys of rules, tables."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.design.characteristics import Characteristics
    from livingdrug.design.dose_finding import DoseFinding
    from livingdrug.design.external import External
    from livingdrug.fitting.schedules import Schedule

MOST_SIZES = 200


def sizes(text: str | None) -> list[int]:
    """Numbers of patients: ``80``, ``60,80,100`` or ``60:200:20`` (from, to, step); none for the trial's own.

    Raises
    ------
    BadInput
        It is none of these, or gives more than 200 sizes.

    Examples
    --------
    >>> sizes("60:100:20"), sizes("30,50"), sizes(None)
    ([60, 80, 100], [30, 50], [])
    """
    if text is None:
        return []
    whole = text.replace(" ", "")
    found: list[int] = []
    if re.fullmatch(r"\d{1,9}:\d{1,9}:\d{1,9}", whole):
        first, last, step = map(int, whole.split(":"))
        if last < first or not step:
            why = "the step is 0" if not step else f"it runs down, from {first} to {last}"
            raise BadInput(
                f'--n "{whole}": {why}.\n  Write {min(first, last)}:{max(first, last)}:{step or 10} (from, to, step).'
            )
        if step and last >= first and (last - first) // step < MOST_SIZES:
            found = list(range(first, last + 1, step))
    elif re.fullmatch(r"\d{1,9}(,\d{1,9})*", whole):
        found = [int(part) for part in whole.split(",")][: MOST_SIZES + 1]
    if not found or len(found) > MOST_SIZES:
        raise BadInput(
            f'--n "{text[:60]}": expected numbers of patients below a billion, at most {MOST_SIZES} of them.\n  Write 80, or 60,80,100, or 60:200:20 (from, to, step).'
        )
    return found


def span(text: str) -> list[float]:
    """Times from, to and a step, 1 when omitted: ``0:90`` or ``0:90:0.5``.

    Raises
    ------
    BadInput
        Not so written, or more times than are compared with one another.

    Examples
    --------
    >>> span("0:2:0.5"), span("1:3")
    ([0.0, 0.5, 1.0, 1.5, 2.0], [1.0, 2.0, 3.0])
    """
    from livingdrug.fitting.schedules import MOST_TIMES

    number = r"-?\d{1,9}(?:\.\d{1,9})?"
    found = re.fullmatch(rf"({number}):({number})(?::({number}))?", text.replace(" ", ""))
    first, last, step = (float(part or 1) for part in found.groups()) if found else (0.0, 0.0, 0.0)
    if step <= 0 or last < first or (last - first) / step >= MOST_TIMES:
        raise BadInput(
            f'--days "{text[:60]}": expected at most {MOST_TIMES} times, rising.\n  Write 0:90, or 0:90:0.5 (from, to, step).'
        )
    return [first + k * step for k in range(int((last - first) / step + 1e-9) + 1)]


def numbers(text: str | None) -> list[float] | None:
    """Numbers by comma; None where nothing was given.

    Examples
    --------
    >>> numbers("1, 7,14.5"), numbers(None)
    ([1.0, 7.0, 14.5], None)
    """
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", part) for part in parts):
        raise BadInput(f'"{text[:60]}": expected numbers by comma, such as 1,7,14.')
    return [float(part) for part in parts]


def show_schedule(found: Schedule) -> None:
    """The times, and the errors to expect with them and with the schedule held against."""
    from livingdrug.cli.screen import console, notice, table

    screen = console()
    screen.print(repr(found), markup=False)
    rows = [
        (one["parameter"], one["value"], one["se"], _share(one["rse_percent"]), _share(one["rse_percent_reference"]))
        for one in found.expected.iter_rows(named=True)
    ]
    columns = ("", "value", "standard error", "relative", "with the reference's times")
    screen.print(table(columns, rows, title=f"Expected with {found.patients} patients", right=columns[1:]))
    held = ", ".join(f"{time:g}" for time in found.reference)
    screen.print(
        f"Reference: {held or 'no time at which half of the patients were measured'} {found.time_unit}", markup=False
    )
    screen.print(
        "Linearised around the typical patient; everyone has these times. What the fit held fixed, and effects of covariates, are taken as known.",
        markup=False,
    )
    notice(screen)


def show_external(found: External, table_told: str = "") -> None:
    """What was understood of a table, the effect as it is, weighted and matched, and how alike the sides are under each."""
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.reports.words import interval

    screen = console()
    if table_told:
        screen.print(table_told, markup=False)
    screen.print(f"{found.endpoint}, {found.table['measure'][0]}: trial against external control", markup=False)
    rows = [
        (
            one["how"],
            one["estimate"],
            interval(one["ci_low"], one["ci_high"], "{:.3g}".format),
            f"{one['p_value']:.3f}",
            f"{one['n_trial']:.0f} / {one['n_external']:.0f}",
        )
        for one in found.table.iter_rows(named=True)
    ]
    columns = ("", "estimate", "95 % interval", "p", "patients, effective")
    screen.print(table(columns, rows, right=("estimate", "p")))
    screen.print(
        table(
            ("Standardised difference", *found.balance.columns[1:]),
            found.balance.rows(),
            right=found.balance.columns[1:],
        )
    )
    screen.print(
        "Weights and matches make the control like the trial's people in these covariates alone. What is not among them, another time or"
        " other care stays in the estimate; below 0.1 a difference is usually called balanced.",
        markup=False,
    )
    notice(screen)


def show_drift(frame: pl.DataFrame, drifting: str, names: Sequence[str]) -> None:
    """Bias and false positives of a borrowed control, by how far it drifts."""
    from livingdrug.cli.screen import console, notice, table

    screen = console()
    hidden = "" if drifting in names else ", which the weights do not know"
    screen.print(
        f"The control drifts in {drifting}{hidden}; every true difference is none. Known: {', '.join(names)}.",
        markup=False,
    )
    rows = [
        (
            one["drift"],
            one["how"],
            f"{one['bias']:+.3f}",
            f"{one['standard_error']:.3f}",
            _percent(one["type_1_error"]),
            one["replicates"],
        )
        for one in frame.iter_rows(named=True)
    ]
    columns = ("drift", "how", "bias", "standard error", "false positives", "trials")
    screen.print(table(columns, rows, title=str(frame["measure"][0]) if frame.height else "", right=columns[2:]))
    notice(screen)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} %"


def settings(texts: Sequence[str]) -> dict[str, Any]:
    """KEY=VALUE as TOML reads it; a bare word is a text.

    Raises
    ------
    BadInput
        No key or no value, or a key twice.

    Examples
    --------
    >>> settings(["p0=0.2", "looks=[0.5, 1.0]", "median=6 month"])
    {'p0': 0.2, 'looks': [0.5, 1.0], 'median': '6 month'}
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not (name.isidentifier() and sign and value) or name in found:
            raise BadInput(
                f'--set "{text[:60]}": expected a key with a value, each key once.\n  Write for example --set p0=0.2.'
            )
        try:
            found[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            found[name] = value
    return found


def show_characteristics(found: Characteristics, out: Path | None) -> None:
    """The table on the screen: a line for each scenario, pace, follow-up and size."""
    from livingdrug.cli.screen import console, notice, table

    frame, screen = found.table, console()
    varied = [name for name in ("enrolment", "after_last") if frame[name].n_unique() > 1 or frame[name][0]]
    shown = [("futile", "stopped"), ("untested", "untested"), ("short", "short of plan")]
    extra = [(name, word) for name, word in shown if (frame[name] > 0).any()]
    exact = frame["exact_go"].null_count() < frame.height
    columns = ["scenario", *(name.replace("_", " ") for name in varied), "n", "go", "95 %", *(["closed form"] if exact else []),
               *(word for _, word in extra), "counted", "enrolled", "months"]  # fmt: skip
    rows = []
    for row in frame.iter_rows(named=True):
        cells = [row["scenario"], *(row[name] for name in varied), row["n"], _percent(row["go"]),
                 f"{100 * row['go_low']:.1f}–{100 * row['go_high']:.1f}",
                 *([_percent(row["exact_go"])] if exact else []), *(_percent(row[name]) for name, _ in extra),
                 f"{row['counted']:.0f}", _with_error(row["enrolled"], row["enrolled_error"]), _with_error(row["months"], row["months_error"])]  # fmt: skip
        rows.append(cells)
    first = frame.row(0, named=True)
    screen.print(table(columns, rows, right=columns[1 + len(varied) :]))
    screen.print(
        f"{found.rule}; endpoint {found.endpoint}; {first['replicates']} replicates of each scenario.", markup=False
    )
    screen.print(
        "go of the model is power, go of the null is type I error; enrolled and months are expected, to the decision, ± their Monte Carlo error.",
        markup=False,
    )
    if (frame["short"] > 0).any():
        screen.print(
            "short of plan: the share of trials that decided with fewer people, looks or events than the rule plans, by what there was.",
            markup=False,
        )
    for note in found.notes:
        screen.print(note, markup=False)
    if out is not None:
        screen.print(
            f"Every cell: {out / 'characteristics.parquet'}; every decision: {out / 'estimates.parquet'}", markup=False
        )
    notice(screen)


def show_doses(found: DoseFinding) -> None:
    """Dose by dose: how toxic it is, how often it is found, how many are treated at it."""
    from livingdrug.cli.screen import console, notice, table

    screen, trials = console(), found.trials
    responses = found.table["response"].null_count() < found.table.height
    columns = [
        found.table.columns[0],
        "toxicity",
        *(["response"] if responses else []),
        "found",
        "95 %",
        "treated",
        "toxicities",
    ]
    rows = []
    for row in found.table.iter_rows(named=True):
        rows.append([
            row[columns[0]], _percent(row["toxicity"]), *([_percent(row["response"])] if responses else []), _percent(row["selected"]),
            f"{100 * row['selected_low']:.1f}–{100 * row['selected_high']:.1f}",
            *("" if row[name] is None else f"{row[name]:.1f}" for name in ("treated", "toxic")),
        ])  # fmt: skip
    screen.print(table(columns, rows, right=columns[1:]))
    screen.print(
        f"{trials.height} trials; on average {trials['treated'].mean():.1f} treated, {trials['toxic'].mean():.1f} with a toxicity,"
        f" {trials['months'].mean():.1f} months.",
        markup=False,
    )
    if trials["ran_out"].any():
        screen.print(
            f"In {trials['ran_out'].sum()} of them nobody more came before the rule was done, and the dose is what was known by then."
            " Let more come: -n.",
            markup=False,
        )
    notice(screen)


def print_frame(frame: pl.DataFrame, **words: Any) -> None:
    """A frame as JSON with what else is to be told."""
    import typer

    from livingdrug.cli import NOTICE

    rows = [
        {k: None if isinstance(v, float) and v != v else v for k, v in row.items()}
        for row in frame.iter_rows(named=True)
    ]
    typer.echo(
        json.dumps(
            {"notice": NOTICE, **words, "rows": rows}, ensure_ascii=False, indent=1, allow_nan=False, default=str
        )
    )


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"


def _with_error(value: float, error: float | None) -> str:
    return f"{value:.1f}" if not error else f"{value:.1f} ± {error:.1f}"
