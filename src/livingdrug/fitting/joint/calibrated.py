"""What a calibration came to, in a folder: the point, its uncertainty, draws, and every row published and simulated.

calibration.json   what was asked: trials, patients, seed, free numbers with priors, hashes of code and catalogue
parameters.json    the point, standard deviations, correlations, differences between trials; draws of the ensemble
linear.npz         simulated rows and Jacobian at the point, and the line through draws, from which left-out trials are predicted
rows.json          every row published and simulated
evaluations/       every trial at every point, so that an interrupted calibration goes on
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.parameter_set import ParameterSet
from livingdrug.fitting.joint.between import marginal, unseen
from livingdrug.fitting.joint.free import Free
from livingdrug.fitting.joint.linear import Linear, Posterior, posterior, predicted
from livingdrug.fitting.joint.problem import TrialProblem, linearised
from livingdrug.fitting.joint.search import Found
from livingdrug.foundation import streams
from livingdrug.foundation.errors import BadInput
from livingdrug.trial import storage

Floats = NDArray[np.float64]
PARAMETERS, ASKED, LINEAR, ROWS, EVALUATIONS = (
    "parameters.json", "calibration.json", "linear.npz", "rows.json", "evaluations",
)  # fmt: skip
DRAWS = 200
"""Draws kept of the ensemble."""


@dataclass(frozen=True)
class Calibrated:
    """A finished calibration.

    Attributes
    ----------
    problem
        Rows and free numbers.
    found
        Where the search ended.
    """

    problem: TrialProblem
    found: Found

    @property
    def free(self) -> tuple[Free, ...]:
        """The numbers that moved."""
        return self.problem.free

    @property
    def tau(self) -> Floats:
        """Spread between trials of each kind of rows (C,), by maximum likelihood: what rows are weighed with."""
        return self.found.tau if self.found.averaged is None else self.found.averaged.tau

    @property
    def slopes(self) -> Floats:
        """How rows move with the free numbers (R, P): over the width of what is plausible where that was drawn, else at the point."""
        return self.found.jacobian if self.found.averaged is None else self.found.averaged.slopes

    @property
    def offset(self) -> Floats:
        """How far the rows' average over what is plausible lies from a line through the point (R,); nought where it was not drawn."""
        return np.zeros(len(self.problem.rows)) if self.found.averaged is None else self.found.averaged.offset

    @cached_property
    def between(self) -> Floats:
        """Standard deviation of the difference between trials of each kind of rows (C,), the spread integrated out: what is told."""
        return marginal(self.linear(self.problem.fitted), self.tau, self.problem.prior_between)

    @property
    def values(self) -> dict[str, float]:
        """Address -> value at the point."""
        return self.problem.values(self.found.point)

    def linear(self, rows: NDArray[np.bool_] | None = None) -> Linear:
        """The problem around the point; all rows, fitted or not, when omitted."""
        every = np.ones(len(self.problem.rows), dtype=bool) if rows is None else rows
        middle = self.found.simulated + self.offset
        return linearised(self.problem, self.found.point, middle, self.slopes, every, tau=self.tau)

    def posterior(self) -> Posterior:
        """Of the free numbers: the covariance of the linear problem; around the point, or where the line through draws puts the middle."""
        law = posterior(self.linear(self.problem.fitted), self.tau)
        if self.found.averaged is None:
            return Posterior(self.found.point, law.covariance)
        return Posterior(np.clip(law.mean, self.problem.low, self.problem.high), law.covariance)

    def by_parameters(self) -> tuple[Floats, Floats]:
        """Middle of every row over what is plausible, and standard deviation from what the free numbers leave open (R,), on the rows' scales.

        The middle is the row at the point where no line was drawn through draws; NaN where nobody was counted.
        """
        told = predicted(self.linear(), self.tau, self.posterior())
        return np.where(np.isfinite(self.found.simulated), told.expected, np.nan), told.parts["parameter"]


def ensemble(found: Posterior, free: Sequence[Free], draws: int, seed: int) -> Floats:
    """Draws of the free numbers within their bounds, on their scales (draws, P); the same seed gives the same draws."""
    factor = np.linalg.cholesky(found.covariance)
    numbers = np.arange(draws, dtype=np.int64)
    normal = np.stack([streams.normal(seed, f"calibration/{one.address}", numbers) for one in free], axis=1)
    low, high = (np.array([getattr(one, name) for one in free]) for name in ("low", "high"))
    return np.clip(found.mean + normal @ factor.T, low, high)


