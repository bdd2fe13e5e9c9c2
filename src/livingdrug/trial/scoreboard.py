"""The scoreboard: every calibration trial against what it published; prediction trials listed, never looked at.

A prediction is frozen by writing ``prediction_frozen/<trial>.json`` into a catalog folder, with at least ``frozen_on``
(a date) and ``parameters_sha256``. The scoreboard says that it is there and under which parameters it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.errors import BadInput, CatalogError
from livingdrug.manufacturing.lots import BEGUN
from livingdrug.trial.misfit import Misfit, misfits

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.trial.result import Result

FROZEN = "prediction_frozen"
NEAR = 2.0
"""A number is near when it is within so many published standard errors."""


@dataclass(frozen=True)
class Score:
    """One calibration trial: how it was run and how far each published number is.

    Attributes
    ----------
    manifest
        Of the run: seed, patients, versions, hashes of parameters and code.
    n_infused, n_failed
        Of the enrolled: who received cells, and whose simulation did not finish.
    misfits
        One for each published number this run can answer.
    unanswered
        Endpoints published without a simulated counterpart.
    """

    trial: str
    title: str
    arm: str
    manifest: dict[str, Any]
    n_infused: int
    n_failed: int
    misfits: tuple[Misfit, ...]
    unanswered: tuple[str, ...]

    @property
    def standing(self) -> tuple[str, ...]:
        """What the numbers rest on, where not all is calibrated (`livingdrug.trial.standing`)."""
        return tuple(self.manifest.get("standing", ()))

    def of_use(self, use: str) -> tuple[Misfit, ...]:
        """Numbers used for ``"calibration"``, or only for ``"comparison"``."""
        return tuple(one for one in self.misfits if one.row.use == use)


@dataclass(frozen=True)
class Prediction:
    """A trial whose outcomes nobody here has looked at; `frozen_on` and `file` are empty until its prediction is frozen."""

    trial: str
    title: str
    frozen_on: str = ""
    parameters_sha256: str = ""
    file: str = ""

    @property
    def sentence(self) -> str:
        """What there is to say about it."""
        return f"prediction frozen on {self.frozen_on}: {self.file}" if self.frozen_on else "no prediction frozen yet"


@dataclass(frozen=True)
class Scoreboard:
    """All trials asked for."""

    scores: tuple[Score, ...]
    predictions: tuple[Prediction, ...]

    def told(self) -> dict[str, Any]:
        """As plain values, for JSON; equal runs give equal content."""
        return {
            "note": "Simulation; not for patient care.",
            "calibration_trials": [_score_told(score) for score in self.scores],
            "prediction_trials": [
                {"trial": one.trial, "title": one.title, "frozen_on": one.frozen_on or None, "file": one.file or None,
                 "parameters_sha256": one.parameters_sha256 or None}
                for one in self.predictions
            ],
        }  # fmt: skip


def near(found: Sequence[Misfit]) -> int:
    """How many are within `NEAR` published standard errors."""
    return sum(abs(one.z) <= NEAR for one in found)


def recalled(found: Sequence[Misfit]) -> int:
    """How many of the published numbers nobody has read in their source."""
    return sum(one.row.status != "read" for one in found)


def scoreboard(
    names: Sequence[str | Path] = (),
    *,
    patients: int = 1000,
    seed: int = 7,
    threads: int | None = None,
    catalog: Catalog | None = None,
    progress: Callable[[str, str, int, int], None] | None = None,
) -> Scoreboard:
    """Run calibration trials and hold them against what they published; list prediction trials.

    Parameters
    ----------
    names
        Trials of the catalogue; all calibration and prediction trials when empty.
    patients, seed, threads
        Of each run; see `livingdrug.trial.run.run`.
    catalog
        Where trials and published results are looked up.
    progress
        As for `run`, with the trial's name before the arm's.

    Raises
    ------
    BadInput
        A trial of one's own (role "design") has nothing published to compare with.
    """
    from livingdrug.catalog.load import default_catalog, load_trial
    from livingdrug.trial.run import run

    catalog = catalog or default_catalog()
    trials = [load_trial(name, catalog) for name in (names or catalog.names("trial"))]
    own = [trial.id for trial in trials if trial.role == "design"]
    if names and own:
        raise BadInput(
            f'trial "{own[0]}" has role "design": nothing was published that it could be held against.\n'
            f'  Of a trial of your own that was published: role = "calibration", and its numbers in evidence/{own[0]}.toml of your --catalog\n'
            "  folder. Else name a calibration trial; `livingdrug list trial` shows them."
        )
    scores = []
    for trial in trials:
        if trial.role == "calibration" and catalog.has("evidence", trial.id):
            result = run(
                trial, patients=patients, seed=seed, threads=threads, sample=0, catalog=catalog,
                progress=_named(progress, trial.id),
            )  # fmt: skip
            scores.append(score(result, catalog))
    return Scoreboard(tuple(scores), tuple(_prediction(one, catalog) for one in trials if one.role == "prediction"))


def score(result: Result, catalog: Catalog) -> Score:
    """One finished run of a calibration trial against its published results.

    Raises
    ------
    BadInput
        The trial is kept for prediction: its outcomes are not to be looked at.
    """
    trial = result.trial
    if trial.role != "calibration":
        raise BadInput(f'trial "{trial.id}" has role "{trial.role}"; only calibration trials have a score.')
    rows = catalog.load("evidence", trial.id).results
    arm = result.arms[0]
    found = misfits(result, rows, arm)
    answered = {id(one.row) for one in found}
    silent = sorted({row.endpoint for row in rows if id(row) not in answered})
    n_infused = result.patients.filter(result.patients["status"].is_in(BEGUN) & (result.patients["arm"] == arm)).height
    return Score(
        trial.id, trial.title, arm, dict(result.manifest), n_infused, result.failed.height, tuple(found), tuple(silent)
    )


def _prediction(trial: Trial, catalog: Catalog) -> Prediction:
    """What is known of a trial's frozen prediction: that it is there. Its content stays unread but for date and hash."""
    from livingdrug.trial import storage

    for folder in catalog.folders:
        path = Path(folder) / FROZEN / f"{trial.id}.json"
        if not path.is_file():
            continue
        stored = storage.read_json(path)
        if not stored.get("frozen_on"):
            raise CatalogError(
                f'{FROZEN}/{path.name}: there is no "frozen_on", expected the date of the prediction.\n'
                "  Add it; a prediction without a date proves nothing."
            )
        return Prediction(
            trial.id, trial.title, str(stored["frozen_on"]), str(stored.get("parameters_sha256", "")),
            f"{FROZEN}/{path.name}",
        )  # fmt: skip
    return Prediction(trial.id, trial.title)


