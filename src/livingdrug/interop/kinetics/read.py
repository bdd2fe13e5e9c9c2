"""Kinetics from a user's table: columns recognised, cells read, doses gathered, everything odd told with its row."""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.data import BELOW, Finding, KineticsData
from livingdrug.foundation.amounts import LONGEST, NotAnAmount, read_amount
from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import BadInput, UnitError, UnknownName, naming
from livingdrug.foundation.numerals import NotANumber, leading_number, plain_spaces
from livingdrug.foundation.repeated import places
from livingdrug.foundation.units import read
from livingdrug.interop.kinetics import checks
from livingdrug.interop.kinetics.apart import apart, told_apart_by
from livingdrug.interop.kinetics.cells import BLANK, Cell, another_number, read_flag, read_number, read_result
from livingdrug.interop.kinetics.clocks import clocks, times_of
from livingdrug.interop.kinetics.columns import (
    IGNORED,
    STANDARD_HOURS,
    STUDY_DAYS,
    Meaning,
    is_logarithm,
    plain,
    recognise,
    stated_time_unit,
    time_unit,
)
from livingdrug.interop.kinetics.labels import different, in_unit, loose, same_unit, with_limits_in_unit
from livingdrug.interop.kinetics.marks import with_one_mark
from livingdrug.interop.kinetics.patients import with_one_name, with_places
from livingdrug.interop.kinetics.table import Table
from livingdrug.interop.kinetics.unclear import asked_about, with_signs, without_commented

if TYPE_CHECKING:
    import polars as pl

_FIRST_LINE = 2
_NUMBER_WORD = re.compile(r"(inf|infinity|nan|true|false|to|or|e[-+]?\d+)(?![^\W\d_])", re.I)
_FACTOR = re.compile(r"[-–*·+±]|(?!10*\s*(?:\^|\*|/(?!\d))|1e\d|10[⁰¹²³⁴-⁹])\d", re.I)
"""What no unit begins with: a sign, or a number that is no power of ten ("1/3 mg", "100 fL")."""
MOST_DOSES = 1_000_000
MOST_CELLS = 8_000_000
"""Of a file: a million rows of eight columns; each is kept as it is written, in about 300 bytes."""
_LIMIT_REMEDY = 'Write one number, with its unit or without: --lloq "25 copy/ug".'


@dataclass
class _Gathered:
    """What reading collects row by row; local to `read_kinetics`."""

    measurements: list[tuple[str, float, float, int, str, int, str, str]] = field(default_factory=list)
    doses: list[tuple[str, float, float, float, float, int]] = field(default_factory=list)
    problems: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    notes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    covariates: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    changing: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    courses: list[tuple[str, float, str, float, int]] = field(default_factory=list)


@in_words
def read_kinetics(
    table: Path | str | Any,
    *,
    lloq: str | float | None = None,
    columns: Mapping[str, str] | None = None,
    output: str | None = None,
    time_unit: str | None = None,
    value_unit: str | None = None,
    dose_unit: str | None = None,
    shift: float = 0.0,
) -> KineticsData:
    """Cellular-kinetics (or drug) data for a fit, from a file or a frame.

    NONMEM-style tables (ID TIME DV AMT EVID MDV CMT CENS LLOQ RATE ADDL II DVID), CDISC ADPC-like ones (USUBJID, AFRLT,
    AVAL or AVALC, ALLOQ, PARAMCD) and plain ones (patient, day, value, below_limit) are recognised by their headings;
    a unit may stand in the heading, as in "DV [copy/ug]". "BLQ" and "<25" are results below the limit. Every other
    column is a covariate.

    Parameters
    ----------
    table
        A CSV file, or a polars or pandas frame.
    lloq
        Limit of quantification where the table does not say: ``"25 copy/ug"`` or a number in the unit of the values.
        Lower values count as below it.
    columns
        Kind of column -> heading, where it is not recognised: ``{"DV": "transgene"}``.
    output
        Which output (DVID, PARAMCD …) to keep, when there are several.
    time_unit, value_unit, dose_unit
        Units where headings do not state them.
    shift
        Added to every time: -1 where the infusion is on day 1.

    Raises
    ------
    BadInput
        The table cannot be used as it is; every reason with its rows and what to do.
    """
    data, findings = check_kinetics(
        table, lloq=lloq, columns=columns, output=output, time_unit=time_unit, value_unit=value_unit,
        dose_unit=dose_unit, shift=shift,
    )  # fmt: skip
    if data is None:
        errors = [finding for finding in findings if finding.severity == "error"]
        told = [f"- {f.what}{': rows ' + f.rows_told if f.rows else ''}. {f.remedy}".rstrip() for f in errors]
        name = str(table) if isinstance(table, (str, Path)) else "the frame"
        raise BadInput("\n".join([f"{name} cannot be used as it is:", *told]))
    return data


