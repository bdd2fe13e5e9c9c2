"""What is worth a look in kinetics data before anything is fitted."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.fitting.data import BELOW, NOT_CENSORED, Finding, KineticsData
from livingdrug.interop.kinetics.cells import read_flag, read_number
from livingdrug.interop.kinetics.labels import same_unit

if TYPE_CHECKING:
    from livingdrug.interop.kinetics.columns import Meaning
    from livingdrug.interop.kinetics.table import Table

EXCELS_FIRST_DATE = 36525.0
"""Days of a hundred years; 1 January 2000 is day 36,526 of spreadsheets."""
_REMEDIES: Mapping[str, str] = {
    "no patient": "Give each row its patient's name.",
    "the time is no number": "Correct these cells, or take the rows out.",
    "study day 0, which does not exist": "Study days run … -1, 1 …; name the column TIME if yours counts from 0.",
    "below the limit, and the limit is not known": "State it: a column LLOQ, or lloq=… (--lloq).",
    "flagged as below the limit, and above the limit of its row": "Correct one of them; where the limit is the lower end of an interval (Monolix's LIMIT), take that column out: results below a limit begin at 0 here.",
    "a row with EVID 0 has an amount": "Set EVID to 1 for a dose, or AMT to 0 for a result.",
    "a result without its occasion": "Number it in the column OCC, or take the column out.",
    "a dose without a positive amount": "Correct AMT, or EVID.",
    "a row holds a dose and a result, and no EVID says which": "Give each a row of its own, or a column EVID: 1 for a dose, 0 for a result.",
}


def problems(found: Mapping[str, list[int]]) -> list[Finding]:
    """What stops the reading, one finding per kind."""
    return [
        Finding("error", what, tuple(rows), _REMEDIES.get(what, "Correct these cells.")) for what, rows in found.items()
    ]


def notes(found: Mapping[str, list[int]]) -> list[Finding]:
    """What was understood, one finding per kind."""
    return [Finding("note", what, tuple(rows)) for what, rows in found.items()]


def changing_covariates(found: Mapping[str, list[int]]) -> list[Finding]:
    """Columns that change within a patient."""
    return [
        Finding("warning", f"{heading} changes within patients; each patient's first value is used as covariate of a parameter", tuple(rows),
                "In the equations of a model of your own it may change ([covariates] of its file). Leave the column out if it is no covariate.")
        for heading, rows in found.items()
    ]  # fmt: skip


def twice_at_one_time(courses: Sequence[tuple[str, float, str, float, int]]) -> list[Finding]:
    """Covariates with two values in one patient at one time: patient, time, covariate, value, row."""
    seen: dict[tuple[str, float, str], float] = {}
    rows: dict[str, list[int]] = {}
    for who, time, what, value, line in courses:
        if seen.setdefault((who, time, what), value) != value:
            rows.setdefault(what, []).append(line)
    return [
        Finding("error", f"{what} has two values in one patient at one time", tuple(lines), "Keep one of them.")
        for what, lines in rows.items()
    ]


def limits_of_its_own(text: Any, heading: str, limit: float) -> list[Finding]:
    """Rows whose own limit counts in place of the one that was asked for."""
    stated = ((line, read_number(cells[heading]) or 0.0) for line, cells in text.rows)
    rows = [line for line, own in stated if own > 0 and not math.isclose(own, limit)]
    if not rows:
        return []
    what = f'"{heading}" states limits of its own, which count in place of {limit:g}'
    return [Finding("warning", what, tuple(rows), "Leave lloq=… (--lloq) out, or correct the column.")]


def mixed_units(rows: list[Any]) -> list[Finding]:
    """One output in several units."""
    units: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for _, _, _, _, output, line, unit, _ in rows:
        if unit:
            units[output][next((one for one in units[output] if same_unit(unit, one)), unit)].append(line)
    found = []
    for output, by_unit in units.items():
        if len(by_unit) > 1:
            fewest = min(by_unit, key=lambda unit: len(by_unit[unit]))
            found.append(
                Finding("error", f"{output} is given in several units: {', '.join(by_unit)}; in {fewest}",
                        tuple(by_unit[fewest]), "Bring them to one unit, or give each assay its own DVID.")
            )  # fmt: skip
    return found


def look(data: KineticsData, text: Table, known: Mapping[str, Meaning], *, limit_known: bool) -> list[Finding]:
    """Everything odd about data that can be used."""
    return [
        *_duplicates(data), *_first_day(data), *_without_dose(data), *_hidden_limit(data, text, known, limit_known),
        *_not_positive(data), *_nines(data), *_above(data), *_dosed_again(data), *_few(data), *_far_time(data), *_scattered_limits(data, limit_known),
    ]  # fmt: skip


def _duplicates(data: KineticsData) -> list[Finding]:
    keys = list(zip(data.patient.tolist(), data.time.tolist(), data.output.tolist(), strict=True))
    seen: set[Any] = set()
    rows = []
    for key, row in zip(keys, data.row.tolist(), strict=True):
        if key in seen:
            rows.append(row)
        seen.add(key)
    if not rows:
        return []
    return [Finding("warning", "a patient has two results at one time; both count", tuple(rows), "Keep one if they are the same sample.")]  # fmt: skip


def _first_day(data: KineticsData) -> list[Finding]:
    if not len(data.doses):
        return []
    first = np.array([data.doses[data.doses[:, 0] == i, 1].min(initial=np.inf) for i in range(data.n_patients)])
    dosed = np.isfinite(first)
    if dosed.any() and (np.round(first[dosed], 6) == 1.0).mean() > 0.5 and data.time_unit == "day":
        rows = data.row[:1]
        return [Finding("warning", "the first dose is on day 1, not 0", tuple(rows.tolist()), "If your days count from 1, move them with shift=-1 (--shift -1).")]  # fmt: skip
    elsewhere = np.flatnonzero(dosed & (np.abs(first) > 1e-6))
    if elsewhere.size:
        rows = tuple(int(data.row[data.first[i]]) for i in elsewhere)
        what = f"{elsewhere.size} patients had their first dose at another time than 0 ({first[elsewhere[0]]:g} {data.time_unit})"
        return [Finding("warning", what, rows, "Peaks, areas and models without doses count from time 0: give times from the dose, or move all with shift=… (--shift).")]  # fmt: skip
    return []


def _without_dose(data: KineticsData) -> list[Finding]:
    given = set(data.doses[:, 0].astype(int).tolist())
    absent = [i for i in range(data.n_patients) if i not in given]
    if not given or not absent:
        return []
    rows = tuple(int(data.row[data.first[i]]) for i in absent)
    return [Finding("warning", f"{len(absent)} patients have results but no dose", rows, "Add their dose rows, or choose a model without doses.")]  # fmt: skip


def _hidden_limit(data: KineticsData, text: Table, known: Mapping[str, Meaning], limit_known: bool) -> list[Finding]:
    """Values that look like a limit although nothing is flagged, and a column that may be the flag."""
    found = []
    for k, name in enumerate(data.outputs):
        mine = (data.output == k) & (data.censored == NOT_CENSORED)
        values = data.value[mine]
        if values.size < 5 or limit_known or (data.censored != NOT_CENSORED).any():
            continue
        lowest = values.min()
        at = values == lowest
        if at.sum() >= 3 and at.mean() > 0.04:
            rows = data.row[mine][at]
            flags = _flag_like(text, known, set(rows.tolist()))
            hint = f' Is "{flags}" the flag? Then --column CENS={flags}.' if flags else ""
            found.append(
                Finding("warning", f"{at.sum()} results of {name} have the same lowest value {lowest:g}: a limit of quantification?",
                        tuple(rows.tolist()), f"Then state it: lloq=… (--lloq), and flag them or mark them as below it.{hint}")
            )  # fmt: skip
    return found


def _flag_like(text: Table, known: Mapping[str, Meaning], rows: set[int]) -> str:
    """A column that is set in just these rows."""
    used = {meaning.heading for meaning in known.values()}
    for heading in text.headings:
        if heading in used:
            continue
        flags = {line: read_flag(cells[heading]) for line, cells in text.rows}
        if all(flag is not None for flag in flags.values()) and rows == {line for line, flag in flags.items() if flag}:
            return heading
    return ""


def _not_positive(data: KineticsData) -> list[Finding]:
    rows = data.row[(data.value <= 0) & (data.censored == NOT_CENSORED)]
    if not rows.size:
        return []
    return [Finding("warning", "results of 0 or less", tuple(rows.tolist()), "If they mean below the limit, state it with lloq=… (--lloq).")]  # fmt: skip


def _nines(data: KineticsData) -> list[Finding]:
    """Results such as 999 and 9999, which many registries write for a missing value."""
    rows = data.row[[re.fullmatch(r"9{3,}", f"{value:.12g}") is not None for value in data.value]]
    if not rows.size:
        return []
    return [Finding("warning", "results of 999 or the like are read as numbers", tuple(rows.tolist()), "If they mean missing, leave the cells blank.")]  # fmt: skip


def _above(data: KineticsData) -> list[Finding]:
    rows = data.row[(data.censored != NOT_CENSORED) & (data.censored != BELOW)]
    if not rows.size:
        return []
    return [Finding("warning", "results above a limit count as that limit", tuple(rows.tolist()), "Dilute and measure again, or leave them out: peaks and areas are at least as large.")]  # fmt: skip


def _dosed_again(data: KineticsData) -> list[Finding]:
    """Patients whose later doses lie between their results: a course of levels is then not one."""
    if not len(data.doses):
        return []
    again = [
        i
        for i in range(data.n_patients)
        if (times := data.doses[data.doses[:, 0] == i, 1]).size > 1 and (times > times.min()).any()
    ]
    if not again:
        return []
    rows = tuple(int(data.row[data.first[i]]) for i in again)
    return [Finding("warning", f"{len(again)} patients have more than one dose; times count from the first", rows, "Areas, half-lives and persistence run over all doses: analyse each by itself if that is not meant.")]  # fmt: skip


def _few(data: KineticsData) -> list[Finding]:
    counts = np.bincount(data.patient, minlength=data.n_patients)
    measured = np.bincount(data.patient[data.censored == NOT_CENSORED], minlength=data.n_patients)
    none = [i for i in range(data.n_patients) if measured[i] == 0]
    found = []
    if none:
        rows = tuple(int(data.row[data.first[i]]) for i in none)
        found.append(Finding("warning", f"{len(none)} patients have no result above the limit", rows, "They count, but say little."))  # fmt: skip
    if (counts == 1).all():
        found.append(Finding("warning", "every patient has one result only", (), "Differences between patients cannot be told from scatter."))  # fmt: skip
    return found


def _far_time(data: KineticsData) -> list[Finding]:
    if data.time_unit == "day" and data.time.max() > EXCELS_FIRST_DATE:
        row = int(data.row[np.argmax(data.time)])
        return [Finding("error", f"the last time is {data.time.max():g} days, longer than a life: dates as a spreadsheet counts them?", (row,), "Subtract the date of infusion; or say time_unit=… (--time-unit hour).")]  # fmt: skip
    if data.time_unit == "day" and data.time.max() > 20 * 365.25:
        row = int(data.row[np.argmax(data.time)])
        return [Finding("warning", f"the last time is {data.time.max():g} days", (row,), "Are these hours? Say time_unit=… (--time-unit hour).")]  # fmt: skip
    return []


def _scattered_limits(data: KineticsData, limit_known: bool) -> list[Finding]:
    """Flagged results of many different values: what was measured stands there, not the limit."""
    below = data.censored == BELOW
    if limit_known or below.sum() < 5 or np.unique(data.value[below]).size <= 0.2 * below.sum() + 2:
        return []
    words = f"results flagged as below the limit have {np.unique(data.value[below]).size} different values; each is taken as its own limit"
    return [Finding("warning", words, tuple(data.row[below].tolist()), "State the limit with lloq=… (--lloq) or a column LLOQ.")]  # fmt: skip
