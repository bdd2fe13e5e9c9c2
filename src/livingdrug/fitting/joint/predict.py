"""A trial predicted with all uncertainty: many trials of its size, each under a draw of the parameters, with patients of its own.

    draw of the parameters ──► n new patients ──► endpoints of a trial of n ──► a difference between trials added ──► one of many

What lies between the 5th and the 95th percentile of these trials is the interval in which the trial's published number is
expected: parameters, differences between trials, between patients, and the sampling of n patients are all in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.catalog.plan import plan_arm
from livingdrug.catalog.questions import questions_of
from livingdrug.fitting.joint.between import between_of
from livingdrug.fitting.joint.rows import about
from livingdrug.fitting.joint.simulated import simulated_endpoints
from livingdrug.fitting.joint.statistics import Answer, Measure, answer, share_of
from livingdrug.foundation import streams
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.units import factor
from livingdrug.outcome.asked import ask
from livingdrug.trial.door import planned

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.parameter_set import ParameterSet
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.catalog.records.trial import Trial

USUAL_PATIENTS = 200
PERCENTILES = (5.0, 50.0, 95.0)


@dataclass(frozen=True)
class Question:
    """One number of an endpoint: a share, a share at a time, or the middle of an amount."""

    endpoint: Endpoint
    measure: Measure
    day: float | None
    statistic: str
    at: str
    about: str

    @property
    def share(self) -> bool:
        """Whether it is a share of patients."""
        return self.measure == "share"

    def shown(self, number: float, n: float) -> float:
        """Percent of n patients counted, or the amount in its unit."""
        return 100 * share_of(number, n) if self.share else math.exp(number)


@dataclass(frozen=True)
class Expected:
    """What is expected of one number in one arm.

    Attributes
    ----------
    arm, question
        Which.
    low, middle, high
        5th, 50th and 95th percentile over the draws, in percent or the endpoint's unit.
    n
        Trials of the ensemble in which anybody was counted.
    between
        Standard deviation of the difference between trials that was added, on the scale of the number.
    """

    arm: str
    question: Question
    low: float
    middle: float
    high: float
    n: int
    between: float

    def told(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "arm": self.arm, "endpoint": self.question.endpoint.id, "title": self.question.endpoint.title, "at": self.question.at,
            "unit": "percent" if self.question.share else self.question.endpoint.unit, "low": self.low, "middle": self.middle,
            "high": self.high, "draws": self.n, "between_trials_sd": self.between,
        }  # fmt: skip


def predict(
    trial: Trial,
    catalog: Catalog,
    draws: Sequence[ParameterSet],
    between_trials: Mapping[str, float],
    *,
    patients: int | None = None,
    seed: int = 1,
    threads: int = 1,
    done: Callable[[int, int], None] | None = None,
) -> list[Expected]:
    """What is expected of a trial's endpoints, with all uncertainty.

    Parameters
    ----------
    trial
        Any trial, kept for prediction or one's own; nothing published of it is looked at.
    catalog
        As the files have it; each draw is laid on.
    draws
        Of the parameters: one trial is simulated under each.
    between_trials
        Kind of numbers -> standard deviation of the difference between trials, as a calibration's folder tells them.
    patients
        Of each trial; as many as it enrols when omitted: the interval is that of a trial of this size.
    seed
        Each trial of the ensemble has patients of its own.
    threads
        Trials simulated at a time.
    done
        Called as done(draws done, draws).

    Raises
    ------
    BadInput
        No draws.
    """
    if not draws:
        raise BadInput("the calibration has no draws of its parameters.\n  Calibrate again.")
    trial, plans = planned(trial, catalog)
    n = patients or trial.enrolled or USUAL_PATIENTS
    questions = questions_asked(trial, catalog)
    arms = [plan.arm.name for plan in plans]

    def one(draw: int) -> dict[tuple[str, int], Answer]:
        under = catalog.under(draws[draw])
        record = under.load("trial", trial.id) if catalog.has("trial", trial.id) else trial
        found: dict[tuple[str, int], Answer] = {}
        for place, arm in enumerate(arms):
            # arms are different people, as in a trial: what two arms share is the draw
            first = 1 + (draw * len(arms) + place) * n
            plan = plan_arm(record, arm, under, plans[place].questions)
            told = simulated_endpoints(plan, [each.endpoint for each in questions], np.arange(first, first + n), seed)
            for number, each in enumerate(questions):
                found[arm, number] = answer(told[each.endpoint.id], arm, each.measure, each.day, each.statistic)
        return found

    pool = ThreadPoolExecutor(max_workers=threads)
    try:
        futures = {pool.submit(one, draw): draw for draw in range(len(draws))}
        every: dict[int, dict[tuple[str, int], Answer]] = {}
        for count, future in enumerate(as_completed(futures), start=1):
            every[futures[future]] = future.result()
            if done is not None:
                done(count, len(draws))
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return _spread(arms, questions, every, between_trials, seed)


def _spread(
    arms: Sequence[str],
    questions: Sequence[Question],
    every: Mapping[int, Mapping[tuple[str, int], Answer]],
    between_trials: Mapping[str, float],
    seed: int,
) -> list[Expected]:
    """Middle and interval of each answer over the draws, with the difference between trials."""
    luck = np.arange(len(every), dtype=np.int64)
    expected = []
    for arm in arms:
        for number, question in enumerate(questions):
            sd = between_of(between_trials, question.about, question.measure)
            # one difference for all times of a curve
            moved = sd * streams.normal(seed, f"between_trials/{arm}/{question.endpoint.id}", luck)
            answers = [every[draw][arm, number] for draw in range(len(every))]
            values = np.array([one.number for one in answers]) + moved
            known = values[np.isfinite(values)]
            if known.size:
                n = float(np.median([one.n for one in answers if math.isfinite(one.number)]))
                low, middle, high = (question.shown(float(q), n) for q in np.percentile(known, PERCENTILES))
                expected.append(Expected(arm, question, low, middle, high, int(known.size), sd))
    return expected


def questions_asked(trial: Trial, catalog: Catalog) -> list[Question]:
    """Every number of the trial's endpoints that has a scale: shares, shares at times, middles of amounts."""
    known = questions_of(trial, catalog)
    found = []
    for use in trial.endpoints:
        endpoint = catalog.load("endpoint", use.id)
        asked = ask(endpoint)
        kind = about(endpoint, known)
        if asked.estimator.over_time and asked.estimator.shares:
            times, unit = (use.at_months, "month") if use.at_months else (endpoint.at, endpoint.at_unit)
            found += [
                Question(endpoint, "share", time * factor(unit, "day"), "", f"{time:g} {unit}", kind) for time in times
            ]
        elif asked.estimator.shares:
            found.append(Question(endpoint, "share", None, "", "", kind))
        elif "value" in endpoint.formulas:
            summary = str(getattr(asked.keys, "summary", "median"))
            found.append(Question(endpoint, "middle", None, summary.replace("_", " "), "", kind))
    return found