def check_kinetics(
    table: Path | str | Any,
    *,
    lloq: str | float | None = None,
    columns: Mapping[str, str] | None = None,
    output: str | None = None,
    time_unit: str | None = None,
    value_unit: str | None = None,
    dose_unit: str | None = None,
    shift: float = 0.0,
) -> tuple[KineticsData | None, tuple[Finding, ...]]:
    """The data, None if they cannot be used, and all that was noticed; arguments as in `read_kinetics`."""
    text = open_table(table)
    with naming(text.source, "livingdrug data check --help says what a table holds."):
        return _checked(text, lloq, columns, output, (time_unit, value_unit, dose_unit), shift)


def _checked(
    text: Table,
    lloq: str | float | None,
    columns: Mapping[str, str] | None,
    output: str | None,
    stated_units: tuple[str | None, str | None, str | None],
    shift: float,
) -> tuple[KineticsData | None, tuple[Finding, ...]]:
    """`check_kinetics` of a table that is open; units of time, value and dose as the user says them."""
    known = recognise(text.headings, columns)
    if absent := [name for name in ("id", "time", "value") if name not in known]:
        usual = {"id": "ID", "time": "TIME", "value": "DV"}
        what = ", ".join(usual[name] for name in absent)
        remedy = f"Name them with columns={{'{usual[absent[0]]}': '…'}} (--column {usual[absent[0]]}=HEADING)."
        headings = ", ".join(text.headings)
        return None, (Finding("error", f"no column for {what}; headings are: {headings}", (), remedy),)
    text, commented = without_commented(text)
    text, known, of_patients = with_one_name(text, known, columns)
    known = with_signs(text, known)
    text, mark_findings = with_one_mark(text, known["id"].heading)
    units, unit_findings = _units(text, known, *stated_units)
    text, limit_findings = with_limits_in_unit(text, known, units["value"])
    unit_findings += [
        *commented, *of_patients, *asked_about(text, known), *apart(text, known, units["value"]), *clocks(times_of(text, known, units["time"])), *mark_findings, *limit_findings,
    ]  # fmt: skip
    if known["time"].word in STUDY_DAYS and shift == -1:
        unit_findings.append(Finding("error", f'"{known["time"].heading}" holds study days, which are shifted already: day 1 is taken as day 0', (), "Leave shift=-1 (--shift -1) out."))  # fmt: skip
    unit_findings += [_no_unit(what, unit) for what, unit in units.items() if not _looks_like_a_unit(unit)]
    if any(finding.severity == "error" for finding in unit_findings):
        return None, tuple(unit_findings)
    limit = _limit(lloq, units["value"])
    if limit is not None and not units["value"] and isinstance(lloq, str):
        units["value"] = leading_number(plain_spaces(lloq))[1].strip()
    text, who_problem = with_places(text, known["id"])
    gathered = _gather(text, known, limit, units["value"])
    outputs = sorted({m[4] for m in gathered.measurements}) or ["value"]
    chosen = outputs
    if output is not None:
        if output not in outputs:
            raise UnknownName("output", output, outputs)
        chosen = [output]
    findings = [*unit_findings, *checks.problems(gathered.problems), *checks.notes(gathered.notes)]
    if who_problem:
        findings.append(Finding("error", f"patients are not clear: {who_problem}", (), ""))
    if limit is not None and "limit" in known:
        findings += checks.limits_of_its_own(text, known["limit"].heading, limit)
    findings += checks.changing_covariates(gathered.changing)
    findings += checks.twice_at_one_time(gathered.courses)
    findings += told_apart_by(_result_rows(text, gathered), gathered.changing)
    if len(chosen) > 1:
        findings.append(
            Finding("warning", f"several outputs are measured: {', '.join(chosen)}", (), "Keep one with output=… (--output NAME), unless the model has as many.")
        )  # fmt: skip
    rows = [m for m in gathered.measurements if m[4] in chosen]
    findings += checks.mixed_units(rows)
    if any(finding.severity == "error" for finding in findings):
        return None, tuple(findings)
    data, more = _assemble(text, rows, gathered, chosen, units, shift)
    findings += more
    if data is None:
        return None, tuple(findings)
    findings += checks.look(data, text, known, limit_known=limit is not None or "limit" in known)
    if any(finding.severity == "error" for finding in findings):
        return None, tuple(findings)
    return replace(data, findings=tuple(findings)), tuple(findings)


