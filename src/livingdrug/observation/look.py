"""Course to what was seen of it, in two looks.

first look    had nothing else happened: when would remission, failure or relapse be seen?
                └─► further therapy, deaths, loss to follow-up: how long was each patient in view?
second look   visits, infections, ward, drugs and response up to that day
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.clinic.criterion import Criterion, judged_by
from livingdrug.clinic.infections import SCHEMA as INFECTIONS
from livingdrug.clinic.infections import draw_infections
from livingdrug.course.course import Course
from livingdrug.course.equations import INFECTIONS_FROM
from livingdrug.foundation.as_arrays import as_flags, as_numbers
from livingdrug.observation.aftermath import Aftermath, Failure, aftermath, numbers_of
from livingdrug.observation.late import Late, late_effects
from livingdrug.observation.seen import Seen
from livingdrug.observation.visits import RELAPSE, observe, unplanned, unscheduled
from livingdrug.observation.ward import grade_rows, log_rows, sign_rows

if TYPE_CHECKING:
    from livingdrug.catalog.plan import Plan

Floats = NDArray[np.float64]
MOST_INFECTIONS = 150.0
"""Expected of one patient at most; more cannot be meant."""


def look(plan: Plan, course: Course, seed: int) -> Seen:
    """What was seen of these courses.

    Parameters
    ----------
    plan
        The arm: visits, assays, scales, how response is judged.
    course
        The truth.
    seed
        The run's seed.

    Raises
    ------
    CatalogError
        The disease's aftermath lacks a number.
    """
    # ── first look: what would be seen, had nothing else happened ──
    end = np.full(len(course), plan.follow_up_days)
    course, infections = _infections(plan, course, seed)
    fatal = _fatal_day(infections, course.patients)
    toxicity = course.toxicity_death_day
    late = late_effects(plan.late_effects, course.patients, seed)
    late_death = np.minimum.reduce([np.full(len(course), np.inf), *(one.death_day for one in late)])
    otherwise = np.minimum.reduce([toxicity, fatal, late_death])
    until = np.minimum(end, otherwise)
    judged = judged_by(plan.disease.response)
    looks = [observe(course, plan.measured, plan.missed, until, seed)]
    if judged.overt is not None:
        looks.append(unscheduled(course, plan.measured, judged.overt, until, seed))
    visits = pl.concat(looks, how="diagonal")
    after = _aftermath(plan, course, judged, visits, until, otherwise, seed)

    # ── second look: as it was really seen, by those still in follow-up and not under another therapy ──
    ends = _ends(course, end, toxicity, fatal, late_death, after)
    visits, infections = (
        _up_to(visits, course.patients, ends.in_view),
        _up_to(infections, course.patients, ends.in_view),
    )
    response = judge(judged, visits, ends.roster(course.patients))
    biopsied = [one.assay for one in plan.measured if one.assay.on_relapse]
    if biopsied:
        day = as_numbers(response["relapse_day"], np.inf)
        visits = pl.concat([visits, unplanned(course, biopsied, day, ends.in_view, RELAPSE, seed)], how="diagonal")
    done = pl.DataFrame({"patient": course.patients[~course.failed]})  # a course that failed was not seen to its end
    seen = Seen(
        visits=visits.with_columns(pl.col("value").fill_nan(None)),
        ward=sign_rows(course, ends.in_view, plan.signs),
        grades=grade_rows(course, plan.graded, ends.in_view, plan.signs),
        events=_events(response, infections, ends, course.patients, late),
        log=log_rows(course, ends.in_view),
        exits=ends.frame(course),
    )
    kept = {
        name: frame.join(done, on="patient", how="semi", maintain_order="left")
        for name, frame in seen.frames().items()
        if name != "exits" and course.failed.any()
    }
    return replace(seen, **kept)


@dataclass(frozen=True)
class _Ends:
    """How each patient's follow-up ended: days (n,), infinite for never; and why they died."""

    last_contact: Floats
    death: Floats
    cause: tuple[str | None, ...]
    therapy: Floats

    @property
    def in_view(self) -> Floats:
        """Last day of what counts: contact lost, death, or another therapy."""
        return np.minimum(self.last_contact, self.therapy)

    def roster(self, patients: NDArray[np.int64]) -> pl.DataFrame:
        """What a response criterion has to know of each patient besides visits."""
        return pl.DataFrame(
            {"patient": patients, "last_contact_day": self.last_contact, "death_day": _finite(self.death),
             "subsequent_therapy_day": _finite(self.therapy)}
        )  # fmt: skip

    def frame(self, course: Course) -> pl.DataFrame:
        """The exits frame; unknown where the integration failed."""
        died = np.isfinite(self.death)
        words = [
            course.sentences[i] if course.failed[i] else "died" if died[i] else "finished" for i in range(len(course))
        ]
        known = pl.Series(~course.failed)
        frame = self.roster(course.patients).with_columns(death_cause=pl.Series(self.cause, dtype=pl.String))
        hidden = [pl.when(known).then(name).otherwise(None).alias(name) for name in frame.columns if name != "patient"]
        return frame.with_columns(hidden).with_columns(course_status=pl.Series(words, dtype=pl.String))


