"""What moves an endpoint: each number turned by itself, or all at once; always the same people with the same luck."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from livingdrug.design.asked import answered
from livingdrug.design.factors import Factor, factors_of, turned
from livingdrug.design.indices import latin_points, partial_rank_correlations, sobol_indices, sobol_points
from livingdrug.design.layers import Layers
from livingdrug.design.pieces import Pieces
from livingdrug.design.price import held_by_runs, refuse_price
from livingdrug.design.replicate import USUAL_HOURS, n_processors, prepared
from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import BadInput, Interrupted, UnknownName
from livingdrug.foundation.notebook import as_html
from livingdrug.foundation.repeated import places
from livingdrug.trial import storage
from livingdrug.trial.estimate import refuse_numbers
from livingdrug.trial.line import follow
from livingdrug.trial.lock import held
from livingdrug.trial.manifest import describe
from livingdrug.trial.standing import standing

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.design.batch import Work

METHODS = ("tornado", "prcc", "sobol")
MOST_OF_SOBOL = 30
MOST_SAMPLES = 100_000


@dataclass(frozen=True, repr=False)
class Sensitivity:
    """What moves what.

    Attributes
    ----------
    method
        ``tornado``, ``prcc`` or ``sobol``.
    table
        Tornado: target, factor, unit, low, value, high, at_low, as_it_is, at_high, swing (the greatest distance between the three;
        null, and first, where one of them has no number), origin of the range. PRCC: target, factor, correlation with its 95 % interval. Sobol: target, factor, first and total index
        with their intervals. Strongest first within each target.
    runs
        Every run: the value of each factor, and each target's number.
    trial
        Title of the trial.
    standing
        What the numbers rest on, where part of it was never calibrated; as `livingdrug.trial.standing`.
    """

    method: str
    table: pl.DataFrame
    runs: pl.DataFrame
    trial: str = ""
    standing: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"sensitivity ({self.method}): {self.runs.height} runs, {self.table['target'].n_unique()} targets"

    def _repr_html_(self) -> str:
        """For notebooks."""
        return as_html("; ".join((repr(self), *self.standing)), self.table)


def _samples(samples: int | None, method: str) -> int:
    """How many are drawn; a tornado draws none."""
    if samples is not None and method == "tornado":
        raise BadInput(
            f'samples: got {samples}, and a tornado draws none.\n  Leave it out, or say method="prcc" or "sobol".'
        )
    return 64 if samples is None else samples


@in_words
def sensitivity(
    trial: Trial | str | Path, targets: Sequence[str], *, method: Literal["tornado", "prcc", "sobol"] = "tornado",
    factors: Sequence[str] = (), ranges: Mapping[str, tuple[float, float]] | None = None, policies: Sequence[str] = (),
    samples: int | None = None, patients: int = 100, arm: str | None = None, seed: int = 1, threads: int | None = None,
    out: str | Path | None = None, resume: bool = False, force: bool = False, hours: float = USUAL_HOURS,
    catalog: Catalog | None = None, progress: Callable[[int, int], None] | None = None,
) -> Sensitivity:  # fmt: skip
    """How much each number moves endpoints of a trial, among the same virtual patients with the same luck.

    Parameters
    ----------
    trial
        A trial record, a catalogue name or a TOML file.
    targets
        Endpoints, each by its headline number.
    method
        ``"tornado"``: one at a time, to both ends of its range. ``"prcc"``: partial rank correlations over a Latin hypercube.
        ``"sobol"``: first-order and total indices with bootstrap intervals.
    factors
        What is turned (`livingdrug.design.factors`); every parameter with a prior when omitted.
    ranges
        Factor -> low and high, in place of its own range.
    policies
        Tornado only: guidelines to put in place of the arm's.
    samples
        Of PRCC: runs; of Sobol: base samples, a power of two: factors + 2 times as many runs. 64 when omitted.
    patients
        Of each run.
    arm
        Which; the first when omitted.
    seed
        Of the people, and of the samples.
    threads, out, resume, force, hours, catalog, progress
        As for `livingdrug.replicate`; a finished run is never simulated again.

    Raises
    ------
    BadInput
        Unknown names, ranges that are none, too many.
    """
    from livingdrug.catalog.load import default_catalog

    catalog = catalog or default_catalog()
    if method not in METHODS:
        raise UnknownName("method of sensitivity", method, METHODS)
    _refuse_numbers(patients, seed, threads)
    samples = _samples(samples, method)
    if not targets:
        raise BadInput("targets: none given.\n  Name endpoints: targets=[…] (--targets A,B).")
    for word, names in (("targets", targets), ("policies", policies)):
        if len(set(names)) < len(names):
            raise BadInput(f"{word}: got {', '.join(names)}, expected each once.\n  Take the second out.")
    if policies and method != "tornado":
        raise BadInput("policies are turned one at a time.\n  Use the tornado, or take them out.")
    asked = {"patients": patients, "seed": seed, "layers": Layers(), "endpoints": targets}
    work = prepared(trial, catalog=catalog, cuts=False, tells=False, **asked)
    plan = work.plans[0] if arm is None else next(one for one in work.plans if one.arm.name == work.trial.arm(arm).name)
    work = replace(work, plans=(plan,), trial=work.trial.model_copy(update={"arms": (plan.arm,), "design": None}))
    turning = factors_of(plan, factors, ranges)
    runs = _n_runs(method, len(turning), samples) + len(policies)
    refuse_price(work, runs, threads, hours, held_by_runs(runs, len(turning), len(work.records)))
    points = _points(method, turning, samples, seed)
    variants = [(f"policy={name}", _under(plan, name, catalog)) for name in policies]
    jobs = [(dict(zip([one.address for one in turning], row, strict=True)), plan) for row in points]
    jobs += [({}, other) for _, other in variants]
    values = _computed(work, jobs, turning, threads, out, resume, force, progress)
    table = _told(
        method, turning, [name for name, _ in variants], [one.id for one in work.records], points, values, seed
    )
    frame = _runs(jobs, turning, work, values)
    if out is not None:
        storage.write_frame(Path(out) / "sensitivity.parquet", table)
        storage.write_frame(Path(out) / "estimates.parquet", frame)
    return Sensitivity(method, table, frame, work.trial.title, standing(work.trial, work.plans))


def _runs(
    jobs: Sequence[tuple[Mapping[str, float], Plan]], turning: Sequence[Factor], work: Work, values: np.ndarray
) -> pl.DataFrame:
    """Every run: the value of each factor, and each target's number."""
    turned_to = {one.address: [job[0].get(one.address) for job in jobs] for one in turning}
    return pl.DataFrame(
        {**turned_to, **{f"target: {one.id}": values[:, place] for place, one in enumerate(work.records)}}
    )