def write(calibrated: Calibrated, folder: Path, *, asked: Mapping[str, Any], draws: int = DRAWS) -> None:
    """Write a calibration into its folder; equal calibrations give equal bytes."""
    problem, found, law = calibrated.problem, calibrated.found, calibrated.posterior()
    values = calibrated.values
    members = ensemble(law, calibrated.free, draws, int(asked["seed"]))
    storage.write_json(
        folder / PARAMETERS,
        {
            "note": "Simulation; not for patient care.",
            "sha256": ParameterSet(values).sha256,
            "values": values,
            "scale": {one.address: one.scale for one in calibrated.free},
            "sd_on_scale": dict(zip(values, law.sd.tolist(), strict=True)),
            "prior": {
                one.address: {"centre": one.centre, "sd": one.width, "assumed": one.prior_assumed}
                for one in calibrated.free
            },
            "correlation": law.correlation.tolist(),
            "between_trials": dict(zip(problem.kinds, calibrated.between.tolist(), strict=True)) | unseen(),
            "slopes_through": found.averaged.draws if found.averaged else 0,
            "draws": [list(problem.values(member).values()) for member in members],
            "at_rest": found.at_rest,
            "objective": found.objective,
            "path": [list(step) for step in found.path],
        },
    )
    memory = io.BytesIO()
    np.savez(
        memory,
        point=found.point,
        simulated=found.simulated,
        jacobian=found.jacobian,
        tau=found.tau,
        covariance=law.covariance,
        slopes=calibrated.slopes,
        offset=calibrated.offset,
        middle=law.mean,
    )
    storage.write_bytes(folder / LINEAR, memory.getvalue())
    storage.write_json(folder / ROWS, {"rows": rows_told(calibrated)})
    storage.write_json(folder / ASKED, dict(asked))


def rows_told(calibrated: Calibrated) -> list[dict[str, Any]]:
    """Every row as plain values: published, simulated, and how many standard deviations apart.

    ``z`` counts sampling and differences between trials, at the point; ``z_all`` what the parameters leave open, too, around the middle
    of what is plausible: the interval that a simulated trial is told with.
    """
    problem, found = calibrated.problem, calibrated.found
    own, (middle, open_) = problem.covariance(found.point), calibrated.by_parameters()
    told = []
    for place, row in enumerate(problem.rows):
        simulated = float(found.simulated[place])
        known = simulated == simulated
        simulation = math.sqrt(max(own[place, place] - row.weighted_error**2, 0.0))
        noise = float(np.sqrt(own[place, place] + calibrated.between[problem.kind[place]] ** 2))
        told.append({
            "trial": row.trial, "family": row.family, "endpoint": row.published.endpoint, "at": row.published.at,
            "measure": row.measure, "class": row.about, "label": row.label, "unit": row.published.unit,
            "published": row.shown(row.number), "simulated": row.shown(simulated, simulation) if known else None,
            "z_sampling": (simulated - row.number) / row.error if known else None,
            "z": (simulated - row.number) / noise if known else None,
            "z_all": (float(middle[place]) - row.number) / float(np.hypot(noise, open_[place])) if known else None,
            "use": row.published.use, "status": row.published.status, "n": row.published.n, "source": row.published.source,
        })  # fmt: skip
    return told


def read_parameters(folder: Path) -> tuple[ParameterSet, list[ParameterSet]]:
    """The point and the ensemble of a calibration's folder.

    Raises
    ------
    BadInput
        It is not there, damaged, or its values do not have the hash they were written with.
    """
    path = folder / PARAMETERS
    if not path.is_file():
        raise BadInput(
            f"{folder} holds no {PARAMETERS}.\n  Give the folder of a finished calibration (livingdrug calibrate -o …)."
        )
    told = storage.read_json(path)
    try:
        point = ParameterSet({str(name): float(value) for name, value in told["values"].items()})
        draws = [ParameterSet(dict(zip(point.values, map(float, draw), strict=True))) for draw in told["draws"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadInput(f"{path} is not as a calibration wrote it.\n  Calibrate again.") from None
    if told.get("sha256") != point.sha256:
        raise BadInput(f"{path} was changed after it was written: its values have another hash.\n  Calibrate again.")
    return point, draws


def read_between_trials(folder: Path) -> dict[str, float]:
    """Kind of rows (`livingdrug.fitting.joint.between.kind_of`) -> standard deviation of the difference between trials, of a calibration's folder."""
    return {str(word): float(sd) for word, sd in storage.read_json(folder / PARAMETERS)["between_trials"].items()}
