"""The whole story of a group of patients in one arm, in the order in which it happens.

population ─► cohort ─► lots ─► who is infused?
                                  └─► parameters ─► equations with rules ─► truth at every check
                                        └─► infections, visits, grades ─► response ─► aftermath ─► what was seen
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.catalog.load import Catalog, default_catalog
from livingdrug.clinic.criterion import judged_by
from livingdrug.clinic.infections import draw_infections
from livingdrug.clinic.protocol import check_days, doses
from livingdrug.course.aftermath import aftermath
from livingdrug.course.bedside import daily_grades, grade_rows, log_rows, support
from livingdrug.course.cytopenia import Cytopenia
from livingdrug.course.equations import Equations, equations, parameter_quantities
from livingdrug.course.fate import NEVER
from livingdrug.course.individuals import patient_parameters, with_burden
from livingdrug.course.observe import observe, schedules, unscheduled
from livingdrug.course.outcomes import Seen, event_rows, patient_rows
from livingdrug.course.settings import Settings
from livingdrug.engine.ensemble import Dose, Ensemble
from livingdrug.foundation.errors import CatalogError
from livingdrug.manufacturing import make
from livingdrug.manufacturing.lots import Lots
from livingdrug.manufacturing.waiting import SHARED_WITH_MODEL
from livingdrug.population import Cohort, draw

if TYPE_CHECKING:
    from livingdrug.catalog.arms import Arm
    from livingdrug.catalog.records.trial import Record as Trial

Truth = Mapping[str, NDArray[np.float64]]


def simulate_patients(
    trial: Trial,
    arm_name: str,
    patients: NDArray[np.int64],
    seed: int,
    *,
    catalog: Catalog | None = None,
    settings: Settings | None = None,
    stage: Callable[[str], None] = lambda name: None,
) -> dict[str, pl.DataFrame]:
    """What happened to these patients in this arm, and what was seen of it.

    Parameters
    ----------
    trial
        The plan.
    arm_name
        Which arm.
    patients
        Patient numbers (n,); patient 137 is the same person in any company.
    seed
        The run's seed.
    catalog
        Where names are looked up.
    settings
        Sample of true courses, switches of uncertainty, tolerance.
    stage
        Called with the name of each of `livingdrug.course.settings.STAGES` when it is done.

    Returns
    -------
    Frames ``patients`` (one row each), ``visits``, ``grades``, ``events``, ``log`` and ``courses`` (truth, for the
    sample); days are counted from infusion.

    Raises
    ------
    CatalogError, ModelError
        Parts of the trial do not fit together.
    """
    # ── set up: who, and what was made for them ──
    catalog, settings = catalog or default_catalog(), settings or Settings()
    arm = trial.arm(arm_name)
    population = catalog.load("population", trial.population)
    cohort = draw(population, patients, seed, catalog=catalog)
    stage("cohort")
    making = catalog.load("making", _making_process(arm, catalog))
    quantities = {**parameter_quantities(trial, arm, catalog), **settings.parameters}
    disease = catalog.load("disease", trial.disease)
    waiting = {**disease.waiting, **{name: quantities[name] for name in SHARED_WITH_MODEL}}
    diseased = with_burden(cohort, disease.burden)
    lots = make(diseased, making, waiting, arm, seed, between_patient=settings.between_patient)
    stage("making")

    # ── main loop: the course of everyone infused ──
    rows = np.flatnonzero(lots.infused)
    frames = {"patients": patient_rows(cohort, lots)}
    if rows.size:
        treated, given = cohort.select(rows), lots.select(rows)
        ready = equations(trial, arm, catalog)
        checks = check_days(arm, trial.visits, trial.follow_up_days)
        table = patient_parameters(
            ready.odes, quantities, population, treated, given, seed, between_patient=settings.between_patient
        )
        course = ready.compiled.run(
            table,
            checks,
            checks >= arm.first_day,
            planned_doses(arm, treated, given, checks, catalog),
            rtol=settings.rtol,
        )
        stage("courses")
        frames |= _what_was_seen(trial, catalog, settings, treated, checks, ready, course, seed)
        frames["patients"] = frames["patients"].update(
            frames.pop("outcomes"), on="patient", how="left", include_nulls=True
        )

    # ── finish ──
    stage("visits")
    return {name: frame.with_columns(arm=pl.lit(arm_name)) for name, frame in frames.items()}


def _making_process(arm: Arm, catalog: Catalog) -> str:
    name = arm.apheresis.making or catalog.load("product", arm.product).making_process
    if not name:
        known = ", ".join(catalog.names("making"))
        raise CatalogError(
            f'arm "{arm.name}" does not say how "{arm.product}" is made, and neither does the product.\n'
            f'  Write making = "..." under [arm.apheresis], or making_process in the product file. Known: {known}.'
        )
    return name


def planned_doses(arm: Arm, cohort: Cohort, lots: Lots, checks: NDArray[np.float64], catalog: Catalog) -> list[Dose]:
    """Everything the plan gives: lymphodepletion, then the cells.

    Parameters
    ----------
    arm
        The plan.
    cohort, lots
        The patients infused (n,) and what was made for them.
    checks
        Check days (C,); every planned day is one of them.
    catalog
        Where the drugs are looked up.

    Returns
    -------
    One dose per drug and day: the check, the state it enters, and amounts (n,) in that state's unit; the infusion last.
    """
    planned = doses(arm, cohort["weight_kg"], cohort["bsa_m2"])
    given = []
    for dose in planned:
        drug = catalog.load("drug", dose.drug)
        size = cohort["weight_kg"] if drug.amount_scales_with == "weight" else 1.0
        amounts = dose.milligrams * drug.amount_per_mg.value / size
        given.append(Dose(int(np.searchsorted(checks, dose.day)), drug.enters, amounts))
    infusion = int(np.searchsorted(checks, arm.infusion.day))
    return [*given, Dose(infusion, "car_t_infused", lots.dose_cells)]


def _what_was_seen(
    trial: Trial,
    catalog: Catalog,
    settings: Settings,
    cohort: Cohort,
    checks: NDArray[np.float64],
    ready: Equations,
    course: Ensemble,
    seed: int,
) -> dict[str, pl.DataFrame]:
    patients, n = cohort.patients, len(cohort)
    truth = {name: np.ascontiguousarray(course.outputs[:, :, i]) for i, name in enumerate(ready.outputs)}
    failed = course.status >= 2
    end = np.full(n, trial.follow_up_days)

    # deaths that need no clinic: toxicity inside the model, infections from its hazard
    toxicity_day = _last(truth["toxicity_death_day"], course.stop_check)
    toxicity_day = np.where(toxicity_day >= NEVER, np.inf, toxicity_day)
    infections = _infections(trial, catalog, checks, truth, patients, seed)
    fatal_day = np.full(n, np.inf)
    place = {int(number): row for row, number in enumerate(patients)}
    for number, day in infections.filter("fatal").select("patient", "day").rows():
        fatal_day[place[number]] = day

    # first look: when would relapse or failure be seen, had nothing else happened
    plan = schedules(trial.visits, {name: catalog.load("assay", name) for name in catalog.names("assay")})
    until = np.minimum(end, np.minimum(toxicity_day, fatal_day))
    judged = judged_by(catalog.load("disease", trial.disease).response)
    looks = [observe(checks, truth, plan, patients, until, seed)]
    if judged.looks_when_overt:
        looks.append(unscheduled(checks, truth, plan, patients, until, seed))
    visits = pl.concat(looks).with_columns(arm=pl.lit(""))
    roster = pl.DataFrame({"arm": [""] * n, "patient": patients, "last_contact_day": until})
    first = judged.assess(visits, roster.with_columns(death_day=_finite(np.minimum(toxicity_day, fatal_day))))
    first = roster.select("patient").join(first, on="patient", how="left", maintain_order="left")
    failure_day = first.select(pl.min_horizontal("relapse_day", "treatment_failure_day")).to_series()
    failure = failure_day.cast(pl.Float64).fill_null(np.inf).to_numpy()
    responded = first["responded_3mo"].fill_null(False).to_numpy()
    after = aftermath(trial.conduct, trial.id, patients, responded, failure, seed)

    # second look: as it was really seen, by those still in follow-up and not under another therapy
    death = np.minimum.reduce([toxicity_day, fatal_day, after.leukaemia_death_day, after.other_death_day])
    last_contact = np.minimum.reduce([death, after.lost_day, end])
    death = np.where(death <= last_contact, death, np.inf)
    therapy = np.where(after.subsequent_therapy_day < last_contact, after.subsequent_therapy_day, np.inf)
    in_view = np.minimum(last_contact, therapy)
    visits = _up_to(visits, patients, in_view)
    roster = pl.DataFrame(
        {"arm": [""] * n, "patient": patients, "last_contact_day": last_contact,
         "death_day": _finite(death), "subsequent_therapy_day": _finite(therapy)}
    )  # fmt: skip
    response = judged.assess(visits, roster)
    response = roster.select("patient").join(response.drop("arm"), on="patient", how="left", maintain_order="left")
    infections = _up_to(infections, patients, in_view)

    graded = [daily_grades(checks, truth, catalog.load("scale", name), in_view) for name in trial.scales]
    log = log_rows(course.firings, ready.rules, checks, truth, patients, in_view)
    seen = Seen(
        patients=patients,
        checks=checks,
        truth=truth,
        visits=visits,
        response=response,
        infections=infections,
        graded=tuple(graded),
        log=log,
        support=support(checks, truth, in_view),
        death_day=death,
        toxicity_day=toxicity_day,
        infection_day=fatal_day,
        leukaemia_day=after.leukaemia_death_day,
        subsequent_therapy_day=therapy,
        last_contact_day=last_contact,
        lost_day=after.lost_day,
        status=course.sentences(),
        failed=failed,
        conduct=trial.conduct,
        neutrophil_scale=catalog.load("scale", "ctcae_neutrophils"),
        platelet_scale=catalog.load("scale", "ctcae_platelets"),
        cytopenia=Cytopenia.of(catalog),
        hyperinflammation=(
            daily_grades(checks, truth, catalog.load("scale", "iec_hs"), in_view) if "hlh_like" in truth else None
        ),
        movement=(
            daily_grades(checks, truth, catalog.load("scale", "mnt_ctcae"), in_view, until=np.inf)
            if "movement_sign" in truth
            else None
        ),
    )
    outcomes = seen.outcomes()
    return {
        "outcomes": outcomes,
        "visits": visits.drop("arm").with_columns(pl.col("value").fill_nan(None)),
        "grades": grade_rows(graded, patients),
        "events": event_rows(outcomes, infections),
        "log": log,
        "courses": _courses(checks, truth, patients, settings.sample),
    }


def _infections(
    trial: Trial, catalog: Catalog, checks: NDArray[np.float64], truth: Truth, patients: NDArray[np.int64], seed: int
) -> pl.DataFrame:
    """Infections from day 0 on; a trial without an infection pattern has none."""
    after = checks >= 0
    hazard = np.ascontiguousarray(truth["infection_exposure"][:, after])
    if not trial.infections:
        hazard = np.zeros_like(hazard)
    pattern = catalog.load("infection", trial.infections or catalog.names("infection")[0])
    return draw_infections(checks[after], hazard, patients, seed, pattern)


def _last(values: NDArray[np.float64], stop_check: NDArray[np.int64]) -> NDArray[np.float64]:
    return values[np.arange(len(values)), stop_check]


def _finite(days: NDArray[np.float64]) -> pl.Series:
    """Days as a column in which what never happens is null."""
    return pl.Series(np.where(np.isfinite(days), days, np.nan)).fill_nan(None)


def _up_to(frame: pl.DataFrame, patients: NDArray[np.int64], last_day: NDArray[np.float64]) -> pl.DataFrame:
    limits = pl.DataFrame({"patient": patients, "limit": last_day})
    joined = frame.join(limits, on="patient", how="left", maintain_order="left")
    return joined.filter(pl.col("day") <= pl.col("limit")).drop("limit")


def _courses(checks: NDArray[np.float64], truth: Truth, patients: NDArray[np.int64], sample: int) -> pl.DataFrame:
    """The true course of the sample, one row per check, until it ended."""
    rows = np.flatnonzero((patients >= 1) & (patients <= sample))
    columns = {name: values[rows].ravel() for name, values in truth.items()}
    frame = pl.DataFrame(
        {"patient": np.repeat(patients[rows], len(checks)), "day": np.tile(checks, len(rows)), **columns}
    )
    return frame.filter(pl.col("temperature").is_not_nan())