def _result_rows(text: Table, got: _Gathered) -> Iterator[tuple[tuple[str, float, str], dict[str, str], int]]:
    """Each result with its patient, time and output, the cells of its row, and the row's number."""
    cells_of = dict(text.rows)
    for name, time, _, _, output, line, _, _ in got.measurements:
        yield (name, time, output), cells_of[line], line


def open_table(table: Path | str | Any) -> Table:
    """A file or frame as text cells; the one place where files are opened."""
    if isinstance(table, (str, Path)):
        from livingdrug.interop.user_tables.files import read_table

        found = read_table(table)
        _refuse_cells(str(table), *found.frame.shape)
        headings, lines, frame = tuple(found.frame.columns), found.lines.tolist(), found.frame
        columns = [frame[heading].to_list() for heading in headings]
        rows = zip(*columns, strict=True)
        cells = [dict(zip(headings, (cell or "" for cell in row), strict=True)) for row in rows]
        return Table(str(table), headings, tuple(zip(lines, cells, strict=True)), found.delimiter)
    if hasattr(table, "to_dicts"):
        _refuse_cells("the frame", *table.shape)
        dicts = table.to_dicts()
    elif hasattr(table, "to_dict"):
        _refuse_cells("the frame", *table.shape)
        dicts = table.to_dict(orient="records")
    else:
        raise BadInput(f"got {type(table).__name__}, expected a CSV file or a polars or pandas frame.")
    headings = tuple(str(name) for name in table.columns)
    cells = [{str(k): _cell_text(v) for k, v in row.items()} for row in dicts]
    return Table("frame", headings, tuple(enumerate(cells, start=_FIRST_LINE)))


def _refuse_cells(name: str, rows: int, columns: int) -> None:
    """Stop at a table that would not fit into memory cell by cell."""
    if rows * columns > MOST_CELLS:
        raise BadInput(
            f"{name}: {rows:,} rows of {columns} columns, more than {MOST_CELLS:,} cells.\n"
            "  Take out columns that are not read, or divide the table by patients."
        )


def _cell_text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return repr(float(value)) if isinstance(value, (float, np.floating)) else str(value)


