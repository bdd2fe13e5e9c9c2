"""Which columns of the patients table a report reads: of a large run of outcomes alone the others stay on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.catalog.roles import roles_in
from livingdrug.design.outcomes_kept import endpoints_told, names_read
from livingdrug.foundation.errors import UnknownName
from livingdrug.reports.randomised import AGE, SEX
from livingdrug.reports.sections import flow, patients, waiting

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.questions import Questions
    from livingdrug.catalog.records.trial import Trial


# Measured on ELIANA in November 2026: 0.36 GB of 100,000 patients, 1.75 GB of a million whose times repeat tenfold; in the process of a run.
_GROUND, _EACH = 0.5e9, 1_800.0


def memory_of_report(rows: int) -> float:
    """Bytes that the report of a run of outcomes alone takes, of so many patients in all arms together, rounded up."""
    return _GROUND + _EACH * rows


def patients_read(trial: Trial, questions: Questions, catalog: Catalog) -> set[str]:
    """Columns by name, and names that formulas make of the words in one.

    Parameters
    ----------
    trial
        Whose report it is.
    questions
        What may be asked of its patients.
    catalog
        Where its endpoints, published results and population are.
    """
    roles = roles_in(catalog)
    try:
        covariates = list(catalog.load("population", trial.population).covariate)
    except UnknownName:
        covariates = []
    return {
        *names_read(endpoints_told(trial, catalog), questions),
        *(one.covariate for one in trial.planned_design.strata),
        *covariates, *(name for name, *_ in patients.LOTS), *flow.columns_read(roles), *waiting.columns_read(roles),
        *(roles[role] for role in ("best response", "first response", "last contact")), AGE, SEX,
    }  # fmt: skip
