"""A fit read from its folder, ready for checks, figures and simulation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from livingdrug.fitting.checkpoint import UNFINISHED
from livingdrug.fitting.data import Finding, KineticsData
from livingdrug.fitting.importance import Examined
from livingdrug.fitting.likelihood import likelihood_of
from livingdrug.fitting.population import Theta
from livingdrug.fitting.result import Fit
from livingdrug.fitting.specification import specify
from livingdrug.fitting.store import CHANGES, EXTRAS, NUMBERS
from livingdrug.fitting.structure import load_model
from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import BadInput
from livingdrug.trial.storage import read_frame, read_json


@in_words
def load_fit(folder: Path | str) -> Fit:
    """A fit that was saved.

    Parameters
    ----------
    folder
        Where `Fit.save` or `livingdrug fit -o` wrote it.

    Raises
    ------
    BadInput
        No fit there, or a damaged one.
    """
    place = Path(folder)
    if place.is_file():
        raise BadInput(
            f"{place} is a file, expected the folder of a fit.\n"
            f"  Fit a table of kinetics first: livingdrug fit {place} --model stein2019 -o fits/mine."
        )
    if any(place.glob(UNFINISHED)) and not (place / "fit.json").is_file():
        raise BadInput(f"{place} holds a fit that was stopped.\n  Go on with livingdrug fit … -o {place} --resume.")
    told = read_json(place / "fit.json")
    from polars.exceptions import PolarsError

    try:
        return _fit(place, told)
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, PolarsError) as problem:
        said = f"{type(problem).__name__}: {str(problem)[:200]}"
        raise BadInput(f"cannot read the fit in {place} ({said}).\n  The folder is damaged; fit again.") from None


def _fit(place: Path, told: dict[str, Any]) -> Fit:
    import polars as pl

    with np.load(place / "numbers.npz", allow_pickle=False) as file:
        kept = {name: file[name] for name in file.files}
    data = _data(place, told["data"])
    structure = load_model(told["model"])
    specification = specify(structure, data, **told["options"])
    examined = Examined(
        float(kept["log_likelihood"]), float(kept["monte_carlo_error"]), *(kept[name] for name in NUMBERS[2:])
    )
    trace = pl.read_csv(place / "trace.csv")
    extras = {name: pl.read_csv(place / f"{name}.csv") for name in EXTRAS if (place / f"{name}.csv").is_file()}
    judgement = {name: (bool(passed), str(words)) for name, passed, words in told["judgement"]}
    return Fit(
        told["model"], structure, data, specification, Theta(kept["beta"], kept["omega"], kept["error"], float(kept["share"])), examined,
        kept["modes"], trace, judgement, told["settings"], told["options"], likelihood_of(structure, data, 1, specification.occasions, specification.population.classes),
        extras,
    )  # fmt: skip


def _data(place: Path, told: dict[str, Any]) -> KineticsData:
    frame = read_frame(place / "measurements.parquet")
    patients, outputs = list(told["patients"]), list(told["outputs"])
    number = {name: i for i, name in enumerate(patients)}
    occasions = tuple(told.get("occasions", ["1"]))
    occasion = [occasions.index(name) for name in frame["occasion"]] if len(occasions) > 1 else [0] * frame.height
    changing = tuple(told.get("changing", ()))
    changes = read_frame(place / CHANGES).to_numpy().astype(float) if changing else np.empty((0, 4))
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
        occasion=np.array(occasion, np.int64),
        occasions=occasions,
        changing=changing,
        changes=changes,
        time_unit=told["time_unit"],
        value_unit=told["value_unit"],
        dose_unit=told["dose_unit"],
        source=told["source"],
        findings=findings,
    )