def _named(progress: Callable[[str, str, int, int], None] | None, trial: str) -> Any:
    if progress is None:
        return None
    return lambda arm, stage, done, total: progress(f"{trial} {arm}".rstrip(), stage, done, total)


def _score_told(one: Score) -> dict[str, Any]:
    uses = {use: one.of_use(use) for use in ("calibration", "comparison")}
    return {
        "trial": one.trial, "title": one.title, "arm": one.arm,
        "manifest": {key: value for key, value in one.manifest.items() if key not in ("catalog", "note")},
        "n_infused": one.n_infused, "n_failed": one.n_failed,
        **{f"n_{use}": len(found) for use, found in uses.items()},
        **{f"n_{use}_within_{NEAR:g}_standard_errors": near(found) for use, found in uses.items()},
        **{f"n_{use}_recalled": recalled(found) for use, found in uses.items()},
        "rows": [_row_told(misfit) for misfit in one.misfits],
        "unanswered": list(one.unanswered),
    }  # fmt: skip


def _row_told(one: Misfit) -> dict[str, Any]:
    row, known = one.row, lambda value: value if value == value else None
    return {
        "endpoint": row.endpoint, "at": row.at, "title": one.title, "measure": one.measure, "use": row.use,
        "unit": "log standard deviation" if one.measure == "spread" else row.unit,
        "published": one.published, "published_low": known(one.published_limits[0]),
        "published_high": known(one.published_limits[1]), "limits_from": one.limits_from,
        "simulated": one.simulated, "simulated_low": known(one.simulated_limits[0]),
        "simulated_high": known(one.simulated_limits[1]), "z": known(one.z), "inside": one.inside,
        "population": row.population_note, "source": row.source, "where": row.where, "seen_at": row.seen_at, "status": row.status,
    }  # fmt: skip
