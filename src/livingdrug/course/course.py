"""The true course of every treated patient: days, names, values, clones, how each ended. Nobody in a clinic sees this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.clinic.management import RuleInfo
from livingdrug.clinic.protocol import PlannedDose
from livingdrug.course.equations import ANTIGEN_NEGATIVE
from livingdrug.course.fate import extinct_day
from livingdrug.engine.ensemble import Firings
from livingdrug.engine.program import NEVER, without_never
from livingdrug.foundation.errors import LivingDrugError, UnknownName
from livingdrug.model.instance import Clone

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Whole:
    """All that the model has of the patients whose courses are kept: names, and values shaped (patients, checks, names)."""

    names: tuple[str, ...]
    values: Floats


@dataclass(frozen=True)
class Course:
    """What happened in each body.

    Attributes
    ----------
    patients
        Patient numbers (n,).
    days
        Days of the checks from infusion, ascending (C,).
    names
        What was recorded (O,): the model's outputs and states, grades and memories of the rules.
    sampled
        Everything of the first patients, as many as belong to the sample; None where all is kept of everyone.
    values
        Shaped (n, C, O), in the model's units; NaN after the end of a course.
    stop_check
        Last check of each course (n,).
    clones, target
        The tumour's clones with their antigens, and the antigen that the product aims at; empty without cells.
    firings, rules
        Every dose given by a rule, and what each rule means.
    planned
        Every drug that the plan gave: day, drug, milligrams (n,).
    person
        What is known of each person, as the model calls it: ``"age"`` [year], ``"weight"`` [kg] …, each (n,).
    failed
        Whose integration did not finish (n,).
    sentences
        How each integration ended, in words (n,).
    """

    patients: NDArray[np.int64]
    days: Floats
    names: tuple[str, ...]
    values: Floats
    stop_check: NDArray[np.int64]
    clones: tuple[Clone, ...]
    target: str
    firings: Firings
    rules: tuple[RuleInfo, ...]
    failed: NDArray[np.bool_]
    sentences: tuple[str, ...]
    planned: tuple[PlannedDose, ...] = ()
    person: Mapping[str, Floats] = field(default_factory=dict, repr=False, compare=False)
    sampled: Whole | None = None
    _columns: dict[str, Floats] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.patients)

    def __contains__(self, name: object) -> bool:
        return name in self._known or name == ANTIGEN_NEGATIVE

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    @property
    def _known(self) -> tuple[str, ...]:
        """All that the model has, kept of everyone or not."""
        return self.sampled.names if self.sampled else self.names

    def __getitem__(self, name: str) -> Floats:
        """One name over time, shaped (n, C), contiguous."""
        if name not in self._columns and name == ANTIGEN_NEGATIVE:
            self._columns[name] = self._antigen_negative_percent()
        if name not in self._columns:
            if name not in self.names and name in self._known:
                raise LivingDrugError(f'"{name}" was not kept of this course; please report this.')
            if name not in self.names:
                raise UnknownName("model output", name, self.names)
            self._columns[name] = np.ascontiguousarray(self.values[:, :, self.names.index(name)])
        return self._columns[name]

    def _antigen_negative_percent(self) -> Floats:
        """Tumour cells that do not carry the target [percent], shaped (n, C); 0 without any cell."""
        cells = {carries: np.zeros(self.values.shape[:2]) for carries in (True, False)}
        for clone in self.clones:
            cells[clone.carries(self.target)] += self[clone.cells]
        every = cells[True] + cells[False]
        return np.where(
            every > 0, 100.0 * cells[False] / np.where(every > 0, every, 1.0), np.where(np.isnan(every), np.nan, 0.0)
        )

    @property
    def toxicity_death_day(self) -> Floats:
        """Day of death from toxicity (n,); infinite for none."""
        day = self["toxicity_death_day"][np.arange(len(self)), self.stop_check]
        return np.where(day >= NEVER, np.inf, day)

    def fates(self) -> pl.DataFrame:
        """What only the model knows of each patient's end: patient, truth_cured, truth_<clone>_clone_extinct_day."""
        days = {}
        for clone in self.clones:
            reached = self[extinct_day(clone)]
            last = np.nanmin(np.where(np.isnan(reached), NEVER, reached), axis=1)
            days[clone.name] = np.where((last >= NEVER) | self.failed, np.inf, last)
        cured = np.isfinite(np.stack(list(days.values()))).all(axis=0) if days else np.zeros(len(self), dtype=bool)
        frame = pl.DataFrame(
            {"patient": self.patients, "truth_cured": cured,
             **{f"truth_{name}_clone_extinct_day": day for name, day in days.items()}}
        )  # fmt: skip
        known = pl.Series(~self.failed)
        return frame.with_columns(
            pl.when(known).then("truth_cured"),
            *(pl.when(pl.col(name).is_finite()).then(name) for name in frame.columns[2:]),
        )

    def sample(self, n: int) -> pl.DataFrame:
        """The true courses of the patients numbered 1 to n: patient, day and every name, one row a check, until each ended.

        What there is no value of is null: the day of an event that has not come, hours since a drug that was not given.
        """
        rows = np.flatnonzero((self.patients >= 1) & (self.patients <= n))
        values = self.values[rows] if self.sampled is None else self.sampled.values[: len(rows)]
        if len(values) < len(rows):
            raise LivingDrugError(
                f"{len(values)} courses were kept whole, {len(rows)} were asked for; please report this."
            )
        there = ~np.isnan(values).all(axis=2)
        row, check = np.nonzero(there)
        columns = {name: without_never(name, values[:, :, place][there]) for place, name in enumerate(self._known)}
        frame = pl.DataFrame({"patient": self.patients[rows[row]], "day": self.days[check], **columns})
        return frame.with_columns(pl.col(list(columns)).fill_nan(None)) if columns else frame
