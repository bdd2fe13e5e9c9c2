"""Who responds within a trial: published associations of cohorts that calibration trials stand for, as rows of the fit.

=====================================  ====================================  ==========================================
published                              scale                                 error
=====================================  ====================================  ==========================================
hazard ratio, odds ratio, ratio        logarithm                             interval, or the p-value's (Altman 2011)
share with the other group's           difference of arcsines of the root    both counts, halves of the cohort
share of everyone asked                arcsine of the root                   interval, or its count
median with the other group's          log of their ratio                    the simulated one at the published size
AUROC, concordance                     as it is                              interval, or the simulated one at that size
a direction alone                      concordance, held at `TOLD`           `TOLD_ERROR`; more than that is as good
no association                         concordance 0.5                       `NONE_ERROR`
=====================================  ====================================  ==========================================

Files whose use is ``"test"`` are refused by the head of the file: their rows are not even parsed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from livingdrug.catalog.records.association import Association, AssociationRow
from livingdrug.catalog.records.evidence import Published
from livingdrug.fitting.joint.rows import WITHIN, Row
from livingdrug.fitting.joint.statistics import NOTHING, Answer, Measure, arcsine, arcsine_error
from livingdrug.foundation.errors import BadInput, LivingDrugError
from livingdrug.foundation.toml_files import parse_toml
from livingdrug.outcome.effect import Effect, Sample
from livingdrug.trial.associations.board import KIND, names_read
from livingdrug.trial.associations.compare import expected_sign, measure_named, published_limits, sample_of
from livingdrug.trial.associations.patients import Patients, pooled
from livingdrug.trial.published import USUAL_N, Z95

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog

Floats = NDArray[np.float64]
TOLD, TOLD_ERROR, NONE_ERROR = 0.6, 0.1, 0.05
"""A published direction without a figure: concordance of at least 0.6 on its side, give or take 0.1; none: 0.5, give or take 0.05. Conventions."""
LEAST_RATIO_ERROR = 0.2
"""Least error of a logarithm of a ratio: cohorts of practice are not the trials that stand for them (assumed)."""
RATIO, RANK, SHARE = WITHIN
ABOUT: Mapping[Measure, str] = {
    "log ratio": RATIO, "concordance": RANK, "at least": RANK, "at most": RANK, "share": SHARE, "contrast": SHARE,
}  # fmt: skip
"""Class of rows by what is told: each has a difference between cohorts of its own."""
START_OF_ROWS = "[[row]]"


@dataclass(frozen=True)
class Cohort:
    """A file of associations that the fit sees.

    Attributes
    ----------
    association
        The file.
    rows
        Those that simulated patients answer, and the same in words of the fit.
    """

    association: Association
    rows: tuple[tuple[AssociationRow, Row], ...]

    @property
    def trials(self) -> tuple[str, ...]:
        """The trials whose simulated patients stand for it."""
        return tuple(part.trial for part in self.association.simulated_by)


@dataclass
class Cohorts:
    """All of them, and what was evaluated."""

    every: tuple[Cohort, ...]
    catalog: Catalog
    _known: dict[tuple[str, ...], list[Answer]] = field(default_factory=dict, repr=False)

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every row, in order."""
        return tuple(row for cohort in self.every for _, row in cohort.rows)

    def at(self, patients: Mapping[str, tuple[str, Patients]]) -> list[Answer]:
        """Answers to every row.

        Parameters
        ----------
        patients
            Trial -> a key that tells its evaluation from others, and its patients; a cohort with a trial left out has no answers.
        """
        found: list[Answer] = []
        for cohort in self.every:
            if any(trial not in patients for trial in cohort.trials):
                found += [NOTHING] * len(cohort.rows)
                continue
            key = (cohort.association.id, *(patients[trial][0] for trial in cohort.trials))
            if key not in self._known:
                asked = together(cohort.association, {trial: patients[trial][1] for trial in cohort.trials})
                self._known[key] = [answer_within(row, one.measure, asked, self.catalog) for row, one in cohort.rows]
            found += self._known[key]
        return found


