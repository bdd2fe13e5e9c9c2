"""A trial of its own size, simulated many times: each time other patients and, where there are any, other draws of the parameters.

    draw r of the parameters ──► n new patients an arm ──► every question on its scale ──► one of many answers

Shares are followed on the arcsine scale and amounts on that of logarithms, where their errors are alike; the interval of nine in
ten is the middle and 1.645 standard deviations to each side there, with the difference between trials in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.plan import plan_arm
from livingdrug.fitting.joint.simulated import simulated_endpoints
from livingdrug.fitting.joint.statistics import answer
from livingdrug.foundation.errors import BadInput
from livingdrug.trial.door import planned
from livingdrug.trial.estimate import refuse_at_once

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.parameter_set import ParameterSet
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.fitting.joint.predict import Question
    from livingdrug.outcome.endpoint_result import EndpointResult

Z90 = 1.6448536269514722
"""Standard normal quantile of 95 %: between it and its negative lie nine in ten."""
USUAL_PATIENTS = 200
LEAST_REPLICATES = 2
MOST_REPLICATES = 100_000

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Replicates:
    """What many simulated trials of one design said.

    Attributes
    ----------
    trial
        The design's name.
    sizes
        Patients enrolled in each arm.
    answers
        (arm, question's place) -> one number on the question's scale for each replicate; NaN where nobody was counted (R,).
    counted
        (arm, question's place) -> patients counted in each replicate (R,).
    contrasts
        (arm against the last, endpoint) -> log hazard ratio of the arm over the reference and p of the log-rank test (R, 2).
    """

    trial: str
    sizes: Mapping[str, int]
    questions: tuple[Question, ...]
    answers: Mapping[tuple[str, int], NDArray[np.float64]]
    counted: Mapping[tuple[str, int], NDArray[np.float64]]
    contrasts: Mapping[tuple[str, str], NDArray[np.float64]]


@dataclass(frozen=True)
class Interval:
    """A number with the interval in which nine of ten trials are expected, in percent or the endpoint's unit.

    Attributes
    ----------
    scale, sd
        Middle and standard deviation on the scale on which answers are followed.
    width_over_sampling
        Width beside that of the sampling of patients alone; NaN where that is not known.
    """

    low: float
    middle: float
    high: float
    scale: float
    sd: float
    n: int
    width_over_sampling: float


def replicate(
    trial: Trial,
    catalog: Catalog,
    questions: Sequence[Question],
    *,
    replicates: int,
    draws: Sequence[ParameterSet] = (),
    seed: int = 7,
    threads: int = 1,
    done: Callable[[int, int], None] | None = None,
) -> Replicates:
    """Simulate a trial of its own size many times; nothing published of it is looked at.

    Parameters
    ----------
    questions
        What is asked of each replicate.
    replicates
        How often.
    draws
        Of the parameters, one for each replicate in turn; none for the point in the files.
    done
        Called as done(replicates done, replicates).

    Raises
    ------
    BadInput
        Fewer than two replicates: one trial shows no spread. More than anybody would wait for, or more patients than memory holds.
    """
    if not LEAST_REPLICATES <= replicates <= MOST_REPLICATES:
        raise BadInput(
            f"got {replicates:,} replicates, expected {LEAST_REPLICATES} to {MOST_REPLICATES:,}: one trial shows no spread.\n"
            "  Two hundred show nine in ten well."
        )
    trial, plans = planned(trial, catalog)
    enrolled = trial.enrolled or USUAL_PATIENTS
    sizes = {plan.arm.name: max(1, round(enrolled * trial.share_of(plan.arm.name))) for plan in plans}
    refuse_at_once(plans, list(sizes.values()), threads)
    endpoints = list({one.endpoint.id: one.endpoint for one in questions}.values())
    apart = sum(sizes.values())

    def one(number: int) -> tuple[dict[tuple[str, int], tuple[float, int]], dict[tuple[str, str], tuple[float, float]]]:
        under = catalog.under(draws[number % len(draws)]) if draws else catalog
        record = under.load("trial", trial.id) if catalog.has("trial", trial.id) else trial
        first, answers, told = 1 + number * apart, {}, {}
        for plan in plans:
            arm = plan.arm.name
            own = plan_arm(record, arm, under, plan.questions) if draws else plan
            patients = np.arange(first, first + sizes[arm], dtype=np.int64)
            first += sizes[arm]
            told[arm] = simulated_endpoints(own, endpoints, patients, seed)
            for place, question in enumerate(questions):
                found = answer(told[arm][question.endpoint.id], arm, question.measure, question.day, question.statistic)
                answers[arm, place] = (found.number, found.n)
        return answers, _contrasts(told)

    answers, counted, contrasts = _collected(one, replicates, threads, done)
    return Replicates(trial.id, sizes, tuple(questions), answers, counted, contrasts)


def _collected(
    one: Callable[[int], tuple[dict[tuple[str, int], tuple[float, int]], dict[tuple[str, str], tuple[float, float]]]],
    replicates: int, threads: int, done: Callable[[int, int], None] | None,
) -> tuple[dict[tuple[str, int], Numbers], dict[tuple[str, int], Numbers], dict[tuple[str, str], Numbers]]:  # fmt: skip
    """Every replicate simulated, its numbers put into arrays: as objects a hundred thousand of each row would take gigabytes."""
    answers: dict[tuple[str, int], Numbers] = {}
    counted: dict[tuple[str, int], Numbers] = {}
    apart: dict[tuple[str, str], Numbers] = {}
    waiting: dict[Future, int] = {}
    numbers, finished = iter(range(replicates)), 0
    with ThreadPoolExecutor(max_workers=threads) as pool:
        while True:
            waiting |= {pool.submit(one, number): number for number in islice(numbers, 2 * threads - len(waiting))}
            if not waiting:
                return answers, counted, apart
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                number = waiting.pop(future)
                told, contrasts = future.result()
                for key, (value, n) in told.items():
                    answers.setdefault(key, np.full(replicates, np.nan))[number] = value
                    counted.setdefault(key, np.full(replicates, np.nan))[number] = n
                for pair, values in contrasts.items():
                    apart.setdefault(pair, np.full((replicates, len(values)), np.nan))[number] = values
                finished += 1
                if done is not None:
                    done(finished, replicates)


def interval(found: Replicates, arm: str, place: int, between: float = 0.0) -> Interval | None:
    """The interval of one question in one arm; None where too few replicates counted anybody.

    Parameters
    ----------
    between
        Standard deviation of the difference between trials, on the question's scale.
    """
    numbers = found.answers[arm, place]
    question, n = found.questions[place], float(np.median(found.counted[arm, place]))
    if question.measure == "median time":
        return _of_ordered(numbers, question, int(n))
    known = numbers[np.isfinite(numbers)]
    if known.size < LEAST_REPLICATES:
        return None
    middle = float(np.median(known))
    within = float(known.std(ddof=1))
    sd = math.hypot(within, between)
    of = float(np.median(found.counted[arm, place][np.isfinite(numbers)]))  # of the replicates that counted anybody
    low, centre, high = (question.shown(number, of) for number in (middle - Z90 * sd, middle, middle + Z90 * sd))
    sampling = 1 / (2 * math.sqrt(n + 0.5)) if question.share and n else math.nan
    return Interval(low, centre, high, middle, sd, int(n), sd / sampling if sampling else math.nan)


def _of_ordered(numbers: NDArray[np.float64], question: Question, n: int) -> Interval | None:
    """The interval of nine in ten replicates themselves, in order: a median that some never reach (+infinity) has no deviation."""
    known = np.sort(numbers[~np.isnan(numbers)])
    if known.size < LEAST_REPLICATES:
        return None
    low, middle, high = (
        question.shown(float(q), int(n)) for q in np.quantile(known, (0.05, 0.5, 0.95), method="inverted_cdf")
    )
    return Interval(low, middle, high, math.log(middle) if middle > 0 else -math.inf, math.nan, n, math.nan)


def _contrasts(told: Mapping[str, Mapping[str, EndpointResult]]) -> dict[tuple[str, str], tuple[float, float]]:
    """Of each curve counted from enrolment, every arm against the last: log hazard ratio and p of the log-rank test."""
    from livingdrug.outcome.estimators.log_rank import log_rank
    from livingdrug.outcome.regression import cox

    arms = list(told)
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for name, reference in told[arms[-1]].items():
        if len(arms) < 2 or not reference.over_time or reference.record.among != "enrolled":
            continue
        for arm in arms[:-1]:
            times, events, group = [], [], []
            for place, part in enumerate((reference, told[arm][name])):
                times.append(part.patients["time_days"].to_numpy())
                events.append(part.patients["cause"].to_numpy() == 1)
                group.append(np.full(part.patients.height, float(place)))
            time, event, x = np.concatenate(times), np.concatenate(events), np.concatenate(group)
            try:
                ratio = float(cox(np.maximum(time, 1e-3), event, x).coefficients[0])
                p = float(log_rank(time, event, x.astype(np.int64)).p_value)
            except BadInput:
                ratio, p = math.nan, math.nan
            found[arm, name] = (ratio, p)
    return found
