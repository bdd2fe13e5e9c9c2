"""A stand-in for the course room: frames in the promised shape, from simple distributions, in microseconds."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from livingdrug.catalog.load import Catalog
from livingdrug.foundation.streams import exponential, uniform
from livingdrug.trial.run import run

FOLLOW_UP = 1826.25


def fake_course(
    plan: Any, patients: NDArray[np.int64], seed: int, *, settings: Any, stage: Any = None
) -> dict[str, pl.DataFrame]:
    """Who and exits for everyone, visits and courses for some. `who` holds outcomes, too: they are taken as they are."""
    n, arm = patients.size, plan.arm.name
    u = {name: uniform(seed, f"fake/{name}", patients) for name in ("status", "response", "negative", "grade", "age")}
    t = {name: exponential(seed, f"fake/{name}", patients) for name in ("death", "relapse")}
    infused = u["status"] < 0.8
    responded = infused & (u["response"] < 0.8)
    status = np.where(infused, "infused", np.where(u["status"] < 0.9, "manufacturing_failure", "died_waiting"))
    death = np.where(infused, 2500 * t["death"], np.inf)
    relapse = np.where(responded, 28 + 900 * t["relapse"], np.inf)
    last = np.minimum(death, FOLLOW_UP)
    grade = np.floor(5 * u["grade"]).astype(np.int64)

    def day(values: NDArray[np.float64], happened: NDArray[np.bool_]) -> pl.Series:
        return pl.Series([float(v) if h else None for v, h in zip(values, happened, strict=True)], dtype=pl.Float64)

    who = pl.DataFrame(
        {
            "arm": [arm] * n,
            "patient": patients,
            "age_years": 3 + 20 * u["age"],
            "status": status,
            "enrolment_day": np.where(infused, -45.0, -60.0),
            "waiting_end_day": np.where(infused, 0.0, -20.0),
            "responded_3mo": pl.Series([bool(r) if i else None for r, i in zip(responded, infused, strict=True)]),
            "first_response_day": day(np.full(n, 28.0), responded & (death > 28)),
            "treatment_failure_day": day(np.zeros(n), infused & ~responded),
            "relapse_day": day(relapse, relapse < last),
            "relapse_antigen_negative": u["negative"] < 0.6,
            **{
                f"{scale}_max": pl.Series(
                    [int(g) if i else None for g, i in zip(grade, infused, strict=True)], dtype=pl.Int64
                )
                for scale in ("crs_penn", "crs_astct", "icans", "neurotoxicity_ctcae", "neurological_events_ctcae")
            },
        }
    )
    died = death < FOLLOW_UP
    exits = pl.DataFrame(
        {
            "arm": [arm] * n,
            "patient": patients,
            "last_contact_day": last,
            "death_day": day(death, died),
            "death_cause": pl.Series(["infection" if d else None for d in died], dtype=pl.String),
            "course_status": np.where(died, "died", "finished"),
        }
    ).filter(pl.Series(infused))
    who = who.with_columns(responded_3mo=pl.col("responded_3mo") & pl.col("first_response_day").is_not_null())
    some = patients[patients % 3 == 0]
    visits = pl.DataFrame(
        {
            "arm": [arm] * (2 * some.size),
            "patient": np.tile(some, 2),
            "quantity": ["car_t_copies_per_ug"] * (2 * some.size),
            "day": np.repeat([28.0, 7.0], some.size),
            "value": np.concatenate([uniform(seed, "fake/late", some), uniform(seed, "fake/early", some)]),
        }
    )
    sample = patients[patients <= settings.sample]
    courses = pl.DataFrame({"arm": [arm] * sample.size, "patient": sample, "day": np.zeros(sample.size)})
    truth = exits.select("arm", "patient", truth_cured=pl.lit(False))
    return {"who": who, "exits": exits, "visits": visits, "courses": courses, "truth": truth}


@pytest.fixture
def simulate():
    """The stand-in, with the signature of `livingdrug.trial.line.follow`."""
    return fake_course


@pytest.fixture(scope="session")
def trial():
    """ELIANA as planned."""
    return Catalog().load("trial", "eliana")


@pytest.fixture(scope="session")
def result(trial):
    """A small finished run on the stand-in."""
    return run(trial, patients=400, seed=7, simulate=fake_course)