def _ends(course: Course, end: Floats, toxicity: Floats, fatal: Floats, late: Floats, after: Aftermath) -> _Ends:
    causes = {
        "toxicity": toxicity, "infection": fatal, "transplant": after.transplant_death_day,
        "disease": after.disease_death_day, "late effect": late,
    }  # fmt: skip
    death = np.minimum.reduce([*causes.values(), after.other_death_day])
    last_contact = np.minimum.reduce([death, after.lost_day, end])
    death = np.where(death <= last_contact, death, np.inf)
    therapy = np.where(after.subsequent_therapy_day < last_contact, after.subsequent_therapy_day, np.inf)
    why: list[str | None] = []
    for row, day in enumerate(death):
        known = [name for name, days in causes.items() if days[row] == day]
        why.append(None if not np.isfinite(day) else known[0] if known else "other")
    return _Ends(last_contact, death, tuple(why), therapy)


def _aftermath(
    plan: Plan, course: Course, judged: Criterion, visits: pl.DataFrame, until: Floats, death: Floats, seed: int
) -> Aftermath:
    """Further therapy and what follows, from the response that would have been seen."""
    roster = pl.DataFrame({"patient": course.patients, "last_contact_day": until, "death_day": _finite(death)})
    first = judge(judged, visits, roster)
    relapse = as_numbers(first["relapse_day"], np.inf)
    day = np.minimum(relapse, as_numbers(first["treatment_failure_day"], np.inf))
    biopsied = [one.assay for one in plan.measured if one.assay.on_relapse]
    biopsy = unplanned(course, biopsied, relapse, until, RELAPSE, seed)  # the same result as in the second look
    failure = Failure(
        responded=as_flags(first["responded"], unknown=False),
        day=day,
        burden=_last(visits.filter(pl.col("quantity") == plan.aftermath.burden), course.patients, day),
        antigen_negative=_last(biopsy, course.patients, day),
        age=course.person.get("age", np.full(len(course), np.nan)),
    )
    return aftermath(numbers_of(plan), course.patients, failure, seed)


def _last(results: pl.DataFrame, patients: NDArray[np.int64], day: Floats) -> Floats:
    """Each patient's last result up to their day (n,), at least the assay's limit; NaN without one."""
    kept = results.filter(~pl.col("missed") & pl.col("value").is_not_nan() & pl.col("value").is_not_null())
    kept = _up_to(kept, patients, day).sort("day", maintain_order=True)
    last = kept.group_by("patient").agg(pl.max_horizontal("value", "lower_limit").last().alias("value"))
    roster = pl.DataFrame({"patient": patients})
    found = roster.join(last, on="patient", how="left", maintain_order="left")["value"]
    return as_numbers(found)


def judge(judged: Criterion, visits: pl.DataFrame, roster: pl.DataFrame) -> pl.DataFrame:
    """Each patient's response by the disease's criterion, one row each in the roster's order."""
    one = pl.lit("").alias("arm")
    found = judged.judge(visits.with_columns(one), roster.with_columns(one))
    return roster.select("patient").join(found.drop("arm"), on="patient", how="left", maintain_order="left")