def _units(
    text: Table, known: Mapping[str, Meaning], given_time: str | None, value: str | None, dose: str | None
) -> tuple[dict[str, str], list[Finding]]:
    """Units of time, value and dose, and what was assumed."""
    findings = []
    stated = stated_time_unit(known["time"])
    if "time_unit" in known:
        written = {cells[known["time_unit"].heading].strip() for _, cells in text.rows} - {""}
        times = {time_unit(word) for word in written}
        if len(times) > 1 or "" in times:
            told = ", ".join(sorted(written)[:4])
            findings.append(Finding("error", f"times come in several units, or unknown ones: {told}", (), "Bring them to one unit: day, hour, minute, week, month or year."))  # fmt: skip
        said = times.pop() if len(times) == 1 else stated
        if known["time"].unit and stated and said != stated and not given_time:
            findings.append(Finding("error", f'"{known["time"].heading}" says {stated}, and "{known["time_unit"].heading}" says {said}', (), "Correct one of them, or say time_unit=… (--time-unit)."))  # fmt: skip
        stated = said
    if known["time"].unit and not time_unit(known["time"].unit) and not given_time:
        findings.append(Finding("error", f'"{known["time"].heading}": "{known["time"].unit}" is no unit of time', (), "Write day, hour, minute, week, month or year, or say time_unit=… (--time-unit)."))  # fmt: skip
    asked = time_unit(given_time) if given_time else ""
    if given_time and not asked:
        raise UnitError(f'time unit "{given_time}": expected day, hour, minute, week, month or year.')
    time = asked or stated
    if not time:
        time = "day"
        findings.append(Finding("note", "the table does not say the unit of time; day is taken", (), "State it in the heading, as in TIME [hour], or with time_unit=… (--time-unit)."))  # fmt: skip
    in_cells = ""
    if "unit" in known:
        words = different(word for _, cells in text.rows if (word := cells[known["unit"].heading].strip()))
        in_cells = words[0] if len(words) == 1 else ""
    unit = value or known["value"].unit or in_cells
    if in_cells and known["value"].unit and not value and not same_unit(in_cells, known["value"].unit):
        findings.append(Finding("error", f'"{known["value"].heading}" says {known["value"].unit}, and "{known["unit"].heading}" says {in_cells}', (), "Correct one of them, or say value_unit=… (--unit)."))  # fmt: skip
    if is_logarithm(unit) or is_logarithm(known["value"].word):
        findings.append(Finding("error", f'the values are logarithms ("{unit or known["value"].heading}")', (), "Give the values themselves: 10^x for a base of 10, exp(x) for natural logarithms."))  # fmt: skip
    if known["time"].word in STANDARD_HOURS and "time_unit" not in known and not known["time"].unit and not given_time:
        findings.append(Finding("note", f"{known['time'].heading} is taken in hours, as CDISC has it", (), "If it is in days, say time_unit=day (--time-unit day)."))  # fmt: skip
    if not unit:
        findings.append(Finding("note", "the table does not say the unit of the values", (), "State it in the heading, as in DV [copy/ug], or with value_unit=… (--unit)."))  # fmt: skip
    return {"time": time, "value": unit, "dose": dose or (known["amount"].unit if "amount" in known else "")}, findings


def _looks_like_a_unit(unit: str) -> bool:
    """A unit that is known, or a word: letters first, no list and no number; nothing that multiplies the values without being read."""
    word = unit.strip()
    fraction = any(unicodedata.decomposition(letter).startswith("<fraction>") for letter in word)
    if fraction or _FACTOR.match(word) or "**" in word:
        return False
    try:
        read_amount(f"1 {unit}"[:LONGEST])
    except NotAnAmount:
        return re.fullmatch(r"[^\W\d_][^,;<>=\n]{0,59}", word) is not None and not _NUMBER_WORD.match(word)
    return len(unit) < LONGEST


def _no_unit(what: str, unit: str) -> Finding:
    option = {"value": "value_unit=… (--unit)", "dose": "dose_unit=…", "time": "time_unit=… (--time-unit)"}[what]
    return Finding("error", f'the unit of the {what}, "{unit[:40]}", is no unit', (), f"Write one such as copy/ug or mg/L in the heading, or with {option}.")  # fmt: skip


def _limit(lloq: str | float | None, unit: str) -> float | None:
    """The user's limit in the unit of the values."""
    if lloq is None:
        return None
    if isinstance(lloq, (int, float)) and not isinstance(lloq, bool):
        number = float(lloq)
    else:
        try:
            value, rest, _ = leading_number(plain_spaces(str(lloq)[:LONGEST]))
        except NotANumber as problem:
            raise BadInput(f'lloq: got "{str(lloq)[:80]}": {problem}.\n  {_LIMIT_REMEDY}') from None
        if not rest.strip() or (unit and loose(rest) == loose(unit)):
            number = value
        elif unit:
            number = float(f"{read(str(lloq), unit, where='lloq'):.12g}")  # a limit is a round number
        else:  # the table does not say its unit: the limit's is taken, if it is one
            _refuse_no_unit(str(lloq), rest)
            number = value
    if not (math.isfinite(number) and number > 0):
        raise BadInput(f"lloq: got {lloq}, expected a positive number, with a unit or without.\n  {_LIMIT_REMEDY}")
    return number


