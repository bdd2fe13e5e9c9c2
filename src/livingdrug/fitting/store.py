"""A fit as a folder: tables for people, numbers for going on, and a manifest of what it was made of."""

from __future__ import annotations

import io
import json
import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.fitting.checkpoint import UNFINISHED
from livingdrug.fitting.linearised import can_be_linearised
from livingdrug.trial.storage import make_folder, write_bytes, write_frame, write_json

if TYPE_CHECKING:
    from livingdrug.fitting.result import Fit

EXTRAS = ("starts", "profile", "bootstrap")
"""Tables that a fit may carry."""
PACKAGES = ("numpy", "scipy", "numba", "polars")
NUMBERS = (
    "log_likelihood",
    "monte_carlo_error",
    "by_patient",
    "mean",
    "covariance",
    "effective",
    "gradient",
    "information",
    "counted",
)

ERRORS, CHANGES = "standard_errors.csv", "covariate_changes.parquet"


def save_fit(fit: Fit, folder: Path | str) -> Path:
    """Write a fit; the same fit gives the same bytes.

    parameters.csv, standard_errors.csv, individuals.csv, predictions.csv, shrinkage.csv, trace.csv, checks.csv, summary.txt for people;
    measurements.parquet, doses.parquet, covariates.parquet (with covariate_changes.parquet where they change), numbers.npz, fit.json for `load_fit`.
    """
    import polars as pl

    place = make_folder(Path(folder))
    for name, frame in (
        ("parameters", fit.parameters), ("individuals", fit.individuals), ("predictions", fit.predictions),
        ("shrinkage", fit.shrinkage), ("trace", fit.trace), ("checks", fit.data.checks),
    ):  # fmt: skip
        write_bytes(place / f"{name}.csv", frame.write_csv().encode("utf-8"))
    (place / ERRORS).unlink(missing_ok=True)
    if can_be_linearised(fit):
        write_bytes(place / ERRORS, fit.standard_errors().write_csv().encode("utf-8"))
    save_extras(fit, place)
    write_bytes(place / "summary.txt", (fit.summary() + "\n").encode("utf-8"))
    write_frame(place / "measurements.parquet", fit.data.frame)
    names = ["patient", "time", "amount", "duration", "compartment"]
    write_frame(
        place / "doses.parquet", pl.DataFrame(fit.data.doses, schema=dict.fromkeys(names, pl.Float64), orient="row")
    )
    write_frame(place / "covariates.parquet", fit.data.covariates)
    if fit.data.changing:
        changes = ["patient", "time", "covariate", "value"]
        write_frame(
            place / CHANGES, pl.DataFrame(fit.data.changes, schema=dict.fromkeys(changes, pl.Float64), orient="row")
        )
    else:
        (place / CHANGES).unlink(missing_ok=True)
    memory = io.BytesIO()
    examined = {name: getattr(fit.examined, name) for name in NUMBERS}
    np.savez(
        memory,
        beta=fit.theta.beta,
        omega=fit.theta.omega,
        error=fit.theta.error,
        share=fit.theta.share,
        modes=fit.modes,
        **examined,
    )
    write_bytes(place / "numbers.npz", memory.getvalue())
    write_json(place / "fit.json", _manifest(fit))
    for left in place.glob(UNFINISHED):
        left.unlink()
    return place


def save_extras(fit: Fit, place: Path) -> None:
    """Write the tables that were made after the fit; those of an earlier fit in the folder go."""
    for name in EXTRAS:
        (place / f"{name}.csv").unlink(missing_ok=True)
    for name, frame in fit.extras.items():
        write_bytes(place / f"{name}.csv", frame.write_csv().encode("utf-8"))


def _manifest(fit: Fit) -> dict[str, Any]:
    data = fit.data
    return {
        "note": "Simulation; not for patient care.",
        "livingdrug": _version("livingdrug"),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "model": fit.name,
        "options": json.loads(json.dumps(dict(fit.options), default=list)),
        "settings": dict(fit.settings),
        "minus_two_ll": fit.minus_two_ll,
        "minus_two_ll_error": fit.minus_two_ll_error,
        "aic": fit.aic,
        "bic": fit.bic,
        "converged": fit.converged,
        "judgement": [[name, bool(passed), sentence] for name, (passed, sentence) in fit.judgement.items()],
        "data": {
            "patients": list(data.patients), "outputs": list(data.outputs), "occasions": list(data.occasions), "changing": list(data.changing), "time_unit": data.time_unit,
            "value_unit": data.value_unit, "dose_unit": data.dose_unit, "source": data.source,
            "findings": [[f.severity, f.what, list(f.rows), f.remedy] for f in data.findings],
        },
    }  # fmt: skip


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
