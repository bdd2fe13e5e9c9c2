"""A fit as a folder: tables for people, numbers for going on, and a manifest of what it was made of."""

from __future__ import annotations

import io
import json
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug.fitting.checkpoint import FILE
from livingdrug.fitting.data import Finding, KineticsData
from livingdrug.fitting.importance import Examined
from livingdrug.fitting.likelihood import CompiledLikelihood
from livingdrug.fitting.population import Theta
from livingdrug.fitting.result import Fit
from livingdrug.fitting.specification import specify
from livingdrug.fitting.structure import load_model
from livingdrug.foundation.errors import BadInput
from livingdrug.trial.storage import make_folder, read_frame, read_json, write_bytes, write_frame, write_json

PACKAGES = ("numpy", "scipy", "numba", "polars")
_NUMBERS = (
    "log_likelihood",
    "monte_carlo_error",
    "by_patient",
    "mean",
    "covariance",
    "effective",
    "gradient",
    "information",
)


def save_fit(fit: Fit, folder: Path | str) -> Path:
    """Write a fit; the same fit gives the same bytes.

    parameters.csv, individuals.csv, predictions.csv, shrinkage.csv, trace.csv, checks.csv, summary.txt for people;
    measurements.parquet, doses.parquet, covariates.parquet, numbers.npz, fit.json for `load_fit`.
    """
    import polars as pl

    place = make_folder(Path(folder))
    for name, frame in (
        ("parameters", fit.parameters), ("individuals", fit.individuals), ("predictions", fit.predictions),
        ("shrinkage", fit.shrinkage), ("trace", fit.trace), ("checks", fit.data.checks),
    ):  # fmt: skip
        write_bytes(place / f"{name}.csv", frame.write_csv().encode("utf-8"))
    write_bytes(place / "summary.txt", (fit.summary() + "\n").encode("utf-8"))
    write_frame(place / "measurements.parquet", fit.data.frame)
    names = ["patient", "time", "amount", "duration", "compartment"]
    write_frame(
        place / "doses.parquet", pl.DataFrame(fit.data.doses, schema=dict.fromkeys(names, pl.Float64), orient="row")
    )
    write_frame(place / "covariates.parquet", fit.data.covariates)
    memory = io.BytesIO()
    examined = {name: getattr(fit.examined, name) for name in _NUMBERS}
    np.savez(memory, beta=fit.theta.beta, omega=fit.theta.omega, error=fit.theta.error, modes=fit.modes, **examined)
    write_bytes(place / "numbers.npz", memory.getvalue())
    write_json(place / "fit.json", _manifest(fit))
    (place / FILE).unlink(missing_ok=True)
    return place


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
            "patients": list(data.patients), "outputs": list(data.outputs), "time_unit": data.time_unit,
            "value_unit": data.value_unit, "dose_unit": data.dose_unit, "source": data.source,
            "findings": [[f.severity, f.what, list(f.rows), f.remedy] for f in data.findings],
        },
    }  # fmt: skip


def load_fit(folder: Path | str) -> Fit:
    """A fit that was saved.

    Raises
    ------
    BadInput
        No fit there, or a damaged one.
    """
    place = Path(folder)
    if (place / FILE).is_file() and not (place / "fit.json").is_file():
        raise BadInput(f"{place} holds a fit that was stopped.\n  Go on with livingdrug fit … -o {place} --resume.")
    told = read_json(place / "fit.json")
    try:
        with np.load(place / "numbers.npz", allow_pickle=False) as file:
            kept = {name: file[name] for name in file.files}
        data = _data(place, told["data"])
        structure = load_model(told["model"])
        specification = specify(structure, data, **told["options"])
    except (OSError, ValueError, KeyError) as problem:
        raise BadInput(f"cannot read the fit in {place}: {problem}.\n  The folder is damaged; fit again.") from None
    import polars as pl

    examined = Examined(
        float(kept["log_likelihood"]), float(kept["monte_carlo_error"]), *(kept[name] for name in _NUMBERS[2:])
    )
    trace = pl.read_csv(place / "trace.csv")
    judgement = {name: (bool(passed), str(words)) for name, passed, words in told["judgement"]}
    return Fit(
        told["model"], structure, data, specification, Theta(kept["beta"], kept["omega"], kept["error"]), examined,
        kept["modes"], trace, judgement, told["settings"], told["options"], CompiledLikelihood(structure, data),
    )  # fmt: skip


def _data(place: Path, told: dict[str, Any]) -> KineticsData:
    frame = read_frame(place / "measurements.parquet")
    patients, outputs = list(told["patients"]), list(told["outputs"])
    number = {name: i for i, name in enumerate(patients)}
    findings = tuple(Finding(s, what, tuple(rows), remedy) for s, what, rows, remedy in told["findings"])
    return KineticsData(
        patients=tuple(patients),
        patient=np.array([number[name] for name in frame["patient"]], np.int64),
        time=frame["time"].to_numpy().copy(),
        value=frame["value"].to_numpy().copy(),
        censored=frame["censored"].to_numpy().copy(),
        covariates=read_frame(place / "covariates.parquet"),
        output=np.array([outputs.index(name) for name in frame["output"]], np.int64),
        row=frame["row"].to_numpy().copy(),
        doses=np.ascontiguousarray(read_frame(place / "doses.parquet").to_numpy(), dtype=float).reshape(-1, 5),
        outputs=tuple(outputs),
        time_unit=told["time_unit"],
        value_unit=told["value_unit"],
        dose_unit=told["dose_unit"],
        source=told["source"],
        findings=findings,
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