def _refuse_no_unit(lloq: str, rest: str) -> None:
    """What follows the number of a limit must look like a unit: letters, no further number but a power."""
    word = rest.strip()
    if not _looks_like_a_unit(word):
        raise BadInput(f'lloq: got "{lloq[:80]}": "{word[:40]}" is no unit.\n  {_LIMIT_REMEDY}')
    try:
        read_amount(f"1 {word}")
    except NotAnAmount:
        if (
            re.search(r"[^\W\d_]", word) is None
            or re.match(r"[\d<>±–—-]|to\b", word)
            or re.search(r"\*\*|\d{2}|\s\d", word)
        ):
            raise BadInput(f'lloq: got "{lloq[:80]}": "{word[:40]}" is no unit.\n  {_LIMIT_REMEDY}') from None


def _gather(text: Table, known: Mapping[str, Meaning], limit: float | None, unit: str) -> _Gathered:
    """Every row read once."""
    got = _Gathered()
    used = {meaning.heading for meaning in known.values()}
    others = [h for h in text.headings if h not in used and plain(h) not in IGNORED and h.strip()]
    whole_table_dosed = _dose_in_every_row(text, known)
    for line, cells in text.rows:
        name = cells[known["id"].heading].strip()
        if name.lower() in BLANK:
            got.problems["no patient"].append(line)
            continue
        name = name.removesuffix(".0")
        time = read_number(cells[known["time"].heading])
        if time is None or math.isnan(time):
            got.problems["the time is no number"].append(line)
            continue
        if known["time"].word in STUDY_DAYS:
            if -1 < time < 1:
                got.problems["study day 0, which does not exist"].append(line)
            got.notes["study days: day 1 is taken as day 0, the day of infusion"].append(line)
            time = time - 1 if time > 0 else time
        for heading in others:
            word = cells[heading].strip()
            if word.lower() in BLANK:
                continue
            before = got.covariates[name].setdefault(heading, word)
            if before != word:
                got.changing[heading].append(line)
        is_dose = _take_dose(got, line, name, time, cells, known, whole_table_dosed)
        if not is_dose:
            _take_result(got, line, name, time, cells, known, limit, unit)
    if whole_table_dosed:
        _one_dose_each(got, text, known)
    if got.changing:
        _follow_covariates(got, text, known)
    return got


def _follow_covariates(got: _Gathered, text: Table, known: Mapping[str, Meaning]) -> None:
    """Every number of the covariates that change within a patient, with its time."""
    worded = set()
    for line, cells in text.rows:
        name, time = cells[known["id"].heading].strip().removesuffix(".0"), read_number(cells[known["time"].heading])
        if time is None or not math.isfinite(time):
            continue
        if known["time"].word in STUDY_DAYS and time > 0:
            time -= 1
        for heading in got.changing:
            word = cells[heading].strip()
            if word.lower() in BLANK:
                continue
            value = read_number(word)
            if value is None or not math.isfinite(value):
                worded.add(heading)
            else:
                got.courses.append((name, time, heading, value, line))
    got.courses = [one for one in got.courses if one[2] not in worded]


def _dose_in_every_row(text: Table, known: Mapping[str, Meaning]) -> bool:
    """Whether the amount stands beside every result, as a property of the patient."""
    if "amount" not in known or "evid" in known:
        return False
    amounts = defaultdict(set)
    for _, cells in text.rows:
        amounts[cells[known["id"].heading].strip()].add(cells[known["amount"].heading].strip())
    return (
        all(len(found) == 1 for found in amounts.values())
        and any(len(rows) for rows in amounts.values())
        and len(text.rows) > len(amounts)
    )