def _under(plan: Plan, policy: str, catalog: Catalog) -> Plan:
    guideline = catalog.load("guideline", policy)
    drugs = dict.fromkeys([*plan.drugs, *guideline.drugs])
    return replace(
        plan, arm=plan.arm.with_policy(policy), guideline=guideline, drugs={name: catalog.load("drug", name) for name in drugs},
        scales={**plan.scales, **{name: catalog.load("scale", name) for name in guideline.scales}},
    )  # fmt: skip


def _n_runs(method: str, factors: int, samples: int) -> int:
    """How many runs are asked for, before any of them is planned."""
    if method == "tornado":
        return 1 + 2 * factors
    if isinstance(samples, bool) or not isinstance(samples, int) or not 1 <= samples <= MOST_SAMPLES:
        raise BadInput(
            f"samples: got {samples!r}, expected a whole number from 1 to {MOST_SAMPLES:,}.\n  Tens to hundreds are usual."
        )
    return samples if method == "prcc" else samples * (factors + 2)


def _points(method: str, turning: Sequence[Factor], samples: int, seed: int) -> np.ndarray:
    """The values of every factor in each run (runs, d)."""
    d = len(turning)
    if method == "tornado":
        rows = [[one.value for one in turning]]
        for place, one in enumerate(turning):
            for end in (one.low, one.high):
                rows.append([end if other == place else each.value for other, each in enumerate(turning)])
        return np.array(rows)
    if method == "sobol" and d > MOST_OF_SOBOL:
        raise BadInput(
            f"Sobol indices of {d} factors are asked for, {MOST_OF_SOBOL} at most.\n  Name the factors that a tornado finds strongest."
        )
    unit = sobol_points(samples, d, seed) if method == "sobol" else latin_points(samples, d, seed)
    return np.column_stack([one.at(unit[:, place]) for place, one in enumerate(turning)])


def _one(work: Work, plan: Plan, values: Mapping[str, float]) -> np.ndarray:
    """The headline of every target (t,) in one run; NaN where nobody is counted."""
    moved, settings = turned(plan, work.settings, values)
    frames = follow(moved, np.arange(1, work.patients + 1, dtype=np.int64), work.seed, settings=settings)
    found = answered(moved.questions, frames, [moved.arm.name], work.records)
    told = []
    for one in work.records:
        result = found.endpoints[one.id]
        if moved.arm.name in result.not_measured:
            told.append(np.nan)
            continue
        row = result.shown().rows(moved.arm.name)[0]
        told.append(float(row.estimate) if row.known and row.estimate is not None else np.nan)
    return np.array(told)


