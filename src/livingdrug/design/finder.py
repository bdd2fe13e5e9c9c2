"""Finding a dose: persons come one after another, each has an answer at every dose, and a rule sees only the dose it gave.

persons x doses (the model's own people, who are the same at every dose) ─► cohorts ─► next dose, with what is known by then ─► the dose found
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta as beta_law

from livingdrug.catalog.records.base import Part
from livingdrug.foundation.errors import BadInput

Floats = NDArray[np.float64]
STOP, END, WAIT = -1, -2, -3
"""In place of a next dose: every dose is too toxic; nothing more is to be learnt; so many are still watched that nobody may be treated."""


@dataclass(frozen=True)
class Persons:
    """Answers of the people of one trial at every dose.

    Attributes
    ----------
    entry
        Calendar day on which each comes, ascending (n,).
    treated
        Whether each would be treated at each dose (n, D); who would not is replaced by the next.
    toxic_day
        Days from treatment to the toxicity at each dose, infinite without one (n, D).
    begins
        Days from enrolment to treatment at each dose (n, D).
    """

    entry: Floats
    treated: NDArray[np.bool_]
    toxic_day: Floats
    begins: Floats

    @property
    def n_doses(self) -> int:
        """Doses."""
        return self.toxic_day.shape[1]


@dataclass(frozen=True)
class Data:
    """What is known on a day: of everyone treated so far, in order.

    Attributes
    ----------
    n_doses
        Doses of the trial.
    dose
        Given, from 0 (m,).
    toxic
        Toxicity seen (m,).
    watched
        Share of the window in which each was watched, 1 when it is over or a toxicity was seen (m,).
    current
        The last dose given, or the first to be given.
    eliminated
        The lowest dose that may not be given any more; `n_doses` while all may.
    """

    n_doses: int
    dose: NDArray[np.int64]
    toxic: NDArray[np.bool_]
    watched: Floats
    current: int
    eliminated: int

    def count(self) -> NDArray[np.int64]:
        """Treated at each dose (D,)."""
        return np.bincount(self.dose, minlength=self.n_doses)

    def toxicities(self) -> NDArray[np.int64]:
        """Toxicities at each dose (D,)."""
        return np.bincount(self.dose[self.toxic], minlength=self.n_doses)


class DoseKeys(Part):
    """Keys that every way of finding a dose has.

    Attributes
    ----------
    start
        The first dose given, from 1.
    cohort
        Patients of a cohort.
    most
        Patients at most.
    window
        Days in which a toxicity counts.
    """

    start: int = 1
    cohort: int = 3
    most: int = 30
    window: float = 28.0

    def refuse(self, n_doses: int) -> None:
        """Stop at keys that make no trial."""
        if not 1 <= self.start <= n_doses:
            raise BadInput(f"start: got {self.start}, expected 1 to {n_doses}, a dose of the trial.")
        if not 1 <= self.cohort <= self.most <= 1000:
            raise BadInput(
                f"cohort, most: got {self.cohort} and {self.most}, expected 1 <= cohort <= most <= 1000 patients."
            )
        if not 0 < self.window <= 3650:
            raise BadInput(f"window: got {self.window:g}, expected more than 0 days and at most ten years.")


class Finder:
    """A way to find a dose.

    Attributes
    ----------
    Keys
        Of a rule file.
    """

    Keys: ClassVar[type[DoseKeys]]

    def in_time(self, keys: Any) -> bool:
        """Whether cohorts are treated while earlier ones are still watched."""
        return False

    def refuse(self, keys: Any, n_doses: int) -> None:
        """Stop at keys that do not fit the doses."""
        keys.refuse(n_doses)

    def next(self, keys: Any, data: Data) -> tuple[int, int]:
        """The next dose (from 0, `STOP` or `END`), and the lowest dose eliminated."""
        raise NotImplementedError

    def choose(self, keys: Any, data: Data) -> int:
        """The dose found at the end, from 0; `STOP` for none."""
        raise NotImplementedError


@dataclass(frozen=True)
class Found:
    """What a dose-finding trial came to.

    Attributes
    ----------
    dose
        The dose found, from 0; `STOP` for none.
    treated, toxic
        At each dose (D,).
    enrolled
        Everyone, those lost before treatment included.
    day
        Calendar day of the end.
    ran_out
        Whether nobody more came before the rule was done.
    """

    dose: int
    treated: NDArray[np.int64]
    toxic: NDArray[np.int64]
    enrolled: int
    day: float
    ran_out: bool = False


def find(finder: Finder, keys: Any, persons: Persons) -> Found:
    """One dose-finding trial.

    Who comes while nobody may be treated waits; the next cohort begins when the data it needs are there.
    """
    given: list[int] = []
    dose_of: list[int] = []
    began: list[float] = []
    now, place, current, eliminated = 0.0, 0, keys.start - 1, persons.n_doses
    in_time, following = finder.in_time(keys), WAIT

    def data(day: float) -> Data:
        who, dose = np.array(given, dtype=np.int64), np.array(dose_of, dtype=np.int64)
        seen = day - np.array(began)
        toxic_day = persons.toxic_day[who, dose]
        toxic = (toxic_day <= keys.window) & (toxic_day <= seen + 1e-9)
        watched = np.where(toxic, 1.0, np.clip((seen + 1e-6) / keys.window, 0.0, 1.0))
        return Data(persons.n_doses, dose, toxic, watched, current, eliminated)

    while len(given) < keys.most:
        before = len(given)
        for _ in range(min(keys.cohort, keys.most - len(given))):
            while place < persons.entry.size and not persons.treated[place, current]:
                place += 1
            if place >= persons.entry.size:
                break
            now = max(now, float(persons.entry[place]))
            given.append(place)
            dose_of.append(current)
            began.append(now + float(persons.begins[place, current]))
            place += 1
        if len(given) == before:
            break  # nobody more came who could be treated at this dose
        now = max(now, max(began) + (0.0 if in_time else keys.window))
        following, eliminated = finder.next(keys, data(now))
        while in_time and following == WAIT:  # too many are still watched
            waits = np.array(began) + keys.window
            now = float(waits[waits > now].min())
            following, eliminated = finder.next(keys, data(now))
        if following in (STOP, END) or place >= persons.entry.size:
            break
        current = following
    end = max(began, default=0.0) + keys.window
    final = data(end)
    stopped = len(given) > 0 and eliminated == 0
    dose = STOP if stopped or not given else finder.choose(keys, final)
    ran_out = len(given) < keys.most and following not in (STOP, END)
    return Found(dose, final.count(), final.toxicities(), place, end, ran_out)


def too_toxic(data: Data, target: float, certain: float, least: int = 3) -> int:
    """The lowest dose whose toxicity is above the target almost surely (prior Beta(1, 1)); `n_doses` where there is none."""
    n, x = data.count(), data.toxicities()
    sure = beta_law.sf(target, 1 + x, 1 + n - x)
    above = np.flatnonzero((n >= least) & (sure > certain))
    return int(min(above[0] if above.size else data.n_doses, data.eliminated))


def rising(estimates: Floats, weights: Floats) -> Floats:
    """The closest estimates that do not fall with dose (pool adjacent violators).

    >>> rising(np.array([0.2, 0.1, 0.4]), np.array([1.0, 1.0, 1.0])).round(2).tolist()
    [0.15, 0.15, 0.4]
    """
    blocks: list[list[float]] = []
    for value, weight in zip(estimates, weights, strict=True):
        blocks.append([float(value), float(weight), 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            v, w, k = blocks.pop()
            total = blocks[-1][1] + w
            blocks[-1] = [(blocks[-1][0] * blocks[-1][1] + v * w) / total, total, blocks[-1][2] + k]
    return np.concatenate([np.full(int(k), v) for v, _, k in blocks])
