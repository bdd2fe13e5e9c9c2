"""Risk scores from values or from a table: score."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.catalogue import CATALOG, opened
from livingdrug.cli.command import YOURS, Command
from livingdrug.cli.void import refuse_void

# The inputs of a score are options of its own, so words that this command does not know are kept for it.
OPEN_OPTIONS = {"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]}


def score(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME [TABLE.csv | --INPUT VALUE …]", help="A score; then its inputs, or a table of them."
        ),
    ] = None,
    list_all: Annotated[bool, typer.Option("--list", help="All scores, also those that are refused, and why.")] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write the table with its scores here, as CSV.")
    ] = None,
    catalog: CATALOG = None,
) -> None:
    """A risk score: EASIX and its kin, CAR-HEMATOTOX, HScore; only with a verified formula.

    A score without values says what it reads. Every value has a unit; in a table it stands in the heading.

    [bold]For example[/bold]

      livingdrug score --list
      livingdrug score hematotox --anc "0.8 1e9/L" --hb "8.9 g/dL" --platelets "60 1e9/L" --crp "42 mg/L" --ferritin "900 ng/mL"
      livingdrug score hematotox patients.csv -o scored.csv
    """
    from livingdrug.foundation.errors import BadInput

    known = opened(catalog)
    if list_all or not words:
        refuse_void("scores are only listed", "words", "out")
        _list(known)
        return
    record = known.load("score", words[0])
    from livingdrug.clinic.scores import refuse

    refuse(record)
    rest = words[1:]
    if rest and not rest[0].startswith("--"):
        if len(rest) > 1:
            raise BadInput(f'"{rest[1]}" after a table: give a table or inputs, not both.')
        _score_table(record, Path(rest[0]), out)
    elif rest:
        if out is not None:
            raise BadInput(
                "-o is for a table of patients; one patient's score goes to the screen.\n  Leave it out, or give a table."
            )
        _score_one(record, pairs(rest))
    else:
        refuse_void(
            "a score without values says what it reads", "out", remedy="Give a table of patients, or leave it out."
        )
        _describe(record)


def pairs(words: list[str]) -> dict[str, str]:
    """Options and their values, as typed.

    Examples
    --------
    >>> pairs(["--anc", "0.8 1e9/L", "--hb=8.9 g/dL"])
    {'anc': '0.8 1e9/L', 'hb': '8.9 g/dL'}
    """
    from livingdrug.foundation.errors import BadInput

    found: dict[str, str] = {}
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("--") or word == "--":
            raise BadInput(
                f'got "{word}", expected --INPUT VALUE.\n  A value with a space goes in quotes: --anc "0.8 1e9/L".'
            )
        name, sign, value = word[2:].partition("=")
        if not sign:
            if not waiting or waiting[0].startswith("--"):
                raise BadInput(f'--{name} has no value.\n  Write for example --{name} "1 unit".')
            value = waiting.pop(0)
        if name in found:
            raise BadInput(f"--{name} is given twice.\n  Give it once.")
        found[name] = value
    return found


def _list(known: Any) -> None:
    from livingdrug.cli.screen import console, notice, table

    screen = console()
    records = [known.load("score", name) for name in known.names("score")]
    rows = [(one.id, one.title, one.predicts) for one in records if not one.refused]
    screen.print(table(("score", "what", "predicts"), rows))
    refused = [(one.id, one.title, one.refused) for one in records if one.refused]
    if refused:
        screen.print(table(("refused", "what", "because"), refused))
    screen.print("Next: livingdrug score NAME says what it reads", markup=False)
    notice(screen)


def _describe(record: Any) -> None:
    from livingdrug.cli.screen import console, notice, table

    screen = console()
    screen.print(f"{record.title}", style="bold", markup=False)
    for label, text in (
        ("Predicts", record.predicts),
        ("Taken", record.taken),
        ("Formula", record.formula),
        ("Note", record.note),
    ):
        if text:
            screen.print(f"{label}: {text}", markup=False)
    rows = [
        (f"--{name}", one.unit or ", ".join(one.words), one.meaning, ", ".join(f"--{other}" for other in one.synonyms))
        for name, one in record.input.items()
    ]
    screen.print(table(("input", "unit", "meaning", "also"), rows))
    if record.points:
        points = [(row.item, row.text, f"{row.points:g}", row.status) for row in record.points]
        screen.print(table(("item", "value", "points", "status"), points, right=("points",)))
    _bands(record, screen)
    screen.print(f"Source: {record.source}, {record.where} ({record.status})", markup=False)
    notice(screen)


def _bands(record: Any, screen: Any) -> None:
    from livingdrug.cli.screen import table

    if record.band:
        rows = [(f"{band.at_least:g} and more", band.label, band.meaning, band.source) for band in record.band]
        screen.print(table(("score", "", "meaning", "source"), rows))


def _score_one(record: Any, values: dict[str, str]) -> None:
    from livingdrug.cli.screen import console, notice, table
    from livingdrug.clinic.scores import score as evaluate
    from livingdrug.clinic.scores import told_probability

    result = evaluate(record, values)
    screen = console()
    label = f"  ({result.band})" if str(result.band) else ""
    screen.print(f"{record.title}: {float(result.value):.4g}{label}", style="bold", markup=False)
    rows = []
    for name, one in record.input.items():
        value = f"{float(result.inputs[name]):.6g} {one.unit}".strip()
        points = f"{float(result.points[name]):g}" if name in result.points else ""
        rows.append((name, result.given.get(name, ""), value, points))
    columns = ("input", "read as", "value", "points" if record.points else "")
    screen.print(table(columns, rows, right=("read as", "value", "points")))
    for band in reversed(record.band):
        if float(result.value) >= band.at_least:
            screen.print(f"{band.label}: {band.meaning} ({band.source}, {band.where}; {band.status})", markup=False)
            break
    probability = told_probability(record, float(result.value))
    if probability:
        table_of = record.probability
        told = f"Probability of {table_of.of}: {probability} ({table_of.source}, {table_of.where}; {table_of.status})"
        screen.print(told, markup=False)
    if record.note:
        screen.print(record.note, markup=False)
    notice(screen)


def _score_table(record: Any, path: Path, out: Path | None) -> None:
    from livingdrug.cli.files import refuse_folder, write_text
    from livingdrug.cli.screen import SHOWN_ROWS, console, notice, table
    from livingdrug.foundation.errors import BadInput
    from livingdrug.interop.user_tables.files import as_csv
    from livingdrug.interop.user_tables.scoring import read_patient_table, scored

    if out is not None:
        refuse_folder(out)
        if out.exists() and path.exists() and out.samefile(path):
            raise BadInput(f"{out} is the table itself.\n  Write the result to another file with -o.")
    read = read_patient_table(path, record)
    result = scored(read, record)
    screen = console()
    screen.print(str(read.understood), markup=False)
    if out is not None:
        write_text(out, as_csv(result))
        screen.print(
            f"Wrote {out}: {result.height} patients, {result[record.id].null_count()} without a score", markup=False
        )
    else:
        shown = [result.columns[0], *(name for name in result.columns if name.startswith(record.id))]
        rows = [
            (line, *row)
            for line, row in zip(
                read.table.lines[:SHOWN_ROWS].tolist(), result[:SHOWN_ROWS].select(shown).rows(), strict=True
            )
        ]
        screen.print(table(("row", *shown), rows))
        if result.height > SHOWN_ROWS:
            screen.print(f"… and {result.height - SHOWN_ROWS} rows more; write them all with -o FILE", markup=False)
    _bands(record, screen)
    notice(screen)


COMMAND = Command(score, panel=YOURS, order=20, settings=OPEN_OPTIONS)