def _one_dose_each(got: _Gathered, text: Table, known: Mapping[str, Meaning]) -> None:
    seen = set()
    for line, cells in text.rows:
        name = cells[known["id"].heading].strip().removesuffix(".0")
        amount = read_number(cells[known["amount"].heading])
        if name in seen:
            continue
        seen.add(name)
        if amount is None or math.isnan(amount) or amount < 0:
            got.problems["the dose is no amount"].append(line)
        elif amount > 0:
            got.doses.append((name, 0.0, amount, 0.0, 1.0, line))
            got.notes["the dose stands beside every result: one dose at time 0 is taken for each patient"].append(line)


def _take_dose(
    got: _Gathered, line: int, name: str, time: float, cells: dict[str, str], known: Mapping[str, Meaning], beside: bool
) -> bool:
    """Whether the row is no measurement; its dose, if it is one, is taken."""

    def number(kind: str, otherwise: float = 0.0) -> float:
        if kind not in known:
            return otherwise
        found = read_number(cells[known[kind].heading])
        if found is None:
            got.problems[f"{known[kind].heading} is no number"].append(line)
            return otherwise
        return otherwise if math.isnan(found) else found

    evid = number("evid", math.nan)
    amount = 0.0 if beside else number("amount")
    if math.isnan(evid):
        evid = 1.0 if amount > 0 else 0.0
        if amount > 0 and not _says_nothing(got, line, cells, known):
            got.problems["a row holds a dose and a result, and no EVID says which"].append(line)
            return True
    if evid == 0:
        if amount > 0:
            got.problems["a row with EVID 0 has an amount"].append(line)
        return False
    if evid in (3, 4):
        got.problems["EVID 3 and 4 (resets) are not understood"].append(line)
        return True
    if evid == 2:
        got.notes["EVID 2 (other events) is passed over"].append(line)
        return True
    if evid != 1 and evid < 100:
        got.problems["EVID is none of 0, 1, 2"].append(line)
        return True
    if evid >= 100:
        got.notes["EVID above 100 is taken as a dose"].append(line)
    if not amount > 0:
        got.problems["a dose without a positive amount"].append(line)
        return True
    if number("steady"):
        got.problems["SS (steady state) is not understood"].append(line)
        return True
    rate, duration = number("rate"), number("duration")
    if rate < 0 or duration < 0:
        got.problems["RATE or duration is negative (modelled rates are not understood)"].append(line)
        return True
    duration = amount / rate if rate > 0 else duration
    times, interval = number("additional"), number("interval")
    if times < 0 or times != int(times):
        got.problems["ADDL is no whole number of 0 or more"].append(line)
        return True
    if times > 0 and not interval > 0:
        got.problems["ADDL without a positive II"].append(line)
        return True
    if times > 100_000:
        got.problems["ADDL above 100,000"].append(line)
        return True
    if len(got.doses) + times > MOST_DOSES:
        got.problems[f"more than {MOST_DOSES:,} doses in all"].append(line)
        return True
    for k in range(int(times) + 1):
        got.doses.append((name, time + k * interval, amount, duration, number("compartment", 1.0), line))
    return True


def _says_nothing(got: _Gathered, line: int, cells: dict[str, str], known: Mapping[str, Meaning]) -> bool:
    """Whether a row with a dose holds no result: it is blank, missing by MDV, or the 0 that programs write there."""
    result = read_result(cells[known["value"].heading])
    if result.censored == 0 and result.value == 0:
        got.notes[f"a row with a dose is no result: its {known['value'].heading} of 0 is passed over"].append(line)
        return True
    return (result.censored == 0 and math.isnan(result.value)) or (
        "mdv" in known and read_flag(cells[known["mdv"].heading]) == 1
    )


