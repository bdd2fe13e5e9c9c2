"""Seen to outcomes: one number a patient, asked when needed, also of a finished run; nothing is simulated again.

frame of what was seen ──► rows that match ──► reducer ──► one value for everyone whose course finished
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.catalog.questions import Questions
from livingdrug.catalog.records.outcome import Outcome
from livingdrug.clinic.criterion import THREE_MONTHS, judged_by
from livingdrug.foundation.as_arrays import as_flags
from livingdrug.foundation.errors import BadInput, CatalogError, UnknownName
from livingdrug.foundation.expressions import read_formula
from livingdrug.observation.frames import by_patient_and_day
from livingdrug.observation.ward import PLANNED
from livingdrug.outcome import reducers as reducer_files
from livingdrug.outcome.rows import Rows, Table

FINISHED = ("finished", "died")
"""How a course may end that counts; anything else is the reason why it does not."""
MADE_OF_LOG = ("drug_class", "by_rule")
"""Columns that the log has for outcomes besides its own: the class of a drug, and whether a rule gave it."""
TYPES: dict[str, Any] = {
    "number": pl.Float64, "whole": pl.Int64, "yes_no": pl.Boolean, "day": pl.Float64, "text": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Outcomes:
    """What may be asked of the patients of one arm; answers are remembered.

    Attributes
    ----------
    questions
        Outcomes by name, and the records they read.
    frames
        Frames of one arm by name (`livingdrug.observation.seen.Seen`), and ``truth``; each with a column ``patient``.
    """

    questions: Questions
    frames: Mapping[str, pl.DataFrame]
    _answers: dict[str, pl.Series] = field(default_factory=dict, repr=False, compare=False)
    _pieces: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def patients(self) -> NDArray[np.int64]:
        """Everyone treated whose course finished, ascending (n,)."""
        if "patients" not in self._pieces:
            exits = self.frames["exits"]
            done = [as_flags(exits["course_status"] == how, unknown=False) for how in FINISHED]
            self._pieces["patients"] = np.sort(exits["patient"].to_numpy()[np.logical_or.reduce(done)])
        return self._pieces["patients"]

    def named(self, name: str) -> Outcome:
        """The outcome of this name.

        Raises
        ------
        UnknownName
            No outcome is called so.
        BadInput
            The trial cannot answer: it does not grade the scale, or measure the quantity.
        """
        outcome = self.questions.find(name)
        if outcome is None:
            raise UnknownName("outcome", name, self.questions.names(), "livingdrug list outcome shows them all.")
        problem = self.questions.problem(outcome)
        if problem:
            raise BadInput(f"{name}: {problem}")
        return outcome

    def ask(self, outcome: str | Outcome) -> pl.Series:
        """One value for each of `patients`; null for unknown, or for what never happened.

        Raises
        ------
        UnknownName, BadInput
            See `named`.
        """
        if isinstance(outcome, str):
            outcome = self.named(outcome)
        name = outcome.pattern
        if name not in self._answers:
            lacking = self.not_measured(outcome)
            if lacking:
                raise BadInput(f"{name} reads {lacking}.\n  Ask for another outcome.")
            self._answers[name] = self._reduced(outcome)
        return self._answers[name]

    def table(self, outcomes: Iterable[str | Outcome]) -> pl.DataFrame:
        """Several outcomes as columns beside ``patient``; a record that this arm cannot answer becomes nulls, a name is an error."""
        columns: dict[str, Any] = {"patient": self.patients}
        for outcome in outcomes:
            known = self.named(outcome) if isinstance(outcome, str) else outcome
            if not isinstance(outcome, str) and (self.questions.problem(known) or self.not_measured(known)):
                columns[known.pattern] = pl.Series([None] * len(self.patients), dtype=TYPES[known.kind])
            else:
                columns[known.pattern] = self.ask(known)
        return pl.DataFrame(columns)

    def not_measured(self, outcome: Outcome) -> str:
        """What an outcome reads and nobody could see in this arm, whose model lacks it; empty when there is no such thing.

        That is something else than a null (not looked for in this patient, or never) and than a "no": a sign that is no column of
        the ward, a scale without a single grade, or an assay without a single result although somebody came to a later visit.
        """
        if outcome.of == "ward" and (there := self._remembered("signs", self._signs_seen)):
            read = [*(read_formula(outcome.when).names if outcome.when else ()), outcome.column]
            lacking = [name for name in read if name in self.questions.signs.moment and name not in there]
            if lacking:
                return f"{', '.join(lacking)}, which nobody on the ward sees in this arm (its model lacks the sign, or an assay measures it)"
        if outcome.of == "grades" and self._remembered("signs", self._signs_seen):
            scale = self._scale(outcome)
            if scale and scale not in self._remembered("scales", self._scales_seen):
                return f"grades on {scale}, which nobody has in this arm (its model lacks what the scale reads)"
        wanted = outcome.match.get("quantity") if outcome.of == "visits" else None
        lacking = [name for name in (wanted if isinstance(wanted, tuple) else (wanted,)) if self._without_results(name)]
        return (
            f"{', '.join(map(str, lacking))}, which nobody measures in this arm (its model lacks it)" if lacking else ""
        )

    def _scale(self, outcome: Outcome) -> str:
        """The one scale whose grades an outcome reads; empty for none or several."""
        toxicity = outcome.match.get("toxicity")
        first = next((scale for scale, what in self.questions.graded.items() if what == toxicity), "")
        scale = outcome.match.get("scale", first)
        return scale if isinstance(scale, str) else ""

    def _without_results(self, quantity: object) -> bool:
        """Whether a quantity has planned visits, somebody came to one as late as the first, and nobody has a result."""
        begins = self.questions.first_planned.get(str(quantity))
        if begins is None:
            return False
        last = self._remembered("last planned", self._last_planned)
        return str(quantity) not in last and any(day is not None and day >= begins for day in last.values())

    def _remembered(self, what: str, find: Callable[[], Any]) -> Any:
        if what not in self._pieces:
            self._pieces[what] = find()
        return self._pieces[what]

    def _signs_seen(self) -> tuple[str, ...]:
        """Columns of the ward; none where nobody was there."""
        ward = self._whole("ward")
        return () if ward.is_empty() else tuple(ward.columns)

    def _scales_seen(self) -> frozenset[str]:
        """Scales with a grade."""
        return frozenset(self._whole("grades")["scale"].unique())

    def _last_planned(self) -> dict[str, float | None]:
        """Quantity -> last planned day on which somebody came or might have."""
        return dict(self.frames["visits"].group_by("quantity").agg(pl.col("day_planned").max()).iter_rows())

    def _reduced(self, outcome: Outcome) -> pl.Series:
        rows = self._rows(outcome)
        values = reducer(outcome.reduce).reduce(rows, outcome, self.questions)
        if isinstance(values, np.ndarray):
            if outcome.absent == "none":
                values = np.where((rows.n_rows == 0) & np.isnan(values), 0.0, values)
            numbers = np.where(np.isfinite(values), values, np.nan)
            series = pl.Series(numbers.astype(np.float64, copy=False), nan_to_null=True)
        else:
            series = pl.Series(values, strict=False)
        kind = TYPES[outcome.kind]
        if outcome.kind == "yes_no" and series.dtype.is_numeric():
            series = series > 0
        return (series if series.dtype == kind else series.cast(kind)).alias(outcome.pattern)

    def _rows(self, outcome: Outcome) -> Rows:
        table, rows = self._table(outcome), None
        for column, wanted in outcome.match.items():
            if column == "toxicity" and outcome.of == "grades":
                first = next((scale for scale, what in self.questions.graded.items() if what == wanted), None)
                if first is None:
                    raise BadInput(f"{outcome.pattern}: {self.questions.problem(outcome)}")
                column, wanted = "scale", first
            if column not in table.frame.columns:
                raise CatalogError(
                    f'outcome "{outcome.id}", "match": frame "{outcome.of}" has no column "{column}".\n'
                    f"  It has: {', '.join(table.frame.columns)}."
                )
            rows = table.rows_with(column, wanted, rows)
        if rows is None:
            rows = np.arange(table.frame.height)
        if outcome.days is not None and len(rows):
            day, (first_day, last_day) = table.numbers("day", rows), outcome.days
            rows = rows[(day >= first_day) & (day <= last_day)]
        if outcome.column not in table.frame.columns and reads_column(outcome.reduce) and len(rows):
            raise CatalogError(
                f'outcome/{outcome.id}.toml, "column": frame "{outcome.of}" has no column "{outcome.column}".\n'
                f"  It has: {', '.join(table.frame.columns)}."
            )
        return Rows(table, rows, self._met(outcome, table, rows))

    def _met(self, outcome: Outcome, table: Table, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        if not outcome.when or not len(rows):  # where nobody was treated a frame has only its promised columns
            return np.ones(len(rows), dtype=bool)
        formula = read_formula(outcome.when)
        values: dict[str, Any] = {}
        for name in formula.names:
            if name in table.frame.columns:
                values[name] = table.numbers(name, rows)
            elif name in self.questions.conduct:
                values[name] = self.questions.conduct[name]
            else:
                raise CatalogError(
                    f'outcome "{outcome.id}", "when": "{name}" is no column of frame "{outcome.of}" and no number of the'
                    f" trial's [conduct].\n  It may read {', '.join((*table.frame.columns, *self.questions.conduct))}."
                )
        found = np.asarray(formula.evaluate(values))
        return np.broadcast_to(found > 0, (len(rows),)).copy()

    def _table(self, outcome: Outcome) -> Table:
        """The frame an outcome reads, of patients whose course finished, sorted by patient and day."""
        by_day = float(outcome.option.get("by_day") or THREE_MONTHS) if outcome.of == "response" else None
        key = ("table", outcome.of, by_day)
        if key not in self._pieces:
            frame = self._whole(outcome.of) if by_day is None else self._response(by_day)
            self._pieces[key] = Table(self.patients, frame)
        return self._pieces[key]

    def _whole(self, of: str) -> pl.DataFrame:
        if ("whole", of) not in self._pieces:
            if of not in self.frames:
                raise BadInput(f'there is no frame "{of}" in this run.\n  Run the trial again with this version.')
            frame = self.frames[of]
            here = np.isin(frame["patient"].to_numpy(), self.patients)
            if of == "visits":
                here &= ~as_flags(frame["missed"], unknown=True) & as_flags(frame["value"].is_not_null(), unknown=False)
            frame = pl.DataFrame([frame[name] for name in frame.columns if name != "arm"])
            frame = frame if here.all() else frame[np.flatnonzero(here)]
            if of == "log":
                frame = frame.with_columns(
                    drug_class=pl.col("drug").replace_strict(self.questions.drugs, default=""),
                    by_rule=pl.col("rule") != PLANNED,
                )
            self._pieces["whole", of] = by_patient_and_day(frame)
        return self._pieces["whole", of]

    def _response(self, by_day: float) -> pl.DataFrame:
        """One row a patient: response by this day, by the disease's criterion, from visits and exits."""
        one = pl.lit("").alias("arm")
        visits, exits = self._whole("visits").with_columns(one), self._whole("exits").with_columns(one)
        return judged_by(self.questions.criterion).judge(visits, exits, by_day).drop("arm")


@cache
def reducer(name: str) -> Any:
    """The file of this reducer: a module with `reduce`; `NEEDS`, options without which it cannot work; and `COLUMN`, False where it
    looks at which rows there are and not at what stands in them.

    Raises
    ------
    UnknownName
        There is no such file.
    """
    if name not in reducers():
        raise UnknownName("reducer", name, reducers(), "A reducer is a file of livingdrug/outcome/reducers.")
    return import_module(f"{reducer_files.__name__}.{name}")


def reads_column(name: str) -> bool:
    """Whether a reducer reads the outcome's column."""
    return getattr(reducer(name), "COLUMN", True)


def reducers() -> tuple[str, ...]:
    """Every reducer there is."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(reducer_files.__path__)))
