"""An experiment at the bench or in mice, run: the law that patients have, in a dish or a mouse, beside what was measured.

experiment file ──► model without a patient ──► one donor's cells for each subject ──► courses ──► measured · simulated · verdict
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation import streams
from livingdrug.foundation.errors import BadInput, CatalogError, ModelError, SimulationFailed, UnitError
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.units import factor, read

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.experiment import Experiment, Measured
    from livingdrug.engine.ensemble import CompiledModel
    from livingdrug.model.assemble import Model

Floats = NDArray[np.float64]
ENTERS = "car_t_effector"
"""Cells are added to the tumour itself: none is lost on the way, as an infusion loses them."""
POINTS = 121
RTOL = 1e-6
MOST = 100_000
TWOFOLD = 2.0
Verdict = Literal["inside", "off", "outside"]


@dataclass(frozen=True)
class Row:
    """One measured number and the simulation of it.

    Attributes
    ----------
    measured
        As published.
    median, low, high
        Simulated: middle subject and 95 % of them, donors, subjects and readings taken together.
    verdict
        ``"inside"``: the measured mean lies in the simulated 95 % and within twofold of the middle; ``"off"``: in the 95 %, but more than
        twofold from the middle; ``"outside"``: not in the 95 %.
    explained
        What is known of a row that is not inside; empty where nothing is.
    """

    measured: Measured
    median: float
    low: float
    high: float
    verdict: Verdict
    explained: str

    @property
    def ratio(self) -> float:
        """Simulated over measured."""
        return self.median / self.measured.value if self.measured.value > 0 else float("inf")


@dataclass(frozen=True)
class Bench:
    """An experiment that was run.

    Attributes
    ----------
    experiment
        Its record.
    n, seed
        Subjects of each group, and of their luck.
    curves
        One row a group and day: condition, day, median, low, high of the readout, and `car_t`, the middle number of CAR T cells.
    rows
        What was measured, judged.
    """

    experiment: Experiment
    n: int
    seed: int
    curves: pl.DataFrame
    rows: tuple[Row, ...]

    def headline(self) -> str:
        """How many of the measured numbers are inside, in words."""
        compared = [row for row in self.rows if row.measured.use == "comparison"]
        if not compared:
            return "nothing was measured to compare with"
        inside = sum(row.verdict == "inside" for row in compared)
        told = sum(row.verdict != "inside" and bool(row.explained) for row in compared)
        return f"{inside} of {len(compared)} measured means inside, {told} explained"

    def explanations(self) -> list[str]:
        """Of each group with a row that is not inside: what is known of it."""
        missed = dict.fromkeys(
            row.measured.condition for row in self.rows if row.verdict != "inside" and row.measured.use == "comparison"
        )
        groups = self.experiment.condition
        return [f"{groups[name].called}: {groups[name].explained or 'not explained.'}" for name in missed]


def bench(
    experiment: str | Path | Experiment, *, n: int = 300, seed: int = 1, catalog: Catalog | None = None,
    parameters: Mapping[str, Quantity] | None = None, between: bool = True,
) -> Bench:  # fmt: skip
    """Run an experiment at the bench or in mice, and hold it against what was measured.

    Every subject gets CAR T cells of a donor of its own and has its own luck; groups share donors.

    Parameters
    ----------
    experiment
        A name of the catalogue, a file or a record.
    n, seed
        Subjects of each group; of their donors and luck.
    catalog
        Where names are looked up.
    parameters
        In place of those of experiment and model.
    between
        False makes all subjects typical and read without error.

    Raises
    ------
    BadInput
        Fewer than one subject or more than 100,000.
    CatalogError
        What the file says does not fit the model; told with file and key.

    Examples
    --------
    >>> bench("glioma_killing", n=8).n                                             # doctest: +SKIP
    8
    """
    import polars as pl

    from livingdrug.trial.estimate import refuse_numbers

    refuse_numbers(seed=seed)
    if not 1 <= n <= MOST:
        raise BadInput(f"{n} subjects: expected 1 to {MOST}.\n  Give another number.")
    work = prepared(experiment, catalog=catalog, parameters=parameters)
    days, found = courses(work, n, seed, between)
    record = work.record
    floor = record.readout.floor
    frames, rows = [], []
    found = {name: (np.maximum(seen, floor), cells) for name, (seen, cells) in found.items()}
    for name, (seen, cells) in found.items():
        quantiles = np.quantile(seen, (0.5, 0.025, 0.975), axis=0)
        frames.append(
            pl.DataFrame(
                {
                    "condition": [name] * len(days),
                    "day": days,
                    **dict(zip(("median", "low", "high"), quantiles, strict=True)),
                    "car_t": np.median(cells, axis=0),
                }
            )
        )
    for row in record.measured:
        at = int(np.abs(days - row.day).argmin())
        median, low, high = np.quantile(found[row.condition][0][:, at], (0.5, 0.025, 0.975))
        rows.append(_judged(row, float(median), float(low), float(high), floor, record))
    return Bench(record, n, seed, pl.concat(frames), tuple(rows))


@dataclass(frozen=True)
class Work:
    """What is ready to run: record, model, typical values and the compiled equations."""

    record: Experiment
    model: Model
    quantities: dict[str, Quantity]
    compiled: CompiledModel


def prepared(
    experiment: str | Path | Experiment, *, catalog: Catalog | None = None, parameters: Mapping[str, Quantity] | None = None
) -> Work:  # fmt: skip
    """Assemble and compile an experiment's model; errors as in `bench`."""
    from livingdrug.catalog.load import default_catalog
    from livingdrug.engine.ensemble import compile_model
    from livingdrug.engine.sbml.kept_equations import kept_equations

    known = catalog or default_catalog()
    record = known.load("experiment", experiment) if isinstance(experiment, (str, Path)) else experiment
    model = assembled(record, known, parameters)
    odes = kept_equations(model.sbml)
    shrunk = min(1.0, max(1e-6, model.parameters["room"].value / model.parameters["encounter_volume"].value))
    compiled = compile_model(
        odes,
        log_scales={name: max(scale * shrunk, 1e-2) for name, scale in model.log_scales.items()},
        linear_scales=model.linear_scales,
        outputs=(record.readout.output, "car_t_total"),
    )
    return Work(record, model, dict(model.parameters), compiled)


