"""A calibration with all that was asked of it afterwards: what the page, the terminal and the files are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livingdrug.fitting.joint.calibrated import Calibrated
from livingdrug.fitting.joint.leave_out import Family, Predicted, Scored, leave_out, refit, scores
from livingdrug.fitting.joint.profiles import Profile, profiles
from livingdrug.fitting.joint.search import Progress, Tell
from livingdrug.trial import storage
from livingdrug.trial.published import USUAL_N

LEFT_OUT, PROFILES = "left_out.json", "profiles.json"


@dataclass(frozen=True)
class Told:
    """Everything there is to tell.

    Attributes
    ----------
    calibrated
        The calibration.
    left_out
        Each family predicted by the others; empty where there is one family.
    refitted
        Some families predicted by a whole search without them, to hold the one step against.
    profiles
        Of each number, when asked for.
    """

    calibrated: Calibrated
    left_out: tuple[Family, ...] = ()
    refitted: tuple[Family, ...] = ()
    profiles: tuple[Profile, ...] = ()


def ask(
    calibrated: Calibrated,
    *,
    refits: Sequence[str] = (),
    with_profiles: bool = False,
    tell: Tell = lambda progress: None,
) -> Told:
    """Left-out families, refits and profiles of a calibration.

    Parameters
    ----------
    calibrated
        A finished calibration.
    refits
        Families (or trials of them) that are searched for anew without themselves.
    with_profiles
        Whether two simulations a number are spent on profiles.
    tell
        Called as it goes.
    """
    problem, value = calibrated.problem, calibrated.found.objective

    def telling(stage: str) -> Callable[[int, int], None]:
        return lambda done, total: tell(Progress(stage, value, done, total))

    families = leave_out(calibrated, done=telling("left out")) if len(problem.families) > 1 else []
    of_trial = {row.trial: row.family for row in problem.rows}
    anew = [refit(calibrated, of_trial.get(name, name), tell=tell) for name in refits]
    drawn = profiles(calibrated, done=telling("profiles")) if with_profiles else []
    return Told(calibrated, tuple(families), tuple(anew), tuple(drawn))


def write(told: Told, folder: Path) -> None:
    """Write what was asked afterwards beside the calibration."""
    if told.left_out:
        storage.write_json(
            folder / LEFT_OUT,
            {
                "note": "Simulation; not for patient care. Intervals hold 90 %; width and score are relative to pure sampling.",
                "scores": [_score(one) for one in scores(told.left_out)],
                "rows": [_row(family, one) for family in told.left_out for one in family.rows],
                "refitted": [_row(family, one) for family in told.refitted for one in family.rows],
            },
        )
    if told.profiles:
        storage.write_json(folder / PROFILES, {"profiles": [
            {"address": one.address, "values": list(one.values), "rises": list(one.rises)} for one in told.profiles
        ]})  # fmt: skip


def _score(one: Scored) -> dict[str, Any]:
    return {
        "family": one.heading,
        "rows": one.n,
        "coverage": one.coverage,
        "width": one.width,
        "interval_score": one.score,
    }


def _row(family: Family, one: Predicted) -> dict[str, Any]:
    row = one.row
    return {
        "family": family.name, "trial": row.trial, "endpoint": row.published.endpoint, "at": row.published.at, "measure": row.measure,
        "class": row.about, "published": row.shown(row.number), "predicted": row.shown(one.expected),
        "by_the_line": row.shown(one.linear), "low": row.shown(one.low), "high": row.shown(one.high), "inside": one.inside,
        "sd": {"all": one.sd, "parameter": one.parameter, "between_trials": one.between, "sampling": one.sampling},
        "z": (row.number - one.expected) / one.sd, "width": one.width, "interval_score": one.score, "status": row.published.status,
        "use": row.published.use, "n": row.published.n or USUAL_N, "source": row.published.source,
    }  # fmt: skip