def shaping(catalog: Catalog, trials: Iterable[str]) -> list[Association]:
    """Files of associations that may shape the model and that these trials alone stand for.

    The head of each file is read first, and a file kept for test goes no further.

    Raises
    ------
    CatalogError
        A file does not hold together.
    """
    names = set(trials)
    found = []
    for name in catalog.names(KIND):
        head = _head(catalog, name)
        if head.get("use") != "shape":
            continue
        if {part.get("trial") for part in head.get("simulated_by", ())} <= names:
            found.append(catalog.load(KIND, name))
    return found


def refuse_test(association: Association) -> None:
    """Stop at a file kept to test the model."""
    if association.use != "shape":
        raise BadInput(
            f'association "{association.id}" is kept to test the model (use = "{association.use}"): nothing may be fitted to it.\n'
            "  Leave it out."
        )


def _head(catalog: Catalog, name: str) -> dict:
    """What stands before the first row of a file."""
    path = catalog.path(KIND, name)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    first = next((k for k, line in enumerate(lines) if line.strip().startswith(START_OF_ROWS)), len(lines))
    return parse_toml("\n".join(lines[:first]).encode(), str(path))


def names_wanted(records: Iterable[Association], catalog: Catalog) -> dict[str, frozenset[str]]:
    """Trial -> what its patients are asked."""
    found: dict[str, set[str]] = {}
    for record in records:
        for part in record.simulated_by:
            found.setdefault(part.trial, set()).update(names_read([record], catalog))
    return {trial: frozenset(names) for trial, names in found.items()}


def cohorts_of(
    records: Iterable[Association], patients: Mapping[str, Patients], family: Mapping[str, str], catalog: Catalog
) -> Cohorts:
    """Rows with their errors, of what simulated patients answer.

    Parameters
    ----------
    records
        Files that may shape the model.
    patients
        Of each trial, as the files have it.
    family
        Of each trial: a cohort of one family is left out with it, one of several is a family of its own.
    """
    cohorts = []
    for record in records:
        refuse_test(record)
        asked = together(record, {part.trial: patients[part.trial] for part in record.simulated_by})
        families = tuple(dict.fromkeys(family[part.trial] for part in record.simulated_by))
        known = []
        for row in record.rows:
            one = _row(record, row, asked, families, catalog)
            if one is not None:
                known.append((row, one))
        if known:
            cohorts.append(Cohort(record, tuple(known)))
    return Cohorts(tuple(cohorts), catalog)


def together(record: Association, patients: Mapping[str, Patients]) -> Patients:
    """The patients who stand for a cohort, as many of each trial as its share allows; luck may be shared across trials."""
    if len(record.simulated_by) == 1:
        return patients[record.simulated_by[0].trial]
    return pooled(record.simulated_by, patients, min(one.n for one in patients.values()), shared_luck=True)


def answer_within(row: AssociationRow, measure: Measure, patients: Patients, catalog: Catalog) -> Answer:
    """What simulated patients say to a row, on its scale; nothing where too few tell."""
    try:
        sample = sample_of(row, patients, catalog)
        if measure in ("at least", "at most", "concordance"):
            found = measure_named("direction" if row.direction else row.measure).estimate(sample)
            return _on(measure, found)
        found = measure_named(row.measure).estimate(sample)
        if row.reference_value is None:
            return _on(measure, found)
        other = measure_named(row.measure).estimate(sample.of_group(False))
    except LivingDrugError:
        return NOTHING
    if not (found.known and other.known):
        return NOTHING
    scale = "share" if measure == "contrast" else measure
    one, two = _on(scale, found), _on(scale, other)
    return Answer(one.number - two.number, math.hypot(one.error, two.error), n=one.n + two.n)


