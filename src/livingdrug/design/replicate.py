"""Many trials of one plan: each at its own size, with people of its own; endpoints and outcomes are kept, courses are not."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.course.settings import Settings
from livingdrug.design.layers import Layers
from livingdrug.design.people import STRIDE
from livingdrug.design.pieces import Pieces
from livingdrug.design.price import held_by_replicates, refuse_price
from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import BadInput, Interrupted
from livingdrug.foundation.notebook import as_html
from livingdrug.trial import storage
from livingdrug.trial.estimate import refuse_numbers
from livingdrug.trial.lock import held
from livingdrug.trial.manifest import describe

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.parameter_set import ParameterSet
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.design.batch import Work
    from livingdrug.foundation.quantities import Quantity

TOGETHER = 800
"""Patients of an arm simulated together, in as many replicates as that is."""
USUAL_PATIENTS = 100
MOST_REPLICATES = 100_000
USUAL_HOURS = 2.0
Told = Callable[[int, int], None]


@dataclass(frozen=True, repr=False)
class Replicates:
    """Many trials of one plan.

    Attributes
    ----------
    trial
        As planned.
    manifest
        Versions, seed, layers of chance, hashes: equal manifests mean equal numbers.
    n
        Replicates.
    estimates
        Every number of every endpoint in every replicate: replicate and the columns of `EndpointResult.table`.
    pieces, names
        Where rows of each person are, and the pieces that there are.
    """

    trial: Trial
    manifest: Mapping[str, Any]
    n: int
    estimates: pl.DataFrame
    pieces: Pieces = field(repr=False)
    names: tuple[str, ...] = field(repr=False)

    def rows(self, endpoint: str) -> pl.DataFrame:
        """One row for each person an endpoint counts in each replicate: replicate, arm, patient (its place in the trial), and
        ``success``; ``time_days`` and ``cause``; or ``value``.

        Parameters
        ----------
        endpoint
            By name, one of those asked for.
        """
        import polars as pl

        return pl.concat(
            [frame.filter(pl.col("endpoint") == endpoint) for frame in self.pieces.frames(list(self.names), "rows")]
        )

    def people(self) -> pl.DataFrame:
        """Everyone enrolled in each replicate: arm, patient, status, days of enrolment, and the outcomes asked for."""
        import polars as pl

        return pl.concat(list(self.pieces.frames(list(self.names), "people")), how="diagonal_relaxed")

    def summary(self) -> pl.DataFrame:
        """How each number of each endpoint varies between trials.

        Returns
        -------
        endpoint, arm, measure, time, time_unit, unit, n_replicates (in which it is known), mean, mc_error (standard error of the
        mean), sd, p5, median, p95.
        """
        import polars as pl

        keys = ["endpoint", "arm", "measure", "time", "time_unit", "unit"]
        known, number = self.estimates.filter(pl.col("estimate").is_finite()), pl.col("estimate")
        return known.group_by(keys, maintain_order=True).agg(
            n_replicates=pl.len(), mean=number.mean(), mc_error=number.std() / pl.len().sqrt(), sd=number.std(),
            p5=number.quantile(0.05, "linear"), median=number.median(), p95=number.quantile(0.95, "linear"),
        )  # fmt: skip

    @property
    def standing(self) -> tuple[str, ...]:
        """What the numbers rest on, where not all is calibrated (`livingdrug.trial.standing`)."""
        told = self.manifest.get("standing", ())
        return (told,) if isinstance(told, str) else tuple(told)  # one sentence in folders of version 0.1

    def __repr__(self) -> str:
        return f"{self.trial.title}: {self.n} replicates of {self.manifest['patients']} patients"

    def _repr_html_(self) -> str:
        """For notebooks."""
        return as_html(repr(self), self.summary())


@in_words
def replicate(
    trial: Trial | str | Path,
    *,
    replicates: int = 100,
    patients: int | None = None,
    seed: int = 1,
    threads: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    force: bool = False,
    endpoints: Sequence[str | Path | Endpoint] | None = None,
    outcomes: Sequence[str] = (),
    without: Sequence[str] = (),
    draws: Sequence[ParameterSet] = (),
    between_trials: Mapping[str, float] | None = None,
    parameters: Mapping[str, Quantity | str | float] | None = None,
    catalog: Catalog | None = None,
    hours: float = USUAL_HOURS,
    progress: Told | None = None,
) -> Replicates:
    """Simulate a trial many times at its own size.

    Parameters
    ----------
    trial
        A trial record, a catalogue name or a TOML file.
    replicates
        How many trials.
    patients
        Enrolled in each; as many as the trial says when omitted (or 100).
    seed
        Replicate 1 has the people of a plain run with this seed; every other has people of its own.
    threads
        Worker threads; all the machine's when omitted. Results do not depend on it.
    out
        Folder for results; finished replicates are kept there.
    resume
        Go on in `out`, also with more replicates than before.
    force
        Replace what earlier work left in `out`.
    endpoints
        What is asked of every replicate; those of the trial when omitted.
    outcomes
        Numbers of each patient that are kept.
    without
        Layers of chance to switch off (`livingdrug.design.layers.LAYERS`): parameters, between_trials, patients, assays, accrual.
    draws
        Parameter sets of a calibration's ensemble, used in turn; the source of the layer of parameters.
    between_trials
        Endpoint -> standard deviation of the difference between trials on the scale of its estimates (arcsine root of a share,
        logarithm of an amount); the source of that layer.
    parameters
        Model parameters of one's own, as for `livingdrug.run`.
    catalog
        Where names are looked up.
    hours
        Work that would take longer is refused with its price.
    progress
        Called as progress(done, replicates).

    Raises
    ------
    BadInput
        No replicates, unknown names, more work than allowed, a folder that holds other work.
    Interrupted
        Stopped by the user; finished replicates are in `out`.

    Examples
    --------
    >>> import livingdrug as ld
    >>> found = ld.replicate("eliana", replicates=200, patients=100, seed=7)   # doctest: +SKIP
    >>> found.summary()                                                       # doctest: +SKIP
    """
    refuse_replicates(replicates, seed, threads, patients)
    layers = Layers.without(without, draws, between_trials)
    work = prepared(
        trial, patients=patients, seed=seed, layers=layers, endpoints=endpoints, outcomes=outcomes, parameters=parameters,
        catalog=catalog,
    )  # fmt: skip
    refuse_price(work, replicates, threads, hours, held_by_replicates(work, replicates, out))
    return carried_out(work, replicates, threads=threads, out=out, resume=resume, force=force, progress=progress)


def prepared(
    trial: Trial | str | Path, *, patients: int | None, seed: int, layers: Layers,
    endpoints: Sequence[str | Path | Endpoint] | None = None, outcomes: Sequence[str] = (),
    parameters: Mapping[str, Quantity | str | float] | None = None, catalog: Catalog | None = None, cuts: bool = True,
    tells: bool = True,
) -> Work:  # fmt: skip
    """Trial, endpoints and outcomes found and held against each other: all that replicates share.

    Raises
    ------
    BadInput
        What is wrong, where, what was expected, what to do.
    """
    from livingdrug.catalog.load import default_catalog
    from livingdrug.design.batch import Work
    from livingdrug.outcome.asked import ask
    from livingdrug.outcome.names import check_names
    from livingdrug.trial.door import own_parameters, planned

    catalog = catalog or default_catalog()
    record, plans = planned(trial, catalog)
    questions = plans[0].questions
    records = []
    for one in [use.id for use in record.endpoints] if endpoints is None else endpoints:
        found = catalog.load("endpoint", one) if isinstance(one, (str, Path)) else one
        times = next((use.at_months for use in record.endpoints if use.id == found.id and use.at_months), ())
        ask(found)
        check_names(found.needs, questions, f'endpoint "{found.id}"')
        records.append(found.at_months(times) if times else found)
    if not records:
        raise BadInput(f'trial "{record.id}" lists no endpoint.\n  Name some: endpoints=[…] (--endpoint).')
    check_names(outcomes, questions, "the request")
    for name in layers.between_trials:
        if name not in [one.id for one in records]:
            raise BadInput(f'between_trials: endpoint "{name}" is not asked for.\n  Ask for it, or take it out.')
    n = patients or record.enrolled or USUAL_PATIENTS
    if n > STRIDE:
        raise BadInput(f"patients: got {n:,}, expected at most {STRIDE:,} in a replicate.\n  Give fewer.")
    settings = Settings(sample=0, parameters=own_parameters(plans, parameters))
    return Work(record, catalog, plans, n, seed, layers, settings, tuple(records), tuple(outcomes), cuts, tells)


def carried_out(
    work: Work, replicates: int, *, threads: int | None = None, out: str | Path | None = None, resume: bool = False,
    force: bool = False, progress: Told | None = None,
) -> Replicates:  # fmt: skip
    """Every replicate simulated and kept."""
    import polars as pl

    from livingdrug.design.batch import FRAMES
    from livingdrug.design.shifts import shifted

    started = time.time()
    manifest = _manifest(work)
    place = None if out is None else storage.make_folder(Path(out))
    with nullcontext() if place is None else held(place):
        pieces = Pieces.opened(place, FRAMES, manifest, resume=resume, force=force)
        names = compute(work, replicates, pieces, threads or n_processors(), progress, place)
        estimates = pl.concat(list(pieces.frames(list(names), "estimates"))).sort("replicate", maintain_order=True)
        estimates = shifted(estimates, work)
        found = Replicates(
            work.trial, {**manifest, "replicates": replicates}, replicates, estimates, pieces, tuple(names)
        )
        if place is not None:
            storage.write_frame(place / "estimates.parquet", estimates)
            storage.write_frame(place / "summary.parquet", found.summary())
            storage.write_json(place / "manifest.json", dict(found.manifest))
            storage.write_json(place / "timing.json", {"seconds": round(time.time() - started, 3)})
    return found


def compute(
    work: Work, replicates: int, pieces: Pieces, threads: int, progress: Told | None, place: Path | None
) -> dict[str, range]:
    """Simulate the pieces that are not there; returns every piece with its replicates."""
    size = 1 if work.alone() else max(1, TOGETHER // max(1, math.ceil(work.patients * _largest_share(work))))
    groups = [range(first, min(first + size, replicates + 1)) for first in range(1, replicates + 1, size)]
    names = {f"r{group[0]:06d}_to_{group[-1]:06d}": group for group in groups}
    from livingdrug.design.batch import simulated

    missing = [(name, group) for name, group in names.items() if not pieces.has(name)]
    done = replicates - sum(len(group) for _, group in missing)
    tell = progress or (lambda done, total: None)
    tell(done, replicates)
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="replicates")
    waiting: dict[Future[dict[str, pl.DataFrame]], tuple[str, range]] = {}
    stopped = False
    try:
        while missing or waiting:
            while missing and len(waiting) < 2 * threads:
                name, group = missing.pop(0)
                waiting[pool.submit(simulated, work, list(group))] = (name, group)
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                name, group = waiting.pop(future)
                pieces.keep(name, future.result())
                done += len(group)
                tell(done, replicates)
    except KeyboardInterrupt:
        stopped = True
        kept = f"{done} of {replicates} replicates are finished" + (
            f" and kept in {place}" if place else "; nothing is kept"
        )
        step = "Go on with resume=True (--resume)." if place else "Give out=… (-o …) to keep what is done."
        raise Interrupted(f"stopped; {kept}.\n  {step}") from None
    finally:
        pool.shutdown(wait=not stopped, cancel_futures=True)
    return names


def _largest_share(work: Work) -> float:
    return max(work.trial.share_of(plan.arm.name) for plan in work.plans)


def _manifest(work: Work) -> dict[str, Any]:
    from livingdrug.catalog.plan import digest

    told = describe(work.plans, work.trial, patients=work.patients, seed=work.seed, settings=work.settings.told())
    return {
        **told,
        "layers": work.layers.told(),
        "draws_sha256": digest([one.sha256 for one in work.layers.draws]),
        "between_trials": dict(work.layers.between_trials),
        "endpoints": {one.id: digest(one.model_dump(mode="json")) for one in work.records},
        "endpoint_titles": [{"id": one.id, "title": one.name, "shown_at": one.time_shown} for one in work.records],
        "outcomes": list(work.outcomes),
        "cut": work.cuts,
    }


def refuse_replicates(replicates: int, seed: int, threads: int | None, patients: int | None) -> None:
    """Stop at numbers of replicates, patients or threads, or a seed, that make no work."""
    refuse_numbers(patients=1 if patients is None else patients, seed=seed, threads=threads)
    if patients == 1:
        raise BadInput("patients: got 1, and a trial of one patient has no share and no spread.\n  Give two or more.")
    if isinstance(replicates, bool) or not isinstance(replicates, int) or not 1 <= replicates <= MOST_REPLICATES:
        raise BadInput(
            f"replicates: got {replicates!r}, expected a whole number from 1 to {MOST_REPLICATES:,}.\n"
            "  A hundred show the middle of a distribution, a thousand its tails."
        )


def n_processors() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
