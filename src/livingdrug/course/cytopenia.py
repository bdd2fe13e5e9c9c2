"""Cytopenia of a whole course as a haematologist tells it: days in severe neutropenia, ICAHT grades, haemoglobin, risk before.

Grades and days come from counts seen at visits; the CAR-HEMATOTOX score from the blood before lymphodepletion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.load import Catalog
from livingdrug.catalog.records.scale import Record as Scale
from livingdrug.catalog.records.score import Record as Score
from livingdrug.clinic.course_signs import course_signs
from livingdrug.clinic.grading import grade
from livingdrug.clinic.scores import score

Floats = NDArray[np.float64]
COLUMNS = {
    "icaht_early": "icaht_early",
    "icaht_late": "icaht_late",
    "icaht_platelets_early": "icaht_early_platelets",
    "icaht_platelets_late": "icaht_late_platelets",
}
"""Column of the patients frame -> grading scale of a whole course."""
MG_PER_L_IN_MG_PER_DL = 10.0


@dataclass(frozen=True)
class Cytopenia:
    """What grades and scores cytopenia: the four ICAHT scales by column, and the score before treatment."""

    scales: Mapping[str, Scale]
    before: Score

    @classmethod
    def of(cls, catalog: Catalog) -> Cytopenia:
        """The catalogue's scales and score."""
        return cls({c: catalog.load("scale", name) for c, name in COLUMNS.items()}, catalog.load("score", "hematotox"))

    def seen(self, neutrophils: tuple[Floats, Floats], platelets: tuple[Floats, Floats]) -> dict[str, list]:
        """Columns of the patients frame that tell of counts at visits.

        Parameters
        ----------
        neutrophils, platelets
            Days and counts [1e9/L], each (n, visits); NaN where nothing was measured.

        Returns
        -------
        `days_anc_below_500` (days 0 to 30, interpolated over at most a week) and the ICAHT grades; None where the
        period was never looked at.
        """
        found: dict[str, list] = {"days_anc_below_500": [], **{column: [] for column in self.scales}}
        for days, counts, plate_days, plates in zip(*neutrophils, *platelets, strict=True):
            signs = course_signs(days[~np.isnan(days)], {"neutrophils": counts[~np.isnan(days)]})
            signs |= course_signs(plate_days[~np.isnan(plate_days)], {"platelets": plates[~np.isnan(plate_days)]})
            below = signs["days_neutrophils_at_most_500"]
            found["days_anc_below_500"].append(None if np.isnan(below) else below)
            for column, scale in self.scales.items():
                known = [name for name in scale.names if not np.isnan(signs[name])]
                found[column].append(int(grade(scale, signs)) if known else None)
        return found

    def score_before(self, truth: Mapping[str, Floats]) -> Floats:
        """CAR-HEMATOTOX from the blood at the first check, before lymphodepletion (n,); NaN without haemoglobin."""
        if "haemoglobin" not in truth:
            return np.full(len(truth["neutrophils"]), np.nan)
        names = ("platelets", "neutrophils", "haemoglobin", "crp", "ferritin")
        first = {name: np.maximum(np.ascontiguousarray(truth[name][:, 0]), 0.0) for name in names}
        values = {
            "platelets": np.maximum(first["platelets"], 0.5),
            "neutrophils": first["neutrophils"],
            "hemoglobin": first["haemoglobin"],
            "crp": first["crp"] / MG_PER_L_IN_MG_PER_DL,
            "ferritin": first["ferritin"],
        }
        return score(self.before, values).value
