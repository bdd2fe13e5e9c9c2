"""Outcomes of a large stored run, some thousands of patients after others: what was seen of all of them is never in memory together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.outcome.outcomes import FINISHED, Outcomes
from livingdrug.trial.stored_frames import ReadWhenAsked, StoredFrames

if TYPE_CHECKING:
    from livingdrug.catalog.records.outcome import Outcome

PATIENTS = 10_000
"""Reduced together."""


@dataclass(frozen=True)
class OutcomesOnDisk(Outcomes):
    """As `Outcomes`, to the last bit; `frames` are `StoredFrames` of all arms, and `arm` says whose patients these are."""

    arm: str = ""

    @property
    def patients(self) -> NDArray[np.int64]:
        """Everyone treated whose course finished, ascending (n,)."""
        return self._remembered("patients", self._finished)

    def _finished(self) -> NDArray[np.int64]:
        done = self._stored.part("exits", self._mine & pl.col("course_status").is_in(FINISHED), ("patient",))
        return done["patient"].sort().to_numpy()

    @property
    def _stored(self) -> StoredFrames:
        assert isinstance(self.frames, StoredFrames)
        return self.frames

    @property
    def _mine(self) -> pl.Expr:
        return pl.col("arm") == self.arm

    def _of_finished(self, name: str) -> pl.LazyFrame:
        who = pl.LazyFrame({"patient": self.patients})
        return self._stored.scan(name).filter(self._mine).join(who, on="patient", how="semi")

    def _signs_seen(self) -> tuple[str, ...]:
        some = self._of_finished("ward").head(1).collect(engine="streaming")
        return () if some.is_empty() else tuple(name for name in some.columns if name != "arm")

    def _scales_seen(self) -> frozenset[str]:
        found = self._of_finished("grades").select(pl.col("scale").unique()).collect(engine="streaming")
        return frozenset(found["scale"])

    def _last_planned(self) -> dict[str, float | None]:
        visits = self._stored.scan("visits").filter(self._mine)
        found = visits.group_by("quantity").agg(pl.col("day_planned").max()).collect(engine="streaming")
        return dict(found.iter_rows())

    def table(self, outcomes: Iterable[str | Outcome]) -> pl.DataFrame:
        """As `Outcomes.table`; what is new is asked of some patients after others, all of it of each."""
        wanted = list(outcomes)
        known = [self.named(one) if isinstance(one, str) else one for one in wanted]
        self._ask_together([one for one in known if not (self.questions.problem(one) or self.not_measured(one))])
        return super().table(wanted)

    def _reduced(self, outcome: Outcome) -> pl.Series:
        self._ask_together([outcome])
        return self._answers[outcome.pattern]

    def _ask_together(self, outcomes: Sequence[Outcome]) -> None:
        new = [one for one in outcomes if one.pattern not in self._answers]
        if not new:
            return
        mine, visits, pieces = self._mine, self._visits_read(new), []
        for first in range(0, max(len(self.patients), 1), PATIENTS):
            some = self.patients[first : first + PATIENTS]
            between = pl.col("patient").is_between(some[0], some[-1]) if len(some) else pl.lit(False)
            few = Outcomes(self.questions, _Some(self._stored, mine & between, mine & between & visits))
            pieces.append([few._reduced(one) for one in new])
        for one, found in zip(new, zip(*pieces, strict=True), strict=True):
            self._answers[one.pattern] = pl.concat(found)

    def _visits_read(self, outcomes: Sequence[Outcome]) -> pl.Expr:
        """Visits of the quantities that are read; all where response is judged."""
        matches = [one.match.get("quantity") for one in outcomes if one.of == "visits"]
        if None in matches or any(one.of == "response" for one in outcomes):
            return pl.lit(True)
        names = {name for wanted in matches for name in (wanted if isinstance(wanted, tuple) else (wanted,))}
        return pl.col("quantity").is_in(sorted(map(str, names)))


class _Some(ReadWhenAsked):
    """Frames of some patients of one arm, read when asked for; the visits only of the quantities wanted."""

    def __init__(self, stored: StoredFrames, rows: pl.Expr, visits: pl.Expr) -> None:
        super().__init__(stored)
        self._stored, self._rows, self._visits = stored, rows, visits

    def _read(self, name: str) -> pl.DataFrame:
        return self._stored.part(name, self._visits if name == "visits" else self._rows)