def _infections(plan: Plan, course: Course, seed: int) -> tuple[Course, pl.DataFrame]:
    """Infections from day 0 on; a trial without an infection pattern has none. A course with a hazard beyond all bearing has failed."""
    if plan.infection is None:
        return course, pl.DataFrame(schema=INFECTIONS)
    after = course.days >= 0
    hazard = np.ascontiguousarray(course[INFECTIONS_FROM][:, after])
    total = np.fmax.reduce(hazard, axis=1, initial=0.0) - np.nan_to_num(hazard[:, 0])
    if (absurd := total > MOST_INFECTIONS).any():
        hazard[absurd] = 0.0
        why = f"the hazard of infections adds up to more than {MOST_INFECTIONS:g}: look at the unit of what raises it"
        words = tuple(why if absurd[i] and not course.failed[i] else told for i, told in enumerate(course.sentences))
        course = replace(course, failed=course.failed | absurd, sentences=words)
    return course, draw_infections(course.days[after], hazard, course.patients, seed, plan.infection)


def _fatal_day(infections: pl.DataFrame, patients: NDArray[np.int64]) -> Floats:
    day = np.full(len(patients), np.inf)
    fatal = infections.filter("fatal")
    day[np.searchsorted(patients, fatal["patient"].to_numpy())] = fatal["day"].to_numpy()
    return day


def _events(
    response: pl.DataFrame, infections: pl.DataFrame, ends: _Ends, patients: NDArray[np.int64], late: tuple[Late, ...]
) -> pl.DataFrame:
    """The events frame: patient, day, event, detail, grade."""
    kinds: dict[Any, Any] = {
        "patient": pl.Int64,
        "day": pl.Float64,
        "event": pl.String,
        "detail": pl.String,
        "grade": pl.Int64,
    }
    told = response.join(ends.roster(patients), on="patient", how="left", maintain_order="left")
    told = told.hstack([pl.Series("death_cause", ends.cause, dtype=pl.String)]).lazy()
    days = {
        "remission": ("first_response_day", pl.col("best_response")),
        "treatment_failure": ("treatment_failure_day", pl.lit("no remission")),
        "relapse": ("relapse_day", pl.lit("")),
        "subsequent_therapy": ("subsequent_therapy_day", pl.lit("")),
        "death": ("death_day", pl.col("death_cause")),
    }
    pieces = [
        told.filter(pl.col(day).is_not_null()).select(
            "patient", pl.col(day).alias("day"), event=pl.lit(event), detail=detail, grade=pl.lit(None, dtype=pl.Int64)
        )
        for event, (day, detail) in days.items()
    ]
    infected = infections.lazy().select(
        "patient", "day", event=pl.lit("infection"), detail=pl.col("infection_class"), grade=pl.col("grade")
    )
    # a late effect is told also after another therapy, up to the last contact
    later = [
        pl.LazyFrame({"patient": patients, "day": one.onset_day})
        .filter(pl.col("day") <= pl.Series(ends.last_contact))
        .with_columns(event=pl.lit(one.event), detail=pl.lit(""), grade=pl.lit(None, dtype=pl.Int64))
        for one in late
    ]
    frame = pl.concat([piece.cast(kinds) for piece in (infected, *pieces, *later)])
    return frame.sort("patient", "day", maintain_order=True).collect()


def _finite(days: Floats) -> pl.Series:
    """Days as a column in which what never happens is null."""
    return pl.Series(np.where(np.isfinite(days), days, np.nan), nan_to_null=True)


def _up_to(frame: pl.DataFrame, patients: NDArray[np.int64], last_day: Floats) -> pl.DataFrame:
    order = np.argsort(patients, kind="stable")
    place = order[np.searchsorted(patients, frame["patient"].to_numpy(), sorter=order)]
    kept = frame["day"].to_numpy() <= last_day[place]
    return frame if kept.all() else frame.filter(kept)