def _computed(
    work: Work, jobs: Sequence[tuple[Mapping[str, float], Plan]], turning: Sequence[Factor], threads: int | None,
    out: str | Path | None, resume: bool, force: bool, progress: Callable[[int, int], None] | None,
) -> np.ndarray:  # fmt: skip
    """The targets of every run (runs, t); runs that are on the disk are not simulated again."""
    from livingdrug.catalog.plan import digest

    place = None if out is None else storage.make_folder(Path(out))
    manifest = _manifest(work, turning)
    hashes = {id(plan): plan.sha256() for _, plan in jobs}  # of guideline, drugs and scales, too
    names = [f"x{digest({**values, 'plan': hashes[id(plan)]})[:20]}" for values, plan in jobs]
    found: dict[str, np.ndarray] = {}
    tell = progress or (lambda done, total: None)
    workers = threads or n_processors()
    with nullcontext() if place is None else held(place):
        pieces = Pieces.opened(place, ("targets",), manifest, resume=resume, force=force)
        missing = [place for name, place in places(names).items() if not pieces.has(name)]
        tell(len(set(names)) - len(missing), len(set(names)))
        pool, waiting, stopped = ThreadPoolExecutor(max_workers=workers), {}, False
        done = len(set(names)) - len(missing)
        try:
            while missing or waiting:
                while missing and len(waiting) < 2 * workers:
                    job = missing.pop(0)
                    waiting[pool.submit(_one, work, jobs[job][1], jobs[job][0])] = job
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    job = waiting.pop(future)
                    pieces.keep(names[job], {"targets": pl.DataFrame({"value": future.result()})})
                    done += 1
                    tell(done, len(set(names)))
        except KeyboardInterrupt:
            stopped = True
            raise Interrupted(
                f"stopped; {done} runs are finished{f' and kept in {place}' if place else ''}.\n  Go on with resume=True (--resume)."
            ) from None
        finally:
            pool.shutdown(wait=not stopped, cancel_futures=True)
        for name in set(names):
            found[name] = pieces.frame(name, "targets")["value"].to_numpy()
        if place is not None:
            storage.write_json(place / "manifest.json", manifest)
    return np.array([found[name] for name in names])


def _manifest(work: Work, turning: Sequence[Factor]) -> dict[str, Any]:
    from livingdrug.catalog.plan import digest

    told = describe(work.plans, work.trial, patients=work.patients, seed=work.seed, settings=work.settings.told())
    return {
        **told,
        "targets": {one.id: digest(one.model_dump(mode="json")) for one in work.records},
        "factors": [one.address for one in turning],
    }


def _told(
    method: str, turning: Sequence[Factor], variants: Sequence[str], targets: Sequence[str], points: np.ndarray, values: np.ndarray, seed: int
) -> pl.DataFrame:  # fmt: skip
    pieces, d = [], len(turning)
    for place, target in enumerate(targets):
        answers = values[: len(points), place]
        if method == "tornado":
            pieces.append(_tornado(target, turning, variants, answers, values[len(points) :, place]))
            continue
        if not np.isfinite(answers).all():
            raise BadInput(
                f'target "{target}" has no number in {int((~np.isfinite(answers)).sum())} of {len(answers)} runs (nobody is counted, or a time'
                " is not reached).\n  Take more patients, or another endpoint."
            )
        names = {
            "target": [target] * d,
            "factor": [one.address for one in turning],
            "origin": [one.origin for one in turning],
        }
        if method == "prcc":
            index = partial_rank_correlations(points, answers)
            frame = pl.DataFrame({**names, "correlation": index.estimate, "ci_low": index.low, "ci_high": index.high})
            pieces.append(frame.sort(pl.col("correlation").abs().fill_nan(0.0), descending=True, maintain_order=True))
        else:
            first, total = sobol_indices(answers, d, seed)
            frame = pl.DataFrame({
                **names, "first": first.estimate, "first_low": first.low, "first_high": first.high, "total": total.estimate,
                "total_low": total.low, "total_high": total.high,
            })  # fmt: skip
            pieces.append(frame.sort(pl.col("total").fill_nan(0.0), descending=True, maintain_order=True))
    return pl.concat(pieces).with_columns(pl.col(pl.Float64).fill_nan(None))


def _tornado(
    target: str, turning: Sequence[Factor], variants: Sequence[str], answers: np.ndarray, others: np.ndarray
) -> pl.DataFrame:
    rows = []
    for place, one in enumerate(turning):
        at_low, at_high = answers[1 + 2 * place], answers[2 + 2 * place]
        three = np.array([at_low, answers[0], at_high])
        rows.append(
            (
                target,
                one.address,
                one.unit,
                one.low,
                one.value,
                one.high,
                at_low,
                answers[0],
                at_high,
                np.ptp(three),  # not known where one of them is not
                one.origin,
            )
        )
    for name, value in zip(variants, others, strict=True):
        rows.append((target, name, "", None, None, None, value, answers[0], value, abs(value - answers[0]), "asked"))
    columns = ["target", "factor", "unit", "low", "value", "high", "at_low", "as_it_is", "at_high", "swing", "origin"]
    texts = ("target", "factor", "unit", "origin")
    frame = pl.DataFrame(
        rows, schema={name: pl.String if name in texts else pl.Float64 for name in columns}, orient="row"
    )
    # a factor that takes the target out of what can be told stands first
    return frame.sort(pl.col("swing").fill_nan(np.inf), descending=True, maintain_order=True)


def _refuse_numbers(patients: int, seed: int, threads: int | None) -> None:
    """Stop at numbers that make no work, and at a single patient."""
    refuse_numbers(patients=patients, seed=seed, threads=threads)
    if patients == 1:
        raise BadInput(
            "patients: got 1, and one patient has no share that could move.\n  Give two or more; a hundred tell a share to a few points."
        )