def _result_of(
    got: _Gathered, line: int, cells: dict[str, str], known: Mapping[str, Meaning]
) -> tuple[str, Cell] | None:
    """A row's result as it is written and as it is read, its text beside its number; None where there is none to take."""
    written = cells[known["value"].heading]
    if "mdv" in known:
        missing = read_flag(cells[known["mdv"].heading])
        if missing not in (0, 1):
            got.problems[f"{known['mdv'].heading} is neither 0 nor 1"].append(line)
            return None
        if missing:
            if written.strip().lower() not in BLANK:
                got.notes[f"{known['mdv'].heading} says that the result is missing: passed over"].append(line)
            return None
    result = read_result(written)
    if written.strip().lower() == "nd":
        got.notes['"ND" is read as not detected; leave the cell blank where it means not done'].append(line)
    if "text" in known:  # AVAL is empty, zero or imputed where AVALC says "BLQ"
        beside = read_result(cells[known["text"].heading])
        if written.strip().lower() in BLANK:
            written, result = cells[known["text"].heading], beside
        elif beside.censored:
            got.notes[
                f"{known['text'].heading} says that the result is {'below' if beside.censored == BELOW else 'above'} a limit, which counts in place of the number in {known['value'].heading}"
            ].append(line)
            result = beside
        elif beside.censored == 0 and result.censored == 0 and another_number(result.value, beside.value):
            got.problems[f"{known['value'].heading} and {known['text'].heading} hold two numbers"].append(line)
            return None
    return written, result


def _take_result(
    got: _Gathered,
    line: int,
    name: str,
    time: float,
    cells: dict[str, str],
    known: Mapping[str, Meaning],
    limit: float | None,
    column_unit: str,
) -> None:
    """A row's measurement, with what is below or above a limit."""
    found = _result_of(got, line, cells, known)
    if found is None:
        return
    written, result = found
    if result.censored is None:
        got.problems[f'"{written.strip()[:20]}" is no result'].append(line)
        return
    value, censored = result.value, result.censored
    if result.unit:
        in_column = in_unit(value, result.unit, column_unit)
        if in_column is None:
            got.problems[
                f'"{written.strip()[:30]}": the unit is not {column_unit or "stated for the other results"}'
            ].append(line)
            return
        value = in_column
    own_limit, stated = limit, 0.0
    if "limit" in known:
        given = read_number(cells[known["limit"].heading])
        if given is None or (not math.isnan(given) and given < 0):
            got.problems[f"{known['limit'].heading} is no limit"].append(line)
            return
        own_limit = limit if math.isnan(given) or given == 0 else given
        stated = 0.0 if math.isnan(given) else given
    flag = 0
    if "censored" in known:
        found = read_flag(cells[known["censored"].heading])
        if found is None:
            got.problems[f"{known['censored'].heading} is neither 0, 1 nor -1, yes nor no"].append(line)
            return
        flag = found
    by_flag_alone = flag == BELOW and not censored and not math.isnan(value)
    censored = censored or flag
    if by_flag_alone and 0.0 < stated < value and not math.isclose(stated, value):
        got.problems["flagged as below the limit, and above the limit of its row"].append(line)
        return
    if by_flag_alone and own_limit is None:
        got.notes["flagged as below the limit: the number beside the flag is taken as the limit"].append(line)
    if censored == BELOW:
        if own_limit is not None and (math.isnan(value) or value < own_limit):
            value = own_limit
        if math.isnan(value) or value <= 0:
            got.problems["below the limit, and the limit is not known"].append(line)
            return
    elif not censored and not math.isnan(value) and own_limit is not None and value < own_limit:
        got.notes["values under the limit of quantification count as below it"].append(line)
        value, censored = own_limit, BELOW
    if math.isnan(value):
        got.notes["no result: passed over"].append(line)
        return
    output = cells[known["output"].heading].strip().removesuffix(".0") if "output" in known else "value"
    unit = cells[known["unit"].heading].strip() if "unit" in known else ""
    occasion = cells[known["occasion"].heading].strip().removesuffix(".0") if "occasion" in known else ""
    if "occasion" in known and occasion.lower() in BLANK:
        got.problems["a result without its occasion"].append(line)
        return
    got.measurements.append((name, time, value, censored, output or "value", line, unit, occasion or "1"))