def _on(measure: Measure, found: Effect) -> Answer:
    """An effect on the scale of a row."""
    if not found.known:
        return NOTHING
    if measure == "share":
        share = found.estimate / 100
        return Answer(arcsine(share, found.n), arcsine_error(found.n), n=found.n)
    if measure == "log ratio":
        if not (found.low > 0 and math.isfinite(found.high)):
            return NOTHING
        return Answer(math.log(found.estimate), math.log(found.high / found.low) / (2 * Z95), n=found.n)
    held = {"at least": min(found.estimate, TOLD), "at most": max(found.estimate, 1 - TOLD)}
    # an interval that ends at 0 or 1 is half as wide on that side
    error = max(found.high - found.estimate, found.estimate - found.low) / Z95
    return Answer(held.get(measure, found.estimate), max(error, 0.5 / found.n), n=found.n)


def _row(
    record: Association, row: AssociationRow, patients: Patients, families: tuple[str, ...], catalog: Catalog
) -> Row | None:
    """A published association as a row of the fit; None where there is nothing to fit to or nobody answers."""
    try:
        sample = sample_of(row, patients, catalog)
    except LivingDrugError:
        return None
    told = _published(row, sample)
    if told is None:
        return None
    measure, number, error = told
    now = answer_within(row, measure, patients, catalog)
    if now.number != now.number:
        return None
    if error != error:
        error = now.error * math.sqrt(now.n / (row.n or USUAL_N))
    if measure == "log ratio":
        error = max(error, LEAST_RATIO_ERROR)
    published = Published(
        endpoint=row.endpoint or "association", value=row.value if row.value is not None else number, unit=row.unit,
        statistic=row.measure, n=row.n, source=row.source, where=row.where, seen_at=row.seen_at,
        status="unverified" if row.status == "unverified" else "read", use="calibration",
    )  # fmt: skip
    family = families[0] if len(families) == 1 else f"cohort {record.id}"
    return Row(record.id, family, published, row.title, measure, None, ABOUT[measure], number, error, True, families)


def _published(row: AssociationRow, sample: Sample) -> tuple[Measure, float, float] | None:
    """(measure, number, error) of what was published; the error is NaN where it needs the simulated one."""
    measure = measure_named(row.measure)
    if row.direction:
        sign = expected_sign(row, measure, sample)
        if sign == 0:
            return "concordance", 0.5, NONE_ERROR
        return ("at least", TOLD, TOLD_ERROR) if sign and sign > 0 else ("at most", 1 - TOLD, TOLD_ERROR)
    assert row.value is not None
    low, high, origin = published_limits(row)
    if row.unit == "percent" and measure.unit == "percent":
        n = row.n or USUAL_N
        number = arcsine(row.value / 100, n)
        if row.reference_value is None:
            return "share", number, arcsine_error(n)
        half = n / 2
        return "contrast", number - arcsine(row.reference_value / 100, half), math.sqrt(2) * arcsine_error(half)
    if measure.log and row.value > 0:
        return "log ratio", math.log(row.value), _ratio_error(row, low, high, origin)
    if measure.null == 0.5:
        known = origin and math.isfinite(low) and math.isfinite(high)
        return "concordance", row.value, (high - low) / (2 * Z95) if known else math.nan
    if row.reference_value and row.value > 0:
        return "log ratio", math.log(row.value / row.reference_value), math.nan
    return None


def _ratio_error(row: AssociationRow, low: float, high: float, origin: str) -> float:
    """Error of the logarithm of a ratio: from its interval, from its p-value, or NaN."""
    if origin and low > 0 and math.isfinite(high):
        return math.log(high / low) / (2 * Z95)
    try:
        p = float(row.p_value.replace("<", "").strip())
    except ValueError:
        return math.nan
    z = float(ndtri(1 - p / 2)) if 0 < p < 1 else 0.0
    return abs(math.log(row.value)) / z if z > 0 and row.value else math.nan


def read_patients(kept: Mapping[str, Floats]) -> Patients:
    """Patients as an evaluation keeps them: a column for each name, and their numbers."""
    values = {name: np.asarray(column, dtype=np.float64) for name, column in kept.items() if name != "patient"}
    return Patients(np.asarray(kept["patient"]).astype(np.int64), values, {}, {}, ())
