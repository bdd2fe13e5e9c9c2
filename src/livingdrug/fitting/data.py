"""Cellular-kinetics data as a fit uses them: who was sampled when, what was found, what lay below the limit, what was given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NOT_CENSORED, BELOW, ABOVE = 0, 1, -1
"""As in a CENS column: 1 the true value lies below the one given, -1 above it."""


@dataclass(frozen=True)
class Finding:
    """Something worth knowing about the data before anything is fitted.

    Attributes
    ----------
    severity
        ``"error"`` (cannot be used), ``"warning"`` (look at it) or ``"note"`` (what was understood).
    what
        The matter in a few words, the same for all rows it concerns.
    rows
        Row numbers as a spreadsheet counts them (the heading is row 1).
    remedy
        What to do.
    """

    severity: str
    what: str
    rows: tuple[int, ...] = ()
    remedy: str = ""

    @property
    def rows_told(self) -> str:
        """The first row numbers as text.

        Examples
        --------
        >>> Finding("note", "x", tuple(range(2, 30))).rows_told
        '2, 3, 4, 5, 6, 7, 8, 9 … (28 rows)'
        """
        shown = ", ".join(str(row) for row in self.rows[:8])
        return f"{shown} … ({len(self.rows)} rows)" if len(self.rows) > 8 else shown


@dataclass(frozen=True)
class KineticsData:
    """Measurements of a quantity over time in several patients, with their doses and covariates.

    Arrays of measurements are sorted by patient, then by time.

    Attributes
    ----------
    patients
        Names of the n patients, in order of the file.
    patient
        Number of the patient (0 … n-1) of each measurement, shaped (m,).
    time
        Time of each measurement, shaped (m,), in `time_unit`.
    value
        What was found, shaped (m,), in `value_unit`; for a censored measurement its limit.
    censored
        0 measured, 1 below `value`, -1 above `value`; shaped (m,).
    output
        Which of `outputs` was measured, shaped (m,).
    row
        Row of the file, shaped (m,).
    doses
        One line per dose: patient number, time, amount, duration (0 for an instant), compartment; shaped (k, 5), sorted.
    occasion, occasions
        Number of the occasion of each measurement, shaped (m,), and what the table calls each.
    covariates
        Frame with a column ``patient`` (name) and one per covariate, one row per patient; values at the first record.
    changing
        Covariates of numbers that change within some patient.
    changes
        Every value of those: patient number, time, place in `changing`, value; shaped (k, 4), sorted. A value holds until the next.
    findings
        What was noticed while reading.
    """

    patients: tuple[str, ...]
    patient: Integers
    time: Floats
    value: Floats
    censored: Integers
    covariates: pl.DataFrame
    output: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    row: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    doses: Floats = field(default_factory=lambda: np.empty((0, 5)))
    outputs: tuple[str, ...] = ("value",)
    occasion: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    occasions: tuple[str, ...] = ("1",)
    changing: tuple[str, ...] = ()
    changes: Floats = field(default_factory=lambda: np.empty((0, 4)))
    time_unit: str = "day"
    value_unit: str = ""
    dose_unit: str = ""
    source: str = ""
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        m = self.time.size
        for name in ("output", "row", "occasion"):
            if getattr(self, name).size != m:
                object.__setattr__(self, name, np.zeros(m, np.int64))
        shapes = {
            name: getattr(self, name).shape
            for name in ("patient", "time", "value", "censored", "output", "row", "occasion")
        }
        if set(shapes.values()) != {(m,)}:
            raise BadInput(f"measurements are shaped {shapes}; expected one length for all of them.")
        if not m:
            raise BadInput(f"{self.source or 'the data'}: there is no measurement.\n  Rows need a time and a value.")
        order = np.lexsort((self.time, self.patient))
        if (order != np.arange(m)).any():
            raise BadInput("measurements must be sorted by patient, then by time.")
        if not (np.isfinite(self.time).all() and np.isfinite(self.value).all()):
            raise BadInput("times and values must be finite numbers; leave out what was not measured.")
        if self.doses.ndim != 2 or self.doses.shape[1] != 5:
            raise BadInput(f"doses are shaped {self.doses.shape}, expected (doses, 5).")
        if self.changes.ndim != 2 or self.changes.shape[1] != 4:
            raise BadInput(f"changes of covariates are shaped {self.changes.shape}, expected (changes, 4).")

    @property
    def n_patients(self) -> int:
        """Patients with at least one measurement."""
        return len(self.patients)

    @property
    def first(self) -> Integers:
        """Where each patient's measurements begin, shaped (n + 1,)."""
        return np.searchsorted(self.patient, np.arange(self.n_patients + 1)).astype(np.int64)

    @property
    def first_dose(self) -> Integers:
        """Where each patient's doses begin, shaped (n + 1,)."""
        return np.searchsorted(self.doses[:, 0], np.arange(self.n_patients + 1)).astype(np.int64)

    def course_of(self, i: int, covariate: str) -> tuple[Floats, Floats]:
        """Times and values of a changing covariate in patient number `i`; empty where it does not change in anybody."""
        if covariate not in self.changing:
            return np.empty(0), np.empty(0)
        mine = (self.changes[:, 0] == i) & (self.changes[:, 2] == self.changing.index(covariate))
        return self.changes[mine, 1], self.changes[mine, 3]

    def brought(self, who: Integers) -> dict[str, Any]:
        """What these patients bring to another record, renumbered in this order: covariates, changes, doses."""
        names = tuple(str(k) for k in range(len(who)))
        import polars as pl

        return {
            "covariates": self.covariates[np.asarray(who).tolist()].with_columns(pl.Series("patient", names)),
            "doses": _renumbered(self.doses, who),
            "changing": self.changing,
            "changes": _renumbered(self.changes, who),
        }

    @property
    def checks(self) -> pl.DataFrame:
        """The findings as a frame: severity, what, rows, remedy."""
        import polars as pl

        rows = [(f.severity, f.what, f.rows_told, f.remedy) for f in self.findings]
        return pl.DataFrame(
            rows,
            schema={"severity": pl.String, "what": pl.String, "rows": pl.String, "remedy": pl.String},
            orient="row",
        )

    @property
    def frame(self) -> pl.DataFrame:
        """The measurements as a frame: patient, time, value, censored, output, row; occasion where there are several."""
        import polars as pl

        names = np.array(self.patients, dtype=object)[self.patient]
        outputs = np.array(self.outputs, dtype=object)[self.output]
        found = pl.DataFrame(
            {
                "patient": names.tolist(),
                "time": self.time,
                "value": self.value,
                "censored": self.censored,
                "output": outputs.tolist(),
                "row": self.row,
            }
        )
        if len(self.occasions) == 1:
            return found
        return found.with_columns(pl.Series("occasion", [self.occasions[k] for k in self.occasion]))

    def without_censored(self) -> KineticsData:
        """The same data with every censored measurement thrown away: what M3 is compared with, never what to use."""
        keep = self.censored == NOT_CENSORED
        return self.where(keep)

    def where(self, keep: NDArray[np.bool_]) -> KineticsData:
        """The measurements for which `keep` is true; patients left without one are dropped."""
        import polars as pl

        left = np.unique(self.patient[keep])
        number = np.full(self.n_patients, -1)
        number[left] = np.arange(left.size)
        names = tuple(self.patients[i] for i in left)
        return KineticsData(
            patients=names, patient=number[self.patient[keep]], time=self.time[keep], value=self.value[keep],
            censored=self.censored[keep], covariates=self.covariates.filter(pl.col("patient").is_in(names)),
            output=self.output[keep], row=self.row[keep], doses=_renumbered(self.doses, left), outputs=self.outputs,
            occasion=self.occasion[keep], occasions=self.occasions, changing=self.changing,
            changes=_renumbered(self.changes, left),
            time_unit=self.time_unit, value_unit=self.value_unit, dose_unit=self.dose_unit, source=self.source,
            findings=self.findings,
        )  # fmt: skip

    def taken(self, who: Integers) -> KineticsData:
        """These patients, in this order and as often as they are named; each time a patient of its own."""
        first = self.first
        rows = [np.arange(int(first[i]), int(first[i + 1])) for i in who]
        place = np.concatenate(rows) if rows else np.empty(0, np.int64)
        seen: dict[int, int] = {}
        names = []
        for i in who.tolist():
            seen[i] = seen.get(i, 0) + 1
            names.append(self.patients[i] + (f" ({seen[i]})" if seen[i] > 1 else ""))
        import polars as pl

        brought = self.brought(who)
        brought["covariates"] = brought["covariates"].with_columns(pl.Series("patient", names))
        return replace(
            self, patients=tuple(names), patient=np.repeat(np.arange(len(who), dtype=np.int64), [r.size for r in rows]),
            time=self.time[place], value=self.value[place], censored=self.censored[place],
            output=self.output[place], row=self.row[place], occasion=self.occasion[place], **brought,
        )  # fmt: skip

    def __repr__(self) -> str:
        below, above = int((self.censored == BELOW).sum()), int((self.censored == ABOVE).sum())
        share = f", {below} below the limit ({100 * below / self.time.size:.0f} %)" if below else ""
        share += f", {above} above it" if above else ""
        doses = f", {len(self.doses)} doses" if len(self.doses) else ""
        known = [name for name in self.covariates.columns if name != "patient"]
        about = f"; covariates {', '.join(known)}" if known else ""
        alarms = sum(finding.severity != "note" for finding in self.findings)
        told = f"; {alarms} thing{'s' if alarms > 1 else ''} to look at: .checks" if alarms else ""
        unit = f" [{self.value_unit}]" if self.value_unit else ""
        return (
            f"KineticsData {self.source}: {self.n_patients} patients, {self.time.size} measurements{unit}{share}, "
            f"{self.time_unit} {self.time.min():g} to {self.time.max():g}{doses}{about}{told}"
        )


def _renumbered(rows: Floats, who: Integers) -> Floats:
    """The rows of these patients, whose number stands in the first column, numbered in this order."""
    first = np.searchsorted(rows[:, 0], np.arange(int(max(who, default=-1)) + 2))
    own = [rows[first[i] : first[i + 1], 1:] for i in who]
    number = np.repeat(np.arange(len(own), dtype=np.float64), [len(part) for part in own])
    return np.column_stack([number, np.concatenate(own)]) if own else rows[:0]