def _assemble(
    text: Table, rows: list[Any], got: _Gathered, outputs: list[str], units: Mapping[str, str], shift: float
) -> tuple[KineticsData | None, list[Finding]]:
    """The record from what was gathered."""
    findings = []
    before = [m[5] for m in rows if m[1] + shift < 0]
    if before:
        findings.append(Finding("warning", "results before time 0 are left out", tuple(before), "If time 0 is not the infusion, move it with shift=… (--shift)."))  # fmt: skip
    rows = [m for m in rows if m[1] + shift >= 0]
    if not rows:
        findings.append(Finding("error", "no result is left", (), "Look at TIME, DV, MDV and EVID."))
        return None, findings
    names = list(dict.fromkeys(m[0] for m in rows))
    number = {name: i for i, name in enumerate(names)}
    unsorted = [later[5] for one, later in itertools.pairwise(rows) if one[0] == later[0] and later[1] < one[1] and later[4] == one[4]]  # fmt: skip
    if unsorted:
        findings.append(Finding("note", "times are not in order; they are sorted", tuple(unsorted), ""))
    rows = sorted(rows, key=lambda m: (number[m[0]], m[1]))
    lost = [d for d in got.doses if d[0] not in number]
    if lost:
        findings.append(Finding("warning", f"{len({d[0] for d in lost})} patients have doses but no result; they are left out", tuple(dict.fromkeys(d[5] for d in lost)), "Look at their DV, MDV and EVID."))  # fmt: skip
    occasions = sorted(
        {m[7] for m in rows}, key=lambda word: (read_number(word) is None, read_number(word) or 0.0, word)
    )
    output_at, occasion_at = places(outputs), places(occasions)
    doses = sorted((number[d[0]], d[1] + shift, d[2], d[3], d[4]) for d in got.doses if d[0] in number)
    changing, changes = _changes(number, got, shift)
    data = KineticsData(
        patients=tuple(names),
        patient=np.array([number[m[0]] for m in rows], np.int64),
        time=np.array([m[1] + shift for m in rows]),
        value=np.array([m[2] for m in rows]),
        censored=np.array([m[3] for m in rows], np.int64),
        covariates=_covariates(names, got),
        output=np.array([output_at[m[4]] for m in rows], np.int64),
        row=np.array([m[5] for m in rows], np.int64),
        doses=np.array(doses, float).reshape(-1, 5),
        outputs=tuple(outputs),
        occasion=np.array([occasion_at[m[7]] for m in rows], np.int64),
        occasions=tuple(occasions),
        changing=changing,
        changes=changes,
        time_unit=units["time"],
        value_unit=units["value"],
        dose_unit=units["dose"],
        source=Path(text.source).name,
    )
    return data, findings


def _covariates(names: list[str], got: _Gathered) -> pl.DataFrame:
    """One row per patient: numbers where every value is one, words otherwise."""
    import polars as pl

    frame = pl.DataFrame({"patient": names}, schema={"patient": pl.String})
    headings = list(dict.fromkeys(h for name in names for h in got.covariates[name]))
    for heading in headings:
        words = [got.covariates[name].get(heading) for name in names]
        numbers = [None if word is None else read_number(word) for word in words]
        numeric = all(word is None or number is not None for word, number in zip(words, numbers, strict=True))
        column = (
            pl.Series(heading, numbers, dtype=pl.Float64) if numeric else pl.Series(heading, words, dtype=pl.String)
        )
        frame = frame.with_columns(column)
    return frame


def _changes(number: Mapping[str, int], got: _Gathered, shift: float) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Covariates of numbers that change, and where each patient's value is another than before; see `KineticsData`."""
    names = tuple(dict.fromkeys(one[2] for one in got.courses))
    at = places(names)
    rows = sorted(
        (number[who], at[what], time + shift, value) for who, time, what, value, _ in got.courses if who in number
    )
    kept = [
        row
        for before, row in zip([None, *rows], rows, strict=False)
        if before is None or before[:2] != row[:2] or before[3] != row[3]
    ]
    return names, np.array(sorted((who, time, what, value) for who, what, time, value in kept), float).reshape(-1, 4)