def assembled(record: Experiment, catalog: Catalog, parameters: Mapping[str, Quantity] | None = None) -> Model:
    """The checked model of an experiment; nothing is compiled."""
    from livingdrug.model.assemble import assemble

    domain = catalog.load("costimulation", record.costimulation).parameter if record.costimulation else {}
    texts = catalog.model_texts()
    try:
        plain = assemble(record.recipe, texts=texts)
        acting = {name: one for name, one in domain.items() if name in plain.parameters}
        model = assemble(record.recipe, overrides={**acting, **record.parameter, **(parameters or {})}, texts=texts)
    except ModelError as problem:
        raise CatalogError(f"experiment/{record.id}.toml: {problem}") from None
    _refuse(record, model)
    return model


def _refuse(record: Experiment, model: Model) -> None:
    where = f"experiment/{record.id}.toml"
    if record.readout.output not in model.outputs:
        known = ", ".join(sorted(model.outputs))
        raise CatalogError(
            f'{where}, "readout": the model puts out no "{record.readout.output}".\n  Name one of: {known}.'
        )
    try:
        factor(model.outputs[record.readout.output].unit, record.readout.unit)
    except UnitError as problem:
        raise CatalogError(f'{where}, "readout": {problem}') from None
    for name, condition in record.condition.items():
        for parameter, text in condition.set.items():
            if parameter not in model.parameters or parameter in model.shapes:
                raise CatalogError(
                    f'{where}, condition "{name}" sets {parameter}, which is no parameter of this model that groups may differ in.\n'
                    "  Is it misspelt? livingdrug model shows them all."
                )
            try:
                read(text, model.parameters[parameter].unit, where=f"{where}, condition {name}, {parameter}")
            except BadInput as problem:
                raise CatalogError(str(problem)) from None


def courses(work: Work, n: int, seed: int, between: bool) -> tuple[Floats, dict[str, tuple[Floats, Floats]]]:
    """Days, and for each condition what is read off and the CAR T cells, each shaped (subjects, days); readings below the floor stand as they are."""
    from livingdrug.engine.ensemble import Dose
    from livingdrug.population.spread import individual_parameters
    from livingdrug.trial.estimate import refuse_held

    record, compiled, odes = work.record, work.compiled, work.compiled.odes
    people = np.arange(1, n + 1, dtype=np.int64)
    special = [
        0.0,
        record.until,
        *(one.day for one in record.condition.values()),
        *(row.day for row in record.measured),
    ]
    days = np.unique(np.concatenate([np.linspace(0.0, record.until, POINTS), special]))
    # of each group two readings and a copy of one, while one group's course and parameters are in hand (eight groups of 100,000: 3.1 GB)
    refuse_held(
        8.0 * n * (days.size * (3 * len(record.condition) + 4) + 2 * len(odes.parameters)),
        f"{n:,} subjects in each of {len(record.condition)} groups",
    )
    own = individual_parameters(work.quantities, people, seed, scope="experiment", between_patient=between)
    scale = factor(work.model.outputs[record.readout.output].unit, record.readout.unit)
    spread = record.readout.error.value if between else 0.0
    found = {}
    for name, condition in record.condition.items():
        values = {key: np.full(n, default) for key, default in zip(odes.parameters, odes.defaults, strict=True)}
        values |= {key: column for key, column in own.items() if key in values}
        for key, text in condition.set.items():
            told = read(text, work.model.parameters[key].unit)
            # a group's own value shifts every donor's alike, so that the spread between them stays
            middle = work.quantities[key].value
            values[key] = values[key] * told / middle if middle else np.full(n, told)
        table = np.ascontiguousarray(np.stack([values[key] for key in odes.parameters], axis=1))
        given = int(np.abs(days - condition.day).argmin())
        doses = [Dose(given, ENTERS, np.full(n, condition.cells))] if condition.cells else []
        run = compiled.run(table, days, np.zeros(days.size, bool), doses, rtol=RTOL)
        if (run.status > 1).any():
            failed = int(np.flatnonzero(run.status > 1)[0])
            raise SimulationFailed(
                f"{record.id}, {condition.called}, subject {failed + 1}: {run.sentences()[failed]}\n  Look at its parameters."
            )
        noise = streams.normal(seed, f"experiment/reading/{name}", people, np.arange(days.size).reshape(1, -1))
        found[name] = (run.outputs[:, :, 0] * scale * np.exp(spread * noise), run.outputs[:, :, 1])
    return days, found


def _judged(row: Measured, median: float, low: float, high: float, floor: float, record: Experiment) -> Row:
    value = max(row.value, floor)
    within = low <= value * (1 + 1e-9) and value * (1 - 1e-9) <= high
    near = max(median / value, value / median) <= TWOFOLD
    verdict: Verdict = "outside" if not within else "inside" if near else "off"
    told = "" if verdict == "inside" else record.condition[row.condition].explained
    return Row(row, median, low, high, verdict, told)
