"""What a method of decision is: keys of a rule file, a design for a size, a decision on one trial's data, exact numbers if any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.arms import duration_days
from livingdrug.catalog.records.base import Part
from livingdrug.design.observed import Observed
from livingdrug.foundation.errors import BadInput

GO, NO_GO, FUTILE, UNTESTED = "go", "no go", "stopped for futility", "could not be tested"
DECISIONS = (GO, NO_GO, FUTILE, UNTESTED)


@dataclass(frozen=True)
class Decision:
    """What a rule decides on one trial.

    Attributes
    ----------
    word
        One of `DECISIONS`.
    look
        At which look (from 1).
    enrolled
        Patients enrolled by then.
    day
        Calendar day.
    statistic
        On which it was decided.
    """

    word: str
    look: int
    enrolled: int
    day: float
    statistic: float = np.nan


class Method:
    """A way to decide; one file each, with an object ``METHOD``.

    Attributes
    ----------
    Keys
        Of a rule file.
    kind
        Of the endpoint it decides on.
    arms
        How many it needs: 1 or 2.
    """

    Keys: ClassVar[type[Part]]
    kind: ClassVar[str]
    arms: ClassVar[int] = 1

    def planned(self, keys: Any, n: int) -> Any:
        """The design for n patients enrolled: its bounds; raises `BadInput` where there is none."""
        return keys

    def decide(self, design: Any, seen: Observed) -> Decision:
        """The decision on one trial."""
        raise NotImplementedError

    def null(self, design: Any, seen: Observed, numbers: NDArray[np.float64], effect: float | None) -> Observed | None:
        """The same people with outcomes drawn at the null, or at a planted effect; None where the null is another simulation.

        Parameters
        ----------
        numbers
            One uniform number for each person counted (m,).
        effect
            The true value planted: a probability, or a hazard ratio to the historical curve; None for the null.
        """
        return None

    def refuse_effect(self, effect: float) -> None:
        """Stop at a planted effect that is none: a probability for a proportion, a hazard ratio for a time to event.

        Raises
        ------
        BadInput
            It is outside its range.
        """
        if self.kind == "proportion" and not 0.0 <= effect <= 1.0:
            raise BadInput(f"effect: got {effect:g}, expected a probability from 0 to 1.\n  Write --effect 0.4.")
        if self.kind == "time_to_event" and not 0.0 < effect < np.inf:
            raise BadInput(f"effect: got {effect:g}, expected a positive hazard ratio.\n  Write --effect 0.7.")

    def short(self, design: Any, seen: Observed, decision: Decision) -> bool:
        """Whether a decision was made with fewer people, looks or events than the rule plans: by what there was."""
        return False

    def caveat(self, design: Any, n: int) -> str:
        """What differs from the rule as written when only n are enrolled, in a sentence; empty where nothing does."""
        return ""

    def exact(self, design: Any, truth: float, m: int) -> Mapping[str, float] | None:
        """Exact probability of each decision where there is a closed form; None without.

        Parameters
        ----------
        truth
            The true value: a probability, or a hazard ratio.
        m
            Patients counted.
        """
        return None

    def told(self, design: Any) -> str:
        """The design in words."""
        return ""


class Analysis(Part):
    """When a time to event is analysed; at the end of follow-up where nothing is said.

    Attributes
    ----------
    events
        On the day of so many events.
    events_per_patient
        On the day of so many events for each patient enrolled.
    after_last
        So long after the last enrolment: ``"12 month"``.
    """

    events: int | None = None
    events_per_patient: float | None = None
    after_last: str = ""

    def day(self, seen: Observed) -> float:
        """The calendar day of the analysis."""
        if self.after_last:
            return float(seen.entry[-1]) + duration_days(self.after_last, "after_last")
        wanted = self.wanted(seen.n)
        days = seen.event_days()
        if wanted and days.size >= wanted:
            return float(days[wanted - 1])
        return seen.last_day()

    def wanted(self, n: int) -> int:
        """Events at the analysis; 0 where it does not depend on them."""
        if self.events is not None:
            return self.events
        return max(1, int(np.ceil(self.events_per_patient * n - 1e-9))) if self.events_per_patient is not None else 0

    def too_few(self, seen: Observed) -> bool:
        """Whether so many events never came: the analysis is then at the end of follow-up."""
        return seen.event_days().size < self.wanted(seen.n)

    def refuse(self) -> None:
        """Stop at an analysis that is set in two ways or never comes."""
        ways = [self.events is not None, self.events_per_patient is not None, bool(self.after_last)]
        if sum(ways) > 1:
            raise BadInput(
                "the analysis is set in several ways: events, events_per_patient, after_last.\n  Keep one of them."
            )
        if self.events is not None and self.events < 1:
            raise BadInput(f"events: got {self.events}, expected at least 1.")
        if self.events_per_patient is not None and not 0 < self.events_per_patient <= 1:
            raise BadInput(f"events_per_patient: got {self.events_per_patient:g}, expected more than 0 and at most 1.")
        if self.after_last and not 0 <= duration_days(self.after_last, "after_last") <= 36525:
            raise BadInput(f'after_last: got "{self.after_last}", expected 0 days to 100 years.')


def probability(name: str, value: float, *, low: float = 0.0, high: float = 1.0) -> float:
    """A probability strictly between two limits.

    Raises
    ------
    BadInput
        It is not.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low < value < high:
        raise BadInput(f"{name}: got {value!r}, expected a number between {low:g} and {high:g}.")
    return float(value)
